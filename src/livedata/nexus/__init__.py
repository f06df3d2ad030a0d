"""NeXus files: reading any as streams, recording streams into one, and descriptions of instruments."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    # h5py loads only when somebody reads or writes a file.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
