"""What is odd about sound messages, and what the encoders refuse."""

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import EncodeError


def events(index=(0,), n_events=3, *, n_pulses=None, n_ids=None):
    return schemas.Ev44(
        "det",
        0,
        np.arange(len(index) if n_pulses is None else n_pulses),
        np.array(index, np.int32),
        np.zeros(n_events, np.int32),
        np.zeros(n_events if n_ids is None else n_ids, np.int32),
    )


@pytest.mark.parametrize(
    "message",
    [
        events(),
        events((0, 0, 2, 3)),
        events(n_ids=0),
        events((), 0),
        events((0,), 0),
        events((-1,), 0),
        events((-1, -1, 0), 0),
    ],
)
def test_sound_content_is_not_remarked_upon(message):
    assert schemas.check_ev44(message) == []


@pytest.mark.parametrize(
    ("message", "remark"),
    [
        (events(n_ids=2), "3 time offsets but 2 pixel ids; expected as many or none"),
        (events(n_events=0, n_ids=2), "0 time offsets but 2 pixel ids; expected as many or none"),
        (events((0, 1), n_pulses=1), "1 reference times but 2 indices; expected as many"),
        (events((), 3), "3 events but no pulse they belong to"),
        (events((0, 2), 0), "index 2 of pulse 1, but there are no events; expected 0 or -1"),
        (events((1,)), "the first pulse starts at event 1; expected 0"),
        (events((0, 2, 1)), "the index falls from 2 to 1 at pulse 2; expected not to decrease"),
        (events((0, 500)), "pulse 1 starts at event 500 of 3; expected 0 to 3"),
    ],
)
def test_odd_content_is_remarked_upon(message, remark):
    assert schemas.check_ev44(message) == [remark]


def test_a_negative_first_index_with_events_is_odd_in_two_ways():
    assert len(schemas.check_ev44(events((-1,)))) == 2


def test_integers_of_other_widths_are_converted_when_they_fit():
    data = schemas.encode_ev44("det", 1, [1], [0], np.array([5], np.uint32), np.array([2**31 - 1], np.int64))
    assert schemas.decode_ev44(data).pixel_id.tolist() == [2**31 - 1]


def test_strided_arrays_are_encoded_by_their_elements():
    data = schemas.encode_ev44("det", 1, [1], [0], np.arange(6, dtype=np.int32)[::2], [])
    assert schemas.decode_ev44(data).time_of_flight.tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("det", 2**63, [], [], [], []), "message_id"),
        (("det", 1.5, [], [], [], []), "message_id"),
        (("det", True, [], [], [], []), "message_id"),
        ((None, 1, [], [], [], []), "source_name"),
        ((b"det", 1, [], [], [], []), "source_name"),
        (("\ud800", 1, [], [], [], []), "source_name"),
        (("det", 1, None, [], [], []), "reference_time"),
        (("det", 1, [0.5], [], [], []), "reference_time"),
        (("det", 1, [[1]], [], [], []), "reference_time"),
        (("det", 1, [], [], [2**31], []), "time_of_flight"),
        (("det", 1, [], [], [], np.array([2**32 - 1], np.uint32)), "pixel_id"),
        (("det", 1, [], [], [], ["one"]), "pixel_id"),
    ],
)
def test_content_that_does_not_fit_is_refused_with_its_field(arguments, path):
    with pytest.raises(EncodeError) as refused:
        schemas.encode_ev44(*arguments)
    assert refused.value.path == path
    with pytest.raises(EncodeError):
        schemas.encode(schemas.Ev44(*arguments))


@pytest.mark.parametrize(
    "value", ["text", True, None, 1j, [[1]], np.zeros((2, 2)), np.float16(1), 2**64, ["a"], object()]
)
def test_values_that_the_schema_lacks_are_refused(value):
    with pytest.raises(EncodeError) as refused:
        schemas.encode_f144("pv", 1, value)
    assert refused.value.path == "value"


def test_negative_zero_keeps_its_sign():
    assert np.signbit(schemas.decode_f144(schemas.encode_f144("pv", 1, -0.0)).value)


def test_arrays_of_decoded_messages_cannot_be_written_to():
    data = bytearray(schemas.encode_ev44("det", 1, [1], [0], [5], []))
    message = schemas.decode_ev44(data)
    assert not any(a.flags.writeable for a in (message.reference_time, message.time_of_flight, message.pixel_id))


def test_arrays_of_decoded_messages_are_views():
    data = bytearray(schemas.encode_ev44("det", 1, [1], [0], [5], [6]))
    message = schemas.decode_ev44(data)
    data[-4] = 9
    assert message.pixel_id.tolist() == [9]
