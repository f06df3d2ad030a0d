"""Loops over events that compute coordinates: compiled, without the GIL, the same for an event in whatever batch.

Nothing is reordered (no fast mathematics), and every event is computed from its own numbers alone, so that cutting a
stream into batches elsewhere changes not a single bit. `time_of_flight` and `value_of` are the formulas of one event,
for loops that count at once.
"""

# mypy: allow-untyped-decorators, allow-untyped-calls

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types

from .formula import Kind, Stage

_I32 = types.Array(types.int32, 1, "C", readonly=True)
_F64 = types.Array(types.float64, 1, "C", readonly=True)
_TABLE = types.Array(types.float64, 2, "C", readonly=True)
_TIMING = types.UniTuple(types.float64, 3)
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False, "error_model": "numpy"}
_INLINE: dict[str, Any] = {**_OPTIONS, "forceinline": True}

_LINEAR, _AFFINE, _RECIPROCAL, _SQUARE = (int(k) for k in (Kind.LINEAR, Kind.AFFINE, Kind.RECIPROCAL, Kind.SQUARE))
_DIRECT, _INDIRECT, _TRANSFER = int(Kind.DIRECT), int(Kind.INDIRECT), int(Kind.TRANSFER)
_FALL_ANGLE, _FALL_PHI, _FALL_Q = int(Kind.FALL_ANGLE), int(Kind.FALL_PHI), int(Kind.FALL_Q)
_FALL_SPACING, _FALL_VECTOR = int(Kind.FALL_SPACING), int(Kind.FALL_VECTOR)
_FALL_GRAZING = int(Kind.FALL_GRAZING)
_ARRIVAL, _UNWRAP = int(Stage.ARRIVAL), int(Stage.UNWRAP)


@njit(**_INLINE)
def half_sine(across: float, along: float) -> float:
    """Return the sine of half the angle of (along, across), without losing digits at small angles."""
    length = math.sqrt(across * across + along * along)
    if along > 0.0:
        return across / math.sqrt(2.0 * length * (length + along))
    return math.sqrt((length - along) / (2.0 * length))


@njit(**_INLINE)
def look_up(table: Any, row: float, column: float) -> float:
    """Interpolate between the four nearest nodes of a table; NaN outside, and where a node that counts is NaN."""
    n_rows, n_columns = table.shape
    if not (0.0 <= row <= n_rows - 1.0 and 0.0 <= column <= n_columns - 1.0):
        return math.nan
    i = min(int(row), n_rows - 2)
    k = min(int(column), n_columns - 2)
    down = row - i
    right = column - k
    # A node of weight 0 does not count: at a node itself its neighbours may be NaN.
    upper = table[i, k] if right == 0.0 else (1.0 - right) * table[i, k] + right * table[i, k + 1]
    if down == 0.0:
        return upper  # type: ignore[no-any-return]
    lower = table[i + 1, k] if right == 0.0 else (1.0 - right) * table[i + 1, k] + right * table[i + 1, k + 1]
    return (1.0 - down) * upper + down * lower  # type: ignore[no-any-return]


@njit(**_INLINE)
def unwrap(t: float, low: float, emission: float, frame: float) -> float:
    """Return the time of flight: whole frames are added until the time of arrival is in ``[low, low + frame)``."""
    since = t - low
    # Times the reciprocal, which loops work out once, and put right where its rounding went across the edge.
    number = np.floor(since * (1.0 / frame))
    rest = since - number * frame
    number = number + 1.0 if rest >= frame else number
    number = number - 1.0 if rest < 0.0 else number
    return t - number * frame - emission  # type: ignore[no-any-return]


@njit(**_INLINE)
def time_of_flight(stage: int, parameters: Any, pixel: int, t: float, timing: Any, table: Any) -> float:
    """Return the time of flight in ns of one event.

    Parameters
    ----------
    stage
        A `Stage`.
    parameters, pixel
        Those of the formula, and the row in them.
    t
        Time of arrival, with the shift of its entry, in ns.
    timing
        (emission, frame, step) of the formula's timing, as floats.
    table
        Of the formula's timing.
    """
    emission, frame, step = timing
    if stage == _ARRIVAL:
        return t - emission  # type: ignore[no-any-return]
    if stage == _UNWRAP:
        return unwrap(t, parameters[pixel, 0], emission, frame)  # type: ignore[no-any-return]
    return look_up(table, parameters[pixel, 0], (t - np.floor(t / frame) * frame) / step)  # type: ignore[no-any-return]


@njit(**_INLINE)
def value_of(kind: int, parameters: Any, pixel: int, first: int, t: float) -> float:
    """Return the coordinate of one event from its time of flight; NaN where the formula has no answer.

    Parameters
    ----------
    kind
        A `Kind`.
    parameters, pixel
        Those of the formula, and the row in them.
    first
        Column at which the kind's own parameters begin: ``formula.timing.n_columns``.
    t
        Time of flight in ns.
    """
    a = parameters[pixel, first]
    if kind == _LINEAR:
        return a * t  # type: ignore[no-any-return]
    if kind == _AFFINE:
        return a * t + parameters[pixel, first + 1]  # type: ignore[no-any-return]
    if kind == _RECIPROCAL:
        return a / t if t > 0.0 else math.nan
    if kind == _SQUARE:
        return a / (t * t) if t > 0.0 else math.nan
    if kind <= _TRANSFER:
        return inelastic(kind, parameters, pixel, first, t)  # type: ignore[no-any-return]
    if not t > 0.0:
        return math.nan
    return fallen(kind, parameters, pixel, first, a * t)  # type: ignore[no-any-return]


@njit(**_INLINE)
def inelastic(kind: int, parameters: Any, pixel: int, first: int, t: float) -> float:
    """Return energy or momentum transfer; NaN where the neutron would have no time for its second leg."""
    # Computed in any case and thrown away after: a branch that cannot be foretold costs more than a division.
    rest = t - parameters[pixel, first + 1]
    a = parameters[pixel, first]
    c = parameters[pixel, first + 2]
    if kind == _TRANSFER:
        k = a / rest
        value = math.sqrt(abs((c - k) * (c - k) + parameters[pixel, first + 3] * (c * k)))
    else:
        energy = a / (rest * rest)
        value = c - energy if kind == _DIRECT else energy - c
    return value if rest > 0.0 else math.nan


@njit(**_INLINE)
def fallen(kind: int, parameters: Any, pixel: int, first: int, wavelength: float) -> float:
    """Return a coordinate that is corrected for the fall of neutrons of one wavelength in Å; see `value_of`."""
    drop = parameters[pixel, first + 1] * (wavelength * wavelength)
    x = parameters[pixel, first + 2]
    y = parameters[pixel, first + 3] + parameters[pixel, first + 5] * drop
    z = parameters[pixel, first + 4] + parameters[pixel, first + 6] * drop
    scale = parameters[pixel, first + 7]
    if kind <= _FALL_SPACING:
        if kind == _FALL_PHI:
            return math.atan2(y, x)
        across = math.sqrt(x * x + y * y)
        if kind == _FALL_ANGLE:
            return scale * math.atan2(across, z)  # type: ignore[no-any-return]
        sine = half_sine(across, z)
        if kind == _FALL_Q:
            return 4.0 * math.pi * sine / wavelength  # type: ignore[no-any-return]
        return wavelength / (2.0 * sine)  # type: ignore[no-any-return]
    if kind == _FALL_VECTOR:
        length = math.sqrt(x * x + y * y + z * z)
        part = (scale + parameters[pixel, first + 8] * drop) / length
        return 2.0 * math.pi / wavelength * (parameters[pixel, first + 9] - part)  # type: ignore[no-any-return]
    if kind == _FALL_GRAZING:
        if math.isnan(scale):
            return 0.5 * math.atan2(abs(y), z)
        return math.atan2(y, z) - scale  # type: ignore[no-any-return]
    if math.isnan(scale):
        return 4.0 * math.pi * half_sine(abs(y), z) / wavelength  # type: ignore[no-any-return]
    sine = (y * math.cos(scale) - z * math.sin(scale)) / math.sqrt(y * y + z * z)
    return 4.0 * math.pi * sine / wavelength  # type: ignore[no-any-return]


@njit(types.void(_F64, _I32, _I32, types.float64[::1]), **_OPTIONS)
def scale_times(factors: Any, pixels: Any, toa_ns: Any, out: Any) -> None:
    """Write ``factors[pixel] * toa`` for each event, NaN where there is no such pixel; no pixels at all: pixel 0."""
    n_pixels = np.uint64(len(factors))
    if len(pixels) == 0:
        factor = factors[0]
        for i in range(len(toa_ns)):
            out[i] = factor * toa_ns[i]
        return
    for i in range(len(toa_ns)):
        pixel = np.uint64(np.int64(pixels[i]))
        out[i] = factors[pixel] * toa_ns[i] if pixel < n_pixels else np.nan


@njit(types.void(_TABLE, _I32, _I32, _F64, _TIMING, types.float64[::1]), **_OPTIONS)
def scale_unwrapped(parameters: Any, pixels: Any, toa_ns: Any, shift_ns: Any, timing: Any, out: Any) -> None:
    """Write ``a · tof`` of unwrapped times in one loop: wavelengths are the commonest coordinate. Pixels must be given.

    Rows of the parameters are (low, a).
    """
    n_pixels = np.uint64(len(parameters))
    has_shifts = len(shift_ns) > 0
    for i in range(len(toa_ns)):
        t = np.float64(toa_ns[i])
        if has_shifts:
            t += shift_ns[i]
        pixel = np.uint64(np.int64(pixels[i]))
        is_pixel = pixel < n_pixels
        low = parameters[pixel, 0] if is_pixel else np.nan
        a = parameters[pixel, 1] if is_pixel else np.nan
        out[i] = a * unwrap(t, low, timing[0], timing[1])


@njit(types.void(_I32, _F64, types.float64[::1]), **_OPTIONS)
def shift_times(toa_ns: Any, shift_ns: Any, out: Any) -> None:
    """Write the time of arrival with the shift of each event's entry; no shifts: all 0."""
    if len(shift_ns) == 0:
        for i in range(len(toa_ns)):
            out[i] = np.float64(toa_ns[i])
        return
    for i in range(len(toa_ns)):
        out[i] = np.float64(toa_ns[i]) + shift_ns[i]


@njit(types.void(types.int64, _TABLE, _I32, _TIMING, _TABLE, types.float64[::1]), **_OPTIONS)
def to_flight(stage: int, parameters: Any, pixels: Any, timing: Any, table: Any, times: Any) -> None:
    """Turn times of arrival into times of flight, in place; no pixels at all: pixel 0, which then must be there."""
    if stage == _ARRIVAL:
        for i in range(len(times)):
            times[i] -= timing[0]
        return
    n_pixels = np.uint64(len(parameters))
    if len(pixels) == 0:
        for i in range(len(times)):
            times[i] = time_of_flight(stage, parameters, np.uint64(0), times[i], timing, table)
    elif stage == _UNWRAP:
        for i in range(len(times)):
            pixel = np.uint64(np.int64(pixels[i]))
            low = parameters[pixel, 0] if pixel < n_pixels else np.nan
            times[i] = unwrap(times[i], low, timing[0], timing[1])
    else:
        for i in range(len(times)):
            pixel = np.uint64(np.int64(pixels[i]))
            times[i] = time_of_flight(stage, parameters, pixel, times[i], timing, table) if pixel < n_pixels else np.nan


@njit(types.void(types.int64, _TABLE, types.int64, _I32, types.float64[::1]), **_OPTIONS)
def to_value(kind: int, parameters: Any, first: int, pixels: Any, times: Any) -> None:
    """Turn times of flight into the coordinate, in place; NaN where there is no such pixel, or no answer."""
    n_pixels = np.uint64(len(parameters))
    if len(pixels) == 0:
        for i in range(len(times)):
            times[i] = value_of(kind, parameters, np.uint64(0), first, times[i])
        return
    # The commonest have loops of their own, in which nothing is asked again for each event.
    if kind == _LINEAR:
        for i in range(len(times)):
            pixel = np.uint64(np.int64(pixels[i]))
            times[i] = parameters[pixel, first] * times[i] if pixel < n_pixels else np.nan
    elif kind == _RECIPROCAL:
        for i in range(len(times)):
            pixel = np.uint64(np.int64(pixels[i]))
            a = parameters[pixel, first] if pixel < n_pixels else np.nan
            t = times[i]
            times[i] = a / t if t > 0.0 else np.nan
    elif kind == _SQUARE:
        for i in range(len(times)):
            pixel = np.uint64(np.int64(pixels[i]))
            a = parameters[pixel, first] if pixel < n_pixels else np.nan
            t = times[i]
            times[i] = a / (t * t) if t > 0.0 else np.nan
    elif _DIRECT <= kind <= _INDIRECT:
        for i in range(len(times)):
            pixel = np.uint64(np.int64(pixels[i]))
            times[i] = inelastic(kind, parameters, pixel, first, times[i]) if pixel < n_pixels else np.nan
    else:
        for i in range(len(times)):
            pixel = np.uint64(np.int64(pixels[i]))
            times[i] = value_of(kind, parameters, pixel, first, times[i]) if pixel < n_pixels else np.nan


@njit(types.void(_F64, _I32, types.float64[::1]), **_OPTIONS)
def take_values(values: Any, pixels: Any, out: Any) -> None:
    """Write the value of each event's pixel, NaN where there is no such pixel."""
    n_pixels = np.uint64(len(values))
    for i in range(len(pixels)):
        pixel = np.uint64(np.int64(pixels[i]))
        out[i] = values[pixel] if pixel < n_pixels else np.nan
