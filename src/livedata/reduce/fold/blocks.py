"""The general way through a batch: block by block, so that what is written down in between stays in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...streams.batch import EventBatch
from ..physics.frames import entry_shift
from . import finding
from .columns import Column
from .plan import Plan

BLOCK = 1 << 15
"""Events that are taken at a time."""
_NO_SHIFT = np.zeros(0)
_NO_PIXELS = np.zeros(0, np.int32)

Int32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some events, with their rows."""

    start: int
    """Place of the first one in the batch."""
    toa: Int32
    ids: Int32 | None
    rows: NDArray[np.uint32]
    weights: NDArray[np.int16] | None
    pixels: Int32
    shift: NDArray[np.float64]
    room: tuple[NDArray[np.float64], NDArray[np.uint32]]

    def places(self, column: Column) -> NDArray[np.uint32]:
        """Return the place of each event on an axis; overwritten by the next call."""
        places = self.room[1][: len(self.toa)]
        self.write(column, places)
        return places

    def write(self, column: Column, places: NDArray[np.uint32]) -> None:
        """Write the place of each event on an axis."""
        column.write(self.ids, self.toa, self.pixels, self.shift, self.room[0][: len(self.toa)], places)


class Blocks:
    """Takes batches apart for one plan; keeps the room to work in."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        on_events = (*plan.columns, *plan.spans)
        stage = plan.stage
        self._is_shifted = any(c.is_shifted for c in on_events)
        self._on_pixels = any(c.formula is not None for c in on_events) and stage.layout is not None
        self._rows_are_pixels = not len(stage.table) and not len(stage.pixel_table)
        self._room: tuple[NDArray[Any], ...] = ()

    def walk(self, batch: EventBatch, start: int, stop: int) -> Iterator[Block]:
        """Go through the events ``start <= i < stop`` of a batch. Arrays are overwritten from block to block."""
        stage = self._plan.stage
        events = slice(start, stop)
        toa = ready(batch.event_time_offset[events])
        ids = None if batch.event_id is None else ready(batch.event_id[events])
        weights = None if batch.event_weight is None else np.require(batch.event_weight[events], np.int16, ("C", "A"))
        index = np.require(batch.event_index, np.int64, ("C", "A"))
        times = np.require(batch.event_time_zero, np.int64, ("C", "A"))
        shifts = entry_shift(times, self._plan.description.flight) if self._is_shifted else None
        all_rows, all_pixels, all_shifts, values, places = self._rooms(min(BLOCK, len(toa)))
        for begin in range(0, len(toa), BLOCK):
            part = slice(begin, begin + BLOCK)
            x, numbers = toa[part], None if ids is None else ids[part]
            n = len(x)
            rows, pixels, shift = all_rows[:n], _NO_PIXELS, _NO_SHIFT
            if not stage.needs_ids:
                rows[:] = 0
            elif numbers is None:
                rows[:] = stage.row_without
            else:
                stage.write_rows(numbers, rows)
                if stage.n_replicas > 1:
                    stride = len(stage.table) // stage.n_replicas
                    finding.find_replicas(numbers, x, times, index, start + begin, stage.n_replicas, stride, rows)
                    finding.look_up(stage.table, rows)
            if self._on_pixels:
                pixels = self._pixels(numbers, rows, all_pixels[:n])
            if shifts is not None:
                shift = all_shifts[:n]
                finding.spread_values(shifts, index, start + begin, shift)
            heavy = None if weights is None else weights[part]
            yield Block(start + begin, x, numbers, rows, heavy, pixels, shift, (values, places))

    def _pixels(self, ids: Int32 | None, rows: NDArray[np.uint32], pixels: NDArray[np.uint32]) -> Int32:
        stage = self._plan.stage
        assert stage.layout is not None
        if ids is None:
            pixels[:] = stage.layout.size
        elif self._rows_are_pixels:
            pixels[:] = rows  # a copy: planes are added to rows later on
        else:
            stage.write_pixels(ids, pixels)
        return pixels.view(np.int32)

    def _rooms(self, n: int) -> tuple[NDArray[Any], ...]:
        if not self._room or len(self._room[0]) < n:
            self._room = tuple(np.empty(n, kind) for kind in (np.uint32, np.uint32, np.float64, np.float64, np.uint32))
        return self._room


def ready(values: Int32) -> Int32:
    """Return values as the loops want them: copied only where they are strided or off their alignment."""
    is_ready = values.dtype == np.int32 and values.flags.c_contiguous and values.flags.aligned
    return values if is_ready else np.require(values, np.int32, ("C", "A"))
