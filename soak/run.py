"""One soak from beginning to end."""

from __future__ import annotations

import gc
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import livedata as ld
from livedata.transport.memory import forget_log

from .operator import Operator
from .payloads import SIDE, payloads
from .resources import Memory, open_files, wait_for_threads
from .source import EVENTS, LOGS, Source
from .watched import Fault

RETENTION = "400MB"
RING_BYTES = 200_000_000
STILL_EVERY_S = 15.0
"""So often the source holds still, and everything is compared."""
WARM = 0.25
"""Share of the time in which memory may grow."""
GROWTH_BYTES = 100_000_000
"""How much more memory there may be at the end, by a straight line through all measurements."""
ENDED_S = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a soak."""

    faults: list[str]
    rows: list[tuple[str, str]]
    """What is told, and figures."""


def instrument(folder: Path) -> Path:
    """Write a small instrument file: one flat detector 5 m behind the sample, and a monitor before it."""
    detector = {
        "topic": EVENTS, "source": "detector", "shape": [SIDE, SIDE], "first_id": 1,
        "geometry": {
            "position": [0.1, 0.0, 5.0], "pixel_size": [0.01, 0.01], "turns": [{"axis": [0, 1, 0], "angle": 5}],
        },
    }  # fmt: skip
    logs = {name: {"topic": LOGS, "source": name, "schema": "f144"} for name in ("temperature", "mode")}
    streams = {"detector": detector, "monitor": {"topic": EVENTS, "source": "monitor"}, **logs}
    path = folder / "soak.json"
    path.write_text(json.dumps({"name": "SOAK", "topics": ["SOAK_*"], "source": [0.0, 0.0, -20.0], "streams": streams}))
    return path


def soak(seconds: float, *, seed: int, share: float = 1.0, say: Callable[[str], None] = lambda text: None) -> Outcome:
    """Send and look for so long; whatever is wrong ends it.

    Parameters
    ----------
    seconds
        How long.
    seed
        Of the wishes and of what is sent; what arrives when is up to the machine.
    share
        Of five million events a second.
    say
        Told how it goes on.
    """
    faults: list[str] = []
    name = f"soak-{uuid4().hex[:8]}"
    url = f"memory://{name}?retention={RETENTION}"
    memory = Memory()
    with tempfile.TemporaryDirectory(prefix="livedata-soak-") as folder:
        source = Source(url, payloads(seed, share), seed)
        live = ld.connect(url, instrument=instrument(Path(folder)), memory=RING_BYTES)
        operator = Operator(live, source, random.Random(seed), Path(folder))  # noqa: S311 - to repeat, not to hide
        files: list[list[str]] = []
        began = time.monotonic()
        try:
            source.start()
            while (now := time.monotonic() - began) < seconds:
                still_at = min(now + STILL_EVERY_S, seconds)
                while (now := time.monotonic() - began) < still_at:
                    operator.step()
                    if not memory.at_s or now - memory.at_s[-1] > 1:
                        memory.note(now)
                    if source.error is not None:
                        raise source.error
                source.pause()
                operator.settle()
                gc.collect()
                files.append(open_files())
                say(_line(now, source, operator, memory))
                source.resume()
        except Fault as fault:
            faults.append(str(fault))
        finally:
            operator.close()
            source.stop()
            ledgers = live.topic_ledgers
            ring = live.memory.nbytes
            live.close()
            forget_log(name)
            del live
            gc.collect()
    growth = memory.growth_bytes(WARM * seconds)
    if growth > GROWTH_BYTES:
        faults.append(f"memory grew by {growth / 1e6:.0f} MB after the first {WARM * seconds:.0f} s")
    if left := wait_for_threads(ENDED_S):
        faults.append(f"threads that have not ended: {', '.join(left)}")
    if len(files) > 2 and len(files[-1]) > len(files[len(files) // 4]) + 8:
        faults.append(f"open files grew: {set(files[-1]) - set(files[0])}")
    return Outcome(faults, _rows(seed, began, source, operator, memory, growth, ring, files, ledgers))


def _line(now: float, source: Source, operator: Operator, memory: Memory) -> str:
    rate = source.n_events / max(source.sending_s, 1e-9)
    return (
        f"{now:6.0f} s  {rate / 1e6:.2f} M events/s  {sum(operator.done.values()):6} steps  "
        f"{operator.done['settled']:5} settled  {memory.nbytes[-1] / 1e6:.0f} MB"
    )


def _rows(
    seed: int, began: float, source: Source, operator: Operator, memory: Memory, growth: float, ring: int,
    files: list[list[str]], ledgers: dict[str, object],
) -> list[tuple[str, str]]:  # fmt: skip
    made = {k.removeprefix("made: "): n for k, n in operator.done.items() if k.startswith("made: ")}
    rate = source.n_events / max(source.sending_s, 1e-9)
    return [
        ("seed", str(seed)),
        ("time", f"{time.monotonic() - began:.0f} s, {source.sending_s:.0f} s of it sending"),
        ("events", f"{source.n_events:,} in {source.n_messages:,} messages, {rate / 1e6:.2f} M/s"),
        ("messages of no use", f"{source.account.n_unsound:,}"),
        ("log samples that came late", f"{source.n_late:,}"),
        ("runs", f"{len(source.account.runs):,}"),
        ("views made", f"{sum(made.values()):,}: " + ", ".join(f"{n} {k}" for k, n in sorted(made.items()))),
        ("views at once", f"{operator.max_views} at most"),
        ("snapshots checked", f"{operator.done['looked']:,}"),
        ("compared with the truth when all was still", f"{operator.done['settled']:,}, {operator.done['twins']} twins"),
        *((k, f"{operator.done[k]:,}") for k in ("dropped", "reset", "stopped", "skipped ahead", "ring budget")),
        ("published", f"{operator.done['published']:,}"),
        ("recorded", f"{operator.done['recorded']:,} files, {operator.done['recorded events']:,} events"),
        ("memory", _memory(memory, growth)),
        ("ring at the end", f"{ring / 1e6:.0f} MB"),
        ("open files", f"{[len(found) for found in files][:1]} first, {[len(found) for found in files][-1:]} last"),
    ]


def _memory(memory: Memory, growth: float) -> str:
    held = [nbytes / 1e6 for nbytes in memory.nbytes] or [0.0]
    return (
        f"{held[0]:.0f} MB first, {max(held):.0f} at most, {held[-1]:.0f} last; the line rises by {growth / 1e6:.0f} MB"
    )
