"""Times as files write them, to integer nanoseconds since 1970 UTC, exactly where the file is exact."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPOCH = "1970-01-01T00:00:00Z"
ABSOLUTE = 10**15
"""Integers without a unit above this are nanoseconds since 1970 (it is 12 days in ns, 31 million years in s)."""

_ISO = re.compile(
    r"^\s*(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?\s*"
    r"(Z|z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?\s*$"
)

_UNITS_NS: dict[str, int] = {
    "ns": 1, "nanosecond": 1, "nanoseconds": 1, "nsec": 1, "10^-9 s": 1,
    "us": 1_000, "µs": 1_000, "μs": 1_000, "microsecond": 1_000, "microseconds": 1_000, "usec": 1_000,
    "microsec": 1_000, "microsecs": 1_000,
    "ms": 1_000_000, "millisecond": 1_000_000, "milliseconds": 1_000_000, "msec": 1_000_000,
    "s": 10**9, "sec": 10**9, "secs": 10**9, "second": 10**9, "seconds": 10**9,
    "min": 60 * 10**9, "minute": 60 * 10**9, "minutes": 60 * 10**9,
    "h": 3600 * 10**9, "hour": 3600 * 10**9, "hours": 3600 * 10**9,
}  # fmt: skip


def unit_ns(unit: str) -> int | None:
    """Return how many nanoseconds the unit is, or None if it is no known unit of time.

    Examples
    --------
    >>> unit_ns("microseconds"), unit_ns("furlong")
    (1000, None)
    """
    text = unit.strip()
    return _UNITS_NS.get(text, _UNITS_NS.get(text.lower()))


def parse_moment(text: str) -> int | None:
    """Return ns since 1970 of an ISO 8601 time, to the last digit of its fraction; None if it is none.

    A time without a zone is taken as UTC. Digits beyond the ninth are cut.

    Examples
    --------
    >>> parse_moment("2021-09-09T09:40:12.425250667-04:00")
    1631194812425250667
    >>> parse_moment("yesterday") is None
    True
    """
    found = _ISO.match(text.strip("\x00"))
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        # Seconds are added apart: files know 60 (a leap second, or a rounding).
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)
    except ValueError:
        return None
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) + int(second or 0)
    if zone and zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        shift = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
        whole -= shift if zone[0] == "+" else -shift
    return whole * 10**9 + int((fraction or "").ljust(9, "0")[:9])


def format_moment(time_ns: int) -> str:
    """Return an ISO 8601 text in UTC with nine digits, such as ``2016-04-12T02:58:52.000000000Z``."""
    second, rest = divmod(time_ns, 10**9)
    try:
        whole = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    except OverflowError:
        return EPOCH
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


@dataclass(frozen=True, slots=True)
class TimeScale:
    """How the numbers of a time dataset become ns since 1970: ``number * unit_ns + start_ns``."""

    unit_ns: int
    start_ns: int
    remarks: tuple[str, ...] = ()

    def to_ns(self, numbers: NDArray[Any]) -> tuple[NDArray[np.int64], dict[str, int]]:
        """Convert to int64 ns, shape kept; with counts of what could not be represented.

        Integers are exact; uint64 beyond int64 keep their bits. Floats are scaled as float64, rounded half to even,
        then shifted as integers. What leaves int64 (or is no number) is put at the end of its range and counted.
        """
        counts: dict[str, int] = {}
        if numbers.dtype.kind in "iu" and self.unit_ns == 1 and self.start_ns == 0:
            raw = np.ascontiguousarray(numbers)
            if raw.dtype == np.uint64:
                if beyond := int(np.count_nonzero(raw > np.uint64(2**63 - 1))):
                    counts["times beyond int64, bits kept"] = beyond
                return raw.astype("=u8", copy=False).view(np.int64), counts
            return raw.astype(np.int64), counts
        if numbers.dtype.kind in "iub":
            limit = (2**63 - 1 - abs(self.start_ns)) // self.unit_ns
            values = numbers.astype(object) if numbers.dtype == np.uint64 and bool(np.any(numbers > limit)) else None
            if values is None and (not numbers.size or int(np.abs(numbers.astype(np.int64)).max()) <= limit):
                return numbers.astype(np.int64) * self.unit_ns + self.start_ns, counts
            exact = [int(v) * self.unit_ns + self.start_ns for v in numbers.ravel().tolist()]
            inside = [min(max(v, -(2**63)), 2**63 - 1) for v in exact]
            counts["times out of range"] = sum(a != b for a, b in zip(exact, inside, strict=True))
            return np.array(inside, np.int64).reshape(numbers.shape), counts
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = np.rint(numbers.astype(np.float64) * self.unit_ns)
            outside = ~(np.abs(scaled + float(self.start_ns)) < 2.0**63)
            outside |= ~(np.abs(scaled) < 2.0**63)
        if outside.any():
            counts["times out of range"] = int(np.count_nonzero(outside))
            high = outside & (scaled > 0)
            result = np.where(outside, 0, scaled).astype(np.int64) + self.start_ns
            result[outside] = -(2**63)
            result[high] = 2**63 - 1
            return result, counts
        return scaled.astype(np.int64) + self.start_ns, counts
