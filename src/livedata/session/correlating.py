"""Correlation: one quantity against another, slot by slot of data time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..reduce.span import nanoseconds
from ..reduce.view import View
from .stream import LogStream

if TYPE_CHECKING:
    import pandas as pd

    from ..streams.log import LogData

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Correlation:
    """Points, one for each slot of data time in which both quantities are known."""

    time: NDArray[np.int64]
    """When each slot begins, ns since 1970, rising, shape (point,)."""
    x: Floats
    y: Floats
    x_name: str
    y_name: str

    def __len__(self) -> int:
        return len(self.time)

    @property
    def coefficient(self) -> float:
        """Pearson's correlation coefficient; NaN where one of them does not change, or there are too few points."""
        if len(self) < 2 or not np.ptp(self.x) or not np.ptp(self.y):
            return float("nan")
        return float(np.corrcoef(self.x, self.y)[0, 1])

    def binned(self, n: int = 100) -> pd.DataFrame:
        """Return mean, standard deviation and number of y in n bins of x of one width; empty bins are left out."""
        low, high = float(self.x.min()), float(self.x.max())
        if low == high:  # a quantity that stands still has a bin of its own all the same
            reach = max(1.0, abs(low)) / 2
            low, high = low - reach, high + reach
        frame = self.to_pandas()
        edges = np.linspace(low, high, n + 1)
        place = np.clip(np.searchsorted(edges, self.x, "right") - 1, 0, n - 1)
        found = frame.groupby(place)[self.y_name].agg(["mean", "std", "count"])
        found.insert(0, self.x_name, (edges[:-1] + edges[1:])[found.index.to_numpy()] / 2)
        return found.reset_index(drop=True)

    def to_pandas(self) -> pd.DataFrame:
        """Return the points as a table over UTC times."""
        import pandas as pd

        table = {self.x_name: self.x, self.y_name: self.y}
        return pd.DataFrame(table, index=pd.to_datetime(self.time, utc=True))

    def __repr__(self) -> str:
        return f"<Correlation of {self.y_name} with {self.x_name}: {len(self):,} points, r = {self.coefficient:.3g}>"

    def _repr_html_(self) -> str | None:
        table: Any = self.to_pandas()
        html: str | None = table._repr_html_()
        return html


def correlate(x: LogStream | View, y: LogStream | View, *, every: float | str = 1.0) -> Correlation:
    """Return one quantity against another by what has been seen of both by now.

    Parameters
    ----------
    x, y
        Logs, which count with the value in effect when a slot begins, and views, which count with their events binned
        in each slot. At least one of them is a view: its slots are those that had events.
    every
        Width of the slots of data time, in seconds or as ``"5 min"``.

    Raises
    ------
    ArgumentError
        If neither is a view, or a log's values are no single numbers.
    """
    every_ns = nanoseconds(every, "every")
    if not isinstance(x, View) and not isinstance(y, View):
        raise ArgumentError("two logs have no slots in common; correlate a view with a log, or two views")
    series = {id(one): _slots(one, every) for one in (x, y) if isinstance(one, View)}
    times = sorted(set.intersection(*(set(found) for found in series.values())))
    slots = np.array(times, np.int64)
    sides = [
        np.array([series[id(one)][slot] for slot in times], np.float64)
        if isinstance(one, View)
        else _in_effect(one.data, slots * every_ns, one.name)
        for one in (x, y)
    ]
    known = np.isfinite(sides[0]) & np.isfinite(sides[1])
    names = [one.name if x.name != y.name else f"{one.name} ({side})" for one, side in ((x, "x"), (y, "y"))]
    return Correlation(slots[known] * every_ns, sides[0][known], sides[1][known], *names)


def _slots(view: View, every: float | str) -> dict[int, float]:
    """Return the events of each slot that had some, by the slot's number."""
    series = view.series(every)
    if not series.is_finite:
        series.wait(events=view.latest.ledger.seen)
    shown = series.snapshot()
    every_ns = nanoseconds(every, "every")
    axis, counts = shown.axes[0], shown.values().tolist()
    first = int(axis.exact[0])
    if axis.is_regular:
        return {first // every_ns + i: float(n) for i, n in enumerate(counts)}
    # Where it spans very long, gaps are wide bins: no slots.
    starts, stops = axis.exact[:-1], axis.exact[1:]
    slots = zip(starts, stops, counts, strict=True)
    return {int(start) // every_ns: float(n) for start, stop, n in slots if stop - start == every_ns}


def _in_effect(data: LogData, times: NDArray[np.int64], name: str) -> Floats:
    """Return the last value at or before each time, NaN before the first."""
    if len(data) and (data.value.ndim > 1 or data.value.dtype.kind not in "iufb"):
        raise ArgumentError(f"values of {name!r} are no single numbers; expected a log of numbers")
    place = np.searchsorted(data.time, times, "right") - 1
    values = np.full(len(times), np.nan)
    values[place >= 0] = data.value[place[place >= 0]]
    return values
