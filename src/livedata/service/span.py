"""Spans of record time: which messages of a topic a configuration counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Messages recorded at ``start_ms <= time <= stop_ms``, both ends included; an absent end is open."""

    start_ms: int | None = None
    stop_ms: int | None = None
    begin_ms: int | None = None
    """Where reading begins when there is no start: the record time of a command that is resumed; None is now."""

    def holds(self, timestamp_ms: int) -> bool:
        """Whether a message of this record time counts."""
        return (self.start_ms is None or timestamp_ms >= self.start_ms) and (
            self.stop_ms is None or timestamp_ms <= self.stop_ms
        )

    @property
    def from_ms(self) -> int | None:
        """The record time at which reading begins; None is the present end of the topic."""
        if self.start_ms is None or self.begin_ms is None:
            return self.begin_ms if self.start_ms is None else self.start_ms
        return max(self.start_ms, self.begin_ms)
