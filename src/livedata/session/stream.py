"""Streams as a scientist holds them: events that become views, logs that become numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..reduce.conditions import Comparable
from ..streams.batch import Int64Array
from ..streams.key import StreamKey
from ..streams.log import LogData, LogTimeline
from ..streams.row import StreamRow

if TYPE_CHECKING:
    import pandas as pd


class Stream:
    """One named timeline. Get one from a connection or file: ``live["detector"]``."""

    kind = "stream"

    def __init__(self, name: str, key: StreamKey | None, row: Callable[[], StreamRow]) -> None:
        self.name = name
        self.key = key
        self._row = row

    @property
    def row(self) -> StreamRow:
        """What the table of streams says of it now."""
        return self._row()

    def __repr__(self) -> str:
        from ..panels.table import row_texts

        cells = row_texts(self.row)
        size = next((f"{cells[what]} {what}" for what in ("events", "samples") if cells[what]), "")
        facts = (cells["rate"], cells["age"], size, cells["last value"])
        said = ", ".join(fact for fact in (*facts, cells["remarks"]) if fact)
        return f"<{type(self).__name__} {self.name!r} {said or 'nothing seen yet'}>"


class LogStream(Comparable, Stream):
    """A process variable: its values over time, with unit, alarm and connection. A value holds until the next one.

    Compared with a value it makes a condition: ``view.where(live["temperature"] < "5 K")``.
    """

    kind = "log"

    def __init__(
        self,
        name: str,
        key: StreamKey | None,
        row: Callable[[], StreamRow],
        *,
        timeline: Callable[[], LogTimeline],
        unit: str | None = None,
    ) -> None:
        super().__init__(name, key, row)
        self._timeline = timeline
        self._unit = unit

    @property
    def data(self) -> LogData:
        """Times and values seen by now, ordered by time."""
        return self._timeline().data

    @property
    def unit(self) -> str | None:
        """Unit of the values, as it was told last; None if nothing tells one."""
        told = self._timeline().unit
        return self._unit if told is None else told

    @property
    def units(self) -> LogData:
        """Every unit that was told, with its time; a value of None says that the variable has no unit."""
        return self._timeline().facet("unit")

    @property
    def alarm(self) -> LogData:
        """Severities told by now (0 OK, 1 MINOR, 2 MAJOR, 3 INVALID), what was said with them in column ``message``."""
        return self._timeline().facet("alarm")

    @property
    def connection(self) -> LogData:
        """Connection states told by now (as `ep01` counts: 2 connected, 3 disconnected)."""
        return self._timeline().facet("connection")

    @property
    def time(self) -> Int64Array:
        """Times of the samples, ns since 1970 UTC, shape (sample,)."""
        return self.data.time

    @property
    def value(self) -> NDArray[np.generic]:
        """Values, of the wire's or the file's dtype, shape (sample, ...)."""
        return self.data.value

    def to_pandas(self) -> pd.Series[Any]:
        """Return the samples as a series over UTC times; one value each."""
        import pandas as pd

        data = self.data
        values = data.value.reshape(len(data.time), -1)[:, 0] if data.value.ndim > 1 else data.value
        return pd.Series(values, index=pd.to_datetime(data.time, utc=True), name=self.name)


class ArrayStream(Stream):
    """Counts or texts that a file holds as they are, without times."""

    def __init__(
        self,
        name: str,
        key: StreamKey | None,
        row: Callable[[], StreamRow],
        *,
        kind: str,
        read: Callable[[], NDArray[Any]],
    ) -> None:
        super().__init__(name, key, row)
        self.kind = kind
        self._read = read

    def values(self) -> NDArray[Any]:
        """Read the array."""
        return self._read()
