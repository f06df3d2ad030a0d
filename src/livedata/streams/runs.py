"""Runs: spans of data time that start and stop messages (pl72, 6s4t) announce."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import DecodeError
from ..schemas import decode
from ..transport.protocol import Record
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


class RunBook:
    """All runs that were announced, in order of their start. Fed by one thread, read by any."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, int], Run] = {}
        self._seen: set[tuple[str, int, int]] = set()

    @property
    def runs(self) -> tuple[Run, ...]:
        """Known runs, oldest first."""
        return tuple(sorted(self._runs.values(), key=lambda run: run.start_ns))

    def take(self, schema: str, record: Record) -> None:
        """Take note of a run start or stop; anything else is left alone. Raises `DecodeError` for unsound bytes."""
        place = (record.topic, record.partition, record.offset)
        if schema not in ("pl72", "6s4t") or place in self._seen:
            return
        message = decode(record.value)
        self._seen.add(place)
        name, job = message.run_name or "", message.job_id or ""
        stop = int(message.stop_time) * MS if message.stop_time else None
        if schema == "pl72":
            start = int(message.start_time) * MS or record.timestamp_ms * MS
            self._runs[name, start] = Run(name, start, stop, job, message.instrument_name or "")
            return
        # A stop names its run by job id; run names are often left at an encoder's default.
        open_runs = [r for r in self.runs if (job and r.job_id == job) or (not job and r.name == name)]
        if not open_runs:
            open_runs = [r for r in self.runs if r.stop_ns is None and not job]
        if open_runs:
            run = open_runs[-1]
            self._runs[run.name, run.start_ns] = replace(
                run, stop_ns=stop if stop is not None else record.timestamp_ms * MS
            )


def take_safely(book: RunBook, schema: str, record: Record) -> None:
    """Feed a run book from a reading loop, where unsound bytes must not raise."""
    try:
        book.take(schema, record)
    except (DecodeError, OverflowError):
        return
