"""Choosing bins: integers and slices count bins, texts with units go by value.

The rule for values is half-open and exact. ``"7 ms"`` is the one bin with ``lower <= 7 ms < upper``.
``"5 ms":"20 ms"`` begins with the bin that holds 5 ms and ends before the first edge at or above 20 ms: exactly the
bins between the two where they are edges, else the bins that contain the ends are taken whole. What reaches
beyond the axis is cut off; a span that lies beside it altogether is an error. Edges are compared as exact fractions.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from ...errors import ArgumentError
from ..axis import Axes, Axis
from ..units import exact, read_quantity
from .exactaxis import bin_below, conversion, edge_above, part, position
from .rebin import rebinned, summed

if TYPE_CHECKING:
    from .histogram import Histogram

AXIS_TYPES = "an integer, a slice, a text such as '5 ms', or the name of a category"


def select(histogram: Histogram, key: object) -> Histogram | int | float:
    """Return the bins that a key in square brackets chooses.

    Parameters
    ----------
    histogram
        Any histogram.
    key
        One selection for each axis, ``...`` for all axes between, or a mapping of names (or numbers) of axes to
        selections. As UHI has them: a slice may end in ``sum`` (the axis is summed over that range and disappears) or
        in ``2j`` (pairs of bins are merged), and ``7j`` stands for the value 7 in the axis' own unit.

    Returns
    -------
    :
        A histogram that shares the values where it can; a number where every axis was given a single bin.

    Raises
    ------
    ArgumentError
        If the key does not fit the axes; says what would.
    """
    axes = histogram.axes
    chosen = _by_axis(key, axes)
    index: list[int | slice] = []
    kept: list[Axis] = []
    later: list[tuple[int, object]] = []
    for axis, choice in zip(axes, chosen, strict=True):
        found = _bins(axis, choice)
        if isinstance(found, int):
            index.append(found)
            continue
        index.append(slice(*found))
        if isinstance(choice, slice) and choice.step is not None:
            later.append((len(kept), choice.step))
        kept.append(part(axis, *found))
    values = histogram.array[tuple(index)]
    if not kept:
        return values.item()
    spread = None if histogram.spread is None else histogram.spread[tuple(index)]
    result = histogram.derived(array=values, axes=Axes(kept), spread=spread)
    for place, step in reversed(later):
        if _is_sum(step):
            result = summed(result, (place,))
        else:
            assert isinstance(step, complex)
            result = rebinned(result, {place: int(step.imag)})
    return result


def pick(histogram: Histogram, choices: Mapping[str, object]) -> Histogram | int | float:
    """Return the bins chosen by names of axes; a pair is a span: ``toa=("5 ms", "20 ms")``."""
    return select(
        histogram,
        {name: slice(*choice) if isinstance(choice, tuple | list) else choice for name, choice in choices.items()},
    )


def _by_axis(key: object, axes: Axes) -> list[object]:
    """Return one selection for each axis."""
    n = len(axes)
    if isinstance(key, Mapping):
        chosen: list[object] = [slice(None)] * n
        for name, choice in key.items():
            chosen[position(axes, name)] = choice
        return chosen
    given = list(key) if isinstance(key, tuple) else [key]
    dots = [i for i, choice in enumerate(given) if choice is Ellipsis]
    if len(dots) > 1 or len(given) - len(dots) > n:
        raise ArgumentError(
            f"{len(given)} selections for {n} axes ({', '.join(a.name for a in axes)}); expected at most one each"
        )
    at = dots[0] if dots else len(given)
    behind = given[at + 1 :]
    return [*given[:at], *[slice(None)] * (n - at - len(behind)), *behind]


def _bins(axis: Axis, choice: object) -> int | tuple[int, int]:
    """Return the number of the chosen bin, or the span of the chosen bins."""
    if not isinstance(choice, slice):
        return _one(axis, choice)
    step = choice.step
    if step is not None and not _is_sum(step) and not _is_merge(step):
        raise ArgumentError(f"step {step!r} along {axis.name!r}; expected sum, or 2j to merge two bins each")
    start = 0 if choice.start is None else _bound(axis, choice.start, is_stop=False)
    stop = axis.n if choice.stop is None or choice.stop is builtins.len else _bound(axis, choice.stop, is_stop=True)
    if start >= stop:
        raise ArgumentError(
            f"{_shown(choice.start)} to {_shown(choice.stop)} holds no bin of {axis!r}; expected a span inside"
        )
    return start, stop


def _one(axis: Axis, choice: object) -> int:
    if _is_index(choice):
        index = int(choice)
        if not -axis.n <= index < axis.n:
            raise ArgumentError(f"bin {index} of {axis!r}; expected {-axis.n} to {axis.n - 1}, or a value as a text")
        return int(index % axis.n)
    if axis.categories is not None:
        return _category(axis, choice)
    found = bin_below(axis, _value(axis, choice))
    if not 0 <= found < axis.n:
        raise ArgumentError(f"{_shown(choice)} lies outside of {axis!r}")
    return found


def _bound(axis: Axis, bound: object, *, is_stop: bool) -> int:
    """Return the first bin of a span, or the one behind its last."""
    if _is_index(bound):
        return slice(0, bound).indices(axis.n)[1]
    if axis.categories is not None:
        return _category(axis, bound)
    value = _value(axis, bound)
    if is_stop:
        return edge_above(axis, value)
    return max(bin_below(axis, value), 0)


def _category(axis: Axis, choice: object) -> int:
    """Return the number of a category."""
    assert axis.categories is not None
    sought = int(choice.imag) if isinstance(choice, complex) else choice
    if sought not in axis.categories:
        raise ArgumentError(f"no {_shown(choice)} in {axis!r}; expected one of its categories, or a number of a bin")
    return axis.categories.index(sought)


def _value(axis: Axis, choice: object) -> Fraction:
    """Return a value in the axis' unit."""
    if isinstance(choice, complex) and choice.real == 0:
        return exact(choice.imag, "value")
    quantity = read_quantity(choice) if isinstance(choice, str) else None
    if quantity is None:
        hint = f"; a value is a text: '{choice} {axis.unit or ''}".rstrip() + "'" if isinstance(choice, float) else ""
        raise ArgumentError(f"{_shown(choice)} along {axis.name!r}; expected {AXIS_TYPES}{hint}")
    factor, offset = conversion(quantity[1], axis)
    return exact(quantity[0], "value") * factor + offset


def _is_index(choice: object) -> TypeGuard[int]:
    return isinstance(choice, int | np.integer) and not isinstance(choice, bool)


def _is_sum(step: object) -> bool:
    return step is builtins.sum or step is np.sum or step == "sum"


def _is_merge(step: object) -> bool:
    return isinstance(step, complex) and step.real == 0 and step.imag >= 1 and step.imag == int(step.imag)


def _shown(choice: Any) -> str:
    return "the start" if choice is None else repr(choice)[:60]
