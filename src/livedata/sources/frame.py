"""What is known of an accelerator frame: period, vetoes and charge, one `pu00` message before the events they go with.

A reader applies the latest `pu00` of a partition to the events that follow there, whatever stream they belong to. So
all messages of a frame share a key, and the events of another frame, or of a stream that knows nothing, are preceded by
a message of their own.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..schemas import encode, message_class
from ..streams.batch import ABSENT_IN_COLUMN, EventBatch

COLUMNS = ("period", "veto", "charge")
HIGHEST = 2**32 - 1


class Frame(NamedTuple):
    """Numbers of one frame; None where not known."""

    period: int | None = None
    veto: int | None = None
    """Bits of the vetoes that were active."""
    charge: float | None = None
    """Protons on target during the frame, µA h."""

    @property
    def n_unsendable(self) -> int:
        """How many of the numbers `pu00` cannot hold; they are sent as not known."""
        return sum(number is not None and not 0 <= number <= HIGHEST for number in (self.period, self.veto))


NOTHING_KNOWN = Frame()


def has_frames(batch: EventBatch) -> bool:
    """Whether anything is told of the frames of the batch's entries."""
    return any(name in batch.columns for name in COLUMNS)


def frames_of(batch: EventBatch) -> list[Frame]:
    """Return what is known of each entry's frame."""
    if not has_frames(batch):
        return [NOTHING_KNOWN] * batch.n_entries
    absent = ABSENT_IN_COLUMN
    columns = (batch.columns.get(name, np.full(batch.n_entries, absent[name])).tolist() for name in COLUMNS)
    return [
        Frame(
            None if period == absent["period"] else period,
            None if veto == absent["veto"] else veto,
            None if math.isnan(charge) else charge,
        )
        for period, veto, charge in zip(*columns, strict=True)
    ]


def encode_frame(source: str, message_id: int, time_ns: int, frame: Frame) -> bytes:
    """Encode a pu00; numbers that are not known, or that it cannot hold, are absent."""
    message = message_class("pu00")(
        source_name=source,
        message_id=message_id,
        reference_time=time_ns,
        vetos=_held(frame.veto),
        period_number=_held(frame.period),
        proton_charge=frame.charge,
    )
    return encode(message)


def _held(number: int | None) -> int | None:
    return number if number is not None and 0 <= number <= HIGHEST else None
