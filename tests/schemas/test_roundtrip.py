"""What is encoded decodes to the same, for every schema; the fast encoders agree with the plain one."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.write import encode_as
from livedata.testing import encoded_messages, malformed, message, message_bytes, messages

WRITTEN = [schema_id for schema_id in schemas.SCHEMAS if not schemas.SCHEMAS[schema_id].is_read_only]
no_hurry = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("schema_id", schemas.SCHEMAS)
def test_encoding_and_decoding_give_the_message_back(schema_id):
    schema = schemas.SCHEMAS[schema_id]

    @given(messages(schema_id))
    @no_hurry
    def check(made):
        data = encode_as(schema, made, strict=True)
        decoded = schemas.decode(data)
        assert schemas.identify(data) == schema_id
        assert decoded == made
        assert encode_as(schema, decoded) == data
        assert schemas.check(decoded) == []
        assert json.loads(json.dumps(schemas.wire(data), allow_nan=False)) == schemas.wire(data)

    check()


@pytest.mark.parametrize("schema_id", WRITTEN)
def test_what_can_be_written_is_encoded_as_it_is(schema_id):
    made = message(schema_id)
    assert schemas.encode(made) == message_bytes(schema_id)
    assert schemas.encode(schemas.decode(message_bytes(schema_id))) == message_bytes(schema_id)


@given(messages("ev44"))
@settings(max_examples=50, deadline=None)
def test_fast_and_plain_agree_on_events(made):
    data = schemas.encode(made)
    assert schemas.decode_ev44(data) == made
    assert schemas.source_of(data) == made.source_name
    fields = (made.reference_time, made.reference_time_index, made.time_of_flight, made.pixel_id)
    assert schemas.encode_ev44(made.source_name, made.message_id, *fields) == data


@given(messages("f144"))
@settings(max_examples=100, deadline=None)
def test_fast_and_plain_agree_on_samples(made):
    data = schemas.encode(made)
    assert schemas.decode_f144(data) == made
    assert schemas.source_of(data) == made.source_name
    assert schemas.encode_f144(made.source_name, made.timestamp, made.value) == data


@given(st.sampled_from(["ev44", "f144", "hs01", "se00", "tdct", "pl72"]).flatmap(messages))
@settings(max_examples=40, deadline=None)
def test_every_number_lies_at_a_multiple_of_its_size(made):
    """The reference verifier asks for it; NumPy tells by its flags when the message itself is aligned."""
    buffer = np.frombuffer(schemas.encode(made), np.uint8)
    aligned = np.zeros(len(buffer) + 64, np.uint8)
    start = -aligned.ctypes.data % 64
    aligned[start : start + len(buffer)] = buffer
    decoded = schemas.decode(memoryview(aligned)[start : start + len(buffer)])
    values = [getattr(decoded, name) for name in type(decoded).__slots__]
    assert all(v.ctypes.data % v.dtype.itemsize == 0 for v in values if isinstance(v, np.ndarray) and v.size)


@given(encoded_messages())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_message_can_stand_anywhere_in_memory(data):
    shifted = memoryview(b"x" + data)[1:]
    assert schemas.decode(shifted) == schemas.decode(data)


@given(malformed())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_damaged_messages_are_refused_or_decode_to_what_can_be_checked_and_encoded_again(data):
    try:
        decoded = schemas.decode(data)
    except DecodeError:
        return
    remarks = schemas.check(decoded)
    assert all(isinstance(remark, str) for remark in remarks)
    assert schemas.decode(encode_as(schemas.SCHEMAS[decoded.SCHEMA], decoded)) == decoded
