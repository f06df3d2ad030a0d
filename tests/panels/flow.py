"""A feed made by hand: real views, without a broker."""

from __future__ import annotations

import time

import numpy as np

from livedata.reduce.axis import bins
from livedata.reduce.description import Description
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.projection import Logical
from livedata.reduce.quantity import bind_axes
from livedata.reduce.setting import Setting
from livedata.reduce.view import View
from livedata.streams.batch import EventBatch, Messages
from livedata.streams.extent import Partition
from livedata.streams.feed import Lag, Progress


class Flow:
    """A feed that hands over what a test pushes."""

    def __init__(self, *, is_finite: bool = False) -> None:
        self.is_finite = is_finite
        self.is_full = False
        self.progress = Progress(0, 0)
        self.lag = Lag()
        self.sinks = []
        self.offset = 0

    def subscribe(self, sink, extent=None, after=None):
        self.sinks.append(sink)
        return self

    def close(self) -> None:
        self.sinks.clear()

    def push(self, event_id, toa_ns, *, time_ns: int | None = None) -> None:
        toa = np.asarray(toa_ns, np.int32)
        ids = None if event_id is None else np.asarray(event_id, np.int32)
        zero = np.array([time.time_ns() if time_ns is None else time_ns], np.int64)
        one = np.zeros(1, np.int64)
        where = Messages("topic", np.zeros(1, np.int32), one + self.offset, one + zero // 10**6, one, one)
        passed = {Partition("topic", 0): (self.offset, self.offset + 1)}
        self.offset += 1
        for sink in list(self.sinks):
            sink.accept(EventBatch(ids, toa, zero, one, where))
            sink.covered(passed)
            sink.work()

    def end(self) -> None:
        for sink in list(self.sinks):
            sink.finished()


def image_view(shape=(8, 8), *, name="detector image", present=None, is_finite=False) -> tuple[View, Flow]:
    flow = Flow(is_finite=is_finite)
    return View(Description(projection=Logical(layout(shape))), flow, Setting(), name=name, present=present), flow


def spectrum_view(n=100, *, name="monitor spectrum", present=None, is_finite=False) -> tuple[View, Flow]:
    flow = Flow(is_finite=is_finite)
    axes = bind_axes(toa=bins(0, 100, n=n, unit="ns"))
    return View(Description(axes=axes), flow, Setting(), name=name, present=present), flow


def seen(view: View, n: int, timeout: float = 10.0) -> View:
    deadline = time.monotonic() + timeout
    while view.latest.ledger.seen < n:
        assert time.monotonic() < deadline, f"{view.latest.ledger} after {timeout} s"
        time.sleep(0.005)
    return view
