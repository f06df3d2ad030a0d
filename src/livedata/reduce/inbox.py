"""What waits to be folded: batches, and notes of what they cover, in the order in which they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from ..streams.batch import Batch
from ..streams.extent import Partition
from .counting import Covered

Item = Batch | Covered


class Inbox:
    """A queue. Its owner takes care that one thread at a time uses it."""

    def __init__(self) -> None:
        self.nbytes = 0
        """Of batches that wait, and of those that are being folded."""
        self._items: deque[Item] = deque()
        self._n_noted = 0
        """Items up to and with the last note."""

    def put(self, item: Item) -> None:
        """Add a batch, or the note behind the batches that it speaks of."""
        self._items.append(item)
        if isinstance(item, Mapping):
            self._n_noted = len(self._items)
        else:
            self.nbytes += item.nbytes

    def take(self, *, only_noted: bool) -> Sequence[Item]:
        """Take everything out, or what is noted only: what is folded is then what is covered."""
        n = self._n_noted if only_noted else len(self._items)
        self._n_noted = 0
        return [self._items.popleft() for _ in range(n)]

    def stops(self) -> Iterator[tuple[Partition, int]]:
        """Give the offset behind everything that is noted."""
        for item in self._items:
            if isinstance(item, Mapping):
                yield from ((p, stop) for p, (_, stop) in item.items())
