"""Regions: parts of a picture, of a detector or of an axis, and their unions, intersections and differences. Values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Screen places whose centre lies in it, half-open: ``min <= c < max``."""

    x: tuple[float, float]
    y: tuple[float, float]
    unit: str | None = None
    """Of x and y; None means pixel indices of the picture, whatever its axes are."""


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Screen places whose centre lies inside."""

    center: tuple[float, float]
    radii: tuple[float, float]
    rotation: float = 0.0
    """Degrees, counter-clockwise."""
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Polygon:
    """Screen places whose centre lies inside, by the even-odd rule; lower and left edges belong to it."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class PixelList:
    """Pixels by number."""

    ids: tuple[int, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    """Ranges ``first <= id < stop``."""


@dataclass(frozen=True, slots=True)
class Span:
    """Events whose quantity lies in ``low <= value < high``: ``span(toa=("5 ms", "20 ms"))``."""

    quantity: str
    low: float
    high: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Combined:
    """Two regions together: ``a | b``, ``a & b``, ``a - b``. A `Span` may only be joined by ``&``."""

    how: Literal["or", "and", "minus"]
    a: Region
    b: Region


Region = Rectangle | Ellipse | Polygon | PixelList | Span | Combined
