"""Writing to an in-process log."""

from __future__ import annotations

import threading
import time

from ...errors import TransportError
from ..message import Sent, check_payload
from ..protocol import Contact, Delivery, DeliveryCallback, Headers
from .log import MemoryLog


class MemoryProducer:
    """A writer of messages; delivery is immediate. Made by `MemoryTransport.producer`."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._messages = 0
        self._n_waits = 0
        self._waited_s = 0.0
        self._closed = False

    @property
    def contact(self) -> Contact:
        """A log in the process always answers."""
        return Contact()

    @property
    def sent(self) -> Sent:
        """What was handed over, and how long it waited for recorders."""
        with self._lock:
            return Sent(self._messages, self._messages, n_waits=self._n_waits, waited_s=self._waited_s)

    def produce(
        self,
        topic: str,
        value: bytes,
        *,
        partition: int | None = None,
        key: bytes | None = None,
        timestamp_ms: int | None = None,
        headers: Headers = (),
        on_delivery: DeliveryCallback | None = None,
    ) -> None:
        """Store one message; waits while a recorder holds the room that it needs."""
        if self._closed:
            raise TransportError(f"this producer of memory://{self._log.name} is closed; open a new one")
        value = check_payload(topic, value)
        if timestamp_ms is None:
            timestamp_ms = time.time_ns() // 1_000_000
        record, waited_s = self._log.append(
            topic, partition, key, value, tuple(headers), timestamp_ms, lambda: self._closed
        )
        with self._lock:
            self._messages += 1
            if waited_s:
                self._n_waits += 1
                self._waited_s += waited_s
        if on_delivery is not None:
            on_delivery(Delivery(topic, record.partition, record.offset, timestamp_ms))

    def flush(self, timeout_s: float) -> int:
        """Return 0: all is delivered when `produce` returns."""
        return 0

    def close(self, timeout_s: float = 5.0) -> None:
        """Take no more messages; one that waits for room is given up with an error to its caller."""

        def change() -> None:
            self._closed = True

        self._log.wake(change)
