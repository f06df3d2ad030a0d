"""The source: pulses of events at a fixed rate, logs that sometimes come late, runs, and messages that are no use."""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from dataclasses import replace

import numpy as np

from livedata.streams.runs import Run
from livedata.testing import message_bytes
from livedata.transport import open_transport

from .account import UNSOUND, Account
from .payloads import PER_PULSE, PERIOD_NS, Payload, unsound

EVENTS, LOGS, RUNS = "SOAK_events", "SOAK_logs", "SOAK_runs"
N_PARTITIONS = 3
MS = 1_000_000
LOG_NS = 100_000_000
LATE = 0.15
"""Share of log samples that come late."""
LATEST_NS = 1_500_000_000
STRAGGLER = 0.01
"""Share of event messages that tell of an earlier pulse."""
BEHIND_NS = 500_000_000
"""A source that is further behind its schedule begins a new one."""


class Source:
    """A thread that sends, and keeps account of it.

    Parameters
    ----------
    url
        Of a ``memory://`` log.
    """

    def __init__(self, url: str, pool: list[Payload], seed: int) -> None:
        self.pool = pool
        self.account = Account(EVENTS, N_PARTITIONS, [payload.stream for payload in pool])
        self.n_events = 0
        self.n_messages = 0
        self.n_late = 0
        """Log samples that came late."""
        self.sending_s = 0.0
        self.error: Exception | None = None
        self._rng = np.random.default_rng(seed)
        self._by_stream = {s: [i for i, p in enumerate(pool) if p.stream == s] for s in ("detector", "monitor")}
        self._unsound = unsound(self._rng)
        self._pulses: deque[int] = deque(maxlen=40)
        self._held: list[tuple[int, str, int, float]] = []
        self._run_until_ns = 0
        self._temperature = 5.0
        self._mode = 0
        self._transport = open_transport(url)
        for topic, partitions in ((EVENTS, N_PARTITIONS), (LOGS, 1), (RUNS, 1)):
            self._transport.create_topic(topic, partitions=partitions)
        self._producer = self._transport.producer()
        self._paused = threading.Event()
        self._is_still = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="soak-source", daemon=True)

    @property
    def kept_bytes(self) -> int:
        """What the topics hold."""
        retention = getattr(self._transport, "retention", None)
        return 0 if retention is None else int(retention.kept_bytes)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def pause(self) -> None:
        """Send what was held back, then nothing; returns when that is so."""
        self._paused.set()
        while not self._is_still.wait(0.1) and self._thread.is_alive():
            pass

    def resume(self) -> None:
        """Go on."""
        self._is_still.clear()
        self._paused.clear()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join()
        self._producer.close()
        self._transport.close()

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                self._send_pulses()
                self._send_samples(until_ns=None)
                self._is_still.set()
                while self._paused.is_set() and not self._stop.wait(0.01):
                    pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the soak must end with it
            self.error = error
            self._is_still.set()

    def _send_pulses(self) -> None:
        began, due = time.monotonic(), time.time_ns()
        next_sample = due
        while not self._stop.is_set() and not self._paused.is_set():
            now = time.time_ns()
            if now < due:
                self._stop.wait((due - now) / 1e9)
                continue
            if now - due > BEHIND_NS:
                due = now
            if now >= next_sample:
                self._sample(now)
                next_sample = now + LOG_NS
            self._send_samples(until_ns=now)
            self._follow_runs(now)
            self._send_pulse(due)
            due += PERIOD_NS
        self.sending_s += time.monotonic() - began

    def _send_pulse(self, time_ns: int) -> None:
        self._pulses.append(time_ns)
        for stream in ("detector",) * PER_PULSE + ("monitor",):
            is_straggler = self._rng.random() < STRAGGLER
            number = int(self._rng.choice(self._by_stream[stream]))
            told = int(self._rng.choice(self._pulses)) if is_straggler else time_ns
            self._send(number, told, self.pool[number].at(told))
            self.n_events += self.pool[number].n_events
        if self._rng.random() < 0.15:
            self._send(UNSOUND, time_ns, self._unsound[self._rng.integers(len(self._unsound))])

    def _send(self, number: int, time_ns: int, content: bytes) -> None:
        partition = int(self._rng.integers(N_PARTITIONS))
        expected = self.account.note(partition, number, time_ns)
        found: list[int] = []
        self._producer.produce(EVENTS, content, partition=partition, on_delivery=lambda d: found.append(d.offset))
        if found != [expected]:
            raise AssertionError(f"message {expected} of partition {partition} was stored at offset {found}")
        self.n_messages += 1

    # Logs and runs

    def _sample(self, time_ns: int) -> None:
        """Take samples of the logs; some of them travel for a while."""
        self._temperature = float(np.clip(self._temperature + self._rng.normal(), 0, 10))
        if self._rng.random() < 0.02:
            self._mode += 1
        for log, value in (("temperature", self._temperature), ("mode", float(self._mode))):
            is_late = bool(self._pulses) and self._rng.random() < LATE
            late_ns = int(self._rng.integers(LATEST_NS)) if is_late else 0
            self.n_late += is_late
            heapq.heappush(self._held, (time_ns + late_ns, log, time_ns, value))

    def _send_samples(self, until_ns: int | None) -> None:
        while self._held and (until_ns is None or self._held[0][0] <= until_ns):
            _, log, time_ns, value = heapq.heappop(self._held)
            self.account.note_sample(log, time_ns, value)
            content = message_bytes("f144", source_name=log, timestamp=time_ns, value=np.float64(value))
            self._producer.produce(LOGS, content)

    def _follow_runs(self, now_ns: int) -> None:
        if now_ns < self._run_until_ns:
            return
        runs = self.account.runs
        start_ms = now_ns // MS
        if runs and runs[-1].stop_ns is None:
            done = replace(runs[-1], stop_ns=start_ms * MS)
            self.account.note_run(done)
            self._producer.produce(
                RUNS, message_bytes("6s4t", run_name=done.name, job_id=done.job_id, stop_time=start_ms)
            )
            self._run_until_ns = now_ns + int(self._rng.integers(200, 3000)) * MS
            return
        name = f"run {len(runs) + 1}"
        self.account.note_run(Run(name, start_ms * MS, None, name))
        self._producer.produce(
            RUNS, message_bytes("pl72", run_name=name, job_id=name, start_time=start_ms, stop_time=0)
        )
        self._run_until_ns = now_ns + int(self._rng.integers(4000, 12000)) * MS
