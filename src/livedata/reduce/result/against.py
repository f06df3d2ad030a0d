"""Comparing a result with that of another run or file: ratio, difference, overlay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from ...errors import ArgumentError
from .arithmetic import combine
from .density import rate
from .exactaxis import axes_difference

if TYPE_CHECKING:
    from .histogram import Histogram

PER = (None, "total", "time")


def ratio(a: Any, b: Any, *, per: str | None = None) -> Histogram:
    """Return ``a / b``; arguments as in `difference`."""
    return combine(_side(a, per), "/", _side(b, per))


def difference(a: Any, b: Any, *, per: str | None = None) -> Histogram:
    """Return ``a - b``.

    Parameters
    ----------
    a, b
        Views, histograms, or numbers.
    per
        None takes the numbers as they are; ``total`` divides each side by its own total first, a number
        without error; ``time`` by the time it was counted over.
    """
    return combine(_side(a, per), "-", _side(b, per))


@dataclass(frozen=True, slots=True, repr=False)
class Overlay:
    """Several results on the same axes, to be seen together."""

    histograms: tuple[Histogram, ...]
    labels: tuple[str, ...]

    def __iter__(self) -> Iterator[tuple[str, Histogram]]:
        return iter(zip(self.labels, self.histograms, strict=True))

    def __len__(self) -> int:
        return len(self.histograms)

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw all of them into one matplotlib plot and return its axes."""
        from .plot import plot

        for label, histogram in self:
            ax = plot(histogram, ax, **{"label": label, **style})
        ax.legend()
        return ax

    def __repr__(self) -> str:
        return "<Overlay of\n" + "\n".join(f"  {label}: {histogram!r}" for label, histogram in self) + ">"


def overlay(*results: Any, labels: tuple[str, ...] = (), per: str | None = None) -> Overlay:
    """Put 1-d results on equal axes side by side.

    Parameters
    ----------
    *results
        As in `difference`.
    labels
        One for each; without them their names, numbered where these are not told apart.

    Raises
    ------
    ArgumentError
        If the axes or units differ, or the labels are of another number.
    """
    sides = tuple(_side(result, per) for result in results)
    if labels and len(labels) != len(sides):
        raise ArgumentError(f"{len(labels)} labels for {len(sides)} results")
    for side in sides:
        if len(side.axes) != 1:
            raise ArgumentError(f"{side!r} has {len(side.axes)} axes; an overlay shows one, try .project('toa')")
        if found := axes_difference(sides[0].axes, side.axes):
            raise ArgumentError(f"results on different axes cannot lie over each other: {found}; try .rebin()")
        if side.unit != sides[0].unit:
            raise ArgumentError(f"one result is in {sides[0].unit!r}, another in {side.unit!r}")
    names = [side.name or f"{i + 1}" for i, side in enumerate(sides)]
    told_apart = [f"{name} ({i + 1})" if names.count(name) > 1 else name for i, name in enumerate(names)]
    return Overlay(sides, tuple(labels) or tuple(told_apart))


def _side(result: Any, per: str | None) -> Any:
    """Return one side, brought to the same scale."""
    if per not in PER:
        raise ArgumentError(f"per={per!r}; expected None, 'total' or 'time'")
    if isinstance(result, str | PathLike):
        raise ArgumentError(f"{result} is a path; give the histogram in it: load_histogram({str(result)!r})")
    if not hasattr(result, "_histogram"):
        return result
    histogram = result._histogram()
    if per == "time":
        return rate(histogram)
    if per == "total":
        if not histogram.total:
            raise ArgumentError(f"{histogram!r} has nothing in it, so its shape cannot be compared")
        return combine(histogram, "/", histogram.total)
    return histogram
