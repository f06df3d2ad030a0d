"""Taking records in turn: each offset once, with what was lost or never there in between."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..transport.protocol import Partition, Record, Transport
from .extent import Ranges
from .split import Splitter


@dataclass(frozen=True, slots=True)
class Turn:
    """What of some records was due."""

    records: list[Record]
    steps: dict[Partition, tuple[int, int]]
    """Offsets passed in each partition."""
    lost: dict[Partition, Ranges] = field(default_factory=dict)
    """Those of them that had expired before they were read."""
    restarted: list[Partition] = field(default_factory=list)
    """Partitions that are new, shorter logs under the old name."""


class Turns:
    """Moves the positions of partitions. Used under the lock of the book that they belong to.

    Parameters
    ----------
    transport
        The broker, asked for watermarks where offsets are missing.
    positions
        Offset that is due next in each partition.
    splitter
        Its ledgers are told what is lost.
    """

    def __init__(self, transport: Transport, positions: dict[Partition, int], splitter: Splitter) -> None:
        self._transport = transport
        self._positions = positions
        self._splitter = splitter

    def take(self, records: list[Record]) -> Turn:
        """Move the positions; return the records that were due."""
        positions = self._positions
        first: dict[Partition, int] = {}
        turn = Turn([], {})
        fresh = turn.records
        run: Partition | None = None
        run_topic, run_partition, due = "", -1, -1
        for record in records:
            topic, partition, offset, _, _, _, _ = record
            # Records of one partition come in long runs without a gap.
            if offset == due and partition == run_partition and topic == run_topic:
                due += 1
                fresh.append(record)
                continue
            if run is not None:
                positions[run] = due
            place = Partition(topic, partition)
            position = positions.get(place)
            if position != offset:
                position = self._skipped_to(place, position, offset, turn)
            if position is None:
                run, due = None, -1
                continue
            if turn.restarted and turn.restarted[-1] == place and position == offset:
                first[place] = offset
            first.setdefault(place, position)
            run, due = place, offset + 1
            run_topic, run_partition = place
            fresh.append(record)
        if run is not None:
            positions[run] = due
        turn.steps.update({p: (position, positions[p]) for p, position in first.items()})
        return turn

    def _skipped_to(self, p: Partition, position: int | None, offset: int, turn: Turn) -> int | None:
        """Return the position from which a record out of turn is taken; None if it is not."""
        if position is None:
            return None
        if offset < position:
            # Fetched before the assignment changed, or the topic was made anew.
            if not self._has_restarted(p, position):
                return None
            turn.restarted.append(p)
            return offset
        self._note_gap(p, position, offset, turn)
        return position

    def _has_restarted(self, p: Partition, position: int) -> bool:
        """Whether the partition is a new, shorter log under the old name."""
        try:
            restarted = self._transport.watermarks([p], timeout_s=2.0)[p].high < position
        except (OSError, KeyError):
            return False
        if restarted:
            for key, ledger in self._splitter.ledgers.items():
                if key.topic == p.topic:
                    ledger.remarks["the topic began anew"] += 1
        return restarted

    def _note_gap(self, p: Partition, position: int, offset: int, turn: Turn) -> None:
        """Tell messages that expired before they were read from offsets that never held one."""
        try:
            low = self._transport.watermarks([p], timeout_s=2.0)[p].low
        except (OSError, KeyError):
            low = offset
        lost = max(0, min(low, offset) - position)
        topic = self._splitter.topics[p.topic]
        topic.lost += lost
        topic.skipped += offset - position - lost
        if lost:
            turn.lost[p] = (*turn.lost.get(p, ()), (position, position + lost))
            for key, ledger in self._splitter.ledgers.items():
                if key.topic == p.topic:
                    ledger.lost += lost
