"""The one conversion of event arrays from files to batches, used by reading and by replay alike.

Live messages and files agree bin for bin because whatever a file holds passes through here first, whether it is
binned from the file or published and binned from the topic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..streams.batch import Int32Array, Int64Array
from .moment import unit_ns

INT32 = np.iinfo(np.int32)
Numbers = NDArray[Any]
Counts = dict[str, int]

UNREPRESENTABLE_OFFSETS = "time offsets outside ±2.147 s"
UNREPRESENTABLE_IDS = "pixel numbers beyond 32 bits"


def offset_scale(unit: str | None) -> int:
    """Return how many ns the unit of time offsets is; an absent or unknown one is µs, as all such files mean it."""
    return (unit_ns(unit) if unit else None) or 1_000


def offsets_to_ns(numbers: Numbers, scale_ns: int) -> tuple[Int32Array, Counts]:
    """Convert times of arrival to int32 ns.

    Parameters
    ----------
    numbers
        As the file holds them, any number type, shape (event,).
    scale_ns
        The unit in ns, from `offset_scale`.

    Returns
    -------
    :
        int32 ns, shape (event,), floats scaled as float64 and rounded half to even; and how many did not fit. Those
        stay in their place, so that counts of events are right, with the nearest end of int32 (the lowest for what is
        no number), where they fall under or over any sensible axis.
    """
    if numbers.dtype.kind in "iub":
        if numbers.dtype == np.int32 and scale_ns == 1:
            return np.ascontiguousarray(numbers.astype(np.int32, copy=False)), {}
        low, high = -(2**31) // scale_ns, (2**31 - 1) // scale_ns
        if not numbers.size or (int(numbers.max()) <= high and int(numbers.min()) >= low):
            return numbers.astype(np.int32) * np.int32(scale_ns) if scale_ns != 1 else numbers.astype(np.int32), {}
        with np.errstate(over="ignore"):
            above = numbers > high
            below = numbers < (low if numbers.dtype.kind == "i" else 0)
        outside = above | below
        result = np.where(outside, 0, numbers).astype(np.int32) * np.int32(scale_ns)
    else:
        with np.errstate(over="ignore"):
            scaled = np.rint(numbers.astype(np.float64) * scale_ns)
        above = scaled > INT32.max
        outside = ~((scaled >= INT32.min) & (scaled <= INT32.max))
        if not outside.any():
            return scaled.astype(np.int32), {}
        result = np.where(outside, 0, scaled).astype(np.int32)
    result[outside] = INT32.min
    result[above] = INT32.max
    return result, {UNREPRESENTABLE_OFFSETS: int(np.count_nonzero(outside))}


def ids_to_int32(numbers: Numbers) -> tuple[Int32Array, Counts]:
    """Convert pixel numbers to int32; uint32 keep their bits, wider ones must fit in 32 bits.

    Returns
    -------
    :
        int32, shape (event,), -1 where a number did not fit, and how many those were.
    """
    dtype = numbers.dtype
    if dtype.kind in "iu" and dtype.itemsize == 4:
        return np.ascontiguousarray(numbers.astype(f"={dtype.kind}4", copy=False)).view(np.int32), {}
    if dtype.kind in "iub" and dtype.itemsize < 4:
        return numbers.astype(np.int32), {}
    if dtype.kind in "iu":
        outside = (numbers > 2**32 - 1) if dtype.kind == "u" else (numbers > 2**32 - 1) | (numbers < INT32.min)
        bits = np.where(outside, 0, numbers).astype(np.int64)
    else:
        rounded = np.rint(numbers.astype(np.float64))
        outside = ~((rounded >= INT32.min) & (rounded <= 2**32 - 1)) | (rounded != numbers.astype(np.float64))
        bits = np.where(outside, 0, rounded).astype(np.int64)
    result = bits.astype(np.uint32).view(np.int32)
    if outside.any():
        result[outside] = -1
        return result, {UNREPRESENTABLE_IDS: int(np.count_nonzero(outside))}
    return result, {}


def index_to_entries(numbers: Numbers, n_entries: int, n_events: int) -> tuple[Int64Array, Counts]:
    """Turn an `event_index` of any kind into one that batches can rely on.

    Parameters
    ----------
    numbers
        As the file holds them, shape (index,).
    n_entries
        Number of reference times.
    n_events
        Number of events.

    Returns
    -------
    :
        int64, shape (n_entries,): rising or level, from 0 to at most `n_events`; and remarks with counts.

    Notes
    -----
    -1 (and the highest uint64, the same bits) marks an entry without events. A missing index makes its entry empty;
    one too many joins the last entry. An index beyond the events ends there, and one that steps back is level with
    the one before. Events before the first entry are counted with it.
    """
    remarks: Counts = {}
    index = (
        numbers.astype("=u8", copy=False).view(np.int64)
        if numbers.dtype.kind == "u" and numbers.dtype.itemsize == 8
        else numbers.astype(np.int64)
    )
    index = index[:n_entries]
    if len(numbers) > n_entries:
        remarks["event_index longer than event_time_zero"] = len(numbers) - n_entries
    elif len(numbers) < n_entries:
        remarks["event_index shorter than event_time_zero; those entries are empty"] = n_entries - len(numbers)
        index = np.concatenate((index, np.full(n_entries - len(numbers), n_events, np.int64)))
    if n_entries == 0:
        return np.zeros(0, np.int64), remarks
    empty = index < 0
    if empty.any():
        if odd := int(np.count_nonzero(index < -1)):
            remarks["event_index negative"] = odd
        # An empty entry begins (and ends) where the next one begins.
        index = np.where(empty, n_events, index)
        if _level(index[~empty]):
            index = np.minimum.accumulate(index[::-1])[::-1]
    if beyond := int(np.count_nonzero(index > n_events)):
        remarks["event_index beyond the events"] = beyond
        index = np.minimum(index, n_events)
    if not _level(index):
        remarks["event_index steps back"] = int(np.count_nonzero(np.diff(index) < 0))
        index = np.maximum.accumulate(index)
    if index[0] != 0:
        remarks["events before the first entry, counted with it"] = int(index[0])
        index = index.copy()
        index[0] = 0
    return index, remarks


def _level(index: Int64Array) -> bool:
    """Whether the numbers never step back."""
    return bool(np.all(index[1:] >= index[:-1]))
