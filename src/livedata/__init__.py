"""Live neutron and X-ray data from Kafka to histograms, pictures and NeXus files, in one notebook.

>>> import livedata as ld
>>> live = ld.demo()  # doctest: +SKIP
>>> live["detector"].image()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import (
        ArgumentError,
        BrokerUnreachable,
        DecodeError,
        EncodeError,
        FileError,
        LiveDataError,
        MissingExtra,
        OutputExists,
        RecordingError,
        SettingsError,
        StreamNameError,
        TransportError,
        WaitTimeout,
    )
    from .reduce.axis import bins, edges
    from .reduce.layout import layout
    from .session import Streams, connect, demo, open, replay

__version__ = "0.1.0"

_HOME = {
    "Streams": "session",
    "connect": "session",
    "demo": "session",
    "open": "session",
    "replay": "session",
    "bins": "reduce.axis",
    "edges": "reduce.axis",
    "layout": "reduce.layout",
}

__all__ = [
    "ArgumentError",
    "BrokerUnreachable",
    "DecodeError",
    "EncodeError",
    "FileError",
    "LiveDataError",
    "MissingExtra",
    "OutputExists",
    "RecordingError",
    "SettingsError",
    "StreamNameError",
    "Streams",
    "TransportError",
    "WaitTimeout",
    "__version__",
    "bins",
    "connect",
    "demo",
    "edges",
    "layout",
    "open",
    "replay",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its room on first use, so that `import livedata` stays cheap."""
    if name in __all__:
        value = getattr(import_module(f".{_HOME.get(name, 'errors')}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'livedata' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
