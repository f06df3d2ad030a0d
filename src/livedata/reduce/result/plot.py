"""Quick drawings with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import ArgumentError, MissingExtra
from ..axis import Axis

if TYPE_CHECKING:
    from .histogram import Histogram


def plot(histogram: Histogram, ax: Any = None, **style: Any) -> Any:
    """Draw one dimension as steps with error bars, two as colours. More are summed to the first two.

    Parameters
    ----------
    ax
        Matplotlib axes to draw into; a new figure without.
    **style
        Passed on to ``ax.stairs`` or ``ax.pcolormesh``.

    Returns
    -------
    :
        The matplotlib axes.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ModuleNotFoundError:
        raise MissingExtra("drawing", "lab") from None
    if not histogram.axes:
        raise ArgumentError("a single value cannot be drawn; leave an axis: .project('toa')")
    histogram = histogram.picture()
    if ax is None:
        ax = plt.figure().add_subplot()
    (_steps if len(histogram.axes) == 1 else _colours)(histogram, ax, style)
    if histogram.name:
        ax.set_title(histogram.name)
    return ax


def _steps(histogram: Histogram, ax: Any, style: dict[str, Any]) -> None:
    axis = histogram.axes[0]
    drawn = ax.stairs(histogram.array, axis.edges, **style)
    colour = drawn.get_edgecolor()
    ax.errorbar(axis.centers, histogram.array, yerr=histogram.errors(), fmt="none", ecolor=colour, elinewidth=0.7)
    _name(ax.xaxis, axis)
    ax.set_ylabel(histogram.unit)
    if axis.scale == "log":
        ax.set_xscale("log")


def _colours(histogram: Histogram, ax: Any, style: dict[str, Any]) -> None:
    rows, columns = histogram.axes
    mesh = ax.pcolormesh(columns.edges, rows.edges, histogram.array.astype(np.float64), **style)
    ax.figure.colorbar(mesh, ax=ax, label=histogram.unit)
    _name(ax.xaxis, columns)
    _name(ax.yaxis, rows)
    for axis, set_scale in ((columns, ax.set_xscale), (rows, ax.set_yscale)):
        if axis.scale == "log":
            set_scale("log")


def _name(shown: Any, axis: Axis) -> None:
    shown.set_label_text(f"{axis.name} [{axis.unit}]" if axis.unit else axis.name)
    if axis.categories is not None:
        shown.set_ticks(axis.centers, labels=[str(c) for c in axis.categories])
