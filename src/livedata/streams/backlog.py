"""How much of a topic is still to be read: while that is much, the topic is as good a memory as ours."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ..transport.protocol import Partition, Transport
from .appetite import MEAL_BYTES

DEEP_BYTES = 64 << 20
"""A topic that gives all that can be taken, and has more than this left, can be read again as fast as counted."""
ASK_S = 1.0


class Backlog:
    """Estimates what is left of each topic. Used by the thread that reads, under the lock of the positions.

    Parameters
    ----------
    transport
        The broker; asked at most once a second for each topic.
    positions
        Offset that is due next in each partition.
    """

    def __init__(self, transport: Transport, positions: Mapping[Partition, int]) -> None:
        self.deep_bytes = DEEP_BYTES
        self._transport = transport
        self._positions = positions
        self._ends: dict[str, tuple[float, dict[Partition, int]]] = {}

    def is_deep(self, topic: str, n_records: int, max_records: int) -> bool:
        """Whether so much is left that what is read now need not be kept.

        Parameters
        ----------
        topic
            What was read.
        n_records, max_records
            How many messages came, and how many were asked for: such as make up some 4 MB.
        """
        if n_records < max_records:
            return False
        left = self._left(topic) * MEAL_BYTES / max_records
        asked = self._ends.get(topic, (0.0, {}))[0]
        if left <= self.deep_bytes and time.monotonic() - asked > ASK_S:
            self._ask(topic)
            left = self._left(topic) * MEAL_BYTES / max_records
        return left > self.deep_bytes

    def _left(self, topic: str) -> int:
        _, ends = self._ends.get(topic, (0.0, {}))
        return sum(max(0, end - self._positions.get(p, end)) for p, end in ends.items())

    def _ask(self, topic: str) -> None:
        mine = [p for p in self._positions if p.topic == topic]
        try:
            marks = self._transport.watermarks(mine, timeout_s=0.5)
        except OSError:
            marks = {}
        self._ends[topic] = (time.monotonic(), {p: mark.high for p, mark in marks.items()})
