"""What is encoded decodes to the same, the fast ways agree with the plain way, damage gives only DecodeError."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.layout import Scalar, TableRef, Text, Vector

IDS = ("6s4t", "ev44", "f144", "pl72", "wrdn", "x5f2")
NUMBERS = [np.dtype(f"{sign}{size}") for sign in "iu" for size in (1, 2, 4, 8)] + [np.dtype("f4"), np.dtype("f8")]
texts = st.text(max_size=20)


def arrays(dtype):
    return hnp.arrays(dtype, st.integers(0, 8))


def scalars(dtype):
    return hnp.arrays(dtype, ()).map(lambda a: a[()])


samples = st.sampled_from(NUMBERS).flatmap(lambda dtype: st.one_of(scalars(dtype), arrays(dtype)))


def contents(schema, table):
    """Return a strategy for messages of a table."""
    fields = {}
    for f in table.fields:
        if isinstance(f.type, Scalar):
            values = st.booleans() if f.type.code == "?" else scalars(f.type.dtype).map(lambda a: a.item())
        elif isinstance(f.type, Text):
            values = texts
        elif isinstance(f.type, Vector):
            values = arrays(f.type.of.dtype)
        elif isinstance(f.type, TableRef):
            values = contents(schema, schema.layout.tables[f.type.table])
        else:
            values = samples
        is_optional = not f.is_required and isinstance(f.type, Text | TableRef)
        fields[f.name] = st.none() | values if is_optional else values
    return st.builds(schema.classes[table.name], **fields)


def any_message(schema_id):
    schema = schemas.SCHEMAS[schema_id]
    return contents(schema, schema.root)


@pytest.mark.parametrize("schema_id", IDS)
def test_encoding_and_decoding_give_the_message_back(schema_id):
    @given(any_message(schema_id))
    @settings(max_examples=100, deadline=None)
    def check(message):
        data = schemas.encode(message)
        assert schemas.identify(data) == schema_id
        assert schemas.decode(data) == message
        assert schemas.encode(schemas.decode(data)) == data

    check()


@given(any_message("ev44"))
@settings(max_examples=200, deadline=None)
def test_fast_and_plain_agree_on_events(message):
    data = schemas.encode(message)
    assert schemas.decode_ev44(data) == message
    assert schemas.source_of(data) == message.source_name
    fields = (message.reference_time, message.reference_time_index, message.time_of_flight, message.pixel_id)
    assert schemas.encode_ev44(message.source_name, message.message_id, *fields) == data


@given(any_message("f144"))
@settings(max_examples=300, deadline=None)
def test_fast_and_plain_agree_on_samples(message):
    data = schemas.encode(message)
    assert schemas.decode_f144(data) == message
    assert schemas.source_of(data) == message.source_name
    assert schemas.encode_f144(message.source_name, message.timestamp, message.value) == data


@given(st.one_of([any_message(schema_id) for schema_id in IDS]))
@settings(max_examples=50, deadline=None)
def test_every_number_lies_at_a_multiple_of_its_size(message):
    """The reference verifier asks for it; NumPy tells by its flags when the message itself is aligned."""
    buffer = np.frombuffer(schemas.encode(message), np.uint8)
    aligned = np.zeros(len(buffer) + 64, np.uint8)
    start = -aligned.ctypes.data % 64
    aligned[start : start + len(buffer)] = buffer
    decoded = schemas.decode(memoryview(aligned)[start : start + len(buffer)])
    values = [getattr(decoded, name) for name in type(decoded).__slots__]
    assert all(v.ctypes.data % v.dtype.itemsize == 0 for v in values if isinstance(v, np.ndarray) and v.size)


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the message with one to four bytes, words or its length changed."""
    out = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(0, len(out)))
        kind = rng.integers(0, 6)
        if kind == 0:
            out[at] = int(rng.integers(0, 256))
        elif kind == 1:
            out[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 2:
            word = (0, 1, 4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, len(out), max(len(out) - 4, 0))[rng.integers(0, 8)]
            at -= at % 4
            out[at : at + 4] = word.to_bytes(4, "little")
        elif kind == 3:
            out[at : at + 2] = int(rng.integers(0, 64)).to_bytes(2, "little")
        elif kind == 4 and len(out) > 1:
            del out[at:]
            out = out or bytearray(1)
        else:
            out[at:at] = bytes(int(rng.integers(1, 9)))
    return bytes(out)


def outcome(decode, data):
    try:
        return decode(data)
    except DecodeError:
        return None


def test_damaged_messages_give_nothing_but_decode_errors():
    rng = np.random.default_rng(20261121)
    n = np.arange(6, dtype=np.int32)
    run = schemas.message_class("pl72")
    originals = [
        schemas.encode_ev44("détecteur", 7, [1, 2], [0, 3], n, n),
        schemas.encode_f144("pv", 5, 2.5),
        schemas.encode_f144("pv", 5, np.arange(4, dtype=np.uint16)),
        schemas.encode(
            run(
                run_name="r",
                nexus_structure="{}",
                detector_spectrum_map=run.SpectraDetectorMapping(spectrum=n, detector_id=n, n_spectra=6),
            )
        ),
        schemas.encode(schemas.message_class("6s4t")(stop_time=5, run_name="r", job_id="j")),
        schemas.encode(schemas.message_class("x5f2")(software_name="s", process_id=1, status_json="{}")),
        schemas.encode(schemas.message_class("wrdn")(service_id="s", job_id="j", file_name="f")),
    ]
    fast = {b"ev44": schemas.decode_ev44, b"f144": schemas.decode_f144}
    refused = 0
    for i in range(20_000):
        data = damaged(originals[i % len(originals)], rng)
        plain = outcome(schemas.decode, data)
        refused += plain is None
        if data[4:8] in fast:
            assert outcome(fast[data[4:8]], data) == plain
            source = outcome(schemas.source_of, data)
            assert plain is None or source == plain.source_name
    assert 8_000 < refused < 20_000
