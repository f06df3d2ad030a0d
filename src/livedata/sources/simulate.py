"""A simulated instrument: a powder diffractometer whose events, logs and runs fill three topics in real time.

What it sends depends on seed, rate and pulse number alone; the clock only decides when. See `schedule` for the order
of messages, `diffractometer` for the physics and `truth` for the account.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout, layout
from ..schemas import encode, encode_ev44, encode_f144, message_class
from ..streams.feed import Progress
from ..transport import Transport
from . import crystal, schedule
from .announcement import MS, demo_structure, job_id, run_start, run_stop
from .beam import PERIOD_NS, PULSES_PER_S
from .diffractometer import (
    SHAPE,
    detector_geometry,
    draw_detector,
    draw_monitor,
    monitor_geometry,
    temperature_step,
)
from .outbox import Outbox
from .pace import Speed, checked_speed
from .source import Source
from .truth import SentEvents, Truth, TruthBook

MONITOR_SHARE = 0.1
EVENTS_PER_MESSAGE = 20_000
UNITS = {"temperature": "K", "chopper_speed": "Hz"}
NO_PIXELS = np.zeros(0, np.int32)
STREAM_NUMBERS = {"detector": 0, "monitor": 1, "temperature": 2, "chopper_speed": 3}


class Simulation(Source):
    """The running simulated instrument. Made by `start_simulation`."""

    def __init__(
        self,
        transport: Transport | str,
        *,
        rate: float,
        seed: int,
        name: str,
        n_pulses: int | None,
        partitions: int,
        factor: float | None,
        start_ns: int | None,
    ) -> None:
        super().__init__(name, transport, factor)
        self.rate = rate
        self.seed = seed
        self.start_ns = start_ns
        """Reference time of pulse 0, ns since 1970; None until the first message."""
        self.events_topic, self.logs_topic, self.runs_topic = (
            f"{name}_{kind}" for kind in ("events", "sampleEnv", "runInfo")
        )
        self._n_pulses = n_pulses
        self._n_partitions = partitions
        self._per_pulse = {
            "detector": rate * (1 - MONITOR_SHARE) / PULSES_PER_S,
            "monitor": rate * MONITOR_SHARE / PULSES_PER_S,
        }
        self._n_parts = min(8, max(2, math.ceil(self._per_pulse["detector"] / EVENTS_PER_MESSAGE)))
        self._book = TruthBook(tuple(self._per_pulse))
        self._message_ids: defaultdict[str, int] = defaultdict(int)
        self._newest_pulse = -1
        self._create_topics()

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """Where pixels stand, by stream name."""
        return {"detector": layout(SHAPE, first_id=1)}

    @property
    def geometries(self) -> Mapping[str, Callable[..., Geometry]]:
        """Where the pixels of the detector and the monitor are, by stream name; nothing moves, whatever a log says."""
        detector, monitor = detector_geometry(), monitor_geometry()
        return {"detector": lambda _=None: detector, "monitor": lambda _=None: monitor}

    @property
    def truth(self) -> Truth:
        """All that was sent so far, counted here; after the end exactly what was delivered."""
        return self._book.snapshot()

    @property
    def progress(self) -> Progress:
        """Pulses sent, of those asked for."""
        return Progress(self._newest_pulse + 1, self._n_pulses or 0, "pulses")

    def _create_topics(self) -> None:
        self._transport.create_topic(self.events_topic, partitions=self._n_partitions)
        self._transport.create_topic(self.logs_topic)
        self._transport.create_topic(self.runs_topic)
        # A topic that was there before may have fewer partitions than asked for.
        self._n_partitions = self._transport.topics().get(self.events_topic, self._n_partitions)

    def _produce(self, outbox: Outbox) -> None:
        # Drawn once before the clock starts: the first picture of the crystal takes a third of a second to compute.
        draw_detector(np.random.default_rng(0), 1, temperature_step(crystal.temperature_k(0)))
        if self.start_ns is None:
            # As fast as it goes, a known length of data ends now rather than in the future.
            back = self._n_pulses * PERIOD_NS if self._n_pulses and self._pace.is_unpaced else 0
            self.start_ns = time.time_ns() - back
        self._pace.begin()
        for stream, unit in UNITS.items():
            self._send_unit(outbox, stream, unit, self.start_ns)
        for item in schedule.timeline(self.seed, self._n_parts, n_pulses=self._n_pulses):
            if not self._pace.until(item.due_ns):
                break
            if isinstance(item, schedule.EventMessage):
                self._send_events(outbox, item)
            elif isinstance(item, schedule.LogMessage):
                self._send_sample(outbox, item)
            else:
                self._send_run(outbox, item)
        self._stop_open_run(outbox)

    def _send_events(self, outbox: Outbox, item: schedule.EventMessage) -> None:
        sent = self._content(item)
        value = encode_ev44(
            item.stream,
            self._message_ids[item.stream],
            np.array(sent.times, np.int64),
            np.concatenate(([0], np.cumsum(sent.sizes[:-1]))).astype(np.int32),
            sent.toa,
            sent.pixel_id if sent.pixel_id is not None else NO_PIXELS,
        )
        # Counted first: a reader may have the message before `send` returns, and no reader knows more than the truth.
        self._book.add_events(sent)
        outbox.send(
            self.events_topic,
            value,
            partition=sent.partition,
            on_failure=lambda: self._book.add_events(self._content(item), sign=-1),
        )
        self._message_ids[item.stream] += 1
        self._newest_pulse = max(self._newest_pulse, *item.pulses)

    def _content(self, item: schedule.EventMessage) -> SentEvents:
        """Make the events of a message; the same for the same item."""
        assert self.start_ns is not None
        pixels, toas = [], []
        first = min(item.pulses)
        rng = np.random.Generator(np.random.SFC64([self.seed, first, STREAM_NUMBERS[item.stream], item.part]))
        for pulse in item.pulses:
            n = int(rng.poisson(self._per_pulse[item.stream] / item.n_parts))
            if item.stream == "monitor":
                toas.append(draw_monitor(rng, n))
                continue
            ids, toa = draw_detector(rng, n, temperature_step(crystal.temperature_k(pulse / PULSES_PER_S)))
            pixels.append(ids)
            toas.append(toa)
        return SentEvents(
            stream=item.stream,
            partition=(first + item.part) % self._n_partitions,
            times=tuple(self.start_ns + pulse * PERIOD_NS for pulse in item.pulses),
            runs=tuple(schedule.run_of(pulse) for pulse in item.pulses),
            sizes=tuple(len(toa) for toa in toas),
            pixel_id=_joined(pixels) if pixels else None,
            toa=_joined(toas),
        )

    def _send_sample(self, outbox: Outbox, item: schedule.LogMessage) -> None:
        assert self.start_ns is not None
        rng = np.random.Generator(np.random.SFC64([self.seed, item.number, STREAM_NUMBERS[item.stream]]))
        if item.stream == "temperature":
            value = crystal.temperature_k(item.time_ns / 1e9) + 0.02 * rng.standard_normal()
        else:
            value = PULSES_PER_S + 0.003 * rng.standard_normal()
        time_ns = self.start_ns + item.time_ns
        self._book.add_sample(item.stream, time_ns, value)
        outbox.send(
            self.logs_topic,
            encode_f144(item.stream, time_ns, np.float64(value)),
            key=item.stream.encode(),
            on_failure=lambda: self._book.add_sample(item.stream, time_ns, value, sign=-1),
        )

    def _send_unit(self, outbox: Outbox, stream: str, unit: str, time_ns: int) -> None:
        self._book.add_unit(stream)
        outbox.send(
            self.logs_topic,
            encode(message_class("un00")(source_name=stream, timestamp=time_ns, units=unit)),
            key=stream.encode(),
            on_failure=lambda: self._book.add_unit(stream, sign=-1),
        )

    def _send_run(self, outbox: Outbox, item: schedule.RunMessage) -> None:
        assert self.start_ns is not None
        first = item.number * schedule.PULSES_PER_RUN
        pulse = first if item.is_start else first + schedule.PULSES_IN_RUN
        time_ns = (self.start_ns + schedule.boundary_ns(pulse)) // MS * MS
        run, job = str(item.number + 1), job_id(self.name, self.seed, self.start_ns, item.number)
        if item.is_start:
            structure = demo_structure(self.name, self.events_topic, self.logs_topic)
            self._book.start_run(item.number, run, time_ns)
            value = run_start(
                start_ns=time_ns, run=run, instrument=self.name, job=job, structure=structure,
                file_name=f"{self.name}_{run}.nxs",
            )  # fmt: skip
        else:
            self._book.stop_run(item.number, time_ns)
            value = run_stop(stop_ns=time_ns, run=run, job=job)
        outbox.send(self.runs_topic, value, key=self.name.encode(), on_failure=lambda: self._book.add_undelivered(1))

    def _stop_open_run(self, outbox: Outbox) -> None:
        """End the run that is going on when the source ends, after all that was sent in it."""
        number = self._book.open_run()
        if number is None or self.start_ns is None:
            return
        time_ns = (self.start_ns + self._newest_pulse * PERIOD_NS + PERIOD_NS // 2) // MS * MS
        self._book.stop_run(number, time_ns)
        job = job_id(self.name, self.seed, self.start_ns, number)
        value = run_stop(stop_ns=time_ns, run=str(number + 1), job=job)
        outbox.send(self.runs_topic, value, key=self.name.encode(), on_failure=lambda: self._book.add_undelivered(1))

    def _facts(self) -> list[str]:
        name, state, share, *alerts = super()._facts()
        run = self._book.open_run()
        runs = [] if run is None else [f"run {run + 1}"]
        return [f"simulated instrument {name}", state, f"{self.rate:.3g} events/s", share, *runs, *alerts]


def _joined(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def start_simulation(
    transport: Transport | str,
    *,
    rate: float = 1e6,
    seed: int = 0,
    name: str = "DEMO",
    duration: float | None = None,
    partitions: int = 3,
    speed: Speed = 1.0,
    start_ns: int | None = None,
) -> Simulation:
    """Start the simulated instrument and return its handle at once.

    Topics are ``{name}_events`` (streams ``detector``, 256 x 256 pixels from 1, and ``monitor``, without pixels),
    ``{name}_sampleEnv`` (``temperature`` in K, ``chopper_speed`` in Hz) and ``{name}_runInfo``. A simulation of the
    same name that this process already runs on the same transport is stopped first.

    Parameters
    ----------
    transport
        An open transport or an address.
    rate
        Events per second of data, a tenth of them in the monitor.
    seed
        Decides about every number; the content of pulse n is the same for the same seed and rate.
    name
        Instrument name, in front of the topics.
    duration
        Length in seconds of data; without one it goes on until `stop`.
    partitions
        Partitions of the event topic.
    speed
        Seconds of data in a second; ``"max"`` for as fast as it goes.
    start_ns
        Reference time of the first pulse, ns since 1970; now if not given, or `duration` ago at ``speed="max"``.

    Raises
    ------
    ArgumentError
        If a number cannot be used.
    TransportError
        If the topics cannot be made.
    """
    if not (math.isfinite(rate) and 0 < rate <= 1e9):
        raise ArgumentError(f"rate is {rate!r}; expected events per second, more than 0 and at most 1e9")
    if duration is not None and not (math.isfinite(duration) and duration > 0):
        raise ArgumentError(f"duration is {duration!r}; expected seconds, more than 0")
    if seed < 0:
        raise ArgumentError(f"seed is {seed!r}; expected an integer, 0 or more")
    if partitions < 1:
        raise ArgumentError(f"partitions is {partitions!r}; expected 1 or more")
    simulation = Simulation(
        transport,
        rate=float(rate),
        seed=int(seed),
        name=name,
        n_pulses=None if duration is None else max(1, round(duration * PULSES_PER_S)),
        partitions=partitions,
        factor=checked_speed(speed),
        start_ns=start_ns,
    )
    return simulation.start("simulation", name)
