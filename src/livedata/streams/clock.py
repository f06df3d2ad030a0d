"""Data clocks: how far a stream has come in its own time, whatever nonsense some messages claim.

A time from 1970 or from next year must not move a clock, else one bad message stops everything that waits for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EARLIEST_NS = 631_152_000 * 1_000_000_000
"""1990-01-01 UTC: nothing older was ever recorded by the electronics that write these messages."""
FUTURE_NS = 3_600 * 1_000_000_000
"""How far a time may lie ahead of its record time (or of the wall clock) and still be believed."""
REPLAY_NS = 24 * 3_600 * 1_000_000_000
"""Data older than this while they arrive are a replay, not a delay."""


def newest_plausible(times_ns: NDArray[np.int64], now_ns: int) -> int | None:
    """Return the latest believable time, or None if there is none.

    Parameters
    ----------
    times_ns
        Any times, ns since 1970, any shape.
    now_ns
        Record time of the messages, or the wall clock.
    """
    if not len(times_ns):
        return None
    # Most messages have one time, and there are many of them: numpy's maximum takes ten times as long.
    newest = int(times_ns[0]) if len(times_ns) == 1 else int(times_ns.max())
    if EARLIEST_NS <= newest <= now_ns + FUTURE_NS:
        return newest
    sound = times_ns[(times_ns >= EARLIEST_NS) & (times_ns <= now_ns + FUTURE_NS)]
    return int(sound.max()) if len(sound) else None


def describe_age(data_ns: int | None, now_ns: int) -> str:
    """Say for people how old data are: ``0.2 s old``, ``replay of 2016-04-12``, ``no data yet``."""
    if data_ns is None:
        return "no data yet"
    age_s = (now_ns - data_ns) / 1e9
    if (now_ns - data_ns) > REPLAY_NS:
        return f"replay of {np.datetime64(data_ns, 'ns').astype('datetime64[D]')}"
    if age_s < 0.05:
        return "now"
    if age_s < 120:
        return f"{age_s:.1f} s old"
    return f"{age_s / 60:.0f} min old" if age_s < 7200 else f"{age_s / 3600:.1f} h old"


def describe_span(first_ns: int | None, last_ns: int | None) -> str:
    """Say for people from when to when, in UTC, to the second.

    Examples
    --------
    >>> describe_span(1_460_429_932_000_000_000, 1_460_429_961_900_000_000)
    '2016-04-12 02:58:52 … 02:59:21'
    >>> describe_span(1_460_429_932_000_000_000, None)
    '2016-04-12 02:58:52 …'
    """
    first, last = (
        "" if ns is None else str(np.datetime64(ns, "ns").astype("datetime64[s]")).replace("T", " ")
        for ns in (first_ns, last_ns)
    )
    if first and first[:10] == last[:10]:
        last = last[11:]
    return f"{first} … {last}".strip()
