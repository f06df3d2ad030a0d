"""What a scientist holds: connections, files and their streams. This room puts the others together.

Importing it loads none of the heavy rooms; they come when they are used.
"""

from __future__ import annotations

from .connecting import connect, demo, open, replay
from .eventstream import EventStream
from .joining import join
from .stream import ArrayStream, LogStream, Stream
from .streams import Streams

__all__ = ["ArrayStream", "EventStream", "LogStream", "Stream", "Streams", "connect", "demo", "join", "open", "replay"]
