"""Many messages at once give row for row what the plain decoder gives, whatever the bytes."""

from struct import pack_into, unpack_from

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.columns import ABSENT, UNSOUND, decode_columns
from livedata.schemas.content import wire_as
from livedata.schemas.flat import places
from livedata.schemas.layout import Enum, Scalar, Text, Union, Vector, inline_dtype
from livedata.schemas.read import decode_as
from livedata.schemas.write import encode_as

FLAT = (
    "6s4t", "al00", "amo0", "an44", "answ", "ar51", "df12", "ep00", "ep01", "ev42", "ev43", "ev44", "f142", "f144",
    "json", "ns10", "pl72", "pu00", "se00", "senv", "tdct", "un00", "wrdn", "x5f2",
)  # fmt: skip
NAMES = ("", "a", "temperature", "BL:Motor-1:Ångström", "x" * 70, "nul\0inside", "液氦")
NOWHERE = object()


def made_value(layout, type_, n, rng):
    """Return any value of a type, vectors with `n` elements; NOWHERE for what has no column."""
    if isinstance(type_, Text):
        return NAMES[rng.integers(len(NAMES))]
    if isinstance(type_, Scalar | Enum):
        return made_numbers(inline_dtype(type_), 1, rng)[0].item()
    if isinstance(type_, Vector) and isinstance(type_.of, Scalar | Enum):
        return made_numbers(inline_dtype(type_.of), n, rng)
    if isinstance(type_, Union) and layout.bare[type_.name] is not None:
        members = list(layout.bare[type_.name].values())
        inner = members[rng.integers(len(members))].type
        value = made_value(layout, inner, n, rng)
        return inline_dtype(inner).type(value) if isinstance(inner, Scalar) else value
    return NOWHERE


def made_numbers(dtype, n, rng):
    values = np.frombuffer(rng.bytes(n * dtype.itemsize), dtype.str.replace("b", "u").replace("?", "u1"))
    return (values % 2 == 1) if dtype.kind == "b" else values


def made(schema, rng):
    """Return a sound message without inner tables or lists of texts; what may be absent is so half of the time."""
    always = schema.id in ("ev44", "f144")  # their classes want every field
    fields, n = {}, int(rng.choice([0, 1, 1, 3, 40]))
    for field in schema.root.fields:
        value = made_value(schema.layout, field.type, n, rng)
        if value is not NOWHERE and (always or field.is_required or isinstance(value, np.ndarray) or rng.integers(2)):
            fields[field.name] = value
    return encode_as(schema, schema.message_class(**fields))


def mutated(data, rng):
    """Return a message with a byte, a word or its end changed."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 3))):
        at = int(rng.integers(max(len(out) - 4, 1)))
        match rng.integers(5):
            case 0 if out:
                out[at] ^= 1 << int(rng.integers(8))
            case 1:
                del out[at:]
            case 2 if len(out) > 8:
                pack_into("<I", out, at & ~3, int(rng.choice([0, 1, 4, 8, 12, len(out), 2**31, 2**32 - 1, 2**32 - 4])))
            case 3 if len(out) > 8:
                pack_into("<H", out, at & ~1, int(rng.choice([0, 1, 2, 4, 5, 6, 8, 16, 32, 60, 65535])))
            case _:
                start = int(rng.integers(len(out) or 1))
                out[at:at] = out[start : start + int(rng.integers(12))]
    return bytes(out)


def rows(columns):
    """Return each row's content by field name; None for rows that are not ok."""
    found = [{} if ok else None for ok in columns.ok]
    sound = np.flatnonzero(columns.ok)
    for name, numbers in columns.numbers.items():
        for i in sound:
            found[i][name] = numbers[i]
    for name, texts in columns.texts.items():
        values = texts.values()
        for i in sound:
            found[i][name] = values[i]
    for name, vectors in columns.vectors.items():
        for i in sound:
            found[i][name] = vectors.joined(np.array([i]))
    for name, kinds in columns.kinds.items():
        for i in sound:
            found[i][name] = None
        for kind in kinds:
            parts = kind.values if kind.count is None else np.split(kind.values, np.cumsum(kind.count)[:-1])
            for i, part in zip(kind.rows, parts, strict=True):
                found[i][name] = part
    return found


def same(row, message, columns, i):
    """Tell whether a row holds exactly what the plain decoder found in its message."""
    for name, value in row.items():
        expected = getattr(message, name)
        if name in columns.numbers and expected is None:
            assert value == 0
            assert not columns.present[name][i]
        elif name in columns.texts or name in columns.numbers:
            assert value == expected or (value != value and expected != expected), name
        elif isinstance(expected, np.ndarray | np.generic):
            assert value.dtype == expected.dtype, name
            np.testing.assert_array_equal(value, expected)
        else:
            assert value == expected, name
    return True


def agree(schema, messages):
    """Compare columns with the plain decoder; return how many rows are ok."""
    columns = decode_columns(schema.id, messages)
    assert len(columns) == len(messages)
    is_shaped = schema.root.name.rpartition(".")[2] in schema.meaning.shape
    for i, row in enumerate(rows(columns)):
        if row is None:
            continue
        message = decode_as(schema, messages[i])
        assert is_shaped or same(row, message, columns, i)
        absent = wire_as(schema, messages[i]).get("__absent__", [])
        assert {name for name, here in columns.present.items() if not here[i]} - set(columns.kinds) <= set(absent)
        assert not any(columns.present[name][i] for name in absent if name in columns.present)
    return int(columns.ok.sum())


@pytest.mark.parametrize("schema_id", FLAT)
def test_sound_messages_are_all_ok_and_equal_to_the_plain_decoder(schema_id):
    schema = schemas.SCHEMAS[schema_id]
    rng = np.random.default_rng(1)
    messages = [made(schema, rng) for _ in range(300)]
    n_lists = sum(
        isinstance(decode_as(schema, m).value, tuple) for m in messages if schema_id == "f142"
    )  # lists of texts have no column
    assert agree(schema, messages) == len(messages) - n_lists


@pytest.mark.parametrize("schema_id", sorted(schemas.SCHEMAS))
def test_no_mutated_message_is_ok_that_the_plain_decoder_refuses_or_reads_differently(schema_id):
    schema = schemas.SCHEMAS[schema_id]
    rng = np.random.default_rng(2)
    sound = [made(schema, rng) for _ in range(60)] if schema_id in FLAT else [b"\x10\0\0\0" + schema_id.encode()]
    messages = [mutated(sound[i % len(sound)], rng) for i in range(1200)]
    agree(schema, messages + sound)


@pytest.mark.shared
def test_shared_messages_agree_whatever_schema_they_are_taken_for(vectors):
    messages = [path.read_bytes() for path in sorted(vectors.glob("*/*.bin"))]
    assert len(messages) > 400
    for schema in schemas.SCHEMAS.values():
        agree(schema, messages)


@pytest.mark.shared
def test_shared_messages_of_flat_schemas_are_ok(vectors):
    for schema_id in ("ev44", "f144", "al00", "ep01", "un00", "pu00", "se00", "tdct", "x5f2"):
        messages = [path.read_bytes() for path in sorted(vectors.glob(f"{schema_id}/*.bin"))]
        assert agree(schemas.SCHEMAS[schema_id], messages) == len(messages)


def f144s(*samples):
    return [schemas.encode_f144(name, time, value) for name, time, value in samples]


def test_groups_tell_the_rows_of_each_name_in_order_of_first_appearance():
    columns = decode_columns("f144", f144s(("b", 1, 1.0), ("a", 2, 1.0), ("b", 3, 1.0)))
    assert [(name, rows.tolist()) for name, rows in columns.texts["source_name"].groups()] == [
        ("b", [0, 2]),
        ("a", [1]),
    ]


def test_an_absent_text_is_neither_the_empty_text_nor_a_broken_one():
    unit = schemas.message_class("un00")
    messages = [schemas.encode(unit(source_name="a", units=u)) for u in (None, "", "K")]
    units = decode_columns("un00", [*messages, b"broken"]).texts["units"]
    assert units.values() == [None, "", "K", None]
    assert units.which.tolist()[0] == ABSENT
    assert units.which.tolist()[3] == UNSOUND
    assert [(text, rows.tolist()) for text, rows in units.groups()] == [("", [1]), ("K", [2]), (None, [0])]


def test_an_absent_number_without_default_is_told_from_zero():
    frame = schemas.message_class("pu00")
    messages = [schemas.encode(frame(source_name="a", period_number=n)) for n in (None, 0, 3)]
    columns = decode_columns("pu00", messages)
    assert columns.numbers["period_number"].tolist() == [0, 0, 3]
    assert columns.present["period_number"].tolist() == [False, True, True]


def test_rows_that_are_not_ok_hold_nothing():
    events = schemas.encode_ev44("d", 7, [1], [0], [5, 6], [7, 8])
    columns = decode_columns("ev44", [events[:-4], events, b""])
    assert columns.ok.tolist() == [False, True, False]
    assert columns.numbers["message_id"].tolist() == [0, 7, 0]
    assert columns.vectors["pixel_id"].count.tolist() == [0, 2, 0]
    assert columns.vectors["pixel_id"].joined().tolist() == [7, 8]
    assert columns.present["pixel_id"].tolist() == [False, True, False]


def test_a_text_that_is_not_utf8_takes_only_its_own_row_along():
    alarm = schemas.message_class("al00")
    messages = [schemas.encode(alarm(source_name="a", message=m)) for m in ("HIHI", "?!", "HIHI")]
    messages[1] = messages[1].replace(b"?!", b"\xff!")
    columns = decode_columns("al00", messages)
    assert columns.ok.tolist() == [True, False, True]
    assert columns.texts["message"].values() == ["HIHI", None, "HIHI"]


@pytest.mark.parametrize("size", [0, 1, 3, 1000])
def test_vectors_are_joined_in_the_order_of_the_rows_asked_for(size):
    parts = [np.arange(i, i + size + (size > 1) * i, dtype=np.int32) for i in range(4)]
    columns = decode_columns("ev44", [schemas.encode_ev44("d", 0, [1], [0], p, p) for p in parts])
    vectors = columns.vectors["pixel_id"]
    assert vectors.count.tolist() == [len(p) for p in parts]
    np.testing.assert_array_equal(vectors.joined(), np.concatenate(parts))
    joined = vectors.joined(np.array([3, 1]))
    np.testing.assert_array_equal(joined, np.concatenate([parts[3], parts[1]]))
    assert joined.dtype == np.int32
    assert joined.flags.aligned
    assert not joined.flags.writeable


def test_kinds_of_one_union_are_told_apart_and_keep_their_dtype():
    values = (1.5, np.int8(3), np.arange(3, dtype=np.uint16), 2.5, np.arange(2, dtype=np.uint16))
    kinds = decode_columns("f144", f144s(*(("a", 1, v) for v in values))).kinds["value"]
    assert [(k.rows.tolist(), k.values.tolist(), k.values.dtype.name) for k in kinds] == [
        ([1], [3], "int8"),
        ([0, 3], [1.5, 2.5], "float64"),
        ([2, 4], [0, 1, 2, 0, 1], "uint16"),
    ]
    assert kinds[2].count is not None
    assert kinds[2].count.tolist() == [3, 2]


def test_texts_are_a_kind_of_value():
    log = schemas.message_class("f142")
    messages = [schemas.encode(log(source_name="a", value=v)) for v in ("open", 2.5, "shut", "open")]
    texts = decode_columns("f142", messages).kinds["value"][-1]
    assert texts.values.tolist() == ["open", "shut", "open"]
    assert texts.rows.tolist() == [0, 2, 3]


def test_no_messages_make_empty_columns():
    columns = decode_columns("f144", [])
    assert len(columns) == 0
    assert columns.kinds["value"] == ()
    assert list(columns.texts["source_name"].groups()) == []


def test_messages_may_be_views():
    (message,) = f144s(("a", 5, 1.5))
    assert decode_columns("f144", [memoryview(b"x" + message)[1:]]).numbers["timestamp"].tolist() == [5]


def test_overlapping_texts_are_left_to_the_plain_decoder():
    beat = bytearray(schemas.encode(schemas.x5f2(software_name="x" * 400, service_id="y", status_json="z")))
    schema = schemas.SCHEMAS["x5f2"]
    at = places(schema.root, bytes(beat))
    target = at["software_name"] + unpack_from("<I", beat, at["software_name"])[0]
    for name in ("service_id", "status_json"):
        pack_into("<I", beat, at[name], target - at[name])
    assert schemas.decode(beat).status_json == "x" * 400
    assert not decode_columns("x5f2", [bytes(beat)]).ok[0]


def test_an_unknown_schema_is_refused():
    with pytest.raises(DecodeError, match="no such schema"):
        decode_columns("zz99", [])
