"""Regions: parts of a picture, of a detector or of an axis, and their unions, intersections and differences. Values.

Bare coordinates are pixel indices of the picture: the place with index 10 covers 10 … 11 and has its centre at 10.5.
With a unit they are values of the picture's axes. What belongs to a region is decided by centres, half-open, so that
regions side by side share the pixels out among them; `inside` decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

from ...errors import ArgumentError


class _Joinable:
    """What all regions can: be joined by ``|``, ``&`` and ``-``."""

    __slots__ = ()

    def __or__(self, other: object) -> Combined:
        return _join("or", self, other)

    def __and__(self, other: object) -> Combined:
        return _join("and", self, other)

    def __sub__(self, other: object) -> Combined:
        return _join("minus", self, other)


@dataclass(frozen=True, slots=True, repr=False)
class Rectangle(_Joinable):
    """Screen places whose centre lies in it, half-open: ``min <= c < max``. Made by `rectangle`."""

    x: tuple[float, float]
    y: tuple[float, float]
    unit: str | None = None
    """Of x and y; None means pixel indices of the picture, whatever its axes are."""

    def __post_init__(self) -> None:
        for name, (low, high) in (("x", self.x), ("y", self.y)):
            _finite(f"{name} of a rectangle", low, high)
            if low >= high:
                raise ArgumentError(
                    f"rectangle with {name} from {low:g} to {high:g}; the first must be the smaller one"
                )

    def __repr__(self) -> str:
        return f"rectangle(x={_pair(self.x)}, y={_pair(self.y)}{_unit(self.unit)})"


@dataclass(frozen=True, slots=True, repr=False)
class Ellipse(_Joinable):
    """Screen places whose centre lies inside; the rim does not belong to it. Made by `ellipse`."""

    center: tuple[float, float]
    """x and y."""
    radii: tuple[float, float]
    """Along x and y before it is turned."""
    rotation: float = 0.0
    """Degrees, counter-clockwise."""
    unit: str | None = None

    def __post_init__(self) -> None:
        _finite("an ellipse", *self.center, *self.radii, self.rotation)
        if min(self.radii) <= 0:
            raise ArgumentError(f"ellipse with radii {_pair(self.radii)}; expected positive ones")

    def __repr__(self) -> str:
        turned = f", rotation={self.rotation:.12g}" if self.rotation else ""
        return f"ellipse(center={_pair(self.center)}, radii={_pair(self.radii)}{turned}{_unit(self.unit)})"


@dataclass(frozen=True, slots=True, repr=False)
class Polygon(_Joinable):
    """Screen places whose centre lies inside, by the even-odd rule; lower and left edges belong to it.

    The last corner is joined to the first. Made by `polygon`.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    unit: str | None = None

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ArgumentError(f"polygon with {len(self.x)} x and {len(self.y)} y; each corner needs both")
        if len(self.x) < 3:
            raise ArgumentError(f"polygon with {len(self.x)} corners; expected at least three points (x, y)")
        _finite("a polygon", *self.x, *self.y)

    def __repr__(self) -> str:
        points = ", ".join(_pair(point) for point in zip(self.x, self.y, strict=True))
        return f"polygon([{points}]{_unit(self.unit)})"


@dataclass(frozen=True, slots=True, repr=False)
class PixelList(_Joinable):
    """Pixels by number. Made by `pixels`, which writes equal sets in the same way."""

    ids: tuple[int, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    """Ranges ``first <= id < stop``."""

    def __post_init__(self) -> None:
        for first, stop in self.spans:
            if first >= stop:
                raise ArgumentError(f"pixels from {first} up to {stop}; the first must be below the stop")

    def __repr__(self) -> str:
        runs = sorted([*((i, i + 1) for i in self.ids), *self.spans])
        shown = ",".join(f"{a}" if b - a == 1 else f"{a}-{b - 1}" for a, b in runs[:8])
        return f"pixels({shown + (',…' if len(runs) > 8 else '')!r})"


@dataclass(frozen=True, slots=True, repr=False)
class Span(_Joinable):
    """Events whose quantity lies in ``low <= value < high``: ``span(toa=("5 ms", "20 ms"))``. Made by `span`."""

    quantity: str
    low: float
    high: float
    unit: str | None = None
    """None is the quantity's own."""

    def __post_init__(self) -> None:
        _finite(f"span of {self.quantity}", self.low, self.high)
        if self.low >= self.high:
            raise ArgumentError(
                f"span of {self.quantity} from {self.low:g} to {self.high:g}; the first must be the smaller one"
            )

    def __repr__(self) -> str:
        return f"span({self.quantity}={_pair((self.low, self.high))}{_unit(self.unit)})"


@dataclass(frozen=True, slots=True, repr=False)
class Combined(_Joinable):
    """Two regions together: ``a | b``, ``a & b``, ``a - b``. A `Span` may only be joined by ``&``."""

    how: Literal["or", "and", "minus"]
    a: Region
    b: Region

    def __post_init__(self) -> None:
        if self.how != "and":
            for part in (self.a, self.b):
                if has_span(part):
                    raise ArgumentError(
                        f"{part!r} is joined by {_SIGNS[self.how]!r}; a span of a quantity can only be joined by '&'. "
                        "Take two views where both are wanted"
                    )

    def __repr__(self) -> str:
        return f"({self.a!r} {_SIGNS[self.how]} {self.b!r})"


Region = Rectangle | Ellipse | Polygon | PixelList | Span | Combined

_SIGNS = {"or": "|", "and": "&", "minus": "-"}


def has_shape(region: Region) -> bool:
    """Return whether a shape that lies on a picture is part of a region."""
    if isinstance(region, Combined):
        return has_shape(region.a) or has_shape(region.b)
    return isinstance(region, Rectangle | Ellipse | Polygon)


def has_span(region: Region) -> bool:
    """Return whether a quantity of events is part of a region."""
    if isinstance(region, Combined):
        return has_span(region.a) or has_span(region.b)
    return isinstance(region, Span)


def _join(how: Literal["or", "and", "minus"], a: _Joinable, b: object) -> Combined:
    if not isinstance(b, _Joinable):
        raise ArgumentError(f"a region is joined with {b!r}; expected another region, such as ld.rectangle(x=…, y=…)")
    return Combined(how, cast(Region, a), cast(Region, b))


def _finite(what: str, *values: float) -> None:
    for value in values:
        if not math.isfinite(value):
            raise ArgumentError(f"{what} holds {value}; expected finite numbers")


def _pair(values: tuple[float, ...]) -> str:
    return f"({', '.join(_number(v) for v in values)})"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _unit(unit: str | None) -> str:
    return f", unit={unit!r}" if unit else ""
