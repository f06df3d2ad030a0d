"""Many mutated messages of every schema, on all cores, the same ones for the same seed."""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from random import Random

from livedata.schemas import SCHEMAS

from .judge import SLOWEST, Judge, best_time_ns
from .mutate import mutated
from .seeds import seeds

CHUNK = 1000
THOROUGH = 20
"""One in so many messages is examined thoroughly."""
CANDIDATES = 3
"""Slowest messages of a chunk whose time is measured again."""


@dataclass(slots=True)
class Chunk:
    """What came of some messages of one schema."""

    schema: str
    n: int = 0
    accepted: int = 0
    times_ns: list[int] = field(default_factory=list)
    slowest: list[tuple[int, bytes]] = field(default_factory=list)
    findings: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass(slots=True)
class Verdict:
    """What came of all messages."""

    n: int = 0
    accepted: int = 0
    medians_ns: dict[str, float] = field(default_factory=dict)
    worst: tuple[float, str] = (0.0, "")
    """Longest time as a multiple of its schema's median, and that schema."""
    findings: list[tuple[str, bytes]] = field(default_factory=list)


@cache
def _judge(schema_id: str) -> Judge:
    return Judge(SCHEMAS[schema_id])


def examine_chunk(schema_id: str, n: int, seed: str) -> Chunk:
    """Examine `n` mutated messages of one schema."""
    judge, start, rng = _judge(schema_id), seeds(schema_id), Random(seed)  # noqa: S311  to repeat, not to hide
    done = Chunk(schema_id)
    for i in range(n):
        data = mutated(start, rng)
        try:
            accepted, took = judge.examine(data, thoroughly=i % THOROUGH == 0)
        except Exception as error:  # noqa: BLE001  whatever it is, it is what we look for
            done.findings.append((f"{schema_id}: {type(error).__name__}: {error}", data))
            continue
        done.n += 1
        done.accepted += accepted
        done.times_ns.append(took)
        heapq.heappush(done.slowest, (took, data))
        if len(done.slowest) > CANDIDATES:
            heapq.heappop(done.slowest)
    return done


def _chunks(n: int, seed: int) -> Iterator[tuple[str, int, str]]:
    for i, schema_id in enumerate(SCHEMAS):
        mine = n // len(SCHEMAS) + (i < n % len(SCHEMAS))
        for first in range(0, mine, CHUNK):
            yield schema_id, min(CHUNK, mine - first), f"{seed} {schema_id} {first}"


def examine(n: int, *, seed: int = 0, jobs: int = 1) -> Verdict:
    """Examine `n` mutated messages, evenly over all schemas.

    Parameters
    ----------
    n, seed
        How many, and which.
    jobs
        Processes to share the work.
    """
    verdict = Verdict()
    times: dict[str, list[int]] = {schema_id: [] for schema_id in SCHEMAS}
    slowest: list[tuple[str, int, bytes]] = []
    # Started afresh: a copy of a process with threads may hold a lock for ever.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for done in pool.map(examine_chunk, *zip(*_chunks(n, seed), strict=True)):
            verdict.n += done.n + len(done.findings)
            verdict.accepted += done.accepted
            verdict.findings += done.findings
            times[done.schema] += done.times_ns
            slowest += [(done.schema, took, data) for took, data in done.slowest]
    verdict.medians_ns = {schema_id: statistics.median(found) for schema_id, found in times.items() if found}
    for schema_id, took, data in slowest:
        median = verdict.medians_ns[schema_id]
        ratio = (took if took <= SLOWEST / 5 * median else best_time_ns(data)) / median
        verdict.worst = max(verdict.worst, (ratio, schema_id))
        if ratio > SLOWEST:
            verdict.findings.append((f"{schema_id}: {ratio:.0f} times the usual time", data))
    return verdict
