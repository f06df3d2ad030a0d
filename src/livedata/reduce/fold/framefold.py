"""Folding frames of area detectors and sets of arrays: their sum, mean, maximum, or the newest of them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...streams.batch import ArrayBatch, ArraySet, Batch, EventBatch
from ..axis import Axes
from ..pixels.layout import usual_dims
from ..result.ledger import Ledger
from ..result.receive import axes_of
from .counted import Counted
from .frametotal import FrameTotal
from .judge import Judge

Mode = Literal["sum", "mean", "newest", "max"]
Array = NDArray[Any]
_Place = tuple[int, int, int]


class FrameFold:
    """Folds the signals of array sets that have one shape and the same edges. A `Fold`; its ledger counts frames.

    Frames that a filter leaves out are `filtered`; those of another shape or with other edges, parts of larger arrays
    and sets without numbers are `unmapped`; `other_axes` tells that a stream has changed its shape, so that its owner
    can begin anew with that. Sums of integers are exact, whatever the order of the frames; those of doubles are
    compensated, which makes them so but for rare last bits.

    Parameters
    ----------
    mode
        ``sum``; ``mean``, the sum by the number of frames; ``max``, the largest value of each pixel, where NaN is no
        value; ``newest``, the one of the latest time, of several that with the highest partition and offset.
    axes
        What frames are to look like; without it, as the first one that is folded.
    """

    def __init__(self, mode: Mode = "sum", axes: Axes | None = None) -> None:
        if mode not in ("sum", "mean", "newest", "max"):
            raise ArgumentError(f"mode {mode!r}; expected 'sum', 'mean', 'newest' or 'max'")
        self.mode = mode
        self.axes = axes if axes is not None else Axes()
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self._is_open = axes is None
        self._fitting_ns: int | None = None
        self._other: tuple[int, Axes] | None = None
        self._n = {"seen": 0, "filtered": 0, "unmapped": 0, "binned": 0}
        self._total = FrameTotal()
        self._largest: Array | None = None
        self._newest: tuple[_Place, Array] | None = None

    @property
    def other_axes(self) -> Axes | None:
        """What the stream looks like now: the axes of the newest frame, if they do not fit; None while they do.

        Frames of an older look that come late tell nothing.
        """
        if self._other is None or (self._fitting_ns is not None and self._other[0] <= self._fitting_ns):
            return None
        return self._other[1]

    @property
    def can_remove(self) -> bool:
        """Whether frames can be taken away again: from sums and means, not from what forgets."""
        return self.mode in ("sum", "mean")

    @property
    def n_seen(self) -> int:
        """Number of frames."""
        return self._n["seen"]

    def add(self, batch: Batch, judge: Judge) -> None:
        """Fold the frames of one batch."""
        self._fold(batch, judge, 1)

    def remove(self, batch: Batch, judge: Judge) -> None:
        """Take frames away that were added before.

        Raises
        ------
        ArgumentError
            If the mode forgets what it would need; fold the others anew then.
        """
        if not self.can_remove:
            raise ArgumentError(f"the {self.mode} of frames does not know what was before; fold the others anew")
        self._fold(batch, judge, -1)

    @property
    def ledger(self) -> Ledger:
        """Fates of all frames."""
        return Ledger(**self._n)

    def counted(self) -> Counted:
        """Return the frame that all together give. Variances of sums and means are those of counts."""
        shape = tuple(len(axis) for axis in self.axes)
        values, squares = self._values(shape)
        return Counted(self.axes, _frozen(values), None if squares is None else _frozen(squares), self.ledger)

    def picture(self) -> Counted:
        """Return the first two dimensions, the others summed."""
        whole = self.counted()
        rest = tuple(range(2, len(self.axes)))
        if not rest:
            return whole
        squares = None if whole.squares is None else _frozen(whole.squares.sum(axis=rest))
        return Counted(Axes(tuple(self.axes)[:2]), _frozen(whole.values.sum(axis=rest)), squares, whole.ledger)

    def _fold(self, batch: Batch, judge: Judge, sign: int) -> None:
        if not isinstance(batch, ArrayBatch) or not batch.n_samples:
            return
        kept = np.ones(batch.n_samples, bool) if judge.is_trivial else judge.keeps(_entries(batch))
        for i, found in enumerate(batch.sets):
            time = int(batch.time[i])
            fate = "binned" if kept[i] else "filtered"
            if kept[i]:
                frame = self._fitting(found, time)
                if frame is None:
                    fate = "unmapped"
                else:
                    self._take(frame, (time, int(batch.messages.partition[i]), int(batch.messages.offset[i])), sign)
            self._n["seen"] += sign
            self._n[fate] += sign
            if sign > 0:
                self.first_ns = time if self.first_ns is None else min(self.first_ns, time)
                self.last_ns = time if self.last_ns is None else max(self.last_ns, time)

    def _fitting(self, found: ArraySet, time: int) -> Array | None:
        """Return the numbers of a set, turned as the axes are; None if they are others."""
        signal = found.variables.get("signal")
        if signal is None or signal.values.dtype.kind not in "iufb" or found.whole or not signal.values.size:
            return None
        axes, turned = axes_of(found)
        axes = _named(axes)
        if self._is_open:
            self.axes, self._is_open = axes, False
        if tuple(axes) != tuple(self.axes):
            if self._other is None or time >= self._other[0]:
                self._other = (time, axes)
            return None
        self._fitting_ns = time if self._fitting_ns is None else max(time, self._fitting_ns)
        return np.flip(signal.values, turned) if turned else signal.values

    def _take(self, frame: Array, place: _Place, sign: int) -> None:
        if self.mode == "newest":
            if self._newest is None or place > self._newest[0]:
                self._newest = (place, frame)
        elif self.mode == "max":
            frame = frame.astype(np.float64 if frame.dtype.kind == "f" else np.int64)
            self._largest = frame if self._largest is None else np.fmax(self._largest, frame)
        else:
            self._total.add(frame, sign)

    def _values(self, shape: tuple[int, ...]) -> tuple[Array, Array | None]:
        if self.mode in ("sum", "mean"):
            total = self._total.values(shape)
            if self.mode == "sum":
                return total, None
            n = self._n["binned"]
            return total / (n or np.nan), total / (n**2 or np.nan)
        if self.mode == "newest":
            frame = np.zeros(shape, np.int64) if self._newest is None else self._newest[1]
            return frame.astype(np.float64 if frame.dtype.kind == "f" else np.int64), None
        largest = np.zeros(shape, np.int64) if self._largest is None else self._largest.copy()
        return largest, np.full(shape, np.nan)


def _entries(batch: ArrayBatch) -> EventBatch:
    """Return frames as entries without events, so that they can be judged by their times."""
    return EventBatch(
        event_id=None,
        event_time_offset=np.zeros(0, np.int32),
        event_time_zero=batch.time,
        event_index=np.zeros(batch.n_samples, np.int64),
        messages=batch.messages,
    )


def _named(axes: Axes) -> Axes:
    """Call dimensions that have no name as those of detectors are called."""
    if [axis.name for axis in axes] != [f"dim_{i}" for i in range(len(axes))]:
        return axes
    return Axes(axis.named(name) for axis, name in zip(axes, usual_dims(len(axes)), strict=True))


def _frozen(array: Array) -> Any:
    array = np.asarray(array)
    array.flags.writeable = False
    return array
