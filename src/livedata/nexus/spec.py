"""What a recorder is told: everything it needs, in a form that can be handed to another process."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..reduce.physics.geometry import Geometry, Vector
from ..reduce.pixels.layout import Layout, layout
from ..streams.batch import LogBatch, Messages
from ..streams.key import StreamKey
from ..transport.protocol import Partition
from .place import Place

_ARRAYS = ("positions", "sizes", "excluded", "bank")
"""What of a geometry is an array."""


@dataclass(frozen=True, slots=True)
class RecorderSpec:
    """One recording to make."""

    place: Place
    patterns: tuple[str, ...] | None
    """Topics to record, as file name patterns; None for all."""
    start: Mapping[Partition, int]
    """First offset of each partition that exists; those that appear later are read from their beginning."""
    title: str = ""
    instrument: str = ""
    layouts: Mapping[StreamKey, Layout] = field(default_factory=dict)
    geometries: Mapping[StreamKey, Geometry] = field(default_factory=dict)
    units: Mapping[StreamKey, str] = field(default_factory=dict)
    initial: Mapping[StreamKey, tuple[LogBatch, ...]] = field(default_factory=dict)
    """The last sample of each facet of each process variable before the start."""

    def to_json(self) -> dict[str, Any]:
        """Return plain lists, texts and numbers."""
        return {
            "final": str(self.place.final.absolute()),
            "partial": str(self.place.partial.absolute()),
            "patterns": None if self.patterns is None else list(self.patterns),
            "start": [[p.topic, p.partition, offset] for p, offset in self.start.items()],
            "title": self.title,
            "instrument": self.instrument,
            "layouts": [[*key, _layout_json(held)] for key, held in self.layouts.items()],
            "geometries": [[*key, _geometry_json(held)] for key, held in self.geometries.items()],
            "units": [[*key, unit] for key, unit in self.units.items()],
            "initial": [[*key, _log_json(batch)] for key, batches in self.initial.items() for batch in batches],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RecorderSpec:
        """Undo `to_json`."""
        initial: dict[StreamKey, tuple[LogBatch, ...]] = {}
        for topic, source, family, held in content["initial"]:
            key = StreamKey(topic, source, family)
            initial[key] = (*initial.get(key, ()), _log_from(topic, held))
        return cls(
            place=Place(Path(content["final"]), Path(content["partial"])),
            patterns=None if content["patterns"] is None else tuple(content["patterns"]),
            start={Partition(topic, partition): offset for topic, partition, offset in content["start"]},
            title=content["title"],
            instrument=content["instrument"],
            layouts={StreamKey(t, s, f): _layout_from(held) for t, s, f, held in content["layouts"]},
            geometries={StreamKey(t, s, f): _geometry_from(held) for t, s, f, held in content["geometries"]},
            units={StreamKey(t, s, f): unit for t, s, f, unit in content["units"]},
            initial=initial,
        )


def _layout_json(held: Layout) -> dict[str, Any]:
    named = {"shape": list(held.shape), "dims": list(held.dims)}
    if held.table is None and held.sparse is None:
        return {**named, "first_id": held.first_id}
    return {**named, "numbers": _pack(held.detector_number())}


def _layout_from(content: Mapping[str, Any]) -> Layout:
    shape, dims = tuple(content["shape"]), content["dims"]
    if "numbers" in content:
        return layout(shape, detector_number=_unpack(content["numbers"]), dims=dims)
    return layout(shape, first_id=content["first_id"], dims=dims)


def _geometry_json(held: Geometry) -> dict[str, Any]:
    arrays = {name: getattr(held, name) for name in _ARRAYS}
    return {
        "arrays": {name: _pack(array) for name, array in arrays.items() if array is not None},
        **{name: getattr(held, name) for name in ("source", "sample", "gravity", "where", "is_monitor")},
        **{name: list(getattr(held, name)) for name in ("names", "remarks", "logs")},
    }


def _geometry_from(content: Mapping[str, Any]) -> Geometry:
    arrays = {name: _unpack(packed) for name, packed in content["arrays"].items()}
    return Geometry(
        arrays.pop("positions", None),
        source=_point(content["source"]),
        sample=_point(content["sample"]),
        gravity=_point(content["gravity"]) or (0.0, -1.0, 0.0),
        where=content["where"],
        is_monitor=content["is_monitor"],
        names=tuple(content["names"]),
        remarks=tuple(content["remarks"]),
        logs=tuple((topic, source) for topic, source in content["logs"]),
        **arrays,
    )


def _point(told: list[float] | None) -> Vector | None:
    if told is None:
        return None
    x, y, z = told
    return (float(x), float(y), float(z))


def _log_json(batch: LogBatch) -> dict[str, Any]:
    return {
        "facet": batch.facet,
        "time": _pack(batch.time),
        "value": _pack(batch.value),
        "columns": {name: _pack(column) for name, column in batch.columns.items()},
        "partition": batch.messages.partition.tolist(),
        "offset": batch.messages.offset.tolist(),
    }


def _log_from(topic: str, content: Mapping[str, Any]) -> LogBatch:
    offsets = np.array(content["offset"], np.int64)
    places = np.arange(len(offsets), dtype=np.int64)
    unknown = np.full(len(offsets), -1, np.int64)
    messages = Messages(topic, np.array(content["partition"], np.int32), offsets, unknown, places, places)
    columns = {name: _unpack(column) for name, column in content["columns"].items()}
    times = _unpack(content["time"]).astype(np.int64)
    return LogBatch(times, _unpack(content["value"]), messages, content["facet"], columns)


def _pack(array: NDArray[Any]) -> dict[str, Any]:
    if array.dtype.kind in "OU":
        return {"texts": array.ravel().tolist(), "shape": list(array.shape)}
    plain = np.ascontiguousarray(array)
    return {"dtype": plain.dtype.str, "shape": list(plain.shape), "bytes": base64.b64encode(plain.tobytes()).decode()}


def _unpack(content: Mapping[str, Any]) -> NDArray[Any]:
    if "texts" in content:
        texts = np.empty(len(content["texts"]), object)
        texts[:] = content["texts"]
        return texts.reshape(content["shape"])
    flat = np.frombuffer(base64.b64decode(content["bytes"]), np.dtype(content["dtype"]))
    return flat.reshape(content["shape"]).copy()
