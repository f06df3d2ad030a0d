"""A few daemon threads that fold batches for all views. Kernels leave the GIL, so they run side by side."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable

FEW_CORES = (os.cpu_count() or 1) <= 2
N_THREADS = max(2, min(4, os.cpu_count() or 2))

_tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
_lock = threading.Lock()
_threads: list[threading.Thread] = []


def submit(task: Callable[[], None]) -> None:
    """Run a task soon on one of the threads. The task must not raise."""
    if len(_threads) < N_THREADS:
        with _lock:
            if len(_threads) < N_THREADS:
                thread = threading.Thread(target=_work, name=f"livedata-fold-{len(_threads)}", daemon=True)
                _threads.append(thread)
                thread.start()
    _tasks.put(task)


def _work() -> None:
    while True:
        _tasks.get()()
