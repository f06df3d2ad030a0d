"""The fast decoders take the usual messages themselves and leave the unusual ones to the plain decoder."""

import pickle
from functools import cache
from pathlib import Path
from struct import pack, pack_into

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.fast import decoder, fast_decoder
from livedata.schemas.fbs import load_layout
from livedata.schemas.message import make_classes
from livedata.schemas.read import decode_as
from livedata.schemas.registry import SCHEMAS, Schema
from livedata.schemas.rows import Rows
from livedata.schemas.write import encode_as
from livedata.testing import encoded_messages, malformed
from tests.schemas.generate import plain, random_bytes


@pytest.mark.shared
@pytest.mark.parametrize("schema_id", SCHEMAS)
def test_messages_of_other_programs_are_usual(vectors: Path, schema_id):
    schema = SCHEMAS[schema_id]
    of_bytes, of_views = fast_decoder(schema), fast_decoder(schema, for_views=True)
    for case in sorted((vectors / schema_id).glob("*.bin")):
        data = case.read_bytes()
        expected = decode_as(schema, data)
        assert of_bytes(data) == expected, case.name
        assert of_views(memoryview(bytearray(data)).toreadonly()) == expected, case.name


def test_messages_of_an_older_schema_are_usual(raw):
    pack_into("<H", raw, 8, 14)
    message = fast_decoder(SCHEMAS["ev44"])(bytes(raw))
    assert message.pixel_id.size == 0
    assert message.pixel_id.dtype == np.int32


def test_a_message_is_frozen_and_of_its_class(raw):
    message = schemas.decode(bytes(raw))
    assert type(message) is schemas.Ev44
    with pytest.raises(AttributeError):
        message.message_id = 3


def test_what_was_decoded_is_relayed_and_what_was_made_is_not(raw):
    assert schemas.decode(bytes(raw))._relayed is True
    assert schemas.decode(raw)._relayed is True
    assert not hasattr(schemas.x5f2(), "_relayed")


def test_an_unsound_message_is_left_to_the_plain_decoder(raw):
    pack_into("<I", raw, 116, 4)
    assert fast_decoder(SCHEMAS["ev44"])(bytes(raw)) is None
    with pytest.raises(DecodeError, match="pixel_id"):
        schemas.decode_ev44(raw)


def test_a_message_of_another_schema_is_refused_by_name(raw):
    with pytest.raises(DecodeError, match="the identifier is 'ev44'"):
        schemas.decode_f144(bytes(raw))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_kind_of_memory_is_read(raw, kind):
    assert schemas.decode(kind(bytes(raw))) == schemas.decode(raw)


def test_more_vtables_than_are_remembered_are_read(raw, monkeypatch):
    monkeypatch.setattr("livedata.schemas.fast.vtable.CACHED", 2)
    decode = fast_decoder(SCHEMAS["ev44"])
    for size in (32, 33, 34, 35):
        pack_into("<H", raw, 10, size)
        assert decode(bytes(raw)).message_id == 7


EVERYTHING = """
struct Inner { a: byte; b: ushort; }
struct Pair { left: Inner; right: Inner; flag: bool; }
struct Deep { a: int; pair: Pair; b: int; other: Pair; c: int; }
enum Kind : short { None = 0, Some = 3 }
table Leaf { n: short = -1; name: string; }
table Other { x: double; }
table Number { value: int; } table Words { value: [string]; } table Truths { value: [bool]; }
union Node { Leaf, Other }
union Bare { Number, Words, Truths }
table Root {
  kind: Kind = Some; maybe: uint = null; ok: bool = true; deep: Deep; pairs: [Inner]; truths: [bool]; kinds: [Kind];
  leaf: Leaf; leaves: [Leaf]; words: [string]; node: Node; must: Bare (required); may: Bare; inner: Root;
}
root_type Root;
file_identifier "test";
"""


@pytest.fixture(scope="module")
def everything(tmp_path_factory) -> Schema:
    """Return a schema with every kind of field."""
    path = tmp_path_factory.mktemp("fbs") / "test.fbs"
    path.write_text(EVERYTHING)
    layout = load_layout(path)
    return Schema("test", layout, make_classes(layout, None))


def full(schema: Schema, *, depth: int = 2):
    c = schema.message_class
    inner = c.Inner(a=-1, b=2)
    pair = c.Pair(left=inner, right=c.Inner(a=3, b=65535), flag=True)
    return c(
        kind=7,
        maybe=0,
        ok=False,
        deep=c.Deep(a=1, pair=pair, b=2, other=pair, c=3),
        pairs=np.array([(1, 2), (3, 4)], schema.layout.structs["Inner"].dtype),
        truths=np.array([True, False]),
        kinds=np.array([0, 3, 9], np.int16),
        leaf=c.Leaf(name="ä"),
        leaves=(c.Leaf(), c.Leaf(n=5, name="")),
        words=("", "words" * 100),
        node=c.Other(x=np.inf),
        must=("one", "two"),
        may=np.int32(-5),
        inner=full(schema, depth=depth - 1) if depth else None,
    )


def test_every_kind_of_field_is_read_as_by_the_plain_decoder(everything):
    message = full(everything)
    data = encode_as(everything, message)
    assert fast_decoder(everything)(data) == decode_as(everything, data) == message


def test_every_kind_of_field_may_be_absent(everything):
    message = everything.message_class(must=np.array([True]))
    data = encode_as(everything, message)
    assert fast_decoder(everything)(data) == decode_as(everything, data) == message


def test_fast_and_plain_agree_on_every_changed_byte(everything):
    decode = fast_decoder(everything)
    data = encode_as(everything, full(everything, depth=1))
    accepted = 0
    for i in range(len(data)):
        for value in (0, 1, 0x7F, 0xFF, data[i] ^ 4):
            changed = data[:i] + bytes((value,)) + data[i + 1 :]
            quick = decode(changed)
            if quick is not None and changed[4:8] == b"test":
                accepted += 1
                assert quick == decode_as(everything, changed)
    assert accepted > len(data)


def test_tables_inside_themselves_end_at_the_depth_limit(everything):
    deepest = encode_as(everything, full(everything, depth=60))
    assert fast_decoder(everything)(deepest) == decode_as(everything, deepest)


@cache
def decoders(schema_id):
    return fast_decoder(SCHEMAS[schema_id]), fast_decoder(SCHEMAS[schema_id], for_views=True)


@given(st.sampled_from(tuple(SCHEMAS)).flatmap(encoded_messages))
@settings(max_examples=300, deadline=None)
def test_fast_and_plain_agree_on_any_sound_message(data):
    expected = decode_as(SCHEMAS[schemas.identify(data)], data)
    of_bytes, of_views = decoders(schemas.identify(data))
    assert of_bytes(data) == of_views(memoryview(data)) == expected


@given(st.sampled_from(tuple(SCHEMAS)).flatmap(lambda id: st.tuples(st.just(id), malformed(id))))
@settings(max_examples=300, deadline=None)
def test_the_fast_decoder_accepts_nothing_that_the_plain_one_refuses(case):
    schema_id, data = case
    try:
        expected = decode_as(SCHEMAS[schema_id], data)
    except DecodeError:
        assert data[4:8] != schema_id.encode() or decoders(schema_id)[0](data) is None
    else:
        assert decoders(schema_id)[0](data) in (expected, None)


@pytest.mark.parametrize("schema_id", SCHEMAS)
def test_lists_made_when_looked_at_hold_the_same(schema_id, monkeypatch):
    schema = plain(schema_id)
    rng = np.random.default_rng(5)
    for _ in range(30):
        data = random_bytes(schema, rng)
        expected = decode_as(schema, data)
        with monkeypatch.context() as poor:
            poor.setattr("livedata.schemas.read.FREE_BYTES", -5 * len(data))
            assert decode_as(schema, data) == expected
            assert fast_decoder(schema)(data) == expected


def test_lists_made_when_looked_at_are_indexed_like_tuples(everything, monkeypatch):
    monkeypatch.setattr("livedata.schemas.read.FREE_BYTES", -100_000)
    message = fast_decoder(everything)(encode_as(everything, full(everything)))
    leaf = everything.message_class.Leaf
    assert isinstance(message.leaves, Rows)
    assert message.leaves == (leaf(), leaf(n=5, name=""))
    assert message.leaves[-1] == leaf(n=5, name="")
    assert message.leaves[::-1] == (leaf(n=5, name=""), leaf())
    assert message.words[1] == "words" * 100
    assert repr(message.words) == "<2 elements, made when looked at>"
    assert pickle.loads(pickle.dumps(message.words)) == ("", "words" * 100)
    with pytest.raises(IndexError):
        message.words[2]


def test_what_is_met_first_is_learned(raw, monkeypatch):
    monkeypatch.setattr(decoder, "_OF_BYTES", {})
    schemas.decode(bytes(raw))
    assert list(decoder._OF_BYTES) == [b"ev44"]


def test_nothing_is_learned_of_what_is_no_schema(monkeypatch):
    monkeypatch.setattr(decoder, "_OF_BYTES", {})
    with pytest.raises(DecodeError, match="no such schema"):
        schemas.decode(pack("<I4s8x", 8, b"zz99"))
    assert not decoder._OF_BYTES
