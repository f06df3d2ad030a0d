"""Moments and spans as people write them, as integer nanoseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..streams.extent import Extent


def to_ns(moment: Any, what: str) -> int | None:
    """Return a moment in ns since 1970; an integer is ns already; texts are ISO 8601, UTC unless they name a zone."""
    if moment is None:
        return None
    if isinstance(moment, np.datetime64):
        return int(moment.astype("datetime64[ns]").astype(np.int64))
    if isinstance(moment, datetime):
        whole = moment.replace(microsecond=0)
        return int(whole.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
    if isinstance(moment, int | np.integer) and not isinstance(moment, bool):
        return int(moment)
    if isinstance(moment, str):
        try:
            parsed = datetime.fromisoformat(moment)
        except ValueError:
            pass
        else:
            return to_ns(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC), what)
    raise ArgumentError(
        f"{what}={moment!r}; expected ns since 1970, a datetime or an ISO time such as '2026-01-31T12:00:00Z'"
    )


def as_extent(start: Any, stop: Any) -> Extent:
    """Return the extent of a run or recording, or the span between two moments."""
    if isinstance(start, Extent):
        return start
    extent = getattr(start, "extent", None)
    if isinstance(extent, Extent):
        if stop is not None:
            raise ArgumentError("a run or recording has its own end; give either it or start and stop")
        return extent
    span = Extent(to_ns(start, "start"), to_ns(stop, "stop"))
    if span.start_ns is not None and span.stop_ns is not None and span.start_ns >= span.stop_ns:
        raise ArgumentError(f"the span from {start} to {stop} is empty: the start must lie before the stop")
    return span
