"""The plain content of messages: exact, complete, and ready for JSON."""

import base64
import json
from pathlib import Path
from struct import pack

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.content import wire_as
from livedata.schemas.fbs import load_layout
from livedata.schemas.message import make_classes
from livedata.schemas.registry import SCHEMAS, Schema
from livedata.schemas.write import encode_as


def schema_of(tmp_path, text):
    path = tmp_path / "test.fbs"
    path.write_text(text + 'root_type R;\nfile_identifier "test";\n')
    layout = load_layout(path)
    return Schema("test", layout, make_classes(layout, None))


def made(tmp_path, text, **fields):
    schema = schema_of(tmp_path, text)
    return wire_as(schema, encode_as(schema, schema.message_class(**fields)))


@pytest.mark.shared
@pytest.mark.parametrize("schema_id", SCHEMAS)
def test_messages_of_other_programs_say_what_they_are_said_to_say(vectors: Path, schema_id):
    cases = sorted((vectors / schema_id).glob("*.bin"))
    assert cases
    for case in cases:
        told = json.loads(case.with_suffix(".json").read_text())["fields"]
        assert schemas.wire(case.read_bytes()) == told, case.name


def test_integers_beyond_doubles_stay_exact():
    assert schemas.wire(schemas.encode_ev44("d", 2**53 + 1, [-(2**63)], [0], [], []))["message_id"] == 2**53 + 1


def test_vectors_of_numbers_come_with_their_dtype():
    content = schemas.wire(schemas.encode_f144("pv", 1, np.array([1.5, np.nan, -np.inf], np.float32)))
    assert content["value"] == {"value": {"dtype": "float32", "values": [1.5, "NaN", "-Infinity"]}}
    assert content["__names__"] == {"value_type": "ArrayFloat"}


@pytest.mark.parametrize("n", [2000, 2001])
def test_long_vectors_come_as_base64(n):
    values = np.arange(n, dtype=np.int32)
    content = schemas.wire(schemas.encode_f144("pv", 1, values))["value"]["value"]
    if n == 2000:
        assert content == {"dtype": "int32", "values": values.tolist()}
    else:
        assert content["length"] == n
        assert base64.b64decode(content["base64"]) == values.tobytes()


def test_what_is_absent_is_listed_and_shown_as_its_default():
    content = schemas.wire(schemas.encode(schemas.pl72()))
    assert content["n_periods"] == 1
    assert content["run_name"] is None
    assert "run_name" in content["__absent__"]


def test_an_absent_union_is_none_of_its_kinds(tmp_path):
    text = "table A { v: int; } table B { v: int; } union U { A, B }\ntable R (elide_defaults) { x: int; u: U; }\n"
    assert made(tmp_path, text, x=3) == {
        "x": 3,
        "u_type": 0,
        "u": None,
        "__absent__": ["u_type", "u"],
        "__names__": {"u_type": "NONE"},
    }


def test_numbers_without_a_name_stay_numbers(tmp_path):
    text = "enum E : byte { A = 0, B = 2 }\ntable R { known: E; unknown: E; }\n"
    assert made(tmp_path, text, known=2, unknown=1) == {"known": 2, "unknown": 1, "__names__": {"known": "B"}}


def test_structs_and_vectors_of_them_are_shown_by_name(tmp_path):
    schema = schema_of(tmp_path, "struct S { a: ubyte; b: ushort; }\ntable R { s: S; v: [S]; }\n")
    data = pack("<I4sHHHHiBxHIIBxHBxH", 16, b"test", 8, 12, 4, 8, 8, 1, 2, 4, 2, 3, 4, 5, 6)
    assert wire_as(schema, data) == {"s": {"a": 1, "b": 2}, "v": [{"a": 3, "b": 4}, {"a": 5, "b": 6}]}


def test_unsound_messages_are_refused_with_their_place(raw):
    raw[116] = 4
    with pytest.raises(DecodeError, match="4 elements") as caught:
        schemas.wire(raw)
    assert caught.value.path == "pixel_id"


def test_content_that_is_shared_is_shown_in_bounds(tmp_path):
    schema = schema_of(tmp_path, "table R { names: [string]; }\n")
    n = 100
    for length, is_shown in ((500, True), (5000, False)):
        names = pack("<I", n) + b"".join(pack("<I", 4 * (n - i)) for i in range(n))
        data = pack("<I4sHHHxxiI", 16, b"test", 6, 8, 4, 8, 4) + names + pack("<I", length) + b"x" * length + b"\0"
        if is_shown:
            assert wire_as(schema, data) == {"names": ["x" * length] * n}
        else:
            with pytest.raises(DecodeError, match="texts or arrays overlap"):
                wire_as(schema, data)
