"""Sending with an account: every message handed to the broker ends as delivered, failed or unconfirmed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..errors import TransportError
from ..transport.protocol import Contact, Producer

STEP_S = 0.2


class Outbox:
    """A producer with counters. Used by one sending thread; read by any."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._lock = threading.Lock()
        self._handed = 0
        self._pending: dict[int, Callable[[], None] | None] = {}
        self._delivered = 0
        self._failed = 0
        self._first_error = ""
        self._is_closed = False
        self._sending_since: float | None = None

    @property
    def contact(self) -> Contact:
        """The state of the connection."""
        return self._producer.contact

    @property
    def delivered(self) -> int:
        """Messages that the broker confirmed."""
        return self._delivered

    @property
    def failed(self) -> int:
        """Messages that the broker refused or that could not be sent in time."""
        return self._failed

    @property
    def unconfirmed(self) -> int:
        """Messages on their way."""
        return len(self._pending)

    def send(
        self,
        topic: str,
        value: bytes,
        *,
        partition: int | None = None,
        key: bytes | None = None,
        on_failure: Callable[[], None] | None = None,
    ) -> None:
        """Hand over one message; its record time is now. Waits while the broker's queue is full.

        Raises
        ------
        TransportError
            If the message cannot be sent at all, or the outbox was closed.
        """
        with self._lock:
            number = self._handed
            self._handed += 1
            self._pending[number] = on_failure
        self._sending_since = time.monotonic()
        try:
            self._producer.produce(
                topic, value, partition=partition, key=key, on_delivery=lambda d: self._settled(number, d.error)
            )
        except BaseException as error:
            self._settled(number, str(error) or type(error).__name__)
            raise
        finally:
            self._sending_since = None

    def _settled(self, number: int, error: str) -> None:
        with self._lock:
            if number not in self._pending:
                return
            on_failure = self._pending.pop(number)
            if not error:
                self._delivered += 1
                return
            self._failed += 1
            self._first_error = self._first_error or error
        if on_failure is not None:
            on_failure()

    def abandon(self) -> None:
        """Take all messages without an answer for not delivered; an answer that comes later changes nothing."""
        for number in list(self._pending):
            self._settled(number, "no answer from the broker before the end")

    def settle(self, is_stopped: Callable[[], bool], *, grace_s: float = 5.0) -> None:
        """Wait until all is confirmed; once stopped, no longer than `grace_s`."""
        deadline: float | None = None
        while self._producer.flush(STEP_S) or self.unconfirmed:
            if is_stopped():
                now = time.monotonic()
                deadline = deadline if deadline is not None else now + grace_s
                if now >= deadline:
                    return

    def interrupt(self) -> None:
        """Give up a `send` that has been waiting for some time; it raises `TransportError` in its thread."""
        if self._sending_since is not None and time.monotonic() - self._sending_since > STEP_S:
            self._is_closed = True
            self._producer.close(0.0)

    def close(self) -> None:
        """Let go of the producer."""
        if not self._is_closed:
            self._is_closed = True
            self._producer.close(STEP_S)

    def check(self) -> None:
        """Raise `TransportError` if not everything was delivered."""
        if self._failed:
            raise TransportError(
                f"{self._failed} of {self._handed} messages were not delivered ({self._first_error}); "
                "the others are on their topics"
            )
