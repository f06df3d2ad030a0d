"""Listening to a topic of commands: every message once, from now on, and on request what was said last before."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import BrokerUnreachable, TransportError
from ..streams.history import read_ranges
from ..transport import Consumer, Partition, Record, Transport

LOOK_S = 1.0
"""How often a topic is looked for that is not there yet."""
LOOKED_BACK = 1000
"""So many of the last messages of each partition are searched for the command in force."""
LOOK_BACK_S = 20.0


class Listener:
    """A reader of commands. Used by one thread, but for `close`."""

    def __init__(self, transport: Transport, topic: str, *, stopped: Callable[[], bool]) -> None:
        self.topic = topic
        self._transport = transport
        self._stopped = stopped
        self._consumer: Consumer | None = None
        self._begin: dict[Partition, int] = {}
        self._low: dict[Partition, int] = {}

    def open(self, pause: Callable[[float], object], say: Callable[[str], None]) -> None:
        """Wait until the topic is there, and listen from its present end, or whole if it was not there before.

        Parameters
        ----------
        pause
            Waits so many seconds, or less if the service ends.
        say
            Takes what people should know: that one waits, and for what.
        """
        was_missing, said = False, ""
        while not self._stopped():
            try:
                size = self._transport.topics(timeout_s=5.0).get(self.topic, 0)
                if size:
                    marks = self._transport.watermarks([Partition(self.topic, i) for i in range(size)], timeout_s=5.0)
                    self._low = {p: mark.low for p, mark in marks.items()}
                    self._begin = self._low if was_missing else {p: mark.high for p, mark in marks.items()}
                    break
                was_missing = True
                problem = f"{self._transport.url} has no topic {self.topic!r} yet: waiting for it"
            except BrokerUnreachable as error:
                problem = f"{error}; trying again"
            except TransportError as error:
                problem = str(error)
            if problem != said:
                said = problem
                say(problem)
            pause(LOOK_S)
        else:
            return
        self._consumer = self._transport.consumer()
        self._consumer.assign(self._begin)

    def said_before(self) -> list[Record]:
        """Return the last messages before the present end, in the order of their record times."""
        back = {p: (max(self._low[p], end - LOOKED_BACK), end) for p, end in self._begin.items()}
        records: list[Record] = []
        read_ranges(
            self._transport,
            back,
            lambda read, _: records.extend(read),
            stopped=self._stopped,
            timeout_s=LOOK_BACK_S,
        )
        return sorted(records, key=lambda r: (r.timestamp_ms, r.partition, r.offset))

    def listen(self, timeout_s: float) -> list[Record]:
        """Return what has been said since the last time; waits for something at most so long."""
        if self._consumer is None:
            time.sleep(timeout_s)
            return []
        return self._consumer.fetch(timeout_s)

    def close(self) -> None:
        """Listen no longer."""
        if self._consumer is not None:
            self._consumer.close()
