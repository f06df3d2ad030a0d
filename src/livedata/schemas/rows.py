"""Elements made when they are looked at, for vectors whose elements as objects would dwarf the message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload


class Rows(Sequence[Any]):
    """The texts or tables of one vector, read from the verified message each time they are looked at.

    Decoding uses a tuple instead wherever that fits into four times the message's size. Both compare equal when their
    elements do.

    Parameters
    ----------
    make
        Returns the element of a number from 0 to ``n - 1``.
    n
        Number of elements.
    """

    __slots__ = ("_make", "_n")

    def __init__(self, make: Callable[[int], Any], n: int) -> None:
        self._make, self._n = make, n

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return tuple(self._make(i) for i in range(*index.indices(self._n)))
        return self._make(range(self._n)[index])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, tuple | Rows):
            return NotImplemented
        return len(other) == self._n and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes as a tuple."""
        return tuple, (list(self),)

    def __repr__(self) -> str:
        return f"<{self._n} elements, made when looked at>"
