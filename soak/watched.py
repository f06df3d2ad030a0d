"""A view under observation: every result it gives is held against the account."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from livedata.reduce.result.ledger import FATES
from livedata.reduce.result.snapshot import Snapshot
from livedata.reduce.view import View

from .account import Account
from .payloads import Payload
from .truth import Truth

PATIENCE_S = 60.0
"""What has to come must have come by then: the end of a view that has one, and what is right once all is still."""


class Fault(AssertionError):
    """Something is not as it must be."""


class Watched:
    """A view with what is known of it."""

    def __init__(self, view: View, pool: list[Payload], account: Account, *, patience_s: float = PATIENCE_S) -> None:
        self.view = view
        self.patience_s = patience_s
        self.truth = Truth(replace(view.description, normalise=()), view._setting, pool, account)
        self.is_counts = not view.description.normalise
        self.born_s = time.monotonic()
        self.was_behind = False
        self._last = (0, 0)

    @property
    def name(self) -> str:
        """What it is, in a line."""
        d = self.view.description
        said = [axis.name for axis in d.axes] + [str(c) for c in d.filters] + [n.by for n in d.normalise]
        said += [d.window.kind] * (d.window.kind != "all") + [repr(d.region)] * (d.region is not None)
        return f"{self.view.name} ({', '.join(said)})"

    def check(self, snapshot: Snapshot, *, is_whole: bool = True) -> None:
        """Hold a snapshot against the account.

        Parameters
        ----------
        is_whole
            False for a picture, which has fewer dimensions than the truth.

        Raises
        ------
        Fault
            If it does not agree.
        """
        self._check_state(snapshot)
        ledger = snapshot.ledger
        if not ledger.adds_up or min(ledger.to_dict().values()) < 0:
            raise Fault(f"{self.name}: {ledger} does not add up")
        with np.errstate(invalid="ignore"):
            if bool((snapshot.array < 0).any()):
                raise Fault(f"{self.name}: there are bins below zero")
        if not self.is_counts:
            return
        if (n := int(snapshot.array.sum())) != ledger.binned:
            raise Fault(f"{self.name}: {n:,} events in bins, {ledger}")
        if self.view.is_finite and snapshot.state != "complete":
            return  # what it covers and what it counted are one only at the end
        if self.truth.description.window.kind == "all":
            sent = self.truth.n_sent(snapshot, self.view._extent)
            if sent != ledger.seen:
                raise Fault(f"{self.name}: {ledger.seen:,} events seen, but {sent:,} were sent: {snapshot.coverage}")
        if is_whole and not self.truth.follows_logs:
            self.compare(snapshot)

    def compare(self, snapshot: Snapshot) -> None:
        """Compare every bin and every fate with the truth."""
        if (wrong := self.difference(snapshot)) is not None:
            raise Fault(f"{self.name}: {wrong}; {snapshot.coverage}, {snapshot.state}")

    def difference(self, snapshot: Snapshot) -> str | None:
        """Return in what a snapshot differs from the truth; None if it does not."""
        truth = self.truth.expected(snapshot, self.view._extent)
        found = {name: getattr(snapshot.ledger, name) for name in FATES}
        if found != truth.fates:
            wrong = {k: (found[k], n) for k, n in truth.fates.items() if found[k] != n}
            return f"fates counted, and expected: {wrong}"
        if snapshot.array.shape != truth.values.shape and snapshot.array.size:
            return f"{snapshot.array.shape} bins; {truth.values.shape} were expected"
        n = int((snapshot.array != truth.values).sum()) if snapshot.array.size else 0
        return f"{n} bins differ, by {int((snapshot.array - truth.values).sum())} in all" if n else None

    def _check_state(self, snapshot: Snapshot) -> None:
        if self.view.error is not None or snapshot.state == "failed":
            raise Fault(f"{self.name} has failed: {type(self.view.error).__name__}: {self.view.error}")
        self.was_behind = self.was_behind or snapshot.state == "catching up"
        now = (snapshot.generation, snapshot.version)
        if now < self._last:
            raise Fault(f"{self.name}: generation and version went from {self._last} back to {now}")
        self._last = now
        is_late = time.monotonic() - self.born_s > self.patience_s
        if self.view.is_finite and is_late and snapshot.state not in ("complete", "stopped"):
            raise Fault(f"{self.name} is {snapshot.state} after {self.patience_s:.0f} s: {self.view.progress}")
