"""What folds should give, worked out event by event in plain numpy, and random descriptions and streams."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

import livedata as ld
from livedata.reduce.axis import Axis, edges_in, log_bins, thresholds
from livedata.reduce.condition import Compare
from livedata.reduce.description import Description
from livedata.reduce.fold import finding
from livedata.reduce.fold.counted import Counted
from livedata.reduce.fold.fates import FIRST_AXIS, MASKED, NAN, OUTSIDE, OVERFLOW, UNDERFLOW, UNMAPPED, axis_fate
from livedata.reduce.fold.judge import make_judge
from livedata.reduce.physics.coordinates import evaluate, formula_of
from livedata.reduce.physics.flight import Flight
from livedata.reduce.physics.frames import entry_shift
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.pixels.inside import inside, spans_of
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.mask import Mask
from livedata.reduce.pixels.projection import Geometric, Logical
from livedata.reduce.pixels.region import PixelList, Rectangle, Span
from livedata.reduce.prepare import layout_of, result_axes, screen_of
from livedata.reduce.quantity import bind_axes, is_of_entries, kind_of
from livedata.reduce.result.ledger import Ledger
from livedata.reduce.setting import Setting
from livedata.streams.batch import EventBatch, Messages

START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 71_428_571
NAMES = {UNMAPPED: "unmapped", MASKED: "masked", OUTSIDE: "outside"}
KINDS = {NAN: "nan", UNDERFLOW: "underflow", OVERFLOW: "overflow"}

CONTIGUOUS = layout((8, 5), first_id=3)
SCATTERED = layout((8, 5), detector_number=np.random.default_rng(3).permutation(60)[:40] + 3)
SPARSE = layout((8, 5), detector_number=np.random.default_rng(4).permutation(40) * 50_000_000 % 2_000_000_011 + 3)


def geometry() -> Geometry:
    """40 pixels behind a sample, one of them nowhere."""
    y, x = np.mgrid[-4:4, -2:3] * 0.1
    positions = np.stack([x.ravel(), y.ravel(), np.full(40, 2.0)], axis=1)
    positions[7] = np.nan
    excluded = np.zeros(40, bool)
    excluded[[0, 39]] = True
    sizes = np.full((1, 3), 0.1)
    return Geometry(positions, (0.0, 0.0, -20.0), (0.0, 0.0, 0.0), "made up", excluded=excluded, sizes=sizes)


def setting(of: object = CONTIGUOUS) -> Setting:
    return Setting(name="detector", layout=of, geometry=geometry)  # type: ignore[arg-type]


def batch(
    ids: np.ndarray | None,
    toa: np.ndarray,
    *,
    sizes: list[int] | None = None,
    first: int = 0,
    weights: np.ndarray | None = None,
) -> EventBatch:
    """One message; entries of the given sizes, `first` pulses after the start, with periods 0, 1, 2, 0, …"""
    sizes = [len(toa)] if sizes is None else sizes
    index = np.concatenate([[0], np.cumsum(sizes)])[:-1].astype(np.int64)
    numbers = first + np.arange(len(sizes))
    zero = np.zeros(1, np.int64)
    messages = Messages("t", np.zeros(1, np.int32), zero, zero, zero, zero)
    columns = {"period": (numbers % 3).astype(np.int64), "late": numbers % 5 == 4}
    return EventBatch(ids, toa, START_NS + numbers * PERIOD_NS, index, messages, columns, weights)


def split(whole: EventBatch, entries: list[int]) -> list[EventBatch]:
    """Cut a batch before the given entries."""
    parts = []
    ends = np.append(whole.event_index, whole.n_events)
    places = [0, *sorted(set(entries) & set(range(whole.n_entries))), whole.n_entries]
    for a, b in pairwise(places):
        e = slice(int(ends[a]), int(ends[b]))
        parts.append(
            EventBatch(
                None if whole.event_id is None else whole.event_id[e],
                whole.event_time_offset[e],
                whole.event_time_zero[a:b],
                whole.event_index[a:b] - e.start,
                whole.messages,
                {name: column[a:b] for name, column in whole.columns.items()},
                None if whole.event_weight is None else whole.event_weight[e],
            )
        )
    return parts


def known_ids(of: object) -> np.ndarray:
    return of.detector_number().ravel() if of is not None else np.arange(1, 50)  # type: ignore[attr-defined]


def events(of: object, sizes: list[int], seed: int, *, weighted: bool = False, first: int = 0) -> EventBatch:
    """Random events of which some are out of every range."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    ids = np.where(rng.random(n) < 0.8, rng.choice(known_ids(of), n), rng.integers(-5, 80, n)).astype(np.int32)
    toa = rng.integers(-3_000_000, 75_000_000, n).astype(np.int32)
    weights = rng.integers(-3, 9, n).astype(np.int16) if weighted else None
    return batch(ids, toa, sizes=sizes, first=first, weights=weights)


# Descriptions

TOA = ld.bins(0, 71.43, n=20, unit="ms")
POOL = bind_axes(
    toa=TOA,
    event_id=ld.bins(3, 43, n=8),
    wavelength=ld.bins(0.5, 10, n=11, unit="angstrom"),
    two_theta=ld.bins(1, 12, n=5, unit="deg"),
    period=ld.bins(0, 2, n=2),
    x=ld.edges([-0.15, -0.05, 0.05, 0.1], "m"),
)
LISTED = bind_axes(event_id=ld.categories([20, 3, -4, 41, 2**40]))
UNEVEN = bind_axes(
    toa=ld.edges(np.geomspace(1e4, 60e6, 9).round(), "ns"), wavelength=log_bins(1, 12, n=7, unit="angstrom")
)
SKIPPING = Flight(period=1e9 / 14, stride=2, reference=START_NS, min_wavelength=0.2)

PROJECTIONS = st.sampled_from(
    [
        None,
        Logical(),
        Logical().fold("y", {"a": 4, "b": 2}).sum("b"),
        Logical().slice(y=3),
        Logical().flip("x").transpose(),
        Geometric("xy_plane", (6, 4)),
        Geometric("xy_plane", (7, 9), smooth=3),
    ]
)
SPAN = Span("toa", 5, 60, "ms")
REGIONS = st.sampled_from(
    [
        None,
        Rectangle((1, 3), (0, 4)),
        PixelList((4, 5, 20), ((30, 36),)),
        SPAN,
        PixelList((), ((3, 30),)) & SPAN,
        Rectangle((0, 2), (1, 6)) & Span("wavelength", 1, 4, "angstrom"),
        Span("two_theta", 2, 9, "deg") & PixelList((), ((3, 40),)),
    ]
)
MASKS = st.sampled_from([(), (Mask("a", np.array([4, 9, 17, 30])),), (Mask("b"), Mask("c", np.arange(10, 20)))])  # type: ignore[arg-type]


@st.composite
def descriptions(draw: st.DrawFn, *, layouts: object = None) -> tuple[Description, Setting]:
    axes: list[Axis] = list(draw(st.lists(st.sampled_from(POOL), max_size=3, unique=True)))
    if draw(st.booleans()):
        by_name = {a.name: a for a in (*UNEVEN, *LISTED)}
        axes = [by_name.get(a.name, a) for a in axes]
    projection = draw(PROJECTIONS)
    region = draw(REGIONS)
    is_flat = isinstance(projection, Logical) and any(step.kind == "slice" for step in projection.steps)
    if (is_flat or projection is None) and _has_shape(region):
        region = SPAN  # shapes are drawn on pictures
    described = Description(
        tuple(axes),
        projection,
        is_summed=projection is not None and draw(st.booleans()),
        masks=draw(MASKS),
        region=region,
        filters=draw(st.sampled_from([(), (Compare("period", "!=", 1.0),)])),
        flight=draw(st.sampled_from([Flight(), SKIPPING])),
    )
    return described, setting(draw(st.sampled_from([CONTIGUOUS, SCATTERED, SPARSE])))


def _has_shape(region: object) -> bool:
    if hasattr(region, "a"):
        return _has_shape(region.a) or _has_shape(region.b)
    return isinstance(region, Rectangle)


# The answer


def expected(description: Description, where: Setting, batches: list[EventBatch]) -> Counted:
    """Look at each event for itself."""
    axes = result_axes(description, where)
    shape = tuple(a.n for a in axes)
    values, squares = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    fates: Counter[str] = Counter()
    judge = make_judge(description, where)
    for b in batches:
        entry = np.repeat(np.arange(b.n_entries), np.diff(b.event_index, append=b.n_events))
        places, codes = _events(description, where, b, entry)
        for axis_places, i in zip(judge.places(b), _entry_numbers(description), strict=True):
            found = axis_places[entry]
            places[:, len(axes) - len(description.axes) + i] = found
            kinds = (FIRST_AXIS - found.astype(np.int64)) % 3
            codes.append(np.where(found >= 0, 0, FIRST_AXIS - 3 * (1 + i) - kinds))
        keeps = judge.keeps(b)[entry]
        code = np.array([max((c for c in row if c < 0), default=0) for row in np.array(codes).T.tolist()] or [], int)
        fates["seen"] += b.n_events
        fates["late"] += int(b.columns["late"][entry].sum())
        fates["filtered"] += int((~keeps).sum())
        for c in code[keeps].tolist():
            fates["binned" if c == 0 else NAMES.get(c) or KINDS[(FIRST_AXIS - c) % 3]] += 1
        good = keeps & (code == 0)
        weights = np.ones(b.n_events, np.int64) if b.event_weight is None else b.event_weight.astype(np.int64)
        flat = np.zeros(b.n_events, np.int64)
        for k, size in enumerate(shape):
            flat = flat * size + places[:, k]
        np.add.at(values.reshape(-1), flat[good], weights[good])
        np.add.at(squares.reshape(-1), flat[good], weights[good] ** 2)
    return Counted(axes, values, squares, Ledger(**fates))


def _entry_numbers(description: Description) -> list[int]:
    return [i for i, axis in enumerate(description.axes) if is_of_entries(axis.name)]


def _events(
    description: Description, where: Setting, b: EventBatch, entry: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return places, shape (event, dimension), and fates (0: none) that may apply."""
    n, of, screen = b.n_events, layout_of(description, where), screen_of(description, where)
    lead = () if screen is None or description.is_summed else screen.shape
    places = np.zeros((n, len(lead) + len(description.axes)), np.int64)
    codes: list[np.ndarray] = [np.zeros(n, np.int64)]
    ids = b.event_id
    assert ids is not None
    assert of is not None
    pixel = of.places_of(ids).astype(np.int64)
    spans = spans_of(description.region) if description.region is not None else ()
    names = [*(a.name for a in description.axes), *(s.quantity for s in spans)]
    by_pixel = screen is not None or any(kind_of(name) == "coordinate" for name in names)
    on_region = description.region is not None and not isinstance(description.region, Span)
    if by_pixel or on_region:
        codes.append(np.where(pixel < 0, UNMAPPED, 0))
    replica = np.zeros(n, np.int64)
    if screen is not None:
        if screen.n_replicas > 1:
            for i in range(n):
                row, at = np.zeros(1, np.uint32), slice(i, i + 1)
                time = b.event_time_zero[entry[i]].reshape(1)
                finding.find_replicas(
                    ids[at], b.event_time_offset[at], time, np.zeros(1, np.int64), 0, screen.n_replicas, 1, row
                )
                replica[i] = row[0]
        cell = screen.cells[replica, pixel].astype(np.int64)
        codes.append(np.where(cell == -1, OUTSIDE, np.where(cell == -2, axis_fate(0, NAN), 0)))
        if lead:
            places[:, : len(lead)] = np.stack(np.unravel_index(np.maximum(cell, 0), lead), axis=1)
    if on_region:
        lies = inside(description.region, screen, of)
        codes.append(np.where(lies[replica if len(lies) > 1 else 0, pixel], 0, OUTSIDE))
    for mask in description.masks:
        listed = mask.ids if mask.ids is not None else of.ids_at(np.flatnonzero(geometry().excluded))
        codes.append(np.where(np.isin(ids, listed), MASKED, 0))
    for i, axis in enumerate(description.axes):
        if not is_of_entries(axis.name):
            place, kind = _place(axis, description, where, b, entry, pixel)
            places[:, len(lead) + i] = place
            codes.append(np.where(kind < 0, 0, FIRST_AXIS - 3 * (1 + i) - kind))
    for span in spans:
        _, kind = _place(_span(span), description, where, b, entry, pixel)
        codes.append(np.where(kind < 0, 0, OUTSIDE))
    return places, codes


def _span(span: Span) -> Axis:
    return ld.edges([span.low, span.high], span.unit).named(span.quantity)


def _place(
    axis: Axis, description: Description, where: Setting, b: EventBatch, entry: np.ndarray, pixel: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return bin and way to fail (-1: none) of each event."""
    if kind_of(axis.name) == "event":
        x = b.event_id if axis.name == "event_id" else b.event_time_offset
        if axis.categories is not None:
            listed = list(axis.categories)
            found = np.array([listed.index(v) if v in listed else -1 for v in x.tolist()], np.int64)  # type: ignore[union-attr]
            return np.maximum(found, 0), np.where(found < 0, OVERFLOW, -1)
        limits = thresholds(axis, "ns" if axis.name == "toa" else None)
        assert x is not None
        x = x.astype(np.int64)
        undefined = np.zeros(len(x), bool)
    else:
        of = layout_of(description, where)
        assert of is not None
        formula = formula_of(axis.name, geometry(), description.flight, of.size)
        shift = entry_shift(b.event_time_zero, description.flight)
        x = np.empty(b.n_events)
        moved = np.zeros(0) if shift is None or formula.values is not None else shift[entry]
        evaluate(formula, np.maximum(pixel, 0).astype(np.int32), b.event_time_offset, moved, x)
        limits = edges_in(axis, formula.unit)
        undefined = np.isnan(x)
    place = np.searchsorted(limits, x, side="right") - 1
    kind = np.where(undefined, NAN, np.where(x < limits[0], UNDERFLOW, np.where(x >= limits[-1], OVERFLOW, -1)))
    return np.clip(place, 0, axis.n - 1), kind
