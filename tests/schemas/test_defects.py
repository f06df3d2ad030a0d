"""Every way in which bytes can fail to be a message, on messages made here."""

import mmap
from struct import pack, pack_into

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.fbs import load_layout
from livedata.schemas.message import make_classes
from livedata.schemas.read import decode_as
from livedata.schemas.registry import Schema

# What to overwrite in the hand-made message: (format, position, value, field, words of the error).
DEFECTS = {
    "root offset past the end": ("<I", 0, 5000, "", "leads out of the message"),
    "root offset zero": ("<I", 0, 0, "", "leads out of the message"),
    "root offset wraps": ("<I", 0, 2**32 - 1, "", "leads out of the message"),
    "identifier of another schema": ("4s", 4, b"f144", "value", "code 24 is none of union"),
    "identifier of no schema": ("4s", 4, b"zz99", "", "no such schema"),
    "identifier is not text": ("4s", 4, b"\xff\xfe\x00\x01", "", "not four printable ASCII"),
    "vtable before the start": ("<i", 28, 1000, "", "vtable at -972"),
    "vtable past the end": ("<i", 28, -1000, "", "vtable at 1028"),
    "vtable too large": ("<H", 8, 65534, "", "vtable of 65534 bytes"),
    "vtable too small": ("<H", 8, 2, "", "vtable of 2 bytes"),
    "vtable of odd size": ("<H", 8, 15, "", "vtable of 15 bytes"),
    "table too large": ("<H", 10, 60000, "", "table of 60000 bytes"),
    "table too small": ("<H", 10, 3, "", "table of 3 bytes"),
    "entry outside the table": ("<H", 20, 60000, "time_of_flight", "entry 60000"),
    "entry that overlaps the end": ("<H", 20, 29, "time_of_flight", "entry 29"),
    "entry inside the vtable distance": ("<H", 14, 2, "message_id", "entry 2"),
    "offset past the end": ("<I", 52, 100000, "time_of_flight", "offset 100000"),
    "offset to itself": ("<I", 52, 0, "time_of_flight", "offset 0"),
    "offset to the last byte": ("<I", 52, 79, "time_of_flight", "offset 79"),
    "vector longer than the message": ("<I", 100, 16_777_215, "time_of_flight", "16777215 elements"),
    "vector length that wraps": ("<I", 116, 2**32 - 1, "pixel_id", "4294967295 elements"),
    "vector one too long": ("<I", 116, 4, "pixel_id", "4 elements"),
    "text longer than the message": ("<I", 60, 2**20, "source_name", "1048576 elements"),
    "text without terminator": ("B", 67, 1, "source_name", "does not end with a zero byte"),
    "text that is not UTF-8": ("B", 64, 0xFF, "source_name", "not UTF-8"),
    "text of half a surrogate pair": ("3s", 64, b"\xed\xa0\x80", "source_name", "not UTF-8"),
    "required text absent": ("<H", 12, 0, "source_name", "required field is absent"),
    "required vector absent": ("<H", 16, 0, "reference_time", "required field is absent"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_refused_with_its_place(raw, name):
    form, position, value, path, words = DEFECTS[name]
    pack_into(form, raw, position, value)
    with pytest.raises(DecodeError) as plain:
        schemas.decode(raw)
    assert plain.value.path == path
    assert words in str(plain.value)
    assert plain.value.offset >= 0
    with pytest.raises(DecodeError):
        schemas.decode_ev44(bytes(raw))


def test_the_message_without_defect_is_sound(raw):
    assert schemas.decode(raw) == schemas.Ev44(
        "det",
        7,
        np.array([1000, 2000]),
        np.array([0, 2], np.int32),
        np.array([10, 20, 30], np.int32),
        np.array([1, 2, 3], np.int32),
    )


def test_every_truncation_is_refused(raw):
    for length in range(len(raw)):
        with pytest.raises(DecodeError):
            schemas.decode(raw[:length])
        with pytest.raises(DecodeError):
            schemas.decode_ev44(bytes(raw[:length]))


def test_a_length_prefix_is_refused(raw):
    with pytest.raises(DecodeError):
        schemas.decode(pack("<I", len(raw)) + raw)


@pytest.mark.parametrize("given", ["ev44", None, 44, np.array(["2026"], "M8[s]")])
@pytest.mark.parametrize("read", [schemas.decode, schemas.wire, schemas.source_of, schemas.identify])
def test_what_is_no_bytes_is_refused(read, given):
    with pytest.raises(DecodeError, match="a message is bytes, not "):
        read(given)


def test_a_released_memory_is_refused(raw):
    view = memoryview(raw)
    view.release()
    with pytest.raises(DecodeError, match="released"):
        schemas.decode(view)


def in_memory(raw):
    array = np.frombuffer(raw + b"\0" * (-len(raw) % 8), np.uint8)
    yield array.reshape(2, -1)
    yield array.view(">i4")
    yield array.view([("a", "<i2"), ("b", "<f2")])
    yield array.repeat(2)[::2]
    yield memoryview(array)[::-1].tobytes()[::-1]
    yield mmap_of(bytes(raw))


def mmap_of(data):
    memory = mmap.mmap(-1, len(data))
    memory.write(data)
    return memory


def test_any_memory_is_read(raw):
    for given in in_memory(raw):
        assert schemas.decode(given).message_id == 7
        assert schemas.source_of(given) == "det"


def test_random_bytes_behind_a_sound_head_are_refused(raw):
    noise = np.random.default_rng(1).integers(0, 256, 600, np.uint8).tobytes()
    with pytest.raises(DecodeError):
        schemas.decode(pack("<I4s", 16, b"ev44") + noise)


def test_a_vtable_behind_its_table_is_sound(raw):
    raw += raw[8:24]
    pack_into("<i", raw, 28, 28 - 132)
    pack_into("<H", raw, 8, 0)
    assert schemas.decode(raw).message_id == 7
    assert schemas.decode_ev44(bytes(raw)).message_id == 7


def test_vectors_may_share_memory(raw):
    pack_into("<I", raw, 56, 100 - 56)
    message = schemas.decode_ev44(bytes(raw))
    np.testing.assert_array_equal(message.pixel_id, [10, 20, 30])


@pytest.mark.parametrize("decode", [schemas.decode, schemas.decode_ev44], ids=["plain", "fast"])
def test_unaligned_messages_are_read_all_the_same(raw, decode):
    shifted = memoryview(b"x" + raw)[1:]
    np.testing.assert_array_equal(decode(shifted).reference_time, [1000, 2000])


@pytest.mark.parametrize("decode", [schemas.decode, schemas.decode_ev44], ids=["plain", "fast"])
def test_bytes_after_the_vectors_are_ignored(raw, decode):
    assert len(decode(bytes(raw) + b"left over from a larger message").pixel_id) == 3


@pytest.mark.parametrize("code", [0, 21, 99, 255])
def test_an_unknown_kind_of_value_is_refused(code):
    data = bytearray(schemas.encode_f144("pv", 1, np.int8(5)))
    at = data.index(b"\x01", schemas.SCHEMAS["f144"].root.n_ids + 20 + 8)
    data[at] = code
    for decode in (schemas.decode, schemas.decode_f144):
        with pytest.raises(DecodeError, match="value"):
            decode(bytes(data))


def test_the_source_alone_is_verified_too(raw):
    pack_into("<I", raw, 60, 2**20)
    with pytest.raises(DecodeError, match="source_name"):
        schemas.source_of(raw)


def test_the_source_is_found_beside_a_broken_vector(raw):
    pack_into("<I", raw, 100, 2**20)
    assert schemas.source_of(raw) == "det"


def test_retired_identifiers_are_named():
    with pytest.raises(DecodeError, match="a draft of f144"):
        schemas.decode(pack("<I4s8x", 8, b"scal"))


@pytest.fixture
def tree(tmp_path) -> Schema:
    """Return a schema whose tables contain themselves, and lists of texts."""
    path = tmp_path / "tree.fbs"
    path.write_text(
        'table Node { left: Node; nodes: [Node]; names: [string]; }\nroot_type Node;\nfile_identifier "tree";\n'
    )
    layout = load_layout(path)
    return Schema("tree", layout, make_classes(layout, None))


def test_a_table_inside_itself_ends_at_the_depth_limit(tree):
    n = 100
    chain = pack("<I4sHHH2x", 16, b"tree", 6, 8, 4)
    for i in range(n):
        chain += pack("<iI", 8 + 8 * i, 4)
    chain += pack("<iI", 8 + 8 * n, 4) + bytes(8)
    with pytest.raises(DecodeError, match="nested more than 64 deep"):
        decode_as(tree, chain)


def test_shared_tables_cannot_make_a_small_message_a_huge_tree(tree):
    # Each level lists the next one 50 times: 50**6 tables in 1.5 kB.
    data = pack("<I4sHHHH", 16, b"tree", 8, 8, 0, 4)
    for level in range(6):
        start = len(data)
        data += pack("<iI", start - 8, 4) + pack("<I", 50)
        data += b"".join(pack("<I", start + 12 + 200 - (start + 12 + 4 * i)) for i in range(50))
        assert len(data) == start + 212, level
    data += pack("<iII", len(data) - 8, 4, 0)
    with pytest.raises(DecodeError, match="they share memory"):
        decode_as(tree, data)


def test_overlapping_texts_cannot_make_decoding_quadratic(tree):
    # Every fourth byte starts a "text" of 65 795 bytes: 20 000 of them would be 1.3 GB.
    n, length = 20_000, 0x010103
    head = pack("<I4s", 20, b"tree") + pack("<HHHHH2x", 10, 8, 0, 0, 4) + pack("<iI", 12, 4)
    names = pack("<I", n)
    base = len(head) + 4
    texts = base + 4 * n
    names += b"".join(pack("<I", texts + 4 * i - (base + 4 * i)) for i in range(n))
    data = head + names + pack("<I", length) * (n + length // 4 + 10)
    with pytest.raises(DecodeError, match="texts or arrays overlap"):
        decode_as(tree, data)


def test_a_text_told_many_times_is_read_once(tree):
    n = 5000
    head = pack("<I4s", 20, b"tree") + pack("<HHHHH2x", 10, 8, 0, 0, 4) + pack("<iI", 12, 4)
    base = len(head) + 4
    names = pack("<I", n) + b"".join(pack("<I", 4 * (n - i)) for i in range(n))
    data = head + names + pack("<I", 40_000) + b"x" * 40_000 + b"\0"
    message = decode_as(tree, data)
    assert base == 32
    assert message.names == ("x" * 40_000,) * n
