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
    from .nexus.maskfile import read_mask, write_mask
    from .reduce.axis import bins, categories, edges, integers, log_bins
    from .reduce.conditions import charge, chopper_in_phase, during, period, pulse_time, veto
    from .reduce.conditiontext import parse_condition
    from .reduce.flying import flight
    from .reduce.pixels.layout import layout
    from .reduce.pixels.masking import mask, threshold_mask
    from .reduce.pixels.projection import angles, cylinder, logical, plane
    from .reduce.pixels.shapes import ellipse, pixels, polygon, rectangle, span
    from .reduce.result.load import load_histogram
    from .session import Streams, connect, demo, join, open, replay
    from .session.correlating import correlate

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
    "angles",
    "bins",
    "categories",
    "charge",
    "chopper_in_phase",
    "connect",
    "correlate",
    "cylinder",
    "demo",
    "during",
    "edges",
    "ellipse",
    "flight",
    "integers",
    "join",
    "layout",
    "load_histogram",
    "log_bins",
    "logical",
    "mask",
    "open",
    "parse_condition",
    "period",
    "pixels",
    "plane",
    "polygon",
    "pulse_time",
    "read_mask",
    "rectangle",
    "replay",
    "span",
    "threshold_mask",
    "veto",
    "write_mask",
]

_HOMES = {
    **dict.fromkeys(["correlate"], "session.correlating"),
    **dict.fromkeys(["load_histogram"], "reduce.result.load"),
    **dict.fromkeys(["read_mask", "write_mask"], "nexus.maskfile"),
    **dict.fromkeys([name for name in __all__ if name[0].isupper()], "errors"),
    **dict.fromkeys(["bins", "categories", "edges", "integers", "log_bins"], "reduce.axis"),
    **dict.fromkeys(["charge", "chopper_in_phase", "during", "period", "pulse_time", "veto"], "reduce.conditions"),
    **dict.fromkeys(["parse_condition"], "reduce.conditiontext"),
    **dict.fromkeys(["flight"], "reduce.flying"),
    **dict.fromkeys(["layout"], "reduce.pixels.layout"),
    **dict.fromkeys(["mask", "threshold_mask"], "reduce.pixels.masking"),
    **dict.fromkeys(["angles", "cylinder", "logical", "plane"], "reduce.pixels.projection"),
    **dict.fromkeys(["ellipse", "pixels", "polygon", "rectangle", "span"], "reduce.pixels.shapes"),
    **dict.fromkeys(["Streams", "connect", "demo", "join", "open", "replay"], "session"),
}
__getattr__ = lazy_names(__name__, _HOMES)[0]


def __dir__() -> list[str]:
    return __all__
