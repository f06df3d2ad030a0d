"""Live neutron and X-ray data from Kafka to histograms, pictures and NeXus files, in one notebook.

>>> import livedata as ld
>>> live = ld.demo()  # doctest: +SKIP
>>> live["detector"].image()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import lazy_names

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
    from .reduce.pixels.layout import layout
    from .session import Streams, connect, demo, open, replay

__version__ = "0.1.0"

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

_HOMES = {
    **dict.fromkeys([name for name in __all__ if name[0].isupper()], "errors"),
    **dict.fromkeys(["Streams", "connect", "demo", "open", "replay"], "session"),
    **dict.fromkeys(["bins", "edges"], "reduce.axis"),
    "layout": "reduce.pixels.layout",
}
__getattr__ = lazy_names(__name__, _HOMES)[0]


def __dir__() -> list[str]:
    return __all__
