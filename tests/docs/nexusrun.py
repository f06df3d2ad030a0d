"""A small NeXus file with geometry: banks of pixels, events, monitors and logs, as an instrument would leave it."""

from __future__ import annotations

from dataclasses import dataclass, field

import h5py
import numpy as np

START = "2026-03-01T08:00:00Z"
START_NS = 1_772_352_000_000_000_000


@dataclass
class Bank:
    """One detector, or a monitor if it has no pixels: positions in metres, shape (rows, columns, 3)."""

    positions: np.ndarray
    first_id: int = 1
    pixel: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """Of each event, its place in the bank, counted along rows."""
    toa_ns: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    pulse: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    is_monitor: bool = False


def write_run(path, *, source_z, period_ns, n_pulses, banks, logs=None, name="TEST"):
    """Write the file; logs are ``{name: (times in s, values, unit)}``."""
    with h5py.File(path, "w") as file:
        file.attrs["NX_class"] = "NXroot"
        entry = _group(file, "entry", "NXentry")
        entry["start_time"] = START
        instrument = _group(entry, "instrument", "NXinstrument")
        instrument["name"] = name
        _placed(_group(instrument, "source", "NXsource"), (0.0, 0.0, source_z))
        _placed(_group(entry, "sample", "NXsample"), (0.0, 0.0, 0.0))
        times = START_NS + period_ns * np.arange(n_pulses)
        for bank_name, bank in banks.items():
            _write_bank(entry, instrument, bank_name, bank, times)
        for log_name, (seconds, values, unit) in (logs or {}).items():
            log = _group(entry, log_name, "NXlog")
            log["time"] = np.asarray(seconds, np.float64)
            log["time"].attrs.update(units="s", start=START)
            log["value"] = values
            log["value"].attrs["units"] = unit
    return path


def _write_bank(entry, instrument, name, bank, times):
    middle = bank.positions.reshape(-1, 3).mean(axis=0)
    detector = _group(entry if bank.is_monitor else instrument, name, "NXmonitor" if bank.is_monitor else "NXdetector")
    _placed(detector, middle)
    if not bank.is_monitor:
        shape = bank.positions.shape[:2]
        detector["detector_number"] = np.arange(bank.first_id, bank.first_id + np.prod(shape), dtype="i4").reshape(
            shape
        )
        for axis, offsets in zip("xyz", np.moveaxis(bank.positions - middle, -1, 0), strict=True):
            detector[f"{axis}_pixel_offset"] = offsets
            detector[f"{axis}_pixel_offset"].attrs["units"] = "m"
    order = np.argsort(bank.pulse, kind="stable")
    events = _group(detector, f"{name}_events", "NXevent_data")
    if not bank.is_monitor:
        events["event_id"] = (bank.pixel[order] + bank.first_id).astype("u4")
    events["event_time_offset"] = bank.toa_ns[order].astype("i4")
    events["event_time_offset"].attrs["units"] = "ns"
    events["event_time_zero"] = times
    events["event_time_zero"].attrs["units"] = "ns"
    events["event_time_zero"].attrs["offset"] = "1970-01-01T00:00:00Z"
    events["event_index"] = np.searchsorted(bank.pulse[order], np.arange(len(times))).astype("u8")


def _placed(group, position):
    group["depends_on"] = "transformations/place"
    place = _group(group, "transformations", "NXtransformations").create_dataset(
        "place", data=float(np.linalg.norm(position))
    )
    vector = np.asarray(position, np.float64)
    norm = np.linalg.norm(vector)
    place.attrs["units"] = "m"
    place.attrs["transformation_type"] = "translation"
    place.attrs["vector"] = vector / norm if norm else np.array([0.0, 0.0, 1.0])
    place.attrs["depends_on"] = "."


def _group(parent, name, nx_class):
    made = parent.create_group(name)
    made.attrs["NX_class"] = nx_class
    return made
