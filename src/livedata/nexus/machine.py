"""A recording at work: one thread reads, one writes, and a bounded queue lies between them.

``waiting`` (for the broker) → ``recording`` → ``finishing`` (reads up to the offsets at which it was stopped, closes
the file) → ``checking`` (reads it back) → ``finished``; or ``failed``, with the file left under its temporary name.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from ..errors import LiveDataError, RecordingError, TransportError
from ..streams.batch import Facet, LogBatch
from ..streams.extent import Extent
from ..streams.key import StreamKey
from ..transport.protocol import Partition, Transport
from .check import check
from .intake import Intake, Step
from .patience import WAIT_STEP_S, wait_in_steps
from .place import publish
from .sidefile import remove_side_file, side_path
from .spec import RecorderSpec
from .status import ENDED, RecorderStatus, State
from .summary import StreamCounts
from .writer import FileWriter

QUEUE_BYTES = 256 << 20
"""More than this is not read ahead of the disc: on Kafka it stays there, in memory the producer waits."""
RATE_SPAN_S = 5.0

Initial = dict[tuple[StreamKey, Facet], LogBatch]
"""Last samples before the start that are not written yet."""


class RecorderMachine:
    """Makes one recording, in threads of its own. `start` it, ask for its `status`, `stop` it."""

    def __init__(self, transport: Transport, spec: RecorderSpec) -> None:
        self.spec = spec
        self._transport = transport
        self._state: State = "waiting"
        self._error = ""
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._changed = threading.Condition()
        self._queue: deque[Step | None] = deque()
        self._queued_bytes = 0
        self._intake: Intake | None = None
        self._writer: FileWriter | None = None
        self._final: tuple[dict[StreamKey, StreamCounts], int, Extent] | None = None
        self._history: deque[tuple[float, int]] = deque()
        self._lost = 0
        self._reader = threading.Thread(target=self._read, name="livedata-recorder-read", daemon=True)
        self._writing = threading.Thread(target=self._write, name="livedata-recorder-write", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._writing.start()
        self._reader.start()

    def stop(self) -> None:
        """Read up to what is on the topics now, then finish. Returns at once."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait in small steps until it has ended; return whether it has."""
        return wait_in_steps(self._ended, timeout_s)

    @property
    def status(self) -> RecorderStatus:
        """The state of things now."""
        intake, writer, final = self._intake, self._writer, self._final
        counts = final[0] if final else writer.counts if writer else {}
        size = final[1] if final else writer.size if writer else 0
        notes = list(intake.remarks.items()) if intake else []
        remarks = [f"{text} ({n})" if n > 1 else text for text, n in notes]
        return RecorderStatus(
            state=self._state,
            counts=counts,
            size=size,
            rate=self._rate(sum(c.events + c.samples for c in counts.values())),
            lost=self._lost,
            malformed=intake.malformed if intake else 0,
            behind=self._queued_bytes,
            extent=final[2] if final else self._extent(writer.extent if writer else Extent()),
            lost_since_ns=intake.lost_since_ns if intake and self._state not in ENDED else 0,
            remarks=tuple(remarks),
            error=self._error,
        )

    def _extent(self, told: Extent) -> Extent:
        """The writer's extent, with the start of partitions from which nothing has come yet."""
        offsets: dict[Partition, tuple[int, int]] = {p: (first, first) for p, first in self.spec.start.items()}
        offsets.update(told.offsets or {})
        return Extent(told.start_ns, told.stop_ns, offsets)

    def _rate(self, total: int) -> float:
        now = time.monotonic()
        history = self._history
        if not history or now - history[-1][0] > 0.1:
            history.append((now, total))
        while len(history) > 2 and now - history[0][0] > RATE_SPAN_S:
            history.popleft()
        first = history[0]
        return (total - first[1]) / (now - first[0]) if now - first[0] > 0.2 else 0.0

    # -- reading -------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        intake = None
        try:
            intake = self._intake = Intake(self._transport, self.spec.patterns, self.spec.start)
            if self._state == "waiting":
                self._state = "recording"
            while not intake.is_done and self._state != "failed":
                if (
                    (self._stop.is_set() or intake.ends is not None)
                    and intake.end_here()
                    and self._state == "recording"
                ):
                    self._state = "finishing"
                if self._queued_bytes > QUEUE_BYTES:
                    with self._changed:
                        self._changed.wait(0.1)
                    continue
                step = intake.step()
                if step is not None:
                    self._put(step)
            self._put(None)
        except (LiveDataError, OSError) as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits for the recording must hear of it
            self._fail(error)
        finally:
            if intake is not None:
                intake.close()

    def _put(self, step: Step | None) -> None:
        with self._changed:
            self._queue.append(step)
            self._queued_bytes += step.nbytes if step else 0
            self._changed.notify_all()

    # -- writing -------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        try:
            spec = self.spec
            writer = self._writer = FileWriter(
                spec.place.partial,
                title=spec.title,
                instrument=spec.instrument,
                layouts=spec.layouts,
                geometries=spec.geometries,
                units=spec.units,
            )
            writer.covered({p: (first, first) for p, first in spec.start.items()})
            initial = {(key, batch.facet): batch for key, batches in spec.initial.items() for batch in batches}
            while self._state != "failed":
                with self._changed:
                    if not self._queue:
                        self._changed.wait(WAIT_STEP_S)
                    step: Step | bool | None = self._queue.popleft() if self._queue else False
                if step is None:
                    self._finish(writer, initial)
                    return
                if isinstance(step, Step):
                    self._take(writer, step, initial)
                    with self._changed:
                        self._queued_bytes -= step.nbytes
                        self._changed.notify_all()
                writer.checkpoint_if_due()
        except Exception as error:  # noqa: BLE001 - as above; a full disc comes here as OSError
            self._fail(error)
        finally:
            # Nobody is told of the end before HDF5 has let go: an interpreter that ends meanwhile would crash in it.
            if self._state == "failed" and self._writer is not None:
                self._writer.abandon()
            self._ended.set()

    def _take(self, writer: FileWriter, step: Step, initial: Initial) -> None:
        for key, batch in step.batches:
            if isinstance(batch, LogBatch) and batch.n_samples:
                before = initial.pop((key, batch.facet), None)
                if before is not None and int(before.time.max()) < int(batch.time.min()):
                    writer.accept(key, before)
            writer.accept(key, batch)
        writer.covered(step.covered)
        if step.lost:
            self._lost += step.lost
            writer.lost(step.lost)

    def _finish(self, writer: FileWriter, initial: Initial) -> None:
        self._state = "finishing"
        for (key, _), batch in initial.items():
            writer.accept(key, batch)
        if self._intake is not None:
            writer.take_ledgers(self._intake.splitter.ledgers)
        written = writer.finish()
        self._final = (dict(written.counts), writer.path.stat().st_size, written.extent)
        self._state = "checking"
        check(writer.path, written)
        publish(self.spec.place)
        remove_side_file(self.spec.place.partial)
        self._state = "finished"

    def _fail(self, error: Exception) -> None:
        with self._changed:
            if self._state in ENDED:
                return
            self._error = self._explain(error)
            self._state = "failed"
            self._changed.notify_all()

    def _explain(self, error: Exception) -> str:
        """Say what went wrong and what is left on disk."""
        if isinstance(error, RecordingError):
            return str(error)
        partial = self.spec.place.partial
        text = str(error) if isinstance(error, LiveDataError) else plain(error)
        what = "cannot read the topics" if isinstance(error, TransportError) else "cannot write"
        size = partial.stat().st_size if partial.exists() else 0
        left = f"{size / 1e6:.1f} MB are left at {partial}" if size else f"nothing was written but {partial}"
        if side_path(partial).exists():
            left += f" (what of it is sound stands in {side_path(partial).name})"
        return f"{self.spec.place.final}: {what}: {text}; {left}; the name itself was not used"


def plain(error: Exception) -> str:
    """Return an error of the system or of HDF5 in words."""
    text = str(error)
    if getattr(error, "errno", None) == 28 or "No space left" in text or "errno = 28" in text:
        return "no space left on the disc; make room and record again"
    if getattr(error, "errno", None) == 27 or "File too large" in text or "errno = 27" in text:
        return "the file would become larger than this system allows"
    return f"{type(error).__name__}: {text}"
