"""Frames and arrays of a file as messages: what a stream makes of them is what they were made from."""

import numpy as np
import pytest

from livedata.errors import EncodeError
from livedata.schemas import decode
from livedata.sources.arraycontent import encode_arrays
from livedata.sources.merge import ArrayItem, array_items
from livedata.streams.arrays import array_set
from livedata.streams.batch import ArrayBatch, ArraySet, Variable

TIME_NS = 1_700_000_000_123_456_789
HOUR_NS = 3_600 * 10**9


def there_and_back(content, family="arrays", shift_ns=0):
    """Send a set, read it as a stream does; return schema, time and set."""
    message = decode(encode_arrays(ArrayItem(0, "source", TIME_NS, family, content), TIME_NS + shift_ns))
    dated = array_set(message.SCHEMA, message)
    return message.SCHEMA, dated.time, dated.set


def assert_same(found, expected):
    assert list(found.variables) == list(expected.variables)
    for name, variable in expected.variables.items():
        same = found.variables[name]
        assert (same.dims, same.unit, same.label) == (variable.dims, variable.unit, variable.label)
        assert same.values.dtype == variable.values.dtype
        np.testing.assert_array_equal(same.values, variable.values)
    assert dict(found.attributes) == dict(expected.attributes)
    assert (found.offset, found.whole) == (expected.offset, expected.whole)


def histogram(**attributes):
    edges = Variable(np.array([0.0, 1.5, 3.0, 4.0]), ("x",), "mm", "position")
    counts = np.arange(6, dtype=np.int32).reshape(2, 3)
    return ArraySet({"signal": Variable(counts, ("y", "x"), "counts"), "x": edges}, attributes)


def test_sets_of_arrays_travel_as_da00():
    schema, time, found = there_and_back(histogram(comment="„kalt“"))

    assert (schema, time) == ("da00", TIME_NS)
    assert_same(found, histogram(comment="„kalt“"))


def test_frames_travel_as_ad00_with_their_attributes():
    frame = ArraySet(
        {"signal": Variable(np.arange(12, dtype=np.uint16).reshape(3, 4), ("dim_0", "dim_1"))},
        {"id": 7, "exposure": np.float64(0.25), "mode": "single"},
    )
    schema, time, found = there_and_back(frame, "frames")

    assert (schema, time) == ("ad00", TIME_NS)
    assert_same(found, frame)


def test_parts_of_a_larger_array_travel_as_hs01():
    signal = Variable(np.arange(4, dtype=np.int32).reshape(2, 2), ("y", "x"), "counts")
    edges = Variable(np.arange(9.0), ("x",), "mm", "x")
    part = ArraySet({"signal": signal, "errors": signal, "x": edges}, {"info": "partial"}, (0, 4), (8, 8))
    schema, time, found = there_and_back(part)

    assert (schema, time) == ("hs01", TIME_NS)
    assert_same(found, part)


@pytest.mark.parametrize(("unit", "step"), [("ns", 1), ("us", 1_000), ("datetime64[ms]", 1_000_000)])
def test_the_times_that_date_a_set_move_with_it(unit, step):
    times = Variable(np.array([TIME_NS // step - 5, TIME_NS // step]), ("reference_time",), unit)
    _, time, found = there_and_back(ArraySet({"reference_time": times}), shift_ns=HOUR_NS)

    assert time == TIME_NS // step * step + HOUR_NS
    assert (found.variables["reference_time"].values - times.values).tolist() == [HOUR_NS // step] * 2


@pytest.mark.parametrize("names", [(), ("signal", "errors")])
def test_a_frame_of_anything_but_one_image_cannot_be_sent(names):
    frame = ArraySet({name: Variable(np.zeros((2, 2)), ("y", "x")) for name in names})

    with pytest.raises(EncodeError, match="expected a signal alone"):
        there_and_back(frame, "frames")


def test_each_set_of_a_batch_is_a_message_in_the_order_of_the_file():
    batch = ArrayBatch(np.array([TIME_NS, 2**63 - 1, TIME_NS - 1]), (histogram(),) * 3, None)
    items = list(array_items("source", "arrays", [batch]))

    assert [item.time_ns for item in items] == [TIME_NS, 2**63 - 1, TIME_NS - 1]
    assert [item.key_ns for item in items] == [TIME_NS] * 3
