"""Memory: what a large cube takes while somebody looks at it, and what the ring takes for each event.

Rows say how large the thing is, so more is worse; their ratio is that of the bare data to it.
"""

from __future__ import annotations

import multiprocessing
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import livedata as ld
from livedata.schemas import encode_ev44
from livedata.streams.key import StreamKey
from livedata.streams.ring import EventRing
from livedata.transport import open_transport
from livedata.transport.protocol import Partition

from .events import PERIOD_NS, batch_of, events
from .measure import Row
from .topic import SOURCE

SHAPE = (100, 1000)
BINS = 1000
PER_MESSAGE = 20_000
MESSAGES = 100
LOOKS = 50
"""How often the picture is asked for, as a panel does, while events come in."""
RING_BYTES = 160_000_000
RING_MESSAGES = 200
"""Of 1 MB: more than the ring may hold, so that all of it is in use."""


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure a live cube in a process of its own, then the ring."""
    bins = BINS // 100 if quick else BINS
    fresh = multiprocessing.get_context("spawn")  # whose memory nothing else has grown
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        taken = pool.submit(cube_while_shown, bins, MESSAGES // 10 if quick else MESSAGES).result()
    dense = 4 * SHAPE[0] * SHAPE[1] * bins / 1e6
    name = f"memory: live cube of {SHAPE[0] * SHAPE[1]:g} × {bins} bins while it is shown"
    note = f"highest memory of the process beyond that of a small view, {LOOKS} pictures taken meanwhile"
    yield _row(name, "MB", taken / 1e6, "its bins, 4 bytes each", dense, 1 / 1.2, note)
    ring, key = EventRing(RING_BYTES), StreamKey("t", SOURCE, "events")
    message = batch_of(*events(125_000))
    for i in range(RING_MESSAGES // 10 if quick else RING_MESSAGES):
        places = replace(message.messages, offset=message.messages.offset + i)
        ring.add(key, [replace(message, messages=places)], {Partition("t", 0): ((i, i + 1),)})
    held = ring.spans[key]
    yield _row("memory: ring", "bytes/event", held.nbytes / held.events, "the events", 8.0, 8 / 8.5, "")


def _row(name: str, unit: str, ours: float, peer: str, bare: float, target: float, note: str) -> Row:
    return Row(name, unit, ours, peer, bare, bare / ours, None, 1, target, None, note)


def cube_while_shown(bins: int, n_messages: int) -> int:
    """Fill a live cube from a topic in memory while its picture is taken; return the bytes that this took at most."""
    url, topic = f"memory://bench-{uuid.uuid4().hex[:8]}", "events"
    transport = open_transport(url)
    transport.create_topic(topic, partitions=1)
    producer = transport.producer()
    now = time.time_ns()
    n_pixels = SHAPE[0] * SHAPE[1]
    held = [events(PER_MESSAGE, seed, n_pixels=n_pixels) for seed in range(4)]

    def send(first: int, n: int) -> None:
        for i in range(first, first + n):
            ids, toa = held[i % len(held)]
            producer.produce(topic, encode_ev44(SOURCE, i, [now + PERIOD_NS * i], [0], toa, ids))
            producer.flush(10.0)

    send(0, 1)
    live = ld.connect(url, memory=0)
    try:
        detector = live[SOURCE]
        small = detector.image(shape=SHAPE, first_id=1, toa=ld.bins(0, PERIOD_NS, n=2))
        send(1, n_messages)
        small.wait(events=n_messages * PER_MESSAGE, timeout=60)
        small.picture()
        small.stop()
        before = _memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forgets what the most was so far
        cube = detector.image(shape=SHAPE, first_id=1, toa=ld.bins(0, PERIOD_NS, n=bins))
        step = max(1, n_messages // LOOKS)
        for first in range(1, n_messages + 1, step):
            send(n_messages + first, step)
            cube.picture()
        cube.wait(events=n_messages * PER_MESSAGE, timeout=60)
        shown = cube.picture()  # with the ledger of the same moment: more may be coming
        if not shown.ledger.adds_up or shown.values().sum() != shown.ledger.binned:
            raise AssertionError(f"the ledger does not add up: {shown.ledger}")
        return _memory("VmHWM") - before
    finally:
        live.close()
        producer.close()
        transport.close()


def _memory(which: str) -> int:
    """Return a size of this process in bytes, as Linux tells it: ``VmRSS`` now, ``VmHWM`` at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{which}:"))
