"""Runs: spans of data time that start and stop messages (pl72, 6s4t) announce."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from ..schemas import decode
from ..transport.protocol import Record
from .clock import describe_span
from .extent import Extent

MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Entries belong to it when ``start_ns <= event_time_zero < stop_ns``."""

    name: str
    start_ns: int
    stop_ns: int | None = None
    job_id: str = ""
    instrument: str = ""

    @property
    def extent(self) -> Extent:
        """The run's span of data time."""
        return Extent(start_ns=self.start_ns, stop_ns=self.stop_ns)

    def __repr__(self) -> str:
        of = f" of {self.instrument}" if self.instrument else ""
        end = "" if self.stop_ns is not None else " is on"
        return f"<Run {self.name!r}{of} {describe_span(self.start_ns, self.stop_ns)}{end}>"


@dataclass(frozen=True, slots=True)
class _Stop:
    """One stop message, with its place for an order among stops."""

    place: tuple[int, str, int, int]
    name: str
    job_id: str
    stop_ns: int


class RunBook:
    """All runs that were announced. What it tells does not depend on the order in which messages were read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starts: dict[tuple[str, int, int], Run] = {}
        self._stops: dict[tuple[str, int, int], _Stop] = {}

    @property
    def runs(self) -> tuple[Run, ...]:
        """Known runs, oldest first; a later stop message replaces an earlier one."""
        with self._lock:
            starts, stops = list(self._starts.values()), list(self._stops.values())
        runs = sorted(starts, key=lambda run: run.start_ns)
        for stop in sorted(stops, key=lambda stop: stop.place):
            if (i := _stopped(runs, stop)) is not None:
                runs[i] = replace(runs[i], stop_ns=stop.stop_ns)
        return tuple(runs)

    def take(self, schema: str, record: Record) -> None:
        """Take note of a run start or stop; anything else is left alone.

        Raises
        ------
        DecodeError
            If the message is unsound.
        """
        place = (record.topic, record.partition, record.offset)
        if schema not in ("pl72", "6s4t"):
            return
        message = decode(record.value)
        name, job = message.run_name or "", message.job_id or ""
        stop_ns = int(message.stop_time) * MS if message.stop_time else None
        with self._lock:
            if schema == "pl72":
                start_ns = int(message.start_time) * MS or record.timestamp_ms * MS
                self._starts[place] = Run(name, start_ns, stop_ns, job, message.instrument_name or "")
            else:
                when = record.timestamp_ms * MS if stop_ns is None else stop_ns
                self._stops[place] = _Stop((record.timestamp_ms, *place), name, job, when)


def _stopped(runs: list[Run], stop: _Stop) -> int | None:
    """Which run a stop message means: that of its job, since names are often left at an encoder's default."""
    if stop.job_id:
        meant = [i for i, run in enumerate(runs) if run.job_id == stop.job_id]
    else:
        meant = [i for i, run in enumerate(runs) if run.name == stop.name]
        meant = meant or [i for i, run in enumerate(runs) if run.stop_ns is None]
    meant = [i for i in meant if runs[i].start_ns <= stop.stop_ns] or meant
    return meant[-1] if meant else None
