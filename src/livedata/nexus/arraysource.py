"""Reading frames and sets of named arrays: times at once, arrays piece by piece.

Ours are described in `livedata.nexus.arraygroup`. Of other programs, what the ESS file writer makes of ``ad00``
(``value`` and ``time``) and of ``da00`` (datasets whose ``axes`` begin with ``time``, the others being constant) is
understood.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..streams.batch import ArraySet, Variable
from .hdf import attribute
from .provenance import MessageTable, read_messages
from .ragged import FIRST, SHAPE, VALUE
from .samplesource import read_rows, read_values
from .setattributes import from_json
from .timescale import time_scale


@dataclass(frozen=True, slots=True)
class _Stored:
    """One variable as the file holds it."""

    name: str
    storage: str
    item: Any
    dims: tuple[str, ...]
    unit: str | None
    label: str


class ArraySource:
    """The sets of one group."""

    def __init__(self, file: Any, group: Any, run_start_ns: int | None) -> None:
        self.remarks: Counter[str] = Counter()
        self.messages: MessageTable | None = read_messages(file, group)
        time = group["time"]
        scale = time_scale(time, run_start_ns)
        self.remarks.update(scale.remarks)
        self.time, odd = scale.to_ns(time[:].ravel())
        self.remarks.update(odd)
        self._stored = _stored(group)
        table = file.get(attribute(group, "messages") or "/") if "variables" in group.attrs else None
        self._notes = None if table is None else table.get("attributes")
        lengths = [len(self.time), *(_n_rows(s) for s in self._stored if s.storage != "once")]
        self.n_sets = min(lengths)
        if surplus := max(lengths) - self.n_sets:
            self.remarks["times and arrays differ in number; those without a partner left out"] += surplus
            self.time = self.time[: self.n_sets]
        self._once = {s.name: read_values(s.item) for s in self._stored if s.storage == "once"}

    @property
    def set_bytes(self) -> int:
        """About how many bytes a set has."""
        per_set = [s.item for s in self._stored if s.storage == "per_set"]
        ragged = [s.item[VALUE] for s in self._stored if s.storage == "ragged"]
        fixed = sum(int(d.dtype.itemsize * np.prod(d.shape[1:])) for d in per_set)
        return fixed + sum(int(d.size * d.dtype.itemsize) for d in ragged) // max(self.n_sets, 1)

    def sets(self, first: int, stop: int) -> tuple[ArraySet, ...]:
        """Return the sets ``first <= i < stop``."""
        rows = {s.name: self._rows(s, first, stop) for s in self._stored}
        notes = [""] * (stop - first) if self._notes is None else read_rows(self._notes, first, stop).tolist()
        found = []
        for i in range(stop - first):
            variables = {s.name: Variable(rows[s.name][i], s.dims, s.unit, s.label) for s in self._stored}
            attributes, offset, whole = from_json(notes[i])
            found.append(ArraySet(variables, attributes, offset, whole))
        return tuple(found)

    def _rows(self, stored: _Stored, first: int, stop: int) -> list[NDArray[Any]]:
        if stored.storage == "once":
            return [self._once[stored.name]] * (stop - first)
        if stored.storage == "per_set":
            return [np.asarray(row) for row in read_rows(stored.item, first, stop)]
        shapes = stored.item[SHAPE][first:stop]
        starts = stored.item[FIRST][first:stop]
        if not len(starts):
            return []
        sizes = np.prod(shapes, axis=1)
        values = read_rows(stored.item[VALUE], int(starts[0]), int(starts[-1] + sizes[-1]))
        parts = zip((starts - starts[0]).tolist(), sizes.tolist(), shapes.tolist(), strict=True)
        return [values[a : a + n].reshape(shape) for a, n, shape in parts]


def main_dataset(group: Any) -> Any:
    """Return the dataset that says type and shape of a group's sets: that of the signal, else of the first variable."""
    stored = _stored(group)
    chosen = next((s for s in stored if s.name == "signal"), stored[0] if stored else None)
    if chosen is None:
        return group["time"]
    return chosen.item[VALUE] if chosen.storage == "ragged" else chosen.item


def _stored(group: Any) -> list[_Stored]:
    if "variables" in group.attrs:
        links = [str(link) for link in np.atleast_1d(group.attrs["variables"])]
        return [_ours(group[link], link.rpartition("/")[2]) for link in links if link in group]
    value = group.get("value")
    if isinstance(value, h5py.Dataset):
        return [_foreign(value, "signal", "per_set", ())]
    found = []
    for name in group:
        item = group.get(name)
        if not isinstance(item, h5py.Dataset) or name == "time" or name.startswith("cue_"):
            continue
        axes = [axis for axis in (attribute(item, "axes") or "").split(":") if axis]
        is_per_set = bool(axes) and axes[0] == "time" and len(axes) == item.ndim
        found.append(_foreign(item, name, "per_set" if is_per_set else "once", tuple(axes[1:] if is_per_set else axes)))
    return found


def _ours(item: Any, name: str) -> _Stored:
    dims = tuple(str(d) for d in np.atleast_1d(item.attrs["dims"])) if "dims" in item.attrs else ()
    told = {key: None if (raw := item.attrs.get(key)) is None else str(raw) for key in ("name", "units", "long_name")}
    storage = attribute(item, "storage") or "per_set"
    name = name if told["name"] is None else told["name"]
    return _Stored(name, storage, item, dims, told["units"], told["long_name"] or "")


def _foreign(item: Any, name: str, storage: str, dims: tuple[str, ...]) -> _Stored:
    n_dims = item.ndim - (storage == "per_set")
    if len(dims) != n_dims:
        dims = tuple(f"dim_{i}" for i in range(n_dims))
    return _Stored(name, storage, item, dims, attribute(item, "units"), attribute(item, "long_name") or "")


def _n_rows(stored: _Stored) -> int:
    return int((stored.item[FIRST] if stored.storage == "ragged" else stored.item).shape[0])
