"""Folding many batches at once, with several threads that count for themselves and add up at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from ...streams.batch import Batch
from .counted import Fold
from .dense import DenseFold
from .entries import EventFold
from .judge import Judge

FEW_CELLS = 1 << 22
"""Counters of which every thread may have its own (16 MB)."""


def fold_many(fold: Fold, batches: Iterable[Batch], judge: Judge, n_threads: int) -> None:
    """Add many batches; the result is that of adding them one by one.

    Worth it from a few million events on. Folds with many counters are filled by one thread all the same: they have to
    share the memory's speed, and cannot have their counters several times.

    Parameters
    ----------
    fold
        Used by nobody else meanwhile.
    batches
        Taken one by one, by whichever thread is free.
    judge
        Of all entries.
    n_threads
        At most so many, the caller's included.
    """
    is_large = isinstance(fold, DenseFold) and fold.cells.size > FEW_CELLS
    if n_threads < 2 or is_large or not isinstance(fold, EventFold):
        for batch in batches:
            fold.add(batch, judge)
        return
    source = _Shared(iter(batches))
    own = [fold.fork() for _ in range(n_threads - 1)]
    errors: list[BaseException] = []

    def work(mine: EventFold) -> None:
        try:
            while (batch := source.next()) is not None:
                mine.add(batch, judge)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            errors.append(error)

    threads = [threading.Thread(target=work, args=(one,), name="livedata-fold-many", daemon=True) for one in own]
    for thread in threads:
        thread.start()
    work(fold)
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    for one in own:
        fold.merge(one)


class _Shared:
    """An iterator that several threads take from."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self._lock = threading.Lock()

    def next(self) -> Batch | None:
        with self._lock:
            return next(self._batches, None)
