"""Messages written by other programs decode to what they are said to hold; malformed ones are refused."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.layout import TableRef, Union, Vector

pytestmark = pytest.mark.shared

IDS = ("6s4t", "ev44", "f144", "pl72", "wrdn", "x5f2")
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
    for field in table.fields:
        value, expected = getattr(message, field.name), told[field.name]
        where = f"{table.name}.{field.name}"
        if isinstance(field.type, Vector):
            array = expected_array(expected, field)
            assert value.dtype == array.dtype, where
            np.testing.assert_array_equal(value, array, where)
        elif isinstance(field.type, Union):
            assert schema.union_code(field.name, value) == told[f"{field.name}_type"], where
            inner = schema.layout.bare[field.type.name][told[f"{field.name}_type"]]
            content = expected["value"]
            is_array = isinstance(inner.type, Vector)
            wanted = expected_array(content, inner) if is_array else inner.type.dtype.type(number(content))
            assert value.dtype == wanted.dtype, where
            np.testing.assert_array_equal(value, wanted, where)
        elif isinstance(field.type, TableRef) and expected is not None:
            assert_table(value, expected, schema.layout.tables[field.type.table], schema)
        else:
            assert value == expected, where


@pytest.mark.parametrize("schema_id", IDS)
def test_messages_of_other_programs_hold_what_they_are_said_to_hold(vectors: Path, schema_id):
    schema = schemas.SCHEMAS[schema_id]
    cases = sorted((vectors / schema_id).glob("*.bin"))
    assert len(cases) >= 5
    for case in cases:
        message = schemas.decode(case.read_bytes())
        assert_table(message, json.loads(case.with_suffix(".json").read_text())["fields"], schema.root, schema)


@pytest.mark.parametrize("schema_id", IDS)
def test_messages_of_other_programs_survive_our_encoder(vectors: Path, schema_id):
    for case in sorted((vectors / schema_id).glob("*.bin")):
        message = schemas.decode(memoryview(case.read_bytes()))
        assert schemas.decode(schemas.encode(message)) == message, case.name


@pytest.mark.parametrize(
    ("schema_id", "fast"), [("ev44", schemas.decode_ev44), ("f144", schemas.decode_f144)], ids=["ev44", "f144"]
)
def test_the_fast_decoders_agree_on_messages_of_other_programs(vectors: Path, schema_id, fast):
    for case in sorted((vectors / schema_id).glob("*.bin")):
        assert fast(case.read_bytes()) == schemas.decode(case.read_bytes()), case.name
        assert schemas.source_of(case.read_bytes()) == schemas.decode(case.read_bytes()).source_name


def hostile(vectors: Path):
    told = json.loads((vectors / "hostile" / "index.json").read_text())["messages"]
    assert len(told) == N_HOSTILE
    return [(m, (vectors / "hostile" / m["file"]).read_bytes()) for m in told]


def test_every_unsound_message_is_refused(vectors: Path):
    for told, data in hostile(vectors):
        if told["expect"] == "reject":
            with pytest.raises(DecodeError):
                schemas.decode(data)
            with pytest.raises(DecodeError):
                {"ev44": schemas.decode_ev44, "f144": schemas.decode_f144}[told["schema"]](data)


def test_every_odd_message_is_refused_or_remarked_upon(vectors: Path):
    verdicts = {}
    for told, data in hostile(vectors):
        if told["expect"] == "report":
            try:
                verdicts[told["file"][:2]] = schemas.check_ev44(schemas.decode(data))
            except DecodeError as error:
                verdicts[told["file"][:2]] = [str(error)]
    assert sorted(verdicts) == ["18", "22", "23", "24", "25"]
    assert all(verdicts.values()), verdicts
