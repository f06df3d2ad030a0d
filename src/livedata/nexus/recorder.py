"""Recording topics into a NeXus file, beside everything else that goes on."""

from __future__ import annotations

import atexit
import html
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from ..errors import BrokerUnreachable, RecordingError, TransportError, WaitTimeout
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..streams.batch import LogBatch
from ..streams.extent import Extent
from ..streams.key import StreamKey, name_streams
from ..transport.opening import open_transport
from ..transport.protocol import Partition, Transport
from .intake import matches
from .machine import RecorderMachine
from .place import claim, release
from .remote import RemoteMachine
from .spec import RecorderSpec
from .status import ENDED, RecorderStatus, State
from .summary import StreamCounts

EXIT_S = 30.0
"""How long the interpreter's end waits for recordings in its own threads."""

_active: set[Recording] = set()


class _Machine(Protocol):
    """What makes the recording: threads here, or a process of its own."""

    @property
    def status(self) -> RecorderStatus: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def wait(self, timeout_s: float | None = None) -> bool: ...


class Recording:
    """A recording at work. Made by `record`; a ``with`` block stops it at its end and waits for the file.

    The file appears under its name when it is finished, closed, read back and compared.
    """

    def __init__(self, machine: _Machine, spec: RecorderSpec) -> None:
        self._machine = machine
        self._spec = spec

    @property
    def path(self) -> Path:
        """Where the finished file will be."""
        return self._spec.place.final

    @property
    def state(self) -> State:
        """``waiting``, ``recording``, ``finishing``, ``checking``, ``finished`` or ``failed``."""
        return self._machine.status.state

    @property
    def status(self) -> RecorderStatus:
        """All that is known, at one moment."""
        return self._machine.status

    @property
    def counts(self) -> dict[str, StreamCounts]:
        """Messages, events, entries and samples taken so far, by stream name."""
        counts = self._machine.status.counts
        names = name_streams(counts)
        return {names[key]: held for key, held in counts.items()}

    @property
    def events(self) -> int:
        """Events taken so far, of all streams."""
        return sum(c.events for c in self._machine.status.counts.values())

    @property
    def size(self) -> int:
        """Bytes taken so far; of the file, when it is finished."""
        return self._machine.status.size

    @property
    def rate(self) -> float:
        """Events and samples per second over the last few seconds."""
        return self._machine.status.rate

    @property
    def lost(self) -> int:
        """Messages that had expired on the broker before they could be read."""
        return self._machine.status.lost

    @property
    def extent(self) -> Extent:
        """What the file holds: offsets of each partition (the first known at once) and the span of time."""
        extent = self._machine.status.extent
        if extent.offsets is None:
            return Extent(extent.start_ns, extent.stop_ns, {p: (n, n) for p, n in self._spec.start.items()})
        return extent

    @property
    def error(self) -> RecordingError | None:
        """Why it failed, or None."""
        status = self._machine.status
        return RecordingError(status.error) if status.state == "failed" else None

    def stop(self, *, wait: bool = False) -> Recording:
        """Finish the file with everything that is on the topics now. Stopping twice does nothing.

        Parameters
        ----------
        wait
            Whether to wait until the file is finished and checked. The wait can be interrupted.

        Raises
        ------
        RecordingError
            With `wait`, when the recording failed; the message says what is left on disk.
        """
        self._machine.stop()
        return self.wait() if wait else self

    def wait(self, timeout: float | None = None) -> Recording:
        """Wait until it has ended, for at most `timeout` seconds.

        Raises
        ------
        RecordingError
            When it failed; the message says what is left on disk.
        WaitTimeout
            When it goes on.
        """
        if not self._machine.wait(timeout):
            raise WaitTimeout(f"{self.path.name} is still {self.state} after {timeout:g} s; stop() ends it")
        if (error := self.error) is not None:
            raise error
        return self

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._machine.stop()
        if kind is None:
            self.wait()
        elif not issubclass(kind, KeyboardInterrupt):
            self._machine.wait(EXIT_S)

    def __repr__(self) -> str:
        return f"<Recording {self._line()}>"

    def __str__(self) -> str:
        return self._line()

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{c.events or c.samples:,}{_said(c)}</td><td>{c.entries or '':}</td>"
            f"<td>{html.escape('; '.join(c.remarks))}</td></tr>"
            for name, c in self.counts.items()
        )
        head = "<tr><th>stream</th><th>events or samples</th><th>entries</th><th>remarks</th></tr>"
        return f"<div><b>{html.escape(self._line())}</b><table>{head}{rows}</table></div>"

    def _line(self) -> str:
        status = self._machine.status
        parts = [f"{self.path.name} {status.state}: {self.events:,} events", _bytes(status.size)]
        if status.state == "recording" and status.rate:
            parts.append(f"{status.rate:,.0f}/s")
        if status.lost:
            parts.append(f"{status.lost:,} messages lost")
        if status.malformed:
            parts.append(f"{status.malformed:,} malformed")
        if status.lost_since_ns and status.state not in ENDED:
            parts.append(f"broker lost {max(0.0, (time.time_ns() - status.lost_since_ns) / 1e9):.0f} s ago")
        parts += [*status.remarks, *([status.error] if status.error else [])]
        return ", ".join(parts)


def record(
    broker: Transport | str,
    path: str | os.PathLike[str],
    *,
    topics: Iterable[str] | str | None = None,
    start: Mapping[Partition, int] | None = None,
    layouts: Mapping[StreamKey, Layout] | None = None,
    geometries: Mapping[StreamKey, Geometry] | None = None,
    units: Mapping[StreamKey, str] | None = None,
    initial: Mapping[StreamKey, LogBatch | Sequence[LogBatch]] | None = None,
    title: str = "",
    instrument: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Recording:
    """Begin to record topics into a NeXus file; returns at once.

    Parameters
    ----------
    broker
        An open transport, or an address for `livedata.transport.open_transport`. On Kafka the recorder is a process
        of its own; in memory it is a thread, and the producer waits for it.
    path
        The file; ``"run_{number}.nxs"`` takes the next free number of that folder.
    topics
        Names or patterns such as ``SANS2D_*``; None for all. Topics that appear later are taken up.
    start
        First offset of each partition; None is now: nothing produced after this call returned is missed. Partitions
        that are not named are read from their beginning.
    layouts
        Where pixels stand, by stream; readers then group events by pixel.
    geometries
        Where they are in space, and where source and sample are, by stream: the file then tells the same.
    units
        Units of logs known beforehand; what their own messages say later counts more.
    initial
        The last samples of each log before the start, one of each facet: a log has a value before it changes.
    title, instrument
        Texts for the file. Without an instrument the topics' common beginning is taken.
    settings
        Client settings for an address.

    Raises
    ------
    OutputExists
        If the file is there already, or is being recorded.
    FileError
        If the folder is missing or cannot be written to.
    TransportError
        If the broker does not answer.
    """
    place = claim(Path(path))
    try:
        transport = open_transport(broker, settings=settings) if isinstance(broker, str) else broker
        patterns = (topics,) if isinstance(topics, str) else None if topics is None else tuple(topics)
        if start is None:
            found = [Partition(t, i) for t, n in transport.topics().items() if matches(t, patterns) for i in range(n)]
            start = _ends_now(transport, found)
        else:
            start = {p: n for p, n in start.items() if matches(p.topic, patterns)}
        spec = RecorderSpec(
            place,
            patterns,
            dict(start),
            title=title,
            instrument=_common_name(start) if instrument is None else instrument,
            layouts=dict(layouts or {}),
            geometries=dict(geometries or {}),
            units=dict(units or {}),
            initial={k: (b,) if isinstance(b, LogBatch) else tuple(b) for k, b in (initial or {}).items()},
        )
        machine: _Machine
        if transport.shared_between_processes:
            machine = RemoteMachine(_login(transport), spec)
        else:
            machine = RecorderMachine(transport, spec)
        machine.start()
    except BaseException:
        release(place)
        raise
    recording = Recording(machine, spec)
    _active.difference_update([r for r in _active if r.state in ENDED])
    _active.add(recording)
    return recording


def _ends_now(transport: Transport, partitions: list[Partition]) -> dict[Partition, int]:
    """Return the high watermarks; a partition that is just being made has no leader for a moment."""
    patience = time.monotonic() + 5.0
    while partitions:
        try:
            return {p: marks.high for p, marks in transport.watermarks(partitions).items()}
        except BrokerUnreachable:
            raise
        except TransportError:
            if time.monotonic() > patience:
                raise
            time.sleep(0.1)
    return {}


def _login(transport: Transport) -> dict[str, Any]:
    """Address and credentials, for the recorder process's stdin only."""
    address = getattr(transport, "address", None)
    if address is None:
        name = transport.url.partition("://")[2]
        return {"name": name, "settings": {}}
    return {"name": address.name, "settings": dict(address.settings)}


def _common_name(start: Mapping[Partition, int]) -> str:
    """What the topics' names begin with: ``SANS2D`` of ``SANS2D_events`` and ``SANS2D_sampleEnv``."""
    beginnings = {p.topic.partition("_")[0] for p in start if "_" in p.topic}
    return beginnings.pop() if len(beginnings) == 1 else ""


def _said(counts: StreamCounts) -> str:
    """Say how many alarms, connections and units came beside the values."""
    return "".join(f", {n:,} {facet}" for facet, n in counts.facets.items())


def _bytes(n: int) -> str:
    return f"{n / 1e9:.2f} GB" if n >= 1e9 else f"{n / 1e6:.1f} MB"


@atexit.register
def _finish_all() -> None:
    """Finish recordings that run in this process; those in their own see that it ends."""
    running = [r for r in _active if r.state not in ENDED]
    for recording in running:
        recording.stop()
    for recording in running:
        if isinstance(recording._machine, RecorderMachine):
            recording._machine.wait(EXIT_S)
