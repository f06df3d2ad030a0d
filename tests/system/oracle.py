"""What a description must give, worked out event by event with exact fractions, apart from all that is tested."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from livedata.reduce.condition import Both, Compare, Either, Not
from livedata.reduce.pixels.region import Combined, PixelList, Rectangle, Span

UNIT_NS = {"ns": 1, "us": 1000, "ms": 1_000_000, "s": 1_000_000_000}


@dataclass
class Truth:
    """Everything that was sent: events as (time, id, toa, weight), samples as (time, value) by log."""

    events: list = field(default_factory=list)
    logs: dict = field(default_factory=dict)
    empty: set = field(default_factory=set)
    """Times of entries without events."""
    shape: tuple = (8, 8)
    first_id: int = 1

    def value(self, log, time):
        """Return the value in effect: the last sample at or before a time; None before the first."""
        samples = sorted(self.logs.get(log, []), key=lambda sample: sample[0])
        place = bisect_right([t for t, _ in samples], time)
        return samples[place - 1][1] if place else None


def expected(description, truth: Truth):
    """Return values, sums of squared weights, and fates."""
    n_screen = 0 if description.projection is None or description.is_summed else 2
    shape = (*(truth.shape if n_screen else ()), *(axis.n for axis in description.axes))
    values, squares = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    fates = Counter()
    for event in truth.events:
        fate, place = judged(description, truth, event)
        fates[fate] += 1
        if fate == "binned":
            at = (*(divmod(event[1] - truth.first_id, truth.shape[1]) if n_screen else ()), *place)
            values[at] += event[3]
            squares[at] += event[3] ** 2
    return values, squares, fates


def judged(description, truth, event):
    """Return the fate of an event and its bins."""
    time, number, toa, _ = event
    if not all(holds(condition, truth, time) for condition in description.filters):
        return "filtered", ()
    pixel = number - truth.first_id
    is_mapped = 0 <= pixel < truth.shape[0] * truth.shape[1]
    needs_pixel = description.projection is not None or shapes_of(description.region)
    if needs_pixel and not is_mapped:
        return "unmapped", ()
    if any(number in mask.ids.tolist() for mask in description.masks):
        return "masked", ()
    if description.region is not None and not in_region(description.region, truth, number, toa):
        return "outside", ()
    place = []
    for axis in description.axes:
        value = {"toa": toa, "event_id": number, "time": time}.get(axis.name)
        value = truth.value(axis.name, time) if value is None else value
        if value is None or value != value:
            return "nan", ()
        scale = UNIT_NS.get(axis.unit, 1) if axis.name in ("toa", "time") else 1
        edges = exact_edges(axis, scale)
        found = bisect_right(edges, Fraction(value)) - 1
        if found < 0:
            return "underflow", ()
        if found >= axis.n:
            return "overflow", ()
        place.append(found)
    return "binned", tuple(place)


def exact_edges(axis, scale):
    if not axis.is_regular:
        return [edge * scale for edge in axis.exact]
    start, stop = axis.exact
    return [(start + (stop - start) * i / axis.n) * scale for i in range(axis.n + 1)]


def holds(condition, truth, time):
    """Return whether a condition is true; what is unknown is not."""
    return bool(outcome(condition, truth, time))


def outcome(condition, truth, time):
    """Return True, False, or None for unknown, by the logic of three values."""
    if isinstance(condition, Not):
        inner = outcome(condition.a, truth, time)
        return None if inner is None else not inner
    if isinstance(condition, Both | Either):
        a, b = outcome(condition.a, truth, time), outcome(condition.b, truth, time)
        if isinstance(condition, Both):
            return False if False in (a, b) else None if None in (a, b) else True
        return True if True in (a, b) else None if None in (a, b) else False
    assert isinstance(condition, Compare)
    value = time if condition.quantity == "time" else truth.value(condition.quantity, time)
    if value is None or value != value:
        return None
    wanted = condition.value
    return {
        "<": lambda: value < wanted,
        "<=": lambda: value <= wanted,
        ">": lambda: value > wanted,
        ">=": lambda: value >= wanted,
        "==": lambda: value == wanted,
        "!=": lambda: value != wanted,
        "in": lambda: value in wanted,
    }[condition.how]()


def shapes_of(region):
    """Return whether a region speaks of pixels."""
    if isinstance(region, Combined):
        return shapes_of(region.a) or shapes_of(region.b)
    return region is not None and not isinstance(region, Span)


def in_region(region, truth, number, toa):
    if isinstance(region, Combined):
        a, b = in_region(region.a, truth, number, toa), in_region(region.b, truth, number, toa)
        return {"or": a or b, "and": a and b, "minus": a and not b}[region.how]
    if isinstance(region, Span):
        assert region.quantity == "toa"
        scale = UNIT_NS[region.unit or "ns"]
        return Fraction(str(region.low)) * scale <= toa < Fraction(str(region.high)) * scale
    if isinstance(region, PixelList):
        return number in region.ids or any(first <= number < stop for first, stop in region.spans)
    assert isinstance(region, Rectangle)
    row, column = divmod(number - truth.first_id, truth.shape[1])
    return region.x[0] <= column + 0.5 < region.x[1] and region.y[0] <= row + 0.5 < region.y[1]
