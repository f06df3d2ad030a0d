"""NeXus files: reading any as streams, recording streams into one, and descriptions of instruments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .file import NexusFile, open_file
    from .instrument import Instrument, load_instrument
    from .recorder import Recording, record
    from .stream import FileStream
    from .writer import FileWriter

__all__ = [
    "FileStream",
    "FileWriter",
    "Instrument",
    "NexusFile",
    "Recording",
    "load_instrument",
    "open_file",
    "record",
]

_HOMES = {
    "FileStream": "stream",
    "FileWriter": "writer",
    "Instrument": "instrument",
    "NexusFile": "file",
    "Recording": "recorder",
    "load_instrument": "instrument",
    "open_file": "file",
    "record": "recorder",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
