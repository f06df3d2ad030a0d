"""What divisors amount to, in the slots of a series."""

import math
from fractions import Fraction

import numpy as np

from livedata.reduce.amounts import limits_of, period_s, summed
from livedata.reduce.axis import Axis
from livedata.reduce.fold.judge import Judge
from livedata.reduce.fold.pulsefold import PulseFold
from livedata.streams.batch import EventBatch, Messages

EVEN = Axis((Fraction(100), Fraction(400)), 3, "ns", "time")
UNEVEN = Axis((Fraction(0), Fraction(100), Fraction(900), Fraction(1000)), 3, "ns", "time")


def batch(times, charges):
    zero = np.zeros(1, np.int64)
    at = np.zeros(len(times), np.int64)
    columns = {"charge": np.array(charges, np.float64)}
    messages = Messages("t", zero, zero, zero, zero, zero)
    return EventBatch(None, np.zeros(0, np.int32), np.array(times, np.int64), at, messages, columns=columns)


def test_what_happens_at_the_limit_of_a_slot_belongs_to_the_next_one():
    times, values = np.array([99, 100, 199, 200, 399, 400]), np.array([1.0, 2, 4, 8, 16, 32])

    assert limits_of(EVEN).tolist() == [100, 200, 300, 400]
    assert summed(times, values, EVEN).tolist() == [6, 8, 16]
    assert summed(np.array([0, 100, 899, 900]), values[:4], UNEVEN).tolist() == [1, 6, 8]
    assert summed(times, values, None) == 63


def test_charges_of_pulses_come_in_the_order_of_time_and_once_a_pulse():
    fold = PulseFold()
    fold.add(batch([250, 120, 120], [5.0, 1.0, 1.0]), Judge())
    fold.add(batch([180], [math.nan]), Judge())
    times, charges = fold.pulses()

    assert times.tolist() == [120, 180, 250]
    assert np.isnan(charges).tolist() == [False, True, False]
    assert summed(times, np.nan_to_num(charges), EVEN).tolist() == [1, 5, 0]
    assert fold.charge == 6


def test_the_usual_time_between_pulses_forgives_a_gap():
    assert period_s(np.array([0, 10, 20, 200, 210]) * 10**8) == 1.0
    assert period_s(np.array([5])) == 0.0
