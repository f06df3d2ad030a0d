"""One soak from beginning to end."""

from __future__ import annotations

import faulthandler
import gc
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import livedata as ld
from livedata.reduce.counting import Counting
from livedata.transport.memory import forget_log

from .operator import Operator
from .payloads import SIDE, payloads
from .resources import Memory, leave_no_holes, open_files, wait_for_threads
from .source import EVENTS, LOGS, Source
from .watched import PATIENCE_S, Fault

RETENTION = "1GB"
RING_BYTES = 200_000_000
STILL_EVERY_S = 15.0
"""So often the source holds still, and everything is compared."""
LEAST_STILLS = 8
WARM = 0.25
"""Share of the time in which memory may grow."""
GROWTH_BYTES = 150_000_000
"""By how much memory may have grown since."""
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


class Again:
    """How often something was done."""

    n = 0


@contextmanager
def counted(owner: type, method: str) -> Iterator[Again]:
    """Count how often a method says that it did something."""
    again, held = Again(), getattr(owner, method)

    def told(self: object, **how: Any) -> bool:
        did = bool(held(self, **how))
        again.n += did
        return did

    setattr(owner, method, told)
    try:
        yield again
    finally:
        setattr(owner, method, held)


def soak(
    seconds: float, *, seed: int, share: float = 1.0, patience_s: float = PATIENCE_S,
    say: Callable[[str], None] = lambda text: None,
) -> Outcome:  # fmt: skip
    """Send and look for so long; whatever is wrong ends it.

    Parameters
    ----------
    seconds
        How long.
    seed
        Of the wishes and of what is sent; what arrives when is up to the machine.
    share
        Of five million events a second.
    patience_s
        How long to wait for what has to come.
    say
        Told how it goes on.
    """
    leave_no_holes()
    faults: list[str] = []
    name = f"soak-{uuid4().hex[:8]}"
    url = f"memory://{name}?retention={RETENTION}"
    memory = Memory()
    with tempfile.TemporaryDirectory(prefix="livedata-soak-") as folder, counted(Counting, "look_again") as again:
        source = Source(url, payloads(seed, share), seed)
        live = ld.connect(url, instrument=instrument(Path(folder)), memory=RING_BYTES)
        chance = random.Random(seed)  # noqa: S311 - to repeat, not to hide
        operator = Operator(live, source, chance, Path(folder), patience_s=patience_s)
        files: list[list[str]] = []
        began = time.monotonic()
        try:
            source.start()
            while (now := time.monotonic() - began) < seconds:
                still_at = min(now + min(STILL_EVERY_S, seconds / LEAST_STILLS), seconds)
                while (now := time.monotonic() - began) < still_at:
                    operator.step()
                    if source.error is not None:
                        raise source.error
                source.pause()
                operator.settle()
                gc.collect()
                memory.note(now, source.kept_bytes + live.memory.nbytes)
                files.append(open_files())
                say(_line(now, source, operator, memory))
                source.resume()
        except Fault as fault:
            faults.append(str(fault))
            faulthandler.dump_traceback()  # where everybody is: what does not come may be waiting
        finally:
            operator.close()
            source.stop()
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
    return Outcome(faults, _rows(seed, began, source, operator, memory, growth, again.n, files))


def _line(now: float, source: Source, operator: Operator, memory: Memory) -> str:
    rate = source.n_events / max(source.sending_s, 1e-9)
    return (
        f"{now:6.0f} s  {rate / 1e6:.2f} M events/s  {operator.done['looked']:6} looks  "
        f"{operator.done['settled']:5} settled  {memory.resident[-1] / 1e6:.0f} MB, "
        f"{memory.beside[-1] / 1e6:.0f} of it beside ring and topic"
    )


def _rows(
    seed: int, began: float, source: Source, operator: Operator, memory: Memory, growth: int, n_again: int,
    files: list[list[str]],
) -> list[tuple[str, str]]:  # fmt: skip
    made = {k.removeprefix("made: "): n for k, n in operator.done.items() if k.startswith("made: ")}
    rate = source.n_events / max(source.sending_s, 1e-9)
    n_files = [len(found) for found in files] or [0]
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
        ("compared when all was still", _settled(operator)),
        ("looked again at what was counted", f"{n_again:,} times, because of logs and runs"),
        *((k, f"{operator.done[k]:,}") for k in ("dropped", "reset", "stopped", "skipped ahead", "ring budget")),
        ("published", f"{operator.done['published']:,}"),
        ("recorded", f"{operator.done['recorded']:,} files, {operator.n_events_recorded:,} events"),
        ("memory", _memory(memory, growth)),
        ("open files", f"{n_files[0]} first, {n_files[-1]} last"),
    ]


def _settled(operator: Operator) -> str:
    done = operator.done
    return (
        f"{done['settled']:,} views, {done['follow logs or windows']:,} of them with logs or windows, "
        f"{done['caught up']:,} had been behind; {done['twins']:,} twins"
    )


def _memory(memory: Memory, growth: int) -> str:
    if not memory.at_s:
        return "not measured"
    held = [nbytes / 1e6 for nbytes in memory.beside]
    return (
        f"{max(memory.resident) / 1e6:.0f} MB at most; beside ring and topic {held[0]:.0f} first, "
        f"{max(held):.0f} at most, {held[-1]:.0f} last, grown by {growth / 1e6:.0f}"
    )
