"""Sound messages to start from: made up for every schema, and those of other programs when they are there."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np

from livedata.schemas import SCHEMAS
from livedata.testing import message_bytes
from tests.schemas.generate import plain, random_bytes

N_GENERATED = 24
LONGEST = 4096
"""Bytes of a seed: longer ones only take longer."""


@cache
def seeds(schema_id: str) -> tuple[bytes, ...]:
    """Return sound messages of a schema, always the same ones."""
    rng = np.random.default_rng(list(schema_id.encode()))
    schema = plain(schema_id)
    generated = [message_bytes(schema_id), *(random_bytes(schema, rng) for _ in range(N_GENERATED))]
    short = [data for data in (*generated, *_shared(schema_id)) if len(data) <= LONGEST]
    return tuple(short or sorted(generated, key=len)[:1])


def _shared(schema_id: str) -> list[bytes]:
    checkout = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("LIVEDATA_SHARED", checkout.parent / "shared")) / "vectors"
    return [path.read_bytes() for path in sorted((folder / schema_id).glob("*.bin"))]


def all_seeds() -> dict[str, tuple[bytes, ...]]:
    """Return the seeds of every schema."""
    return {schema_id: seeds(schema_id) for schema_id in SCHEMAS}
