"""Judging entries by logs and columns, against the plainest possible way to say what should come out."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import livedata as ld
from livedata.errors import ArgumentError
from livedata.reduce.axis import Axis, bins, categories, edges, integers
from livedata.reduce.condition import Both, Compare, Condition, Either, Not
from livedata.reduce.description import Description
from livedata.reduce.fold.fates import NAN, OVERFLOW, UNDERFLOW, axis_fate
from livedata.reduce.fold.judge import Judge, changed_spans, make_judge
from livedata.reduce.fold.steps import EVER
from livedata.reduce.setting import Setting
from livedata.streams.batch import EventBatch, LogBatch, Messages
from livedata.streams.log import LogData, LogTimeline

NAN_0, UNDER_0, OVER_0 = (axis_fate(0, kind) for kind in (NAN, UNDERFLOW, OVERFLOW))


def batch(times, **columns) -> EventBatch:
    """Entries without events."""
    times = np.array(times, np.int64)
    none = np.zeros(0, np.int64)
    return EventBatch(
        None,
        np.zeros(0, np.int32),
        times,
        np.zeros(len(times), np.int64),
        Messages("t", none.astype(np.int32), none, none, none, none),
        columns={name: np.array(values) for name, values in columns.items()},
    )


def log(*samples, dtype=np.float64) -> LogData:
    """Samples as (time, value)."""
    return LogData(np.array([t for t, _ in samples], np.int64), np.array([v for _, v in samples], dtype))


# What is meant, said for one entry at a time


def plain_value(name: str, time: int, columns: Mapping, logs: Mapping[str, LogData]):
    """Return the value in effect, None where there is none."""
    if name == "time":
        return time
    if name in ("period", "veto", "charge"):
        value = columns.get(name)
        return None if value is None or value == -1 or value != value else value
    data = logs.get(name)
    value = None
    for t, v in zip(data.time, data.value, strict=True) if data is not None else ():
        if t <= time:
            value = v.item()
    return None if value is None or value != value else value


def plain_truth(condition: Condition, time: int, columns: Mapping, logs: Mapping[str, LogData]):
    """Return True, False or None for one entry."""
    if isinstance(condition, Not):
        a = plain_truth(condition.a, time, columns, logs)
        return None if a is None else not a
    if isinstance(condition, Both | Either):
        both = {plain_truth(c, time, columns, logs) for c in (condition.a, condition.b)}
        wins = isinstance(condition, Either)
        return wins if wins in both else None if None in both else not wins
    value, limit = plain_value(condition.quantity, time, columns, logs), condition.value
    if value is None:
        return None
    return {
        "<": lambda: value < limit,
        "<=": lambda: value <= limit,
        ">": lambda: value > limit,
        ">=": lambda: value >= limit,
        "==": lambda: value == limit,
        "!=": lambda: value != limit,
        "in": lambda: value in limit,
        "bits": lambda: not int(value) & limit,
    }[condition.how]()


def plain_place(axis: Axis, value) -> int:
    if value is None:
        return NAN_0
    if axis.categories is not None:
        return axis.categories.index(value) if value in axis.categories else OVER_0
    limits = axis.edges
    if value < limits[0]:
        return UNDER_0
    return next((i for i in range(axis.n) if value < limits[i + 1]), OVER_0)


NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.just(math.nan), st.sampled_from([0.5, 1.5]))
TIMES = st.integers(-5, 15)


@st.composite
def logs(draw) -> LogData:
    kind = draw(st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]))
    times = sorted(draw(st.lists(TIMES, max_size=8) | st.lists(TIMES, min_size=3, max_size=8)))
    whole = {np.int64: st.integers(-3, 3), np.uint8: st.integers(0, 3), np.bool_: st.booleans()}
    values = draw(st.lists(whole.get(kind, NUMBERS), min_size=len(times), max_size=len(times)))
    return LogData(np.array(times, np.int64), np.array(values, kind))


ORDERS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
LIMITS = st.one_of(st.integers(-3, 15), st.sampled_from([0.5, 1.0, 1.25]))
COMPARISONS = st.one_of(
    st.builds(Compare, st.sampled_from(["a", "b", "period", "veto", "charge", "time"]), ORDERS, LIMITS),
    st.builds(Compare, st.sampled_from(["a", "period", "time"]), st.just("in"), st.tuples(LIMITS, LIMITS, LIMITS)),
    st.builds(Compare, st.just("veto"), st.just("bits"), st.integers(0, 7)),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(st.builds(Both, inner, inner), st.builds(Either, inner, inner), st.builds(Not, inner)),
    max_leaves=5,
)
COLUMNS = st.fixed_dictionaries(
    {},
    optional={
        "period": st.integers(-1, 3),
        "veto": st.integers(-1, 7),
        "charge": st.one_of(st.just(math.nan), st.sampled_from([0.0, 0.5, 1.0, 2.0])),
    },
)


@settings(max_examples=400, deadline=None)
@given(CONDITIONS, st.lists(TIMES, min_size=1, max_size=20), COLUMNS, st.fixed_dictionaries({"a": logs(), "b": logs()}))
@example(Compare("time", "in", (3, 4, 4)), [2, 3, 4, 5], {}, {})
@example(Compare("time", "!=", 3), [2, 3, 4, 5], {}, {})
def test_an_entry_is_kept_when_the_condition_is_true_for_the_values_in_effect(condition, times, columns, known):
    judge = Judge((condition,), logs=known)
    given_columns = {name: [value] * len(times) for name, value in columns.items()}

    kept = judge.keeps(batch(times, **given_columns))

    assert kept.dtype == bool
    assert kept.tolist() == [plain_truth(condition, t, columns, known) is True for t in times]


@given(
    st.sampled_from([bins(-2, 2, n=4), edges([-1, 0.5, 1, 2.5]), integers(0, 4), categories([2, 0, 3])]),
    st.sampled_from(["a", "period", "veto", "charge", "time"]),
    st.lists(TIMES, min_size=1, max_size=20),
    COLUMNS,
    logs(),
)
def test_the_place_of_an_entry_is_that_of_the_value_in_effect(axis, name, times, columns, data):
    judge = Judge(axes=(axis.named(name),), logs={"a": data})
    given_columns = {key: [value] * len(times) for key, value in columns.items()}

    (places,) = judge.places(batch(times, **given_columns))

    assert places.dtype == np.int32
    assert places.tolist() == [plain_place(axis, plain_value(name, t, columns, {"a": data})) for t in times]


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, st.fixed_dictionaries({"a": logs(), "b": logs()}), st.fixed_dictionaries({"a": logs(), "b": logs()}))
def test_outside_the_changed_spans_both_judges_agree(condition, before, after):
    axes = (bins(-2, 2, n=4).named("a"), integers(0, 3).named("b"))
    old, new = (Judge((condition,), axes, known) for known in (before, after))

    spans = changed_spans(old, new)

    assert all(start < stop for start, stop in spans)
    assert all(a[1] < b[0] for a, b in pairwise(spans))
    times = list(range(-8, 19))
    columns = {"period": [1] * len(times), "veto": [2] * len(times), "charge": [1.0] * len(times)}
    offered = batch(times, **columns)
    differs = old.keeps(offered) != new.keeps(offered)
    for a, b in zip(old.places(offered), new.places(offered), strict=True):
        differs |= a != b
    inside = [any(start <= t < stop for start, stop in spans) for t in times]
    assert not (differs & ~np.array(inside)).any()


@given(st.sampled_from([bins(-2, 2, n=4), integers(-3, 4)]), logs(), logs())
def test_the_changed_spans_of_one_axis_are_exactly_where_its_places_differ(axis, before, after):
    old, new = (Judge(axes=(axis.named("a"),), logs={"a": data}) for data in (before, after))

    spans = changed_spans(old, new)

    times = list(range(-8, 19))
    differs = old.places(batch(times))[0] != new.places(batch(times))[0]
    assert [any(start <= t < stop for start, stop in spans) for t in times] == differs.tolist()


def test_the_previous_value_counts():
    known = {"t": log((10, 1.0), (20, 2.0), (30, 3.0))}
    judge = Judge(axes=(edges([1, 2, 3, 4]).named("t"),), logs=known)

    (places,) = judge.places(batch([5, 10, 19, 20, 35]))

    assert places.tolist() == [NAN_0, 0, 0, 1, 2]


def test_of_samples_with_one_time_the_last_counts():
    judge = Judge((Compare("t", "==", 2),), logs={"t": log((10, 1), (10, 2), (20, 2), (20, 1))})

    assert judge.keeps(batch([10, 19, 20])).tolist() == [True, True, False]


def test_a_sample_that_changes_no_outcome_changes_no_span():
    condition = (Compare("t", "<", 5),)
    old = Judge(condition, logs={"t": log((10, 3.0), (20, 4.0))})

    assert changed_spans(old, Judge(condition, logs={"t": log((10, 3.0), (15, 3.5), (20, 4.0), (30, 4.5))})) == []
    assert changed_spans(old, Judge(condition, logs={"t": log((10, 3.0), (20, 4.0), (30, 6.0))})) == [(30, EVER)]
    assert changed_spans(old, Judge(condition, logs={"t": log((5, 3.0), (10, 3.0), (12, 9.0), (20, 4.0))})) == [
        (5, 10),
        (12, 20),
    ]


def test_what_is_not_known_is_neither_true_nor_false():
    known = {"t": log((10, math.nan), (20, 1.0))}
    for condition in (Compare("t", "<", 5), Not(Compare("t", "<", 5)), Compare("t", "!=", 5)):
        kept = Judge((condition,), logs=known).keeps(batch([5, 15]))

        assert kept.tolist() == [False, False]
    either = Either(Compare("t", ">", 0), Compare("period", "==", 1))
    assert Judge((either,), logs=known).keeps(batch([5, 15], period=[1, 2])).tolist() == [True, False]


def test_a_column_that_a_batch_lacks_is_not_known():
    judge = Judge((Not(Compare("period", "==", 1)),), (integers(0, 3).named("period"),))

    assert judge.keeps(batch([1, 2])).tolist() == [False, False]
    assert judge.places(batch([1, 2]))[0].tolist() == [NAN_0, NAN_0]


def test_values_are_compared_in_the_unit_of_the_log():
    def kept(value, unit, own, samples, dtype=np.float64):
        return Judge((Compare("t", "<", value, unit),), logs={"t": log(*samples, dtype=dtype)}, units={"t": own}).keeps(
            batch([1, 2])
        )

    assert kept(5, "K", "mK", [(1, 4999.9), (2, 5000.0)]).tolist() == [True, False]
    assert kept(5, "degC", "K", [(1, 278.14), (2, 278.15)]).tolist() == [True, False]
    assert kept(5, None, "K", [(1, 4.9), (2, 5.0)]).tolist() == [True, False]
    assert kept(0.0051, "s", "ms", [(1, 5), (2, 6)], np.int32).tolist() == [True, False]


@pytest.mark.parametrize("limit", [-1.5, -1, -0.5, 0, 0.5, 1, 1.25])
@pytest.mark.parametrize("kind", [np.int32, np.float64])
def test_whole_numbers_are_compared_with_fractions_as_fractions(limit, kind):
    values = range(-3, 4)
    known = {"n": log(*((v + 10, v) for v in values), dtype=kind)}
    times = batch([v + 10 for v in values])

    for how, order in (("<", operator.lt), ("<=", operator.le), (">", operator.gt), (">=", operator.ge)):
        kept = Judge((Compare("n", how, limit),), logs=known).keeps(times)

        assert kept.tolist() == [order(v, limit) for v in values]


def test_large_integers_are_compared_exactly():
    known = {"n": log((1, 2**63), (2, 2**63 + 1), dtype=np.uint64)}

    assert Judge((Compare("n", ">", 2**63),), logs=known).keeps(batch([1, 2])).tolist() == [False, True]
    assert Judge((Compare("n", "<", -1),), logs=known).keeps(batch([1, 2])).tolist() == [False, False]


def test_a_log_of_single_precision_gives_what_its_copy_in_double_precision_gives():
    single = log((1, 0.1), dtype=np.float32)
    double = LogData(single.time, single.value.astype(np.float64))
    for how in ("<", "<=", ">", ">=", "==", "!="):
        outcomes = [Judge((Compare("x", how, 0.1),), logs={"x": d}).keeps(batch([1]))[0] for d in (single, double)]

        assert outcomes[0] == outcomes[1]


def test_texts_are_compared_for_being_the_same():
    known = {"door": log((1, "open"), (2, "closed"), (3, None), dtype=object)}

    assert Judge((Compare("door", "==", "open"),), logs=known).keeps(batch([0, 1, 2, 3])).tolist() == [
        False,
        True,
        False,
        False,
    ]
    assert Judge((Compare("door", "!=", "open"),), logs=known).keeps(batch([1, 2, 3])).tolist() == [False, True, False]
    judge = Judge(axes=(categories(["closed", "ajar"]).named("door"),), logs=known)
    assert judge.places(batch([0, 1, 2, 3]))[0].tolist() == [NAN_0, OVER_0, 0, NAN_0]


def test_a_text_with_a_unit_is_a_number_for_a_log_of_numbers():
    judge = Judge((Compare("t", "in", ("5 K", "0.1 degC")),), logs={"t": log((1, 5.0), (2, 273.25))}, units={"t": "K"})

    assert judge.keeps(batch([1, 2])).tolist() == [True, True]


def test_pulse_times_are_compared_exactly():
    start = 1_460_429_932_000_000_001
    judge = Judge((Both(Compare("time", ">=", start), Compare("time", "<", start + 2)),))

    assert judge.keeps(batch([start - 1, start, start + 1, start + 2])).tolist() == [False, True, True, False]
    iso = Judge((Compare("time", ">=", "2016-04-12T02:58:52Z"),))
    assert iso.keeps(batch([start - 2, start - 1])).tolist() == [False, True]


def test_fates_name_the_axis_by_its_number_in_the_description():
    description = Description(axes=(bins(0, 1, n=1).named("toa"), bins(0, 1, n=1).named("t")))
    judge = make_judge(description, setting(t=[(10, 5.0)]))

    (places,) = judge.places(batch([5, 10]))

    assert places.tolist() == [axis_fate(1, NAN), axis_fate(1, OVERFLOW)]


def test_nothing_asked_keeps_everything():
    judge = Judge()

    assert judge.is_trivial
    assert judge.keeps(batch([1, 2])).tolist() == [True, True]
    assert judge.places(batch([1, 2])) == []


# From descriptions and settings


def setting(units: Mapping[str, str] | None = None, **samples) -> Setting:
    timelines = {}
    for name, pairs in samples.items():
        timelines[name] = LogTimeline()
        data = log(*pairs, dtype=None)
        n = len(data)
        messages = Messages("t", np.zeros(1, np.int32), np.zeros(1, np.int64), *[np.zeros(1, np.int64)] * 3)
        if n:
            timelines[name].accept(LogBatch(data.time, data.value, messages))
    return Setting(
        log=timelines.get,
        logs=lambda: {name: (units or {}).get(name) for name in timelines},
        log_unit=lambda name: (units or {}).get(name),
    )


def test_a_judge_is_made_of_what_logs_say_now():
    description = Description(filters=(Compare("t", "<", 5, "K"),), axes=(bins(0, 10, n=10).named("t"),))

    judge = make_judge(description, setting({"t": "mK"}, t=[(10, 4000.0), (20, 6000.0)]))

    assert judge.keeps(batch([5, 10, 20])).tolist() == [False, True, False]
    assert list(judge.logs) == ["t"]
    assert judge.units == {"t": "mK"}


@pytest.mark.parametrize(
    ("description", "says"),
    [
        (Description(filters=(Compare("temperatur", "<", 5),)), "did you mean 'temperature'"),
        (Description(axes=(bins(0, 1, n=1).named("temperatura"),)), "did you mean 'temperature'"),
        (Description(filters=(Compare("toa", "<", 5),)), "region"),
        (Description(filters=(Compare("temperature", "<", 5, "m"),)), "'temperature' is in 'K'"),
        (Description(filters=(Compare("bare", "<", 5, "m"),)), "nothing tells the unit of 'bare'"),
        (Description(filters=(Compare("temperature", "==", "warm"),)), "holds numbers"),
        (Description(filters=(Compare("door", "<", 5),)), "holds texts"),
        (Description(axes=(bins(0, 1, n=1).named("door"),)), "categories"),
        (Description(axes=(categories(["a"]).named("temperature"),)), "holds numbers"),
        (Description(filters=(Compare("spectrum", "<", 5),)), "holds arrays of shape"),
        (Description(filters=(Compare("temperature", "bits", 5),)), "integers"),
    ],
)
def test_what_does_not_fit_is_refused(description, says):
    known = setting(
        {"temperature": "K"},
        temperature=[(1, 3.0)],
        bare=[(1, 3.0)],
        door=[(1, "open")],
        spectrum=[(1, [1.0, 2.0])],
    )

    with pytest.raises(ArgumentError, match=says):
        make_judge(description, known)


def test_a_log_that_came_to_misfit_is_told_and_keeps_nothing():
    description = Description(filters=(Compare("t", "<", 5, "K"),), axes=(bins(0, 10, n=10).named("door"),))

    judge = make_judge(description, setting({"t": "m"}, t=[(1, 3.0)], door=[(1, "open")]), is_strict=False)

    assert judge.keeps(batch([1])).tolist() == [False]
    assert judge.places(batch([1]))[0].tolist() == [NAN_0]
    assert any("'t' is in 'm'" in remark for remark in judge.remarks)
    assert any("holds texts" in remark for remark in judge.remarks)


def test_a_log_without_samples_yet_is_no_error():
    judge = make_judge(Description(filters=(Compare("t", "<", 5, "K"),)), setting(t=[]))

    assert judge.keeps(batch([1])).tolist() == [False]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["proton_charge", "frequency", "Phase1"])
def test_the_logs_of_a_real_run_judge_its_pulses_as_pandas_looks_them_up(shared, name):
    run = ld.open(shared / "data" / "events" / "EQSANS_1466_event.nxs")
    samples, events = run[name], run["bank10_events"]
    table = events.events()
    times = pd.DataFrame({"time": table.of_events(table.event_time_zero)}).sort_values("time")
    known = pd.DataFrame({"time": samples.time, "value": samples.value}).drop_duplicates("time", keep="last")
    found = pd.merge_asof(times, known, on="time")["value"].to_numpy()
    limit = float(np.median(samples.value))
    bounds = [float(samples.value.min()), limit, float(samples.value.max()) + 1]

    above = events.histogram(event_id=ld.bins(0, 10**6, n=1)).where(samples >= limit)
    counted = events.histogram({name: ld.edges(np.unique(bounds))})

    assert len(found) == above.ledger.seen == 1269
    assert above.ledger.filtered == (~(found >= limit)).sum()
    assert counted.ledger.nan == np.isnan(found).sum()
    expected = [((found >= a) & (found < b)).sum() for a, b in pairwise(np.unique(bounds))]
    assert counted.values().tolist() == expected
