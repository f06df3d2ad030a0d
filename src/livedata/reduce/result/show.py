"""How a histogram looks: a line of text with a picture made of blocks, and a drawing where a notebook can show one."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .arithmetic import add_up
from .unitname import is_counts

if TYPE_CHECKING:
    from .histogram import Histogram

BLOCKS = " ▁▂▃▄▅▆▇█"
N_COLUMNS = 40


def text(histogram: Histogram) -> str:
    """Return one line: axes, total, and for one dimension its shape.

    Examples
    --------
    >>> from livedata.reduce.axis import Axes, bins
    >>> from livedata.reduce.result.histogram import Histogram
    >>> Histogram(array=np.array([0, 4, 8, 1]), axes=Axes([bins(0, 4, n=4, unit="ms").named("toa")]))
    <Histogram toa 4 bins 0 … 4 ms, 13 counts  ▄█▁>
    """
    axes = " × ".join(_axis(axis) for axis in histogram.axes)
    name = f" {histogram.name}" if histogram.name else ""
    unit = "" if histogram.unit in ("", "dimensionless") else f" {histogram.unit}"
    line = " ".join(part for part in (f"{type(histogram).__name__}{name}", axes) if part)
    drawn = f" {sparkline(histogram.array)}" if len(histogram.axes) == 1 else ""
    return f"<{line}{',' if axes else ''} {_value(histogram)}{unit}{_remarks(histogram)}{drawn}>"


def number(value: float) -> str:
    """Return a number as people read it.

    Examples
    --------
    >>> number(1234567), number(0.12345678)
    ('1,234,567', '0.123457')
    """
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def sparkline(values: NDArray[Any], n_columns: int = N_COLUMNS) -> str:
    """Draw values as a row of blocks, zero at the bottom; of more values than columns, the highest of each column.

    Examples
    --------
    >>> sparkline(np.array([1, 2, 4, 8]))
    '▁▂▄█'
    """
    y = np.where(np.isfinite(values), values, 0).clip(0)
    if not y.size:
        return ""
    n = min(n_columns, len(y))
    columns = np.maximum.reduceat(y, np.arange(n) * len(y) // n)
    top = columns.max()
    if top == 0:
        return BLOCKS[0] * n
    heights = np.ceil(columns / top * 8).astype(int)
    return "".join(BLOCKS[h] for h in heights)


def bundle(histogram: Histogram) -> dict[str, str]:
    """Return what a notebook shows: the line, and for one and two dimensions a drawing."""
    line = text(histogram)
    found = {"text/plain": line}
    if 1 <= len(histogram.axes) <= 2:
        from .svg import svg

        found["text/html"] = f"<div>{svg(histogram, histogram.name)}<div>{escape(line)}</div></div>"
    return found


def _axis(axis: Any) -> str:
    shown = repr(axis).removeprefix("<Axis ").removesuffix(">")
    return shown[:80]


def _value(histogram: Histogram) -> str:
    """Return the only value with its error, the total of counts, or the range of anything else."""
    array = histogram.array
    if not histogram.axes:
        return f"{number(array.item())} ± {float(histogram.errors()):.3g}"
    if is_counts(histogram.unit):
        return number(add_up(array[np.isfinite(array)]).item())
    held = array[np.isfinite(array)]
    return f"{number(held.min().item())} … {number(held.max().item())}" if held.size else "no values"


def _remarks(histogram: Any) -> str:
    ledger = getattr(histogram, "ledger", None)
    if ledger is None:
        return ""
    return f" of {ledger.seen:,} seen, {histogram.state}"
