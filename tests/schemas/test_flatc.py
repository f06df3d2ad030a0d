"""What the FlatBuffers compiler says of our messages is what they hold, and we read what it writes."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from livedata.schemas import SCHEMAS, Message
from livedata.schemas.fbs import load_layout
from livedata.schemas.layout import Enum, Member, Struct, Table, TableRef, Type, Union, Vector
from livedata.schemas.message import make_classes
from livedata.schemas.read import decode_as
from livedata.schemas.registry import Schema, folder
from livedata.schemas.write import encode_as
from tests.schemas.generate import Maker, plain

EXOTIC = """
namespace part;
enum Colour : short { RED = -2, GREEN, BLUE = 7 }
struct Inner { a: ubyte; b: ushort; }
struct Outer { flag: bool; inner: Inner; time: ulong; }
"""
EXOTIC_MAIN = """
include "exotic_part.fbs";
// A bit of everything that messages on the wire use.
namespace whole.of;
table Leaf { name: string (required); colour: part.Colour = BLUE; }
table Branch { leaves: [Leaf]; deeper: Tree; }
union Content { Leaf, Branch }
table Tree {
  old: int (deprecated);
  first: uint = null;
  second: uint32 = null;
  ratio: float = 0.5;
  place: part.Outer;
  places: [part.Inner];
  words: [string];
  truths: [bool];
  colours: [part.Colour];
  content: Content;
  more: Content;
}
root_type Tree;
file_identifier "exot";
"""


N_SAMPLES = 240
"""Messages of each schema: 10 000 of them all."""


NOT_FINITE = re.compile(r'("(?:[^"\\]|\\.)*")|\b(nan|inf)\b')
"""Numbers that are none, outside texts: the compiler does not write them as Python reads them."""


def binaries_of(flatc, schema_text: Path, contents: list[object], work: Path) -> list[bytes]:
    """Return messages as the compiler makes them of JSON contents."""
    sources = [work / f"theirs{i}.json" for i in range(len(contents))]
    for source, content in zip(sources, contents, strict=True):
        source.write_text(json.dumps(content))
    flatc("--binary", "-o", work, schema_text, *sources)
    return [source.with_suffix(".bin").read_bytes() for source in sources]


def contents_of(flatc, schema_text: Path, messages: list[bytes], work: Path) -> list[object]:
    """Return what the compiler says that messages hold."""
    sources = [work / f"ours{i}.bin" for i in range(len(messages))]
    for source, data in zip(sources, messages, strict=True):
        source.write_bytes(data)
    flatc("--json", "--strict-json", "--raw-binary", "-o", work, schema_text, "--", *sources)
    return [json.loads(NOT_FINITE.sub(_quoted, source.with_suffix(".json").read_text())) for source in sources]


def _quoted(found: re.Match[str]) -> str:
    return found[1] or {"nan": "NaN", "inf": "Infinity"}[found[2]]


@pytest.mark.shared
@pytest.mark.parametrize("schema_id", SCHEMAS)
def test_we_and_the_compiler_read_the_same_in_messages_of_other_programs(flatc, tmp_path, vectors, schema_id):
    schema = plain(schema_id)
    messages = [path.read_bytes() for path in sorted((vectors / schema_id).glob("*.bin"))]
    ours = [as_told(schema, schema.root, decode_as(schema, data)) for data in messages]
    for mine, content in zip(ours, contents_of(flatc, folder() / f"{schema_id}.fbs", messages, tmp_path), strict=True):
        assert_same(mine, with_absent(schema, schema.root, content))


def assert_same(ours: object, theirs: object) -> None:
    """Compare contents; the compiler tells floats to a few digits only."""
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        for name, value in ours.items():
            assert_same(value, theirs[name])
    elif isinstance(ours, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_same(a, b)
    elif isinstance(ours, float):
        assert theirs == pytest.approx(ours, rel=1e-6, abs=1e-6, nan_ok=True)
    else:
        assert ours == theirs


@pytest.fixture(params=SCHEMAS)
def samples(request) -> tuple[Schema, list[Message]]:
    """Return a schema and messages made up at random."""
    schema = plain(request.param)
    maker = Maker(schema, np.random.default_rng(20261121), is_short=True)
    return schema, [maker.message() for _ in range(N_SAMPLES)]


def test_the_compiler_reads_our_messages(flatc, tmp_path, samples):
    schema, messages = samples
    told = contents_of(flatc, folder() / f"{schema.id}.fbs", [encode_as(schema, m) for m in messages], tmp_path)
    assert [as_told(schema, schema.root, m) for m in messages] == [
        with_absent(schema, schema.root, content) for content in told
    ]


def test_we_read_the_messages_of_the_compiler(flatc, tmp_path, samples):
    schema, messages = samples
    text = folder() / f"{schema.id}.fbs"
    told = contents_of(flatc, text, [encode_as(schema, m) for m in messages], tmp_path)
    assert [decode_as(schema, data) for data in binaries_of(flatc, text, told, tmp_path)] == messages


def as_told(schema: Schema, table: Table, message: Message) -> dict[str, object]:
    """Return what a message holds in the compiler's words."""
    content: dict[str, object] = {}
    for field in table.fields:
        value, type_ = getattr(message, field.name), field.type
        if isinstance(type_, Union):
            code, member_value = schema.union_member(type_, value, field.name)
            member = type_.member(code)
            content[f"{field.name}_type"] = "NONE" if member is None else member.name
            content[field.name] = None if member is None else member_told(schema, type_, member, member_value)
        else:
            content[field.name] = None if value is None else told(schema, type_, value)
    return content


def member_told(schema: Schema, union: Union, member: Member, value: object) -> dict[str, object]:
    table, bare = schema.layout.tables[member.table], schema.layout.bare[union.name]
    if bare is None:
        return as_told(schema, table, value)
    return {bare[member.code].name: told(schema, bare[member.code].type, value)}


def told(schema: Schema, type_: Type, value: object) -> object:
    if isinstance(type_, Vector):
        return [told(schema, type_.of, v) for v in value]
    if isinstance(type_, TableRef):
        return as_told(schema, schema.layout.tables[type_.table], value)
    if isinstance(type_, Struct):
        return {f.name: told(schema, f.type, getattr(value, f.name)) for f in type_.fields}
    if isinstance(type_, Enum):
        return {v: k for k, v in type_.members.items()}.get(value, value)
    return value.item() if isinstance(value, np.generic) else value


def with_absent(schema: Schema, table: Table, content: dict[str, object]) -> dict[str, object]:
    """Return the compiler's words with those it leaves out: defaults, empty lists, and None for the rest."""
    whole: dict[str, object] = {}
    for field in table.fields:
        value, type_ = content.get(field.name), field.type
        if isinstance(type_, Union):
            name = whole[f"{field.name}_type"] = content.get(f"{field.name}_type", "NONE")
            members = {m.name: schema.layout.tables[m.table] for m in type_.members}
            whole[field.name] = None if name == "NONE" else with_absent(schema, members[name], value)
        elif field.name not in content and isinstance(type_, Vector):
            whole[field.name] = []
        elif field.name not in content:
            whole[field.name] = None if field.default is None else told(schema, type_, field.default)
        elif isinstance(type_, TableRef):
            whole[field.name] = with_absent(schema, schema.layout.tables[type_.table], value)
        elif isinstance(type_, Vector) and isinstance(type_.of, TableRef):
            whole[field.name] = [with_absent(schema, schema.layout.tables[type_.of.table], v) for v in value]
        else:
            whole[field.name] = value
    return whole


@pytest.fixture
def exotic(tmp_path) -> tuple[Schema, Path]:
    (tmp_path / "exotic_part.fbs").write_text(EXOTIC)
    main = tmp_path / "exot.fbs"
    main.write_text(EXOTIC_MAIN)
    layout = load_layout(main)
    return Schema("exot", layout, make_classes(layout, None)), main


EXOTIC_CONTENT = {
    "second": 0,
    "place": {"flag": True, "inner": {"a": 1, "b": 65535}, "time": 2**63},
    "places": [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
    "words": ["one", "", "drei"],
    "truths": [True, False, True],
    "colours": ["RED", "BLUE"],
    "content_type": "Branch",
    "content": {"leaves": [{"name": "x"}, {"name": "y", "colour": "GREEN"}], "deeper": {"first": 7}},
}


def test_structs_enums_unions_and_recursion_are_read_as_the_compiler_writes_them(flatc, tmp_path, exotic):
    schema, text = exotic
    message = decode_as(schema, binaries_of(flatc, text, [EXOTIC_CONTENT], tmp_path)[0])
    assert (message.first, message.second, message.ratio, message.more) == (None, 0, 0.5, None)
    assert (message.place.flag, message.place.inner.b, message.place.time) == (True, 65535, 2**63)
    assert message.places.tolist() == [(1, 2), (3, 4)]
    assert message.words == ("one", "", "drei")
    assert message.truths.tolist() == [True, False, True]
    assert message.colours.tolist() == [-2, 7]
    assert [leaf.colour for leaf in message.content.leaves] == [7, -1]
    assert message.content.deeper.first == 7


def test_structs_enums_unions_and_recursion_are_written_as_the_compiler_reads_them(flatc, tmp_path, exotic):
    schema, text = exotic
    message = decode_as(schema, binaries_of(flatc, text, [EXOTIC_CONTENT], tmp_path)[0])
    data = encode_as(schema, message)
    assert decode_as(schema, data) == message
    (told,) = contents_of(flatc, text, [data], tmp_path)
    assert told["place"] == EXOTIC_CONTENT["place"]
    assert told["content"]["leaves"] == [{"name": "x", "colour": "BLUE"}, {"name": "y", "colour": "GREEN"}]
    assert (told["words"], told["second"]) == (["one", "", "drei"], 0)
    assert "first" not in told
