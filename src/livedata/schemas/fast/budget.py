"""What a message may cost on the fast way, and the end of that way."""

from __future__ import annotations

from .. import read


class Unusual(Exception):
    """A message that the fast decoder leaves to the plain one."""


class Budgets(list[int]):
    """Bytes that may still be copied, bytes that objects may still take, and elements that may still be visited."""

    __slots__ = ()

    def charge(self, n_bytes: int) -> None:
        """Take bytes for a copy.

        Raises
        ------
        Unusual
            If the message has no room for it.
        """
        self[0] -= n_bytes
        self[1] -= n_bytes
        if self[0] < 0:
            raise Unusual


def budgets_for(size: int) -> Budgets:
    """Return what a message of `size` bytes may cost: without sharing, no element takes less than four bytes."""
    return Budgets((4000 + 4 * size, read.FREE_BYTES + 4 * size, 50 + size // 4))
