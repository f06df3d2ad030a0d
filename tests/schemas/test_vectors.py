"""Messages written by other programs decode to what they are said to hold; malformed ones are refused."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.fast import fast_decoder
from livedata.schemas.layout import Scalar, Struct, TableRef, Text, Union, Vector
from livedata.schemas.read import decode_as
from livedata.schemas.write import encode_as

pytestmark = pytest.mark.shared

N_HOSTILE = 25


def number(value):
    return {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}.get(value, value) if type(value) is str else value


def expected_array(told, field):
    if told is None:
        return np.zeros(0, field.type.of.dtype)
    if "base64" in told:
        return np.frombuffer(base64.b64decode(told["base64"]), told["dtype"])
    return np.array([number(v) for v in told["values"]], told["dtype"])


def assert_table(message, told, table, schema):
    assert type(message) is schema.classes[table.name]
    shaped = schema.meaning.shape.get(table.name.rpartition(".")[2])
    for field in table.fields:
        if isinstance(field.type, Union):
            value, code = getattr(message, field.name), told[f"{field.name}_type"]
            value = value.ravel() if shaped and isinstance(value, np.ndarray) else value
            assert schema.union_member(field.type, value, field.name)[0] == code
            if code:
                assert_member(value, told[field.name], field.type, code, schema)
        elif not (shaped and field.name in ("data", "pData")):
            assert_value(getattr(message, field.name), told[field.name], field, schema)


def assert_member(value, told, union, code, schema):
    bare = schema.layout.bare[union.name]
    if bare is None:
        assert_table(value, told, schema.layout.tables[union.member(code).table], schema)
    elif isinstance(bare[code].type, Scalar):
        dtype = bare[code].type.dtype
        assert type(value) is dtype.type
        np.testing.assert_array_equal(value, dtype.type(number(told["value" if "value" in told else "v"])))
    else:
        assert_value(value, next(iter(told.values())), bare[code], schema)


def assert_value(value, told, field, schema):
    type_ = field.type
    if isinstance(type_, Vector) and isinstance(type_.of, Text | TableRef):
        assert len(value) == len(told or ())
        for one, expected in zip(value, told or (), strict=True):
            if isinstance(type_.of, Text):
                assert one == expected
            else:
                assert_table(one, expected, schema.layout.tables[type_.of.table], schema)
    elif isinstance(type_, Vector):
        expected = expected_array(told, field)
        assert value.dtype == expected.dtype, field.name
        np.testing.assert_array_equal(value, expected, field.name)
    elif isinstance(type_, TableRef) and told is not None:
        assert_table(value, told, schema.layout.tables[type_.table], schema)
    elif isinstance(type_, Struct) and told is not None:
        assert {f.name: getattr(value, f.name) for f in type_.fields} == told
    else:
        np.testing.assert_equal(value, number(told), field.name)


@pytest.mark.parametrize("schema_id", schemas.SCHEMAS)
def test_messages_of_other_programs_hold_what_they_are_said_to_hold(vectors: Path, schema_id):
    schema = schemas.SCHEMAS[schema_id]
    cases = sorted((vectors / schema_id).glob("*.bin"))
    assert cases
    for case in cases:
        message = schemas.decode(case.read_bytes())
        assert_table(message, json.loads(case.with_suffix(".json").read_text())["fields"], schema.root, schema)


@pytest.mark.parametrize("schema_id", schemas.SCHEMAS)
def test_messages_of_other_programs_survive_our_encoder(vectors: Path, schema_id):
    schema = schemas.SCHEMAS[schema_id]
    for case in sorted((vectors / schema_id).glob("*.bin")):
        message = schemas.decode(memoryview(case.read_bytes()))
        assert schemas.decode(encode_as(schema, message)) == message, case.name


@pytest.mark.parametrize("schema_id", schemas.SCHEMAS)
def test_the_source_of_messages_of_other_programs_is_found_alone(vectors: Path, schema_id):
    field = schemas.SCHEMAS[schema_id].source_field
    for case in sorted((vectors / schema_id).glob("*.bin")):
        data = case.read_bytes()
        expected = "" if field is None else getattr(schemas.decode(data), field.name) or ""
        assert schemas.source_of(data) == schemas.source_of(memoryview(bytearray(data))) == expected, case.name


def hostile(vectors: Path):
    told = json.loads((vectors / "hostile" / "index.json").read_text())["messages"]
    assert len(told) == N_HOSTILE
    return [(m, (vectors / "hostile" / m["file"]).read_bytes()) for m in told]


def test_every_unsound_message_is_refused(vectors: Path):
    for told, data in hostile(vectors):
        if told["expect"] == "reject":
            schema = schemas.SCHEMAS[told["schema"]]
            assert fast_decoder(schema)(data) is None or data[4:8] != schema.id.encode()
            for read in (schemas.decode, schemas.wire, lambda data, schema=schema: decode_as(schema, data)):
                with pytest.raises(DecodeError):
                    read(data)


def test_every_odd_message_is_refused_or_remarked_upon(vectors: Path):
    verdicts = {}
    for told, data in hostile(vectors):
        if told["expect"] == "report":
            try:
                verdicts[told["file"][:2]] = schemas.check(schemas.decode(data))
            except DecodeError as error:
                verdicts[told["file"][:2]] = [str(error)]
    assert sorted(verdicts) == ["18", "22", "23", "24", "25"]
    assert all(verdicts.values()), verdicts
