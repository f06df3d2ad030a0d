"""What a message may cost: work in proportion to its length, memory at most 64 KiB and four times its length."""

import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from struct import pack

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas import SCHEMAS
from livedata.schemas.content import wire_as
from livedata.schemas.fast import fast_decoder
from livedata.schemas.fbs import load_layout
from livedata.schemas.flat import places
from livedata.schemas.message import make_classes
from livedata.schemas.read import decode_as
from livedata.schemas.registry import Schema
from livedata.schemas.rows import Rows
from livedata.schemas.write import encode_as

N = 4000
"""Elements in a message whose work is compared with one of twice as many."""
TREE = """
table Leaf { a: ubyte; }
table Node { left: Node; nodes: [Node]; names: [string]; text: string; leaves: [Leaf]; }
root_type Node;
file_identifier "tree";
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Schema:
    """Return a schema whose tables contain themselves, lists of tables and lists of texts."""
    path = tmp_path_factory.mktemp("fbs") / "tree.fbs"
    path.write_text(TREE)
    layout = load_layout(path)
    return Schema("tree", layout, make_classes(layout, None))


def offsets(start: int, targets: list[int]) -> bytes:
    """Return a vector, at `start`, of offsets to targets."""
    places = range(start + 4, start + 4 + 4 * len(targets), 4)
    return pack(f"<I{len(targets)}I", len(targets), *(t - p for t, p in zip(targets, places, strict=True)))


def root_with(field: int) -> bytes:
    """Return the head of a message whose root has one field, behind which comes what the field points to."""
    entries = [0] * 5
    entries[field] = 4
    return pack("<I4s7HxxiI", 24, b"tree", 14, 8, *entries, 16, 4)


HEAD = len(root_with(0))


def one_table_many_times(n: int) -> bytes:
    leaf = HEAD + 4 + 4 * n + 4
    return root_with(4) + offsets(HEAD, [leaf] * n) + pack("<HHi", 4, 4, 4)


def many_tables_of_one_vtable(n: int) -> bytes:
    first = HEAD + 4 + 4 * n + 4
    leaves = b"".join(pack("<i", 4 + 4 * i) for i in range(n))
    return root_with(4) + offsets(HEAD, [first + 4 * i for i in range(n)]) + pack("<HH", 4, 4) + leaves


def many_tables_of_one_long_vtable(n: int) -> bytes:
    first = HEAD + 4 + 4 * n + 60000
    leaves = b"".join(pack("<i", 60000 + 4 * i) for i in range(n))
    vtable = pack("<HH", 60000, 4) + bytes(59996)
    return root_with(4) + offsets(HEAD, [first + 4 * i for i in range(n)]) + vtable + leaves


def many_tables_with_vtables_of_their_own(n: int) -> bytes:
    first = HEAD + 4 + 4 * n
    leaves = b"".join(pack("<HHHHi", 8, 4, 0, i % 60000, 8) for i in range(n))
    return root_with(4) + offsets(HEAD, [first + 12 * i + 8 for i in range(n)]) + leaves


def one_long_text_many_times(n: int) -> bytes:
    text = HEAD + 4 + 4 * n
    return root_with(2) + offsets(HEAD, [text] * n) + pack("<I", n) + b"x" * n + b"\0"


def one_short_text_many_times(n: int) -> bytes:
    text = HEAD + 4 + 4 * n
    return root_with(2) + offsets(HEAD, [text] * n) + pack("<I", 200) + b"y" * 200 + b"\0"


def texts_of_two_letters(n: int) -> bytes:
    first = HEAD + 4 + 4 * n
    texts = b"".join(pack("<I2sxx", 2, b"%02x" % (i % 256)) for i in range(n))
    return root_with(2) + offsets(HEAD, [first + 8 * i for i in range(n)]) + texts


def overlapping_texts(n: int) -> bytes:
    # Every fourth byte starts a text of 65 795 bytes.
    first, length = HEAD + 4 + 4 * n, 0x010103
    texts = pack("<I", length) * (n + length // 4 + 10)
    return root_with(2) + offsets(HEAD, [first + 4 * i for i in range(n)]) + texts


def lists_of_lists(n: int) -> bytes:
    # Each level lists the next one many times.
    data = root_with(1)
    width = n // 8
    for _ in range(6):
        table = len(data) + 4 + 4 * width + 16
        data += offsets(len(data), [table] * width) + pack("<7Hxx", 14, 8, 0, 4, 0, 0, 0) + pack("<iI", 16, 4)
    return data + pack("<I", 0)


def a_chain(n: int) -> bytes:
    # All tables have the root's vtable, at 8.
    chain = b"".join(pack("<iI", HEAD + 8 * i - 8, 4) for i in range(n))
    return root_with(0) + chain + pack("<iI", 4, 0)


def lists_that_overlap(n: int) -> bytes:
    # Every word is 4: a count of four and an offset to the next word at once.
    return root_with(1) + pack("<I", 4) * (2 * n)


SHAPES: dict[str, tuple[Callable[[int], bytes], str]] = {
    "one table many times": (one_table_many_times, ""),
    "many tables of one vtable": (many_tables_of_one_vtable, ""),
    "many tables of one long vtable": (many_tables_of_one_long_vtable, ""),
    "many tables with vtables of their own": (many_tables_with_vtables_of_their_own, ""),
    "one long text many times": (one_long_text_many_times, ""),
    "one short text many times": (one_short_text_many_times, ""),
    "texts of two letters": (texts_of_two_letters, ""),
    "overlapping texts": (overlapping_texts, "texts or arrays overlap"),
    "lists of lists": (lists_of_lists, "they share memory"),
    "a chain": (a_chain, "nested more than 64 deep"),
    "lists that overlap": (lists_that_overlap, ""),
}


def both_ways(schema: Schema) -> Callable[[bytes], object]:
    fast = fast_decoder(schema)
    return lambda data: fast(data) or decode_as(schema, data)


def work(read: Callable[[bytes], object], data: bytes) -> int:
    """Count the calls that reading takes, those into C included."""
    n = 0

    def count(frame, event, argument):
        nonlocal n
        n += 1

    sys.setprofile(count)
    try:
        with suppress(DecodeError):
            read(data)
    finally:
        sys.setprofile(None)
    return n


def memory(read: Callable[[bytes], object], data: bytes) -> int:
    """Measure what reading takes at most beside the message."""
    with suppress(DecodeError):
        read(data)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        with suppress(DecodeError):
            read(data)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def allowed(data: bytes) -> int:
    return 64 * 1024 + 4 * len(data)


@pytest.mark.parametrize("shape", SHAPES)
def test_work_doubles_with_the_message(tree, shape):
    make, problem = SHAPES[shape]
    read = both_ways(tree)
    if problem:
        with pytest.raises(DecodeError, match=problem):
            read(make(N))
    small, large = make(N), make(2 * N)
    assert work(read, large) <= 2.2 * work(read, small) + 1000


@pytest.mark.parametrize("shape", SHAPES)
def test_memory_stays_in_proportion(tree, shape):
    data = SHAPES[shape][0](N)
    assert memory(both_ways(tree), data) <= allowed(data)
    assert memory(lambda d: decode_as(tree, d), data) <= allowed(data)


@pytest.mark.parametrize("shape", SHAPES)
def test_plain_content_takes_work_in_proportion(tree, shape):
    small, large = SHAPES[shape][0](N), SHAPES[shape][0](2 * N)
    assert work(lambda d: wire_as(tree, d), large) <= 2.2 * work(lambda d: wire_as(tree, d), small) + 1000


def test_long_lists_of_small_parts_are_made_when_looked_at(tree):
    data = many_tables_of_one_vtable(N)
    plain, fast = decode_as(tree, data), fast_decoder(tree)(data)
    assert isinstance(plain.leaves, Rows)
    assert isinstance(fast.leaves, Rows)
    assert plain == fast
    assert plain.leaves[-1] == tree.message_class.Leaf(a=0)
    assert len(plain.leaves) == N


def test_elements_that_share_a_target_are_made_once(tree):
    leaves = decode_as(tree, one_table_many_times(100)).leaves
    assert len(leaves) == 100
    assert all(leaf is leaves[0] for leaf in leaves)


def test_a_small_message_is_refused_with_little_work_however_much_it_shares(tree):
    data = lists_of_lists(64)
    assert len(data) < 400
    assert work(both_ways(tree), data) < 3000


def test_short_lists_are_tuples(tree):
    data = many_tables_of_one_vtable(200)
    assert type(decode_as(tree, data).leaves) is tuple
    assert type(fast_decoder(tree)(data).leaves) is tuple


def streams(n):
    c = schemas.fc00
    return c(
        streams=tuple(
            c.Stream(channel=f"SIM:PV{i:06}", schema="f144", topic="sim_sample_env", protocol=1, periodic=i)
            for i in range(n)
        )
    )


def variables(n):
    c = schemas.da00
    return c(source_name="s", data=tuple(c.da00_Variable(name=f"v{i}", data=np.float64(i)) for i in range(n)))


def track(n):
    c = schemas.mo01
    hits = tuple(c.pos(time=i % 60000, strip=i % 3000, adc=1) for i in range(n))
    return c(source_name="s", data=c.GEMTrack(xtrack=hits, ytrack=hits))


HONEST = {
    "streams": streams,
    "variables": variables,
    "track": track,
    "texts": lambda n: schemas.f142(source_name="s", value=tuple(f"t{i}" for i in range(n))),
    "a long text": lambda n: schemas.pl72(nexus_structure="x" * 40 * n),
    "a long text beyond ASCII": lambda n: schemas.pl72(nexus_structure="é" * 40 * n),
    "many events": lambda n: schemas.Ev44(
        "s", 1, np.array([1]), np.zeros(1, np.int32), np.zeros(9 * n, np.int32), np.zeros(9 * n, np.int32)
    ),
}


@pytest.mark.parametrize("kind", HONEST)
@pytest.mark.parametrize("n", [30, 2000])
def test_honest_messages_of_any_size_are_read_in_bounds(kind, n):
    message = HONEST[kind](n)
    data = encode_as(SCHEMAS[message.SCHEMA], message)
    assert schemas.decode(data) == decode_as(SCHEMAS[message.SCHEMA], data)
    assert memory(schemas.decode, data) <= allowed(data)
    assert memory(lambda d: decode_as(SCHEMAS[message.SCHEMA], d), data) <= allowed(data)


def test_texts_of_one_table_cannot_share_their_bytes():
    schema = SCHEMAS["x5f2"]
    data = bytearray(schemas.encode(schemas.x5f2(software_name="", software_version="", host_name="x" * 0x1320)))
    where = places(schema.root, bytes(data))
    text = data.index(b"x" * 0x1320) - 4
    for i, name in enumerate(("software_name", "software_version"), 1):
        data[text + 4 * i : text + 4 * i + 4] = pack("<I", 0x1320 - 4 * i)
        data[where[name] : where[name] + 4] = pack("<I", text + 4 * i - where[name])
    with pytest.raises(DecodeError, match="texts or arrays overlap"):
        schemas.decode(bytes(data))


def test_texts_made_of_arrays_cannot_share_their_bytes():
    c = schemas.da00
    small, large = c.da00_Variable(name="a", data=""), c.da00_Variable(name="b", data="b" * 30_000)
    data = bytearray(schemas.encode(c(source_name="s", data=(small,) * 400 + (large,))))
    text = data.index(b"b" * 30_000) - 4
    schema = SCHEMAS["da00"]
    place = places(schema.root, bytes(data))["data"]
    first = place + int.from_bytes(data[place : place + 4], "little") + 4
    for at in range(first, first + 1600, 4):
        table = at + int.from_bytes(data[at : at + 4], "little")
        where = places(schema.layout.tables["livedata.da00.da00_Variable"], bytes(data), table)["data"]
        data[where : where + 4] = pack("<I", text - where)
    with pytest.raises(DecodeError, match="texts or arrays overlap"):
        schemas.decode(bytes(data))


@pytest.mark.shared
def test_messages_of_other_programs_are_read_in_bounds(vectors: Path):
    for case in sorted(vectors.glob("*/*.bin")):
        data = case.read_bytes()
        assert memory(schemas.decode, data) <= allowed(data), case
