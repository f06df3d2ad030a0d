"""One histogram in service: counted by readers, published by whoever ticks, always in its latest state."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ..errors import LiveDataError
from ..streams.batch import EventBatch
from ..transport import Delivery
from .brokers import Link
from .encoding import encode_result
from .result import Result
from .span import Span

State = Literal["INITIALISED", "COUNTING", "FINISHED", "ERROR"]


class Counts(Protocol):
    """What counts events. Used under its owner's lock."""

    @property
    def end(self) -> str | None:
        """None while it goes on; an empty text when it has ended by itself; why it failed."""
        ...

    def take(self, batch: EventBatch) -> None:
        """Count one batch."""
        ...

    def reset(self) -> None:
        """Go on from zero."""
        ...

    def result(self) -> Result:
        """Return all that was counted."""
        ...


@dataclass(frozen=True, slots=True)
class Output:
    """Where and how a result is published."""

    link: Link
    topic: str
    schema: str
    source: str
    """Name of who counts."""
    id: str


@dataclass(frozen=True, slots=True)
class Flow:
    """What became of the messages of the topics since counting began, beside those that were counted."""

    malformed: int = 0
    lost: int = 0
    """Expired before they could be read."""
    other_schema: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was published last, in numbers."""

    sum: int | float
    diff: int | float
    """Since the state before."""
    last_pulse_ns: int


class Served:
    """A histogram, from its first empty state to its last.

    Messages are handed over and acknowledged one at a time: while one is on its way, the states in between are left
    out, never queued.
    """

    def __init__(self, counts: Counts, output: Output, span: Span, *, wanted_source: str) -> None:
        self.output = output
        self.wanted_source = wanted_source
        self.problem = ""
        """Why it ended in ``ERROR``, or why its last message was not delivered."""
        self.last: Statistics | None = None
        self.published = 0
        self.left_out = 0
        """States that were not sent because an earlier one was still on its way."""
        self._span = span
        self._counts = counts
        self._counting = threading.Lock()
        self._publishing = threading.Lock()
        self._delivered = threading.Event()
        self._delivered.set()
        self._flow: dict[object, Flow] = {}
        self._readers: set[object] = set()
        self._has_begun = False
        self._end_state: State | None = None
        self._sum = 0
        self._last_sum_s = time.monotonic()

    @property
    def state(self) -> State:
        """How far it is."""
        return self._end_state or ("COUNTING" if self._has_begun else "INITIALISED")

    @property
    def is_over(self) -> bool:
        """Whether its last state was published."""
        return self._end_state is not None

    # Counting, in the readers' threads

    def take(self, source: str, batch: EventBatch) -> None:
        """Count a batch of one source."""
        if self.wanted_source and source != self.wanted_source:
            return
        with self._counting:
            self._counts.take(batch)

    def note(self, reader: object, flow: Flow, *, has_begun: bool) -> None:
        """Take note of what else a reader has met."""
        self._flow[reader] = flow
        self._has_begun |= has_begun

    def join(self, reader: object) -> None:
        """Expect messages from a reader."""
        self._readers.add(reader)

    def leave(self, reader: object, error: str) -> None:
        """A reader has read all that counts, or has failed; the last one to leave ends the histogram."""
        self._readers.discard(reader)
        if error:
            self.fail(error)
        elif not self._readers:
            self.finish()

    def reset(self) -> None:
        """Go on from zero."""
        with self._counting:
            self._counts.reset()
            self._sum = 0

    # Publishing

    def publish(self) -> None:
        """Publish the present state, unless the one before is still on its way."""
        with self._publishing:
            end = self._counts.end
            if end is not None:
                self._close("ERROR" if end else "FINISHED", end)
            if self.is_over:
                return
            if not self._delivered.is_set():
                self.left_out += 1
                return
            self._send()

    def finish(self) -> None:
        """Publish the last state."""
        self._end("FINISHED", "")

    def fail(self, problem: str) -> None:
        """Publish the last state, and what went wrong."""
        self._end("ERROR", problem)

    def wait_delivered(self, timeout_s: float) -> bool:
        """Wait until the last message was delivered or refused; return whether it was in time."""
        return self._delivered.wait(timeout_s)

    def _end(self, state: State, problem: str) -> None:
        with self._publishing:
            self._close(state, problem)

    def _close(self, state: State, problem: str) -> None:
        if self.is_over:
            return
        self._end_state = state
        self.problem = problem or self.problem
        self._send()

    def _send(self) -> None:
        try:
            with self._counting:
                result = self._counts.result()
                self._has_begun |= result.ledger.seen > 0
                info = self._info(result)
            now_ns = time.time_ns()
            output = self.output
            message = encode_result(output.schema, result, source=output.source, time_ns=now_ns, info=info)
            self._delivered.clear()
            output.link.producer.produce(output.topic, message, on_delivery=self._take_report)
        except LiveDataError as error:
            self._delivered.set()
            self.problem = str(error)
            return
        self.published += 1

    def _take_report(self, delivery: Delivery) -> None:
        if delivery.error:
            self.problem = f"not delivered to {self.output.topic!r}: {delivery.error}"
        self._delivered.set()

    def _info(self, result: Result) -> dict[str, Any]:
        now_s = time.monotonic()
        total = result.values.sum().item()
        diff, elapsed_s = total - self._sum, now_s - self._last_sum_s
        self._sum, self._last_sum_s = total, now_s
        self.last = Statistics(total, diff, result.last_ns or 0)
        span = self._span
        flows = list(self._flow.values())
        info: dict[str, Any] = {"id": self.output.id}
        if span.start_ms is not None:
            info["start"] = span.start_ms
        if span.stop_ms is not None:
            info["stop"] = span.stop_ms
        info |= {
            "state": self.state,
            "last_pulse_time": result.last_ns or 0,
            "sum": total,
            "diff": diff,
            "rate": round(diff / elapsed_s, 1) if elapsed_s > 0 else 0.0,
            "flow": {
                **result.ledger.to_dict(),
                "malformed_messages": sum(f.malformed for f in flows),
                "lost_messages": result.lost + sum(f.lost for f in flows),
                "messages_of_other_schemas": sum(f.other_schema for f in flows),
            },
        }
        if self.state == "ERROR":
            info["error_message"] = self.problem
        return info
