"""One core: a family of benchmarks in a process of its own that never had another one.

Threads can be kept on a core later on, too, but libraries put theirs back on all cores that the process began with
(oneTBB, and with it scipp, does).
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from .measure import Row


def rows_on_one_core(family: str, *, quick: bool, turns: int) -> list[Row]:
    """Run all benchmarks of a family, by the name of its module, on one core."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, initializer=_stay) as pool:
        return pool.submit(_run, family, quick, turns).result()


def _stay() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _run(family: str, quick: bool, turns: int) -> list[Row]:
    return list(importlib.import_module(f"benchmarks.{family}").rows(quick=quick, turns=turns))
