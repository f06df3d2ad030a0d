"""A recorded file sent again: its events and logs, entry by entry, as they once came.

Files are read by `livedata.nexus`, whose conversion of times, offsets and pixel numbers is the same for a file opened
and a file replayed; what is read is put in order by `merge` and paced by `pace`.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import ArgumentError, EncodeError, FileError
from ..streams.feed import Progress
from ..transport import Transport
from .announcement import MS, job_id, run_start, run_stop
from .arraycontent import encode_arrays
from .content import encode_events, encode_sample
from .counts import Counts, NotSent, Tally
from .frame import Frame, encode_frame
from .merge import ArrayItem, EventItem, Item, LogItem, is_plausible, merged
from .outbox import Outbox
from .pace import Speed, checked_speed
from .playlist import Playlist
from .source import Source

if TYPE_CHECKING:
    from ..nexus import NexusFile

LONGEST_WAIT_NS = 5 * 10**9
"""A longer gap in the data is cut to this."""
HIGHEST_NS = 2**63 - 1
UNREPRESENTABLE = "time offsets outside ±2.147 s, sent as the nearest possible"
UNSENDABLE = "samples that no message can hold (texts from before 1970, frames of several arrays)"
UNSENDABLE_FRAME = "periods or vetoes beyond 32 bits, sent as not known"
UNSHIFTABLE = "times beyond the year 2262 after the shift to now, sent as the last possible"


class Replay(Source):
    """A running replay. Made by `start_replay`."""

    def __init__(
        self,
        file: NexusFile,
        transport: Transport | str,
        *,
        prefix: str,
        factor: float | None,
        loop: bool,
        times: Literal["now", "original"],
        message_size: int | None,
        partitions: int,
    ) -> None:
        super().__init__(file.path.name, transport, factor)
        self.path = file.path
        self.loop = loop
        self.times = times
        self.loops_done = 0
        """Complete passes through the file."""
        self.events_topic, self.logs_topic, self.arrays_topic, self.runs_topic = (
            f"{prefix}_{kind}" for kind in ("events", "sampleEnv", "arrays", "runInfo")
        )
        self._prefix = prefix
        self._playlist = Playlist(file, message_size)
        self._sent = Tally()
        self._message_ids: Counter[str] = Counter()
        self._frame: tuple[int, Frame] | None = None
        """Time and content of the newest pu00."""
        self._done = 0
        self._gaps = 0
        self._gap_ns = 0
        self._due_ns = 0
        self._newest_ns: int | None = None
        self._next_ns = 0
        self._transport.create_topic(self.events_topic, partitions=partitions)
        self._transport.create_topic(self.logs_topic)
        if self._playlist.arrays:
            self._transport.create_topic(self.arrays_topic)
        self._transport.create_topic(self.runs_topic)
        self._n_partitions = min(partitions, self._transport.topics().get(self.events_topic, partitions))

    @property
    def sent(self) -> Mapping[str, Counts]:
        """Messages, entries (samples of a log) and events of each stream that the broker did not refuse."""
        return self._sent.counts()

    @property
    def not_sent(self) -> tuple[NotSent, ...]:
        """What the file holds that does not go on the wire, or not as it is there."""
        return self._playlist.not_sent + self._sent.odd()

    @property
    def progress(self) -> Progress:
        """Events sent in this pass; samples for a file without events."""
        return Progress(self._done, self._playlist.total, self._playlist.unit)

    def _produce(self, outbox: Outbox) -> None:
        while True:
            self._play(outbox)
            if self._pace.is_stopped:
                return
            self.loops_done += 1
            if not self.loop:
                return

    def _play(self, outbox: Outbox) -> None:
        """Send the file once, between a run start and a run stop."""
        playlist = self._playlist
        streams, first_ns = playlist.open()
        try:
            shift_ns = max(time.time_ns(), self._next_ns) - first_ns if self.times == "now" else 0
            self._done, self._newest_ns = 0, None
            start_ns = (first_ns + shift_ns) // MS * MS
            job = job_id(self._prefix, self.path.name, start_ns, self.loops_done)
            value = run_start(
                start_ns=start_ns, run=self.path.stem, instrument=self._prefix, job=job, file_name=self.name
            )
            outbox.send(self.runs_topic, value, key=self._prefix.encode())
            if self.loops_done == 0:
                self._pace.begin()
            for name, unit in playlist.units.items():
                self._send(outbox, LogItem(start_ns, name, start_ns, unit, "unit"), 0)
            for item in self._in_time(merged(streams), first_ns):
                self._send(outbox, item, shift_ns)
            # The run holds its last entry: spans are half-open, and run times are whole milliseconds.
            last_ns = first_ns + shift_ns if self._newest_ns is None else self._newest_ns
            stop_ns = (last_ns // MS + 1) * MS
            outbox.send(
                self.runs_topic, run_stop(stop_ns=stop_ns, run=self.path.stem, job=job), key=self._prefix.encode()
            )
            self._next_ns = stop_ns
        finally:
            playlist.close()

    def _in_time(self, items: Iterator[Item], first_ns: int) -> Iterator[Item]:
        """Hand on each item when it is due: what lies before the first entry at once, the rest as it once came."""
        before_ns = first_ns
        for item in items:
            if item.key_ns > before_ns:
                gap_ns = item.key_ns - before_ns
                before_ns = item.key_ns
                if gap_ns > LONGEST_WAIT_NS:
                    self._gaps += 1
                    self._gap_ns += gap_ns - LONGEST_WAIT_NS
                    gap_ns = LONGEST_WAIT_NS
                self._due_ns += gap_ns
            if not self._pace.until(self._due_ns):
                return
            yield item

    def _send(self, outbox: Outbox, item: Item, shift_ns: int) -> None:
        if isinstance(item, EventItem):
            self._send_events(outbox, item, shift_ns)
            return
        name, time_ns = item.stream, item.time_ns + shift_ns
        if time_ns > HIGHEST_NS:
            self._sent.note(name, UNSHIFTABLE, 1)
            time_ns = HIGHEST_NS
        is_sample = isinstance(item, ArrayItem) or item.facet == "value"
        try:
            if isinstance(item, ArrayItem):
                topic, value = self.arrays_topic, encode_arrays(item, time_ns)
            else:
                topic, value = self.logs_topic, encode_sample(item, time_ns)
        except EncodeError:
            self._sent.note(name, UNSENDABLE, 1)
            return
        counts = Counts(1, int(is_sample), 0)
        self._sent.add(name, counts)
        outbox.send(topic, value, key=name.encode(), on_failure=lambda: self._sent.take_back(name, counts))
        if self._playlist.unit == "samples" and is_sample:
            self._done += 1
            if is_plausible(time_ns):
                self._newest_ns = max(self._newest_ns or 0, time_ns)

    def _send_events(self, outbox: Outbox, item: EventItem, shift_ns: int) -> None:
        times, toa, name = item.event_time_zero, item.event_time_offset, item.stream
        if shift_ns:
            too_late = times > HIGHEST_NS - shift_ns if shift_ns > 0 else np.zeros(len(times), np.bool_)
            times = np.where(too_late, HIGHEST_NS, times + np.where(too_late, 0, shift_ns))
            if n := int(np.count_nonzero(too_late)):
                self._sent.note(name, UNSHIFTABLE, n)
        if n := self._playlist.clamped(item):
            self._sent.note(name, UNREPRESENTABLE, n)
        if item.frame is not None:
            self._send_frame(outbox, name, int(times[0]), item.frame)
        number = self._next_id(name)
        value = encode_events(item, number, times)
        self._send_part(outbox, name, value, Counts(1, len(times), len(toa)), number, int(times[0]))
        self._done += len(toa) if self._playlist.unit == "events" else 0
        newest = max((t for t in times.tolist() if is_plausible(t)), default=None)
        if newest is not None and (self._newest_ns is None or newest > self._newest_ns):
            self._newest_ns = newest

    def _send_frame(self, outbox: Outbox, name: str, time_ns: int, frame: Frame) -> None:
        """Send a pu00, unless the newest one says the same."""
        if self._frame == (time_ns, frame):
            return
        self._frame = time_ns, frame
        if n := frame.n_unsendable:
            self._sent.note(name, UNSENDABLE_FRAME, n)
        number = self._next_id(name)
        self._send_part(outbox, name, encode_frame(name, number, time_ns, frame), Counts(1), number, time_ns)

    def _send_part(self, outbox: Outbox, name: str, value: bytes, counts: Counts, number: int, time_ns: int) -> None:
        """Send a message to the events: to each partition in turn, or all of a frame to one, chosen by its time."""
        self._sent.add(name, counts)
        outbox.send(
            self.events_topic,
            value,
            partition=None if self._playlist.has_frames else number % self._n_partitions,
            key=str(time_ns).encode() if self._playlist.has_frames else None,
            on_failure=lambda: self._sent.take_back(name, counts),
        )

    def _next_id(self, name: str) -> int:
        number = self._message_ids[name]
        self._message_ids[name] += 1
        return number

    def _facts(self) -> list[str]:
        name, state, share, *facts = super()._facts()
        if self.loop:
            facts.insert(0, f"pass {self.loops_done + 1}")
        if self._gaps:
            gaps = "1 gap" if self._gaps == 1 else f"{self._gaps} gaps"
            facts.append(f"{gaps} in the data shortened by {self._gap_ns / 1e9:.0f} s in all")
        if left := len(self.not_sent):
            facts.append(f"{left} {'thing' if left == 1 else 'things'} not sent as in the file (see .not_sent)")
        return [f"replay of {name}", state, share, *facts]


def start_replay(
    path: str | Path,
    transport: Transport | str,
    *,
    speed: Speed = 1.0,
    loop: bool = False,
    times: Literal["now", "original"] = "now",
    topics: str | None = None,
    message_size: int | None = None,
    partitions: int = 1,
) -> Replay:
    """Start sending a NeXus file's events and logs and return a handle at once.

    Streams keep the names that `livedata.nexus.open_file` gives them. A run start goes before everything and a run stop
    after it. Error banks are sent as well; one thing under several names is sent once. A replay of the same file
    to the same topics that this process already runs is stopped first.

    Events go as ev44 (an44 where they have weights). Where the file knows periods, vetoes or charges, each frame's
    events follow a pu00 in one partition, chosen by a key. Logs of numbers go as f144, logs of texts as f142. The
    unit of each log is told at every run start (un00; without a text where the file names none), alarms (al00) and
    connections (ep01) at their times. The index of an enumerated variable and the texts of its states are two logs,
    as in the file. Frames of cameras go as ad00, sets of arrays as da00.

    Parameters
    ----------
    path
        Any NeXus file with NXevent_data or NXlog.
    transport
        An open transport or an address.
    speed
        1 is as it once came, 10 ten times faster, ``"max"`` as fast as it goes. Gaps of more than 5 s of data are
        shortened; logs from before the first entry are sent at once.
    loop
        Begin again at the end, until `Replay.stop`.
    times
        ``"now"``: payload times are moved by one constant such that the first entry is now; ``"original"``: as they
        are. The record time is always now: brokers expire old records and refuse those of the future.
    topics
        First part of the topic names, as ``SANS2D`` in ``SANS2D_events``, ``SANS2D_sampleEnv``, ``SANS2D_arrays`` and
        ``SANS2D_runInfo``; the file's instrument name if not given.
    message_size
        Events in a message: entries are put together or cut accordingly. By default, each entry is one message.
    partitions
        Partitions of the event topic; with several, a stream's messages go to them in turn.

    Raises
    ------
    FileError
        If the file cannot be read, or holds neither events nor logs.
    ArgumentError
        If an argument cannot be used.
    TransportError
        If the topics cannot be made.
    """
    factor = checked_speed(speed)
    if times not in ("now", "original"):
        raise ArgumentError(f"times is {times!r}; expected 'now' or 'original'")
    if message_size is not None and message_size < 1:
        raise ArgumentError(f"message_size is {message_size!r}; expected a number of events, 1 or more")
    if partitions < 1:
        raise ArgumentError(f"partitions is {partitions!r}; expected 1 or more")
    if topics is not None and not re.fullmatch(r"[A-Za-z0-9._-]{1,200}", topics):
        raise ArgumentError(f"topics is {topics!r}; expected letters, digits and ._- such as 'SANS2D'")
    from ..nexus import open_file

    file = open_file(path)
    if not any(stream.is_readable_as_batches for stream in file.streams.values()):
        raise FileError(f"{file.path} holds neither events nor logs with times: there is nothing to replay")
    prefix = topics or re.sub(r"[^A-Za-z0-9._-]+", "_", file.instrument or file.path.stem)[:200]
    replay = Replay(
        file,
        transport,
        prefix=prefix,
        factor=factor,
        loop=loop,
        times=times,
        message_size=message_size,
        partitions=partitions,
    )
    return replay.start("replay", prefix, str(file.path.resolve()))
