"""Conditions: values made by comparisons, joined by & | ~, and written so that they can be read."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.errors import ArgumentError
from livedata.reduce.condition import Both, Compare, Either, Not, as_filters, quantities_of, write_moment
from livedata.reduce.conditions import Comparable, charge, chopper_in_phase, during, period, pulse_time, veto
from livedata.reduce.conditiontext import parse_condition
from livedata.streams.extent import Extent


class Log(Comparable):
    def __init__(self, name: str, unit: str | None = None) -> None:
        self.name = name
        self._unit = unit

    @property
    def unit(self) -> str | None:
        return self._unit


T = Log("temperature", "K")


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (T < "5 K", Compare("temperature", "<", 5, "K")),
        (T <= "0.5 mK", Compare("temperature", "<=", 0.5, "mK")),
        (T > 5, Compare("temperature", ">", 5, "K")),
        (np.float32(2.5) <= T, Compare("temperature", ">=", 2.5, "K")),
        (T == 5, Compare("temperature", "==", 5, "K")),
        (T == "5 K", Compare("temperature", "==", "5 K")),
        (T != "hot", Compare("temperature", "!=", "hot")),
        (Log("x") < 5, Compare("x", "<", 5)),
        (Log("x", "furlongs of beam") < 5, Compare("x", "<", 5)),
        (T.isin([1, 2]), Compare("temperature", "in", (1, 2), "K")),
        (Log("door").isin(["open", "ajar"]), Compare("door", "in", ("open", "ajar"))),
        (T.between("3 K", "5 K"), Both(Compare("temperature", ">=", 3, "K"), Compare("temperature", "<", 5, "K"))),
        (
            T.near("3 K", "1 mK"),
            Both(Compare("temperature", ">=", 2.999, "K"), Compare("temperature", "<=", 3.001, "K")),
        ),
        (
            T.near("3 degC", "1 K"),
            Both(Compare("temperature", ">=", 2, "degC"), Compare("temperature", "<=", 4, "degC")),
        ),
        (period == 1, Compare("period", "==", 1)),
        (period == np.int64(1), Compare("period", "==", 1)),
        (period == True, Compare("period", "==", 1)),  # noqa: E712
        (veto.none_of(0b101), Compare("veto", "bits", 5)),
        (charge > "1 mC", Compare("charge", ">", 1, "mC")),
        (pulse_time >= "1970-01-01T00:00:01.5Z", Compare("time", ">=", 1_500_000_000)),
        (pulse_time < datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC), Compare("time", "<", 2_000_000_000)),
    ],
)
def test_a_comparison_makes_a_condition(made, value):
    assert made == value
    assert hash(made) == hash(value)


def test_what_stands_to_the_left_may_be_compared_too():
    assert ("5 K" > T) == (T < "5 K")  # noqa: SIM300


def test_streams_stay_themselves_as_keys():
    other = Log("temperature", "K")

    assert {T: 1, other: 2}[T] == 1
    assert T in [other, T]
    assert (other == T) is False
    assert (other != T) is True
    assert (T == None) is False  # noqa: E711


def test_conditions_are_joined_by_operators():
    cold, first = T < "5 K", period == 1

    assert cold & first == Both(cold, first)
    assert cold | first == Either(cold, first)
    assert ~cold == Not(cold)
    assert quantities_of(cold & ~first | cold) == ("temperature", "period")


@pytest.mark.parametrize(
    "use",
    [
        lambda: "3 K" < T < "5 K",
        lambda: (T < "5 K") and (period == 1),
        lambda: not (T < "5 K"),
        lambda: bool(~(T < "5 K")),
    ],
)
def test_a_condition_is_neither_true_nor_false(use):
    with pytest.raises(ArgumentError, match=r"temperature\.between\(3, 5\)"):
        use()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: T < "warm", "a text such as '5 K'"),
        (lambda: float("nan") > T, "expected a number"),
        (lambda: T < [1], "expected a number"),
        (lambda: T < None, "expected a number"),
        (lambda: T.isin([]), "at least one"),
        (lambda: T.near("3 K", "1 s"), "cannot convert 's'"),
        (lambda: T.near("3 K", "-1 K"), "not below zero"),
        (lambda: veto.none_of(-1), "one integer"),
        (lambda: veto.none_of(1.5), "one integer"),
        (lambda: pulse_time < "yesterday", "ISO time"),
        (lambda: pulse_time < 1.5, "ISO time"),
        (lambda: (T < 5) & True, "is no condition"),
        (lambda: as_filters([T < 5, False]), "False is no condition"),
        (lambda: during(), "needs a run"),
        (lambda: chopper_in_phase(T, 1, 2, phase=T), "phase_tolerance"),
    ],
)
def test_what_cannot_be_compared_is_refused(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


def test_filters_are_taken_apart_and_kept_once():
    cold, first, third = T < "5 K", period == 1, period == 3

    assert as_filters([cold & (first & ~third), first]) == (cold, first, ~third)
    assert as_filters([cold | first]) == (cold | first,)


def test_a_run_is_a_span_of_time():
    class Run:
        extent = Extent(10, 20)

    assert during(Run()) == Both(Compare("time", ">=", 10), Compare("time", "<", 20))
    assert during(Extent(None, 20)) == Compare("time", "<", 20)
    assert during(10) == Compare("time", ">=", 10)


def test_a_chopper_is_in_phase_when_speed_and_phase_are_near_their_set_points():
    speed, phase = Log("chopper/speed", "Hz"), Log("chopper/phase", "deg")

    made = chopper_in_phase(speed, "14 Hz", "0.1 Hz", phase=phase, phase_tolerance="0.5 deg")

    assert str(made) == (
        "chopper/speed >= 13.9 Hz and chopper/speed <= 14.1 Hz"
        " and (chopper/phase >= -0.5 deg and chopper/phase <= 0.5 deg)"
    )


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("temperature < 5 K", Compare("temperature", "<", 5, "K")),
        ("temperature<5K", Compare("temperature", "<", 5, "K")),
        ("temperature < 5 K and period == 1", Both(Compare("temperature", "<", 5, "K"), Compare("period", "==", 1))),
        ("a < 1 or b < 2 and c < 3", Either(Compare("a", "<", 1), Both(Compare("b", "<", 2), Compare("c", "<", 3)))),
        ("not (a < 1 or b < 2)", Not(Either(Compare("a", "<", 1), Compare("b", "<", 2)))),
        ("not a < 1 and b < 2", Both(Not(Compare("a", "<", 1)), Compare("b", "<", 2))),
        ("v >= 1.5 mm / s", Compare("v", ">=", 1.5, "mm / s")),
        ('v >= 1.5 "kg/(m s)"', Compare("v", ">=", 1.5, "kg/(m s)")),
        ("'a' < 1", None),
        ('"sample temp" >= "5 K"', Compare("sample temp", ">=", 5, "K")),
        ("door == open", Compare("door", "==", "open")),
        ('door == "half open"', Compare("door", "==", "half open")),
        ("period in (1, 2)", Compare("period", "in", (1, 2))),
        ("t in (1 K, 200 mK)", Compare("t", "in", ("1 K", "200 mK"))),
        (
            "t between 3 K and 5 K and b < 1",
            Both(Both(Compare("t", ">=", 3, "K"), Compare("t", "<", 5, "K")), Compare("b", "<", 1)),
        ),
        ("veto none_of 5", Compare("veto", "bits", 5)),
        ("time >= 1970-01-01T00:00:01.000000001Z", Compare("time", ">=", 1_000_000_001)),
        ("time >= 12", Compare("time", ">=", 12)),
        ("BL-1:Temp.RBV > -2e-3", Compare("BL-1:Temp.RBV", ">", -0.002)),
    ],
)
def test_conditions_are_read_from_text(text, condition):
    if condition is None:
        with pytest.raises(ArgumentError, match="character 1"):
            parse_condition(text)
    else:
        assert parse_condition(text) == condition


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "found the end at character 1 where the name of a log"),
        ("temperature", "found the end at character 12 where a comparison"),
        ("temperature <", "a value"),
        ("temperature < 5 K period == 1", "found '==' at character 26"),
        ("temperature < warm", "found 'warm' at character 15 where a number with a unit"),
        ("(temperature < 5", r"'\)'"),
        ("temperature like 5", "found 'like'"),
        ("period in 1", r"'\('"),
        ("veto none_of x", "the bits"),
        ("t between 3 and", "a value"),
        ("and < 5", "found 'and'"),
        ("t = 5", "found '= 5' at character 2"),
        ('t == "5', "a value"),
        ("(" * 300 + "t < 5" + ")" * 300, "at most 100 brackets"),
        (" and ".join(["t < 5"] * 300), "at most 200 comparisons"),
        ("time < tomorrow", "ISO time"),
    ],
)
def test_a_text_that_is_no_condition_is_refused_with_the_place(text, says):
    with pytest.raises(ArgumentError, match=says):
        parse_condition(text)


NAMES = st.one_of(
    st.sampled_from(["temperature", "a/b", "BL:1.RBV", "sample temp", "and", 'say "so"', "back\\slash", "5 K", "(x)"]),
    st.text(min_size=1, max_size=8),
).filter(lambda name: name != "time")
UNITS = st.sampled_from([None, "K", "mm/s", "µA*h", "kg/(m*s)", "1/s", "mm / s", "not"])
NUMBERS = st.one_of(st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False, width=32))
ORDERED = st.sampled_from(["<", "<=", ">", ">="])


@st.composite
def comparisons(draw) -> Compare:
    name = draw(NAMES)
    match draw(st.integers(0, 4)):
        case 0:
            return Compare(name, draw(ORDERED), draw(NUMBERS), draw(UNITS))
        case 1:
            return Compare(name, draw(st.sampled_from(["==", "!="])), draw(st.one_of(NUMBERS, st.text(max_size=6))))
        case 2:
            texts = draw(st.lists(st.one_of(NUMBERS, st.text(max_size=6)), min_size=1, max_size=4))
            unit = draw(UNITS) if any(not isinstance(t, str) for t in texts) else None
            return Compare(name, "in", tuple(texts), unit)
        case 3:
            return Compare("veto", "bits", draw(st.integers(0, 2**62)))
        case _:
            return Compare("time", draw(ORDERED), draw(st.integers(0, 2**62)))


CONDITIONS = st.recursive(
    comparisons(),
    lambda inner: st.one_of(st.builds(Both, inner, inner), st.builds(Either, inner, inner), st.builds(Not, inner)),
    max_leaves=8,
)


@given(CONDITIONS)
def test_a_condition_reads_back_what_it_writes(condition):
    assert parse_condition(str(condition)) == condition


@given(CONDITIONS, CONDITIONS)
def test_equal_conditions_are_written_alike(a, b):
    assert (a == b) == (str(a) == str(b))


@given(st.text(alphabet="t <>=!()\"'\\,5 Kandornotinbetween.\n", max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        read = parse_condition(text)
    except ArgumentError:
        return
    assert parse_condition(str(read)) == read


@given(st.integers(0, 2**62))
def test_moments_keep_all_their_digits(ns):
    assert parse_condition(f"time == {write_moment(ns)}") == Compare("time", "==", ns)
