"""Counting what a description describes: of a file, of a whole topic, or of what comes for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ArgumentError, WaitTimeout
from .target import everything_now, is_file

if TYPE_CHECKING:
    from ..reduce.description import Description
    from ..reduce.result.snapshot import Snapshot
    from ..reduce.view import View
    from ..session import Streams
    from ..session.eventstream import EventStream
    from ..session.framestream import FrameStream
    from ..streams.feed import Progress

LOOK_S = 0.2
"""How often progress is told."""

Tell = Callable[["Progress"], None]


def stream_for(streams: Streams, name: str | None, description: Description) -> EventStream | FrameStream:
    """Return the stream of this name, of events or, where the description says so, of frames.

    Without a name: the only one of its kind.

    Raises
    ------
    ArgumentError
        If there is none, or a choice, or the stream is of another kind.
    """
    from ..session.eventstream import EventStream
    from ..session.framestream import FrameStream

    kind, wanted = (FrameStream, "frames") if description.frames else (EventStream, "events")
    if name is None:
        found = [key for key in streams if isinstance(streams[key], kind)]
        if len(found) != 1:
            there = f"there are {', '.join(found[:8])}{', …' if len(found) > 8 else ''}" if found else "there is none"
            raise ArgumentError(f"which stream of {wanted} of {streams.where}? {there}; name one by --stream")
        name = found[0]
    chosen = streams[name]
    if not isinstance(chosen, EventStream | FrameStream) or not isinstance(chosen, kind):
        raise ArgumentError(f"{chosen.name!r} is no stream of {wanted} but {chosen.kind}; expected one of {wanted}")
    return chosen


def count(
    stream: EventStream | FrameStream,
    description: Description,
    target: str,
    seconds: float | None,
    tell: Tell | None = None,
) -> Snapshot:
    """Return what a description gives of a file, of all that a topic holds, or of what it gets in some seconds.

    Parameters
    ----------
    tell
        Called now and then with the progress.
    """
    if seconds is not None and is_file(target):
        raise ArgumentError("--seconds: a file is counted whole; the option is for a broker")
    view = _view(stream, description)
    if seconds is not None:
        time.sleep(seconds)
        return view.snapshot()
    if not view.is_finite:
        assert stream.key is not None
        view.stop()
        view = view.over(everything_now(target, stream.key.topic))
    while tell is not None:
        try:
            view.wait(timeout=LOOK_S)
            break
        except WaitTimeout:
            tell(view.progress)
    return view.snapshot()


def _view(stream: EventStream | FrameStream, description: Description) -> View:
    from ..session.eventstream import EventStream

    if isinstance(stream, EventStream):
        return stream.view(description)
    views = {"sum": stream.sum, "mean": stream.mean, "max": stream.max, "newest": stream.newest}
    return views[description.frames]()
