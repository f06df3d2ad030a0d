"""Which vetoes there are, which are switched on, and what they are called (vc00)."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ..schemas import decode
from ..transport.protocol import Record

_FIRST_NAMES = ("FIFO", "SMP", "TS2 pulse", "wrong pulse")
"""Bits 0 to 3 are the same on all instruments; higher ones are named by the message."""


@dataclass(frozen=True, slots=True)
class Vetoes:
    """A veto configuration. Entries carry the bits of the vetoes that were active in their frame."""

    time: int
    """ns since 1970 UTC; 0 when nothing was told."""
    mask: int
    """Bits of the vetoes that are switched on."""
    names: tuple[str, ...] = _FIRST_NAMES
    """Name of each bit, from bit 0 on; empty texts for bits without one."""

    def names_of(self, bits: int) -> tuple[str, ...]:
        """Return the names of the bits that are set, such as ``("SMP", "bit 9")``."""
        if bits < 0:
            return ()
        set_bits = [i for i in range(bits.bit_length()) if bits >> i & 1]
        return tuple((self.names[i] if i < len(self.names) else "") or f"bit {i}" for i in set_bits)

    @property
    def switched_on(self) -> tuple[str, ...]:
        """Names of the vetoes that are switched on."""
        return self.names_of(self.mask)


class VetoBook:
    """The newest veto configuration; what it tells does not depend on the order of reading."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: tuple[tuple[int, str, int, int], Vetoes] | None = None

    @property
    def vetoes(self) -> Vetoes | None:
        """The configuration told last, by its own time; None if there was none."""
        newest = self._newest
        return None if newest is None else newest[1]

    def take(self, record: Record) -> None:
        """Take note of a vc00.

        Raises
        ------
        DecodeError
            If the message is unsound.
        """
        m = decode(record.value)
        names = tuple(m.veto_names) or _FIRST_NAMES
        place = (m.timestamp, record.topic, record.partition, record.offset)
        with self._lock:
            if self._newest is None or place > self._newest[0]:
                self._newest = (place, Vetoes(m.timestamp, m.vetoes, names))
