"""The FlatBuffers compiler reads our schema texts, and its messages and ours mean the same."""

import json
from pathlib import Path

import numpy as np
import pytest

from livedata import schemas
from livedata.schemas.fbs import load_layout
from livedata.schemas.message import make_classes
from livedata.schemas.read import decode_as
from livedata.schemas.registry import Schema, folder
from livedata.schemas.write import encode_as

IDS = ("6s4t", "ev44", "f144", "pl72", "wrdn", "x5f2")

CONTENT = {
    "ev44": {
        "source_name": "détecteur",
        "message_id": 2**62,
        "reference_time": [1, -(2**60)],
        "reference_time_index": [0, 1],
        "time_of_flight": [5, -6, 7],
        "pixel_id": [1, 2, 3],
    },
    "f144": {"source_name": "pv", "timestamp": 9, "value_type": "ArrayUShort", "value": {"value": [1, 65535]}},
    "pl72": {
        "start_time": 1700000000123,
        "run_name": "r",
        "n_periods": 4,
        "detector_spectrum_map": {"spectrum": [1, 2], "detector_id": [3, 4], "n_spectra": 2},
    },
    "6s4t": {"stop_time": 1700000000123, "job_id": "j"},
    "x5f2": {"software_name": "s", "process_id": 4294967295, "status_json": "{}"},
    "wrdn": {"service_id": "s", "job_id": "j", "error_encountered": True, "file_name": "f"},
}

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


def binary_of(flatc, schema_text: Path, content: object, tmp_path: Path) -> bytes:
    source = tmp_path / "message.json"
    source.write_text(json.dumps(content))
    flatc("--binary", "-o", tmp_path, schema_text, source)
    return (tmp_path / "message.bin").read_bytes()


def json_of(flatc, schema_text: Path, data: bytes, tmp_path: Path) -> object:
    (tmp_path / "ours.bin").write_bytes(data)
    flatc("--json", "--strict-json", "--raw-binary", "-o", tmp_path, schema_text, "--", tmp_path / "ours.bin")
    return json.loads((tmp_path / "ours.json").read_text())


@pytest.mark.parametrize("schema_id", IDS)
def test_the_compiler_accepts_our_schema_text(flatc, tmp_path, schema_id):
    flatc("--binary", "--schema", "-o", tmp_path, folder() / f"{schema_id}.fbs")
    assert (tmp_path / f"{schema_id}.bfbs").is_file()


@pytest.mark.parametrize("schema_id", IDS)
def test_messages_of_the_compiler_decode_to_their_content(flatc, tmp_path, schema_id):
    message = schemas.decode(binary_of(flatc, folder() / f"{schema_id}.fbs", CONTENT[schema_id], tmp_path))
    assert content_of(message) == {k: v for k, v in CONTENT[schema_id].items() if not k.endswith("_type")} | (
        {"value": [1, 65535]} if schema_id == "f144" else {}
    )


@pytest.mark.parametrize("schema_id", IDS)
def test_the_compiler_reads_our_messages(flatc, tmp_path, schema_id):
    text = folder() / f"{schema_id}.fbs"
    data = schemas.encode(schemas.decode(binary_of(flatc, text, CONTENT[schema_id], tmp_path)))
    told = json_of(flatc, text, data, tmp_path)
    assert {k: v for k, v in told.items() if k in CONTENT[schema_id]} == CONTENT[schema_id]


def content_of(message):
    """Return the fields that differ from what an empty message holds, as plain lists and numbers."""
    content = {}
    for name in type(message).__slots__:
        value = getattr(message, name)
        if isinstance(value, schemas.Message):
            content[name] = content_of(value)
        elif isinstance(value, np.ndarray):
            content[name] = value.tolist()
        elif value not in (None, 0, False):
            content[name] = value
    return content


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
    message = decode_as(schema, binary_of(flatc, text, EXOTIC_CONTENT, tmp_path))
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
    message = decode_as(schema, binary_of(flatc, text, EXOTIC_CONTENT, tmp_path))
    data = encode_as(schema, message)
    assert decode_as(schema, data) == message
    told = json_of(flatc, text, data, tmp_path)
    assert told["place"] == EXOTIC_CONTENT["place"]
    assert told["content"]["leaves"] == [{"name": "x", "colour": "BLUE"}, {"name": "y", "colour": "GREEN"}]
    assert (told["words"], told["second"]) == (["one", "", "drei"], 0)
    assert "first" not in told
