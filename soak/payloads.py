"""Messages that cost next to nothing to send: made once, and sent again and again with another time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livedata.streams.batch import EventBatch, Messages
from livedata.testing import message_bytes

SIDE = 64
PERIOD_NS = 71_428_571
EVENTS_PER_PULSE = 357_143
"""At 14 pulses a second these are five million events a second."""
PER_PULSE = 8
"""Messages of the detector in each pulse; one more is the monitor's."""
N_DETECTOR = 4
N_MONITOR = 2
_MARK = 0x1122334455667788


@dataclass(frozen=True, slots=True, eq=False)
class Payload:
    """One message of events without a time of its own."""

    stream: str
    batch: EventBatch
    """What is in it, at time 0."""
    content: bytes
    place: int
    """Where its reference time stands in the bytes."""

    @property
    def n_events(self) -> int:
        """Number of events."""
        return self.batch.n_events

    def at(self, time_ns: int) -> bytes:
        """Return the message with a time."""
        return b"".join((self.content[: self.place], time_ns.to_bytes(8, "little"), self.content[self.place + 8 :]))


def payloads(seed: int, share: float = 1.0) -> list[Payload]:
    """Return the payloads of the detector and those of the monitor.

    A part of their events cannot be placed: pixel numbers and times out of range.

    Parameters
    ----------
    seed
        Same seed, same payloads.
    share
        Of the full number of events.
    """
    rng = np.random.default_rng(seed)
    n_monitor = round(0.1 * EVENTS_PER_PULSE * share)
    usual = (EVENTS_PER_PULSE * share - n_monitor) / PER_PULSE
    detector = [_payload("detector", round(usual * size), rng) for size in np.linspace(0.8, 1.2, N_DETECTOR)]
    return detector + [_payload("monitor", round(n_monitor * size), rng) for size in np.linspace(0.9, 1.1, N_MONITOR)]


def unsound(rng: np.random.Generator) -> list[bytes]:
    """Return messages that contradict themselves, are cut off, or are none at all."""
    three, two = np.arange(3, dtype=np.int32), np.arange(2, dtype=np.int32)
    event = {"source_name": "detector", "message_id": 1, "reference_time": [_MARK]}
    odd = message_bytes("ev44", **event, reference_time_index=[0], time_of_flight=three, pixel_id=two)
    beyond = message_bytes("ev44", **event, reference_time_index=[7], time_of_flight=three, pixel_id=three)
    return [odd, beyond, odd[:60], b"", b"ev44", rng.bytes(500), odd[:4] + b"zz99" + odd[8:]]


def _payload(stream: str, n: int, rng: np.random.Generator) -> Payload:
    toa = np.concatenate((rng.normal(0.4, 0.1, n // 3), rng.uniform(-0.005, 1.005, n - n // 3))) * PERIOD_NS
    offsets = rng.permutation(toa).astype(np.int32)
    ids = None
    if stream == "detector":
        middle = SIDE * (0.5 + 0.2 * rng.standard_normal((2, n)))
        y, x = np.clip(middle, 0, SIDE - 1).astype(np.int32)
        ids = (1 + y * SIDE + x).astype(np.int32)
        ids[rng.random(n) < 0.01] = 0
    zero = np.zeros(1, np.int64)
    content = message_bytes(
        "ev44", source_name=stream, message_id=1, reference_time=[_MARK], reference_time_index=[0],
        time_of_flight=offsets, pixel_id=np.zeros(0, np.int32) if ids is None else ids,
    )  # fmt: skip
    batch = EventBatch(ids, offsets, zero, zero, Messages("", np.zeros(1, np.int32), zero, zero, zero, zero))
    return Payload(stream, batch, content, content.index(_MARK.to_bytes(8, "little")))
