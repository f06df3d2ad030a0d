"""Making regions as people write them: bare numbers, numbers with a unit, texts such as ``"10 mm"``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce
from operator import and_
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...errors import ArgumentError
from ...streams.extent import merge_ranges
from ..units import exact, exact_factor, read_quantity
from .region import Ellipse, PixelList, Polygon, Rectangle, Region, Span

_MAX_ID = 2**31


def rectangle(
    *, x: tuple[float | str, float | str], y: tuple[float | str, float | str], unit: str | None = None
) -> Rectangle:
    """Return the part of a picture with ``x[0] <= x < x[1]`` and ``y[0] <= y < y[1]``; centres of pixels count.

    Parameters
    ----------
    x, y
        Both ends: numbers, or texts with a unit such as ``"10 mm"``.
    unit
        Of bare numbers. Without any unit they are pixel indices of the picture, from its lower left corner.

    Raises
    ------
    ArgumentError
        If an end is not above the other, or some coordinates have units and others none.

    Examples
    --------
    >>> rectangle(x=(10, 40), y=(5, 60))
    rectangle(x=(10, 40), y=(5, 60))
    >>> rectangle(x=("1 cm", "40 mm"), y=("5 mm", "60 mm"))
    rectangle(x=(1, 4), y=(0.5, 6), unit='cm')
    """
    ends = [*_couple(x, "x"), *_couple(y, "y")]
    (x0, x1, y0, y1), unit = _same_unit(ends, unit, "rectangle")
    return Rectangle((x0, x1), (y0, y1), unit)


def ellipse(
    *,
    center: tuple[float | str, float | str],
    radii: tuple[float | str, float | str] | float | str,
    rotation: float = 0.0,
    unit: str | None = None,
) -> Ellipse:
    """Return the part of a picture inside an ellipse; centres of pixels count.

    Parameters
    ----------
    center
        x and y, as in `rectangle`.
    radii
        Along x and y before it is turned; one number for a circle.
    rotation
        Degrees, counter-clockwise.
    unit
        As in `rectangle`.

    Examples
    --------
    >>> ellipse(center=(64, 64), radii=10)
    ellipse(center=(64, 64), radii=(10, 10))
    """
    both = (radii, radii) if isinstance(radii, str) or np.ndim(radii) == 0 else radii
    values = [*_couple(center, "center"), *_couple(both, "radii")]
    (cx, cy, rx, ry), unit = _same_unit(values, unit, "ellipse")
    return Ellipse((cx, cy), (rx, ry), float(exact(rotation, "rotation")), unit)


def polygon(points: Iterable[Sequence[float | str]] | ArrayLike, *, unit: str | None = None) -> Polygon:
    """Return the part of a picture inside a polygon, by the even-odd rule; centres of pixels count.

    Parameters
    ----------
    points
        Corners (x, y), at least three; the last is joined to the first.
    unit
        As in `rectangle`.

    Examples
    --------
    >>> polygon([(0, 0), (4, 0), (0, 4)])
    polygon([(0, 0), (4, 0), (0, 4)])
    """
    try:
        corners = [_couple(point, "a corner") for point in points]  # type: ignore[union-attr]
    except TypeError:
        raise ArgumentError(f"polygon of {points!r}; expected corners such as [(0, 0), (4, 0), (0, 4)]") from None
    values, unit = _same_unit([v for corner in corners for v in corner], unit, "polygon")
    return Polygon(tuple(values[::2]), tuple(values[1::2]), unit)


def pixels(*what: Any) -> PixelList:
    """Return pixels by their numbers.

    Parameters
    ----------
    what
        Numbers, arrays or lists of numbers, ranges such as ``range(100, 200)`` (the stop excluded), and texts such as
        ``"1-5,7"`` (both ends included, as in mask files).

    Examples
    --------
    >>> pixels(7, range(1, 4), [20, 21])
    pixels('1-3,7,20-21')
    """
    runs = merge_ranges(run for item in what for run in _runs(item))
    return PixelList(
        tuple(a for a, b in runs if b - a == 1), tuple((a, b) for a, b in runs if b - a > 1)
    )  # fmt: skip


def span(*, unit: str | None = None, **quantities: tuple[float | str, float | str]) -> Region:
    """Return the events with a quantity in a range, the upper end excluded.

    Parameters
    ----------
    quantities
        By name, ``toa=("5 ms", "20 ms")`` or ``wavelength=(1, 5)``; of several, all must hold.
    unit
        Of bare numbers; without one, the quantity's own.

    Examples
    --------
    >>> span(toa=("5 ms", "20 ms"))
    span(toa=(5, 20), unit='ms')
    """
    if not quantities:
        raise ArgumentError("a span needs a quantity, such as ld.span(toa=('5 ms', '20 ms'))")
    spans: list[Region] = []
    for name, ends in quantities.items():
        (low, high), own = _same_unit(_couple(ends, name), unit, f"span of {name}")
        spans.append(Span(name, low, high, own))
    return reduce(and_, spans)


def id_runs(what: Any) -> tuple[tuple[int, int], ...]:
    """Return pixel numbers, written as for `pixels`, as disjoint half-open ranges, sorted."""
    return merge_ranges(_runs(what))


def _runs(item: Any) -> Iterable[tuple[int, int]]:
    if isinstance(item, PixelList):
        return [*((i, i + 1) for i in item.ids), *item.spans]
    if isinstance(item, str):
        return _text_runs(item)
    if isinstance(item, range) and item.step == 1:
        return [_run(item.start, item.stop)] if len(item) else []
    if isinstance(item, list | tuple | set | frozenset) and not all(isinstance(i, int | np.integer) for i in item):
        return [run for part in item for run in _runs(part)]
    array = np.asarray(sorted(item) if isinstance(item, set | frozenset) else item)
    if array.size == 0:
        return []
    if array.dtype.kind not in "iu":
        raise ArgumentError(
            f"pixel numbers of type {array.dtype}; expected integers, ranges, or a text such as '1-5,7'"
        )
    numbers = np.unique(array.ravel().astype(np.int64) if array.dtype != np.uint64 else array.ravel())
    _run(int(numbers[0]), int(numbers[-1]) + 1)
    breaks = np.flatnonzero(np.diff(numbers) > 1)
    firsts, lasts = numbers[np.append(0, breaks + 1)], numbers[np.append(breaks, len(numbers) - 1)]
    return list(zip(firsts.tolist(), (lasts + 1).tolist(), strict=True))


def _text_runs(text: str) -> list[tuple[int, int]]:
    """Read ``1-5,7``: what mask files hold."""
    runs = []
    for part in re.split(r"[,;\s]+", re.sub(r"\s*-\s*", "-", text.strip())):
        if not part:
            continue
        if not (found := re.fullmatch(r"(\d{1,19})(?:-(\d{1,19}))?", part)):
            raise ArgumentError(f"pixel numbers {part[:40]!r}; expected a text such as '1-5,7'")
        first = int(found[1])
        last = int(found[2]) if found[2] else first
        if last < first:
            raise ArgumentError(f"pixel numbers {part!r}; the first must not be above the last")
        runs.append(_run(first, last + 1))
    return runs


def _run(first: int, stop: int) -> tuple[int, int]:
    if first < 0 or stop > _MAX_ID:
        raise ArgumentError(f"pixel numbers from {first} to {stop - 1}; expected 0 … {_MAX_ID - 1}")
    return int(first), int(stop)


def _couple(pair: Any, what: str) -> list[Any]:
    try:
        values = list(pair)
    except TypeError:
        values = []
    if len(values) != 2 or isinstance(pair, str):
        raise ArgumentError(f"{what} is {pair!r}; expected two values, such as (10, 40) or ('5 mm', '20 mm')")
    return values


def _same_unit(values: list[Any], unit: str | None, what: str) -> tuple[list[float], str | None]:
    """Bring numbers and texts to one unit: the one given, else that of the first text."""
    read = [_read(value, what) for value in values]
    units = [own for _, own in read if own is not None]
    if unit is None and units and len(units) < len(read):
        raise ArgumentError(
            f"{what}: some values have a unit and some have none; write all with a unit, or give unit=…"
        )
    to = unit if unit is not None else (units[0] if units else None)
    if to is None:
        return [float(v) for v, _ in read], None
    exact_factor(to, to)
    return [float(v if own in (None, to) else v * exact_factor(own, to)) for v, own in read], to


def _read(value: Any, what: str) -> tuple[Fraction, str | None]:
    if not isinstance(value, str):
        return exact(value, what), None
    found = read_quantity(value)
    if found is None:
        raise ArgumentError(f"{what}: {value[:40]!r} is no number with a unit; expected a text such as '10 mm'")
    return exact(found[0], what), found[1]
