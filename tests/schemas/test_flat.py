"""The fast decoders take the usual messages themselves and leave the unusual ones to the plain decoder."""

from struct import pack_into

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.flat import fast_decoder, places
from livedata.schemas.read import decode_as

IDS = ("6s4t", "ev44", "f144", "wrdn", "x5f2")


def usual(schema_id):
    n = np.arange(3, dtype=np.int32)
    return {
        "ev44": schemas.Ev44("d", 1, np.array([1]), n[:1], n, n),
        "f144": schemas.F144("d", 1, np.float32(2.5)),
        "6s4t": schemas.message_class("6s4t")(stop_time=3, job_id="j"),
        "wrdn": schemas.message_class("wrdn")(service_id="s", job_id="j", error_encountered=True, file_name="f"),
        "x5f2": schemas.message_class("x5f2")(software_name="s", process_id=9),
    }[schema_id]


@pytest.mark.parametrize("schema_id", IDS)
def test_any_schema_without_inner_tables_has_a_fast_decoder(schema_id):
    schema = schemas.SCHEMAS[schema_id]
    data = schemas.encode(usual(schema_id))
    values = fast_decoder(schema)(data)
    assert schema.message_class(**dict(zip(schema.fields, values, strict=True))) == decode_as(schema, data)


def test_a_schema_with_inner_tables_has_none():
    with pytest.raises(TypeError, match="detector_spectrum_map"):
        fast_decoder(schemas.SCHEMAS["pl72"])


def test_messages_of_an_older_schema_are_usual(raw):
    pack_into("<H", raw, 8, 14)
    values = fast_decoder(schemas.SCHEMAS["ev44"])(bytes(raw))
    assert values[-1].size == 0
    assert values[-1].dtype == np.int32


def test_an_unsound_message_is_left_to_the_plain_decoder(raw):
    pack_into("<I", raw, 116, 4)
    assert fast_decoder(schemas.SCHEMAS["ev44"])(bytes(raw)) is None
    with pytest.raises(DecodeError, match="pixel_id"):
        schemas.decode_ev44(raw)


def test_places_are_those_of_the_message(raw):
    assert places(schemas.SCHEMAS["ev44"].root, bytes(raw)) == {
        "source_name": 32,
        "message_id": 36,
        "reference_time": 44,
        "reference_time_index": 48,
        "time_of_flight": 52,
        "pixel_id": 56,
    }
