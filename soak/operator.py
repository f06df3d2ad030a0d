"""The operator: adds views, changes them, drops them, looks at them, records, publishes; all at random, from a seed."""

from __future__ import annotations

import gc
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import livedata as ld
from livedata.reduce.view import View

from .source import Source
from .watched import PATIENCE_S, Fault, Watched
from .wishes import CHANGES, NEW, suits

MOST_VIEWS = 12
RING_BYTES = (4_000_000, 60_000_000, 200_000_000)
RECORD_S = (1.0, 4.0)
RECORD_EVERY_S = 90.0
STEPS = {
    "look": 40, "picture": 8, "add": 8, "derive": 12, "drop": 10, "reset": 4, "stop": 2, "publish": 1, "ring": 1,
    "skip": 1, "record": 1, "quick": 6,
}  # fmt: skip
"""What is done, and how often."""


class Operator:
    """Somebody with many wishes. Everything they see is checked."""

    def __init__(
        self, live: Any, source: Source, rng: random.Random, folder: Path, *, patience_s: float = PATIENCE_S
    ) -> None:
        self.live = live
        self.source = source
        self.done: Counter[str] = Counter()
        self.max_views = 0
        self.n_events_recorded = 0
        self._rng = rng
        self._patience_s = patience_s
        self._folder = folder
        self._views: list[Watched] = []
        self._publications: list[tuple[float, Any]] = []
        self._recording: tuple[float, Any] | None = None
        self._recorded_s = -RECORD_EVERY_S

    def step(self) -> None:
        """Do one thing, and pause for a moment."""
        what = self._rng.choices(list(STEPS), list(STEPS.values()))[0]
        if not self._views:
            what = "add"
        elif not self.done["recorded"]:
            what = "record"  # early, so that all that is loaded for it is there
        getattr(self, f"_{what}")()
        self._finish_due()
        self.max_views = max(self.max_views, len(self._views))
        time.sleep(self._rng.uniform(0.005, 0.08))

    def settle(self) -> None:
        """Wait until all views have counted everything that was sent, and compare each with the truth."""
        ends = self.source.account.ends
        for watched in self._views:
            view, deadline = watched.view, time.monotonic() + self._patience_s
            while True:
                snapshot = view.latest
                watched.check(snapshot)
                if not watched.is_counts or snapshot.state == "stopped":
                    break
                wrong = self._not_settled(watched, snapshot, ends)
                if wrong is None:
                    self.done["settled"] += 1
                    self.done["caught up"] += watched.was_behind
                    self.done["follow logs or windows"] += watched.truth.follows_logs
                    watched.was_behind = False
                    break
                if time.monotonic() > deadline:
                    raise Fault(f"{watched.name}, {self._patience_s:.0f} s after the last message: {wrong}; {view!r}")
                time.sleep(0.02)
        self._compare_twins()

    def close(self) -> None:
        """Drop everything."""
        for _, publication in self._publications:
            publication.stop()
        self._publications.clear()
        if self._recording is not None:
            self._check_recording(*self._recording[1:])
            self._recording = None
        self._views.clear()
        gc.collect()

    # What is checked when all is still

    def _not_settled(self, watched: Watched, snapshot: Any, ends: dict[Any, int]) -> str | None:
        if watched.view.is_finite:
            # Where its end has not passed, it goes on waiting.
            return watched.difference(snapshot) if snapshot.state == "complete" else None
        begun = watched.view._after  # where it was reset: nothing need have come since
        covered = {p: ranges[-1][1] for p, ranges in snapshot.coverage.offsets.items() if ranges}
        behind = {p: end for p, end in ends.items() if max(covered.get(p, 0), begun.get(p, 0)) < end}
        if behind:
            return f"not counted up to {behind}: {snapshot.coverage}"
        return watched.difference(snapshot)

    def _compare_twins(self) -> None:
        """Make a view anew from its JSON, and let both agree where they cover the same."""
        told = [w for w in self._views if w.is_counts and not w.view.is_finite and w.view.state == "live"]
        for watched in self._rng.sample(told, min(2, len(told))):
            view = watched.view
            twin = View(view.description, view._feed, view._setting, name="twin", extent=view._extent)
            deadline = time.monotonic() + self._patience_s
            while twin.state == "catching up" and time.monotonic() < deadline:
                time.sleep(0.01)
            a, b = view.latest, twin.latest
            if a.coverage.offsets == b.coverage.offsets:
                self.done["twins"] += 1
                if not (same := a.compare(b)):
                    raise Fault(f"{watched.name} and its twin: {same}")

    # What is done

    def _watched(self, view: View) -> Watched:
        return Watched(view, self.source.pool, self.source.account, patience_s=self._patience_s)

    def _pick(self) -> Watched:
        return self._rng.choice(self._views)

    def _keep(self, view: View, what: str) -> None:
        self.done[f"made: {what}"] += 1
        self._views.append(self._watched(view))
        while len(self._views) > MOST_VIEWS:
            self._drop()

    def _look(self) -> None:
        watched = self._pick()
        watched.check(watched.view.latest)
        self.done["looked"] += 1
        repr(watched.view)

    def _picture(self) -> None:
        watched = self._pick()
        watched.check(watched.view.picture(), is_whole=False)
        self.done["looked"] += 1

    def _add(self) -> None:
        name = self._rng.choice(list(NEW))
        self._keep(NEW[name](self.live, self._rng), name)

    def _derive(self) -> None:
        view = self._pick().view
        name = self._rng.choice([name for name in CHANGES if suits(name, view)])
        self._keep(CHANGES[name](self.live, view, self._rng), name)

    def _quick(self) -> None:
        """Make a view, look, and drop it at once."""
        view = CHANGES["again"](self.live, self._pick().view, self._rng)
        watched = self._watched(view)
        watched.check(view.latest)
        self.done["made: quick"] += 1

    def _drop(self) -> None:
        self._views.pop(self._rng.randrange(len(self._views)))
        self.done["dropped"] += 1
        if self._rng.random() < 0.3:
            gc.collect()

    def _reset(self) -> None:
        watched = self._pick()
        if not watched.view.is_finite and watched.view.state in ("live", "catching up"):
            watched.view.reset()
            self.done["reset"] += 1

    def _stop(self) -> None:
        self._pick().view.stop()
        self.done["stopped"] += 1

    def _skip(self) -> None:
        self._pick().view.skip_ahead()
        self.done["skipped ahead"] += 1

    def _ring(self) -> None:
        self.live.memory.budget_bytes = self._rng.choice(RING_BYTES)
        self.done["ring budget"] += 1

    def _publish(self) -> None:
        if len(self._publications) >= 2:
            return
        watched = self._pick()
        publication = watched.view.publish("OUT_views", every=0.2, source_name="soak")
        self._publications.append((time.monotonic() + self._rng.uniform(0.5, 3), publication))
        self.done["published"] += 1

    def _record(self) -> None:
        if self._recording is not None or time.monotonic() - self._recorded_s < RECORD_EVERY_S:
            return
        self._recorded_s = time.monotonic()
        path = self._folder / f"soak_{self.done['recorded'] + 1}.nxs"
        self._recording = (time.monotonic() + self._rng.uniform(*RECORD_S), self.live.record(path))
        self.done["recorded"] += 1

    def _finish_due(self) -> None:
        now = time.monotonic()
        for item in [item for item in self._publications if now > item[0]]:
            self._publications.remove(item)
            item[1].stop()
            if item[1].error is not None:
                raise Fault(f"publishing failed: {item[1].error}")
        if self._recording is not None and now > self._recording[0]:
            recording, self._recording = self._recording[1], None
            self._check_recording(recording)

    def _check_recording(self, recording: Any) -> None:
        """A recorded file must hold what was sent in its offsets, bin for bin."""
        recording.stop(wait=True)
        if recording.error is not None:
            raise Fault(f"recording failed: {recording.error}")
        toa = ld.bins(0, 71.43, n=100, unit="ms")
        view = ld.open(recording.path)["detector"].histogram(toa=toa)
        snapshot = view.snapshot()
        self._watched(view).compare(snapshot)
        n = snapshot.ledger.seen
        if not n:
            raise Fault(f"{recording.path.name} is empty")
        self.n_events_recorded += n
