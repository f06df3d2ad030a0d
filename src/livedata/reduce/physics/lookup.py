"""Lookup tables: wavelength by distance and time of arrival, as a chopper cascade or a simulation gives them.

They serve where no formula does: several choppers, pulse skipping, wavelength frame multiplication.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError, FileError, MissingExtra
from .constants import H_OVER_M
from .formula import Stage, Timing

Floats = NDArray[np.float64]
EVEN = 1e-6
"""How far, in steps, a node may lie from where even spacing puts it."""


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """Wavelength as a function of flight path and time of arrival in the frame.

    Between nodes, wavelength times distance is interpolated bilinearly: that is a time of flight, which is straight
    where the wavelength is not. Where a node that counts is NaN no neutron can arrive, and the result is NaN.

    Raises
    ------
    ArgumentError
        If shapes do not fit, nodes are not evenly spaced, or the times do not span one frame from 0.
    """

    distances: Floats
    """From the source, in m, increasing and evenly spaced, shape (distance,)."""
    times: Floats
    """Of arrival after the first pulse of the frame, in ns, evenly spaced from 0 to one frame, shape (time,)."""
    wavelengths: Floats
    """In Å, shape (distance, time); NaN where no neutron arrives."""
    period: float
    """Pulse period in ns."""
    stride: int = 1
    """Every how many pulses the choppers let one through; a frame is this many periods."""
    spread: Floats | None = None
    """Standard deviation over mean of the wavelengths that meet at a node, shape (distance, time)."""
    choppers: str = ""
    """For which chopper settings it was made, for people."""

    def __post_init__(self) -> None:
        shape = (len(self.distances), len(self.times))
        for name, array in (("wavelengths", self.wavelengths), ("spread", self.spread)):
            if array is not None and array.shape != shape:
                raise ArgumentError(f"{name} of a lookup table has shape {array.shape}; expected {shape}")
        _step("distances", self.distances)
        step = _step("times", self.times)
        frame = self.period * self.stride
        if abs(self.times[0]) > EVEN * step or abs(self.times[-1] - frame) > EVEN * step:
            raise ArgumentError(
                f"times of a lookup table go from {self.times[0]} to {self.times[-1]} ns; expected one frame from 0 to "
                f"{frame} ns (period {self.period} ns times stride {self.stride})"
            )

    def limited(self, spread: float) -> LookupTable:
        """Return the table without the nodes at which wavelengths spread more than this, relative to their mean."""
        if self.spread is None:
            raise ArgumentError("this lookup table carries no spread of wavelengths; expected one made with it")
        return replace(self, wavelengths=np.where(self.spread > spread, np.nan, self.wavelengths))

    def timing(self, *, is_shifted: bool) -> Timing:
        """Return what the loops need: times of flight at the nodes."""
        flights = np.ascontiguousarray(self.wavelengths * self.distances[:, np.newaxis] / H_OVER_M)
        step = float(self.times[-1]) / (len(self.times) - 1)
        return Timing(Stage.TABLE, 0.0, self.period * self.stride, flights, step, is_shifted)

    def rows(self, ltotal: Floats, wanted: str, where: str) -> Floats:
        """Return the row of each flight path in the table, with its fraction, shape (pixel,).

        Raises
        ------
        ArgumentError
            If the table serves none of the pixels.
        """
        known = ltotal[np.isfinite(ltotal)]
        low, high = float(self.distances[0]), float(self.distances[-1])
        if len(known) and not np.any((known >= low) & (known <= high)):
            raise ArgumentError(
                f"{wanted}: lookup table {where} covers flight paths from {low:g} to {high:g} m, but pixels are at "
                f"{known.min():g} to {known.max():g} m; give the table of this detector"
            )
        return np.asarray((ltotal - low) / ((high - low) / (len(self.distances) - 1)))


def write_table(table: LookupTable, path: str | Path) -> None:
    """Write a lookup table as a NumPy archive (``.npz``) with the fields of `LookupTable` as its arrays.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    fields: dict[str, Any] = {
        "distances": table.distances,
        "times": table.times,
        "wavelengths": table.wavelengths,
        "period": np.float64(table.period),
        "stride": np.int64(table.stride),
        "choppers": np.str_(table.choppers),
    }
    if table.spread is not None:
        fields["spread"] = table.spread
    try:
        with Path(path).open("wb") as file:
            np.savez(file, **fields)
    except OSError as error:
        raise FileError(f"cannot write lookup table {path}: {error}; give a place that can be written to") from error


def read_table(path: str | Path) -> LookupTable:
    """Read a lookup table: one of ours, or an HDF5 file that ess.reduce wrote.

    Of the latter the fields ``array`` (dims distance, event_time_offset; wavelength or time of flight),
    ``pulse_period`` and ``pulse_stride`` are read; it needs scipp.

    Raises
    ------
    FileError
        If the file cannot be read, or holds no lookup table.
    MissingExtra
        If it is one of ess.reduce and scipp is not installed.
    """
    try:
        with Path(path).open("rb") as file:
            is_archive = file.read(2) == b"PK"
            file.seek(0)
            return _from_archive(file) if is_archive else _from_scipp(path)
    except MissingExtra:
        raise
    except Exception as error:  # whatever a foreign file makes the libraries run into
        raise FileError(
            f"cannot read lookup table {path}: {error}; expected a file made by write_table, or the HDF5 file of a "
            "lookup table of ess.reduce"
        ) from error


def table_of(path: str) -> LookupTable:
    """Read a lookup table, once as long as the file does not change."""
    try:
        status = Path(path).stat()
    except OSError as error:
        raise FileError(f"cannot read lookup table {path}: {error}; correct flight table=…") from error
    return _cached(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _cached(path: str, changed_ns: int, size: int) -> LookupTable:
    return read_table(path)


def _from_archive(file: BinaryIO) -> LookupTable:
    with np.load(file, allow_pickle=False) as data:
        distances, times, wavelengths = (
            np.asarray(data[name], np.float64) for name in ("distances", "times", "wavelengths")
        )
        return LookupTable(
            distances,
            times,
            wavelengths,
            float(data["period"]),
            int(data["stride"]),
            np.asarray(data["spread"], np.float64) if "spread" in data else None,
            str(data["choppers"]) if "choppers" in data else "",
        )


def _from_scipp(path: str | Path) -> LookupTable:
    try:
        import scipp
    except ImportError:
        raise MissingExtra("reading a lookup table of ess.reduce", "scipp") from None
    held: Any = scipp.io.load_hdf5(path)
    is_group = isinstance(held, scipp.DataGroup)
    array: Any = held["array"] if is_group else held
    scalars: Any = held if is_group else held.coords  # older tables carry them as coordinates
    array = array.transpose(["distance", "event_time_offset"])
    distances = array.coords["distance"].to(unit="m", dtype="float64").values
    values = array.data.values.astype(np.float64)
    spread = None
    if array.variances is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.sqrt(array.variances) / values
    if array.unit == scipp.Unit("angstrom") or array.unit == scipp.Unit("nm"):
        wavelengths = values * scipp.scalar(1.0, unit=array.unit).to(unit="angstrom").value
    else:
        flights = values * scipp.scalar(1.0, unit=array.unit).to(unit="ns").value
        wavelengths = H_OVER_M * flights / distances[:, np.newaxis]
    stride = scalars["pulse_stride"]
    return LookupTable(
        distances,
        array.coords["event_time_offset"].to(unit="ns", dtype="float64").values,
        wavelengths,
        float(scalars["pulse_period"].to(unit="ns", dtype="float64").value),
        int(getattr(stride, "value", stride)),
        spread,
    )


def _step(name: str, nodes: Floats) -> float:
    """Return the distance between evenly spaced nodes."""
    if nodes.ndim != 1 or len(nodes) < 2 or not np.isfinite(nodes).all():
        raise ArgumentError(f"{name} of a lookup table have shape {nodes.shape}; expected at least two finite numbers")
    step = float(nodes[-1] - nodes[0]) / (len(nodes) - 1)
    off = np.abs(nodes - (nodes[0] + step * np.arange(len(nodes)))).max()
    if not 0 < step < math.inf or off > EVEN * step:
        raise ArgumentError(f"{name} of a lookup table do not increase evenly (off by {off / step:.2g} steps)")
    return step
