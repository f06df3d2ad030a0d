"""Descriptions: what a view counts, as a value. The same description runs live, on the past and on a file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from .axis import Axis
from .condition import Condition
from .physics.flight import ARRIVAL, Flight
from .pixels.mask import Mask
from .pixels.projection import Projection
from .pixels.region import Region
from .window import EVERYTHING, Window


@dataclass(frozen=True, slots=True)
class Normalise:
    """What a result is divided by when it is published; both sides see the same extent and the same filters."""

    by: str
    """``monitor``, ``charge``, ``time``, ``pulses``, ``region``, ``run``."""
    stream: str = ""
    """Name of the monitor's or the charge log's stream."""
    axis: Axis | None = None
    """Bins in which a monitor is counted; None is its total."""
    region: Region | None = None
    path: str = ""
    """File of the run to divide by."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a view leaves of the pixels."""

    masks: tuple[Mask, ...] = ()
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What a view counts. Immutable, comparable, hashable; goes to and from plain JSON.

    Dimensions of the result are those of the projection, then `axes`.
    """

    axes: tuple[Axis, ...] = ()
    """Each bound to a quantity by its name: of events (``toa``, ``event_id``), coordinates (``wavelength``, …), entry
    columns (``period``, ``veto``, ``time``), or a log."""
    projection: Projection | None = None
    """What is seen of the detector; None where nothing is."""
    is_summed: bool = False
    """Whether pixels are summed all the same: the projection then only says where the region lies."""
    masks: tuple[Mask, ...] = ()
    region: Region | None = None
    filters: tuple[Condition, ...] = ()
    """All of them must be true."""
    window: Window = EVERYTHING
    flight: Flight = ARRIVAL
    normalise: tuple[Normalise, ...] = ()
    every_ns: int = 0
    """Width of the slots of data time in which events are counted, instead of axes: a time series."""
    frames: Literal["", "sum", "mean", "newest", "max"] = ""
    """For streams of frames or arrays: what is made of them; empty for streams of events."""
    sparse: bool = False
    """Whether only bins that are not empty are held."""
    apart: tuple[Part, ...] = ()
    """What several views leave of the pixels: these are told apart by it and by nothing else. No view has it; it is
    what views of many regions are counted by together, and never written down."""

    def __repr__(self) -> str:
        said = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) != f.default]
        return f"Description({', '.join(said)})"
