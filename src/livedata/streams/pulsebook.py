"""What frame metadata (pu00) say of the events behind them: period, vetoes and proton charge.

At ISIS a frame is one pu00 followed by its events, all in one partition. So the latest pu00 of a partition holds for
the events that follow there, and for nothing in another partition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..schemas import decode
from ..transport.protocol import Record


class PulseNote(NamedTuple):
    """What one pu00 says. -1 and NaN stand for what it leaves out: not known, which is not zero."""

    reference_time: int
    """Start of the frame, ns since 1970 UTC."""
    period: int
    veto: int
    """Bits of the vetoes that were active during the frame."""
    charge: float
    """Protons on target during the frame, µA h."""


class PulseBook:
    """The latest note of each partition. Used by one thread."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, int], PulseNote] = {}

    def take(self, record: Record) -> None:
        """Take note of a pu00.

        Raises
        ------
        DecodeError
            If the message is unsound.
        """
        m = decode(record.value)
        self._latest[record.topic, record.partition] = PulseNote(
            m.reference_time,
            -1 if m.period_number is None else m.period_number,
            -1 if m.vetos is None else m.vetos,
            float("nan") if m.proton_charge is None else m.proton_charge,
        )

    def latest(self, record: Record) -> PulseNote | None:
        """Return the note that holds for an event message, if its partition had one."""
        return self._latest.get((record.topic, record.partition)) if self._latest else None


def note_columns(note: PulseNote | None, n_entries: int) -> Mapping[str, NDArray[np.generic]]:
    """Return the per-entry columns that a note fills, each of shape (entry,); none without a note."""
    if note is None:
        return {}
    return {
        "period": np.full(n_entries, note.period, np.int64),
        "veto": np.full(n_entries, note.veto, np.int64),
        "charge": np.full(n_entries, note.charge, np.float32),
    }
