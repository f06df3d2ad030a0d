"""Decoding and encoding of single messages, beside ess-streaming-data-types; theirs do not verify, ours do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from timeit import Timer

import numpy as np
import streaming_data_types as theirs

from livedata import schemas

from .esspy import READ, writers
from .measure import Row, Work, compare, in_turns, plain

EVENTS = 100_000
LONG_S = 0.02
BLOCK_S = 0.001
PEER = "esspy"


def rows(*, quick: bool, turns: int) -> Iterator[Row]:
    """Compare the busiest schemas first, then all that both know."""
    n = 1000 if quick else EVENTS
    turns *= 1 if quick else 3
    ids, toa = np.arange(n, dtype=np.int32), np.arange(n, dtype=np.int32)
    start, first = np.array([1_700_000_000_000_000_000]), np.zeros(1, np.int32)
    events = theirs.serialise_ev44("detector", 7, start, first, toa, ids)
    one = ("detector", 7, start, first, toa, ids)
    yield _row(
        f"decode ev44, {n:,} events", _call(schemas.decode_ev44, events), _call(READ["ev44"], events), turns, 1.8
    )
    yield _row(
        f"encode ev44, {n:,} events", lambda: schemas.encode_ev44(*one), lambda: theirs.serialise_ev44(*one), turns, 6
    )
    sample = theirs.serialise_f144("temperature", 21.5, int(start[0]))
    yield _row("decode f144", _call(schemas.decode_f144, sample), _call(READ["f144"], sample), turns, 1.8)
    for schema_id, write in writers(pixels=8 if quick else 128, events=10 if quick else 1000).items():
        message = write()
        yield _row(f"decode {schema_id}", _call(schemas.decode, message), _call(READ[schema_id], message), turns, 1)
        if not schemas.SCHEMAS[schema_id].is_read_only:
            yield _row(f"encode {schema_id}", _encode(message), write, turns, 1)


def _call(function: Callable[[bytes], object], message: bytes) -> Work:
    return lambda: function(message)


def _encode(message: bytes) -> Work:
    """Return a work that makes a typed message of its content, and encodes it."""
    read = schemas.decode(message)
    kind, content = type(read), {f.name: getattr(read, f.name) for f in fields(read)}  # type: ignore[arg-type]
    return lambda: schemas.encode(kind(**content))


def _row(name: str, ours: Work, peer: Work, turns: int, target: float) -> Row:
    n = _many(peer)
    works = {"ours": plain(_repeated(ours, n)), PEER: plain(_repeated(peer, n))}
    return compare(
        name, "1000/s", n / 1000, in_turns(works, turns=turns, long_enough_s=LONG_S), peer=PEER, target=target
    )


def _many(work: Work) -> int:
    """Return how often a work has to be done to be worth looking at the clock."""
    once = min(Timer(work).repeat(3, 1))
    return max(1, int(BLOCK_S / max(once, 1e-7)))


def _repeated(work: Work, n: int) -> Work:
    def block() -> None:
        for _ in range(n):
            work()

    return block
