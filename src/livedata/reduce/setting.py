"""Settings: what a stream knows that a description does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..streams.extent import Extent
from ..streams.feed import Feed
from ..streams.log import LogTimeline
from ..streams.runs import Run
from .physics.geometry import Geometry
from .pixels.layout import Layout


def no_log(name: str) -> LogTimeline | None:
    """Know no log."""
    return None


def no_geometry() -> Geometry | None:
    """Know no geometry."""
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Layout, geometry and logs of one stream, and the way to other streams of the same connection or file."""

    name: str = ""
    """Of the stream."""
    layout: Layout | None = None
    geometry: Callable[[], Geometry | None] = no_geometry
    """Read when it is needed, once."""
    moved_ns: Callable[[], int | None] = lambda: None
    """Since when things have been where they are, ns since 1970; None while nothing has moved."""
    log: Callable[[str], LogTimeline | None] = no_log
    """The timeline of a log by the name that the streams use; None if there is none."""
    await_log: Callable[[str], bool] = lambda name: False
    """Wait a moment for a log that is not known yet; return whether it is now."""
    log_unit: Callable[[str], str | None] = lambda name: None
    """The unit of a log."""
    logs: Callable[[], Mapping[str, str | None]] = dict
    """All logs known by now, with their units."""
    settled_ns: Callable[[str], int | None] = lambda name: None
    """The time up to which all samples of a log are known; None where everything is known."""
    runs: Callable[[], tuple[Run, ...]] = tuple
    """Runs known by now, oldest first."""
    prepare: Callable[[Extent | None, frozenset[str]], None] = lambda extent, logs: None
    """Make sure that these logs are known over an extent; may block."""
    stream: Callable[[str], Source] | None = None
    """Another stream of the same connection or file, by name."""
    run: Callable[[str], Callable[[str], Source]] | None = None
    """The streams of another file, by its path."""
    publish: Callable[..., Any] | None = None
    """Begins to send a view's newest state to a topic; see `View.publish`."""
    where: str = ""
    """File or address, for errors."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One stream, ready to be counted."""

    feed: Feed
    setting: Setting
