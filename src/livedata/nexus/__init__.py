"""NeXus files: reading any as streams, recording streams into one, and descriptions of instruments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .file import NexusFile, open_file
    from .geometry.overlay import geometry_from_file
    from .idf.definition import geometry_from_idf
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
    "geometry_from_file",
    "geometry_from_idf",
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
    "geometry_from_file": "geometry.overlay",
    "geometry_from_idf": "idf.definition",
    "load_instrument": "instrument",
    "open_file": "file",
    "record": "recorder",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
