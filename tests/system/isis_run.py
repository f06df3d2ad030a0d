"""A run with periods as ISIS sends it: frames of one pu00 and some ev44, logs with alarms and units, vetoes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from livedata.testing import message_bytes
from tests.system.madeup import N_PARTITIONS, UNKNOWN, Entry, MadeUpRun, Message, interleaved

FRAME_NS = 100_000_000
N_PERIODS = 3
VETO_NAMES = ("FIFO", "SMP", "TS2 pulse", "wrong pulse", "slow", "run control", *[""] * 25, "fast chopper")
N_PIXELS = 600


class FrameNote(NamedTuple):
    """The numbers of a pu00; None where it leaves one out."""

    vetos: int | None
    period_number: int | None
    proton_charge: float | None


NO_NOTE = FrameNote(None, None, None)


def isis_run(start_ns: int, *, n_frames: int = 240, seed: int = 5) -> MadeUpRun:
    """Make up a run that begins at `start_ns`, a multiple of a millisecond."""
    rng = np.random.default_rng(seed)
    run = MadeUpRun({"events": N_PARTITIONS, "sampleEnv": 1, "runInfo": 1, "vetoConfig": 1})
    stop_ns = start_ns + n_frames * FRAME_NS
    names = {"run_name": "9001", "job_id": "9d1f6c1e-0000-4000-8000-000000009001"}
    run.messages += [_run_start(start_ns, names), _vetoes(start_ns, 0b100011)]
    _events_without_note(run, start_ns)
    frames = [_frame(rng, number, start_ns + number * FRAME_NS + 17) for number in range(n_frames)]
    run.messages += _with_logs(interleaved(frames, rng), _logs(run, start_ns, n_frames))
    stop = message_bytes("6s4t", stop_time=stop_ns // 1_000_000, **names)
    run.messages += [_vetoes(stop_ns, 0b100001), Message("runInfo", stop, b"ISIS")]
    return run


def _run_start(start_ns: int, names: dict[str, str]) -> Message:
    pixels = np.arange(1, N_PIXELS + 1, dtype=np.int32)
    value = message_bytes(
        "pl72",
        start_time=start_ns // 1_000_000,
        stop_time=0,
        instrument_name="ISIS",
        n_periods=N_PERIODS,
        detector_spectrum_map={"spectrum": (pixels + 3) // 4, "detector_id": pixels, "n_spectra": N_PIXELS // 4},
        **names,
    )
    return Message("runInfo", value, b"ISIS")


def _vetoes(time_ns: int, mask: int) -> Message:
    value = message_bytes("vc00", timestamp=time_ns, vetoes=mask, veto_names=VETO_NAMES)
    return Message("vetoConfig", value, b"ISIS")


def _events_without_note(run: MadeUpRun, start_ns: int) -> None:
    """Send events before any pu00, to each partition."""
    for partition in range(N_PARTITIONS):
        time_ns = start_ns - FRAME_NS + partition
        events, entry = _events("detector", time_ns, 0, np.array([5, 6], np.int32), np.array([7, 8], np.int32))
        time_ms = time_ns // 1_000_000
        run.messages.append(Message("events", events, None, partition, time_ms, "detector", entry))


def _frame(rng: np.random.Generator, number: int, time_ns: int) -> list[Message]:
    """Make up one frame: a pu00, three in ten without some of its numbers, then messages of events, maybe none."""
    known = rng.random(3) > 0.1
    veto = int(rng.choice([0, 0, 0, 1, 2, 0b100010, 1 << 31]))
    charge = float(np.float32(rng.uniform(0.0, 1.2e-3)))
    note = FrameNote(
        veto if known[0] else None, number // 7 % N_PERIODS if known[1] else None, charge if known[2] else None
    )
    key, time_ms = f"frame {number}".encode(), time_ns // 1_000_000
    ids = {"source_name": "aggregator", "message_id": 8 * number}
    frame = message_bytes("pu00", reference_time=time_ns, **ids, **note._asdict())
    messages = [Message("events", frame, key, time_ms=time_ms)]
    for part in range(int(rng.integers(0, 4))):
        n = int(rng.integers(0, 60))
        toa = np.sort(rng.integers(0, FRAME_NS, n, dtype=np.int32))
        pixels = rng.integers(1, N_PIXELS + 1, n, dtype=np.int32)
        source = "monitor" if part == 2 else "detector"
        value, entry = _events(source, time_ns, 8 * number + part + 1, toa, None if part == 2 else pixels, note)
        messages.append(Message("events", value, key, None, time_ms, source, entry))
    return messages


def _events(
    source: str, time_ns: int, number: int, toa: Any, ids: Any, note: FrameNote = NO_NOTE
) -> tuple[bytes, Entry]:
    ids = np.zeros(0, np.int32) if ids is None else ids
    pulse = {"reference_time": [time_ns], "reference_time_index": [0]}
    value = message_bytes("ev44", source_name=source, message_id=number, **pulse, time_of_flight=toa, pixel_id=ids)
    entry = Entry(
        time_ns,
        len(toa),
        int(toa.astype(np.int64).sum()),
        int(ids.astype(np.int64).sum()),
        UNKNOWN if note.period_number is None else note.period_number,
        UNKNOWN if note.vetos is None else note.vetos,
        note.proton_charge,
    )
    return value, entry


def _logs(run: MadeUpRun, start_ns: int, n_frames: int) -> list[Message]:
    """Say all kinds of things about five process variables."""
    said: list[tuple[str, bytes]] = []

    def say(name: str, schema: str, **fields: Any) -> None:
        said.append((name, message_bytes(schema, source_name=name, **fields)))

    units = {"TEMP": "K", "FIELD": "", "TITLE": None, "SHUTTER": None, "BEAM:PROFILE": "counts"}
    for name, unit in units.items():
        run.variables[name].unit = unit
        say(name, "un00", timestamp=start_ns, units=unit)
        run.variables[name].connections.append((start_ns + 5, 2, "forwarder"))
        say(name, "ep01", timestamp=start_ns + 5, status=2, service_id="forwarder")
    values = {
        "TEMP": lambda i: np.float64(4.2 + 0.01 * i),
        "FIELD": lambda i: np.int32(-i),
        "TITLE": lambda i: f"Probe №{i} – „kalt“",
        "SHUTTER": lambda i: np.uint16(i % 2),
        "BEAM:PROFILE": lambda i: np.arange(i, i + 4, dtype=np.float32),
    }
    for i in range(n_frames // 10):
        for place, (name, value_of) in enumerate(values.items()):
            time_ns, value = start_ns + i * 1_000_000_000 + place * 1_000 + 11, value_of(i)
            variable = run.variables[name]
            variable.time.append(time_ns)
            variable.value.append(value)
            say(name, "f142" if isinstance(value, str) else "f144", timestamp=time_ns, value=value)
            if name == "TEMP" and i % 5 == 0:
                alarm = (time_ns, i // 5 % 4, ("", "HIGH", "HIHI", "COMM")[i // 5 % 4])
                variable.alarms.append(alarm)
                say(name, "al00", timestamp=alarm[0], severity=alarm[1], message=alarm[2])
    return [Message("sampleEnv", value, name.encode()) for name, value in said]


def _with_logs(events: list[Message], logs: list[Message]) -> list[Message]:
    """Spread the logs over the events."""
    step = len(events) // len(logs) + 1
    mixed: list[Message] = []
    for i, message in enumerate(events):
        mixed.append(message)
        if i % step == 0 and logs:
            mixed.append(logs.pop(0))
    return mixed + logs
