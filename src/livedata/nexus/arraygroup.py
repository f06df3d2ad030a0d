"""One stream of frames or named arrays on its way into NXdata groups (NXlog for frames, as the ESS file writer does).

::

    <source>                 @signal @axes=[time, y, x] @x_indices=[2] @variables
    ├── time                 u8, ns since 1970                       shape (set,)
    ├── signal, errors       @storage=per_set @axes=time:y:x         shape (set, y, x); ``value`` for frames
    └── x                    @storage=once: equal in all sets        shape (x,) or (x + 1,)
    livedata/messages/<source>
    ├── reference_time       @storage=ragged: its length differs from set to set, see `Ragged`
    └── attributes           one JSON text a set, see `livedata.nexus.setattributes`

Variables carry ``units``, ``long_name`` (the label), ``dims`` and, where it is not that of the dataset, their ``name``.
What readers would take for a fault in an NXdata lies beside the messages; ``variables`` says where, in the set's order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..streams.batch import ArrayBatch, ArraySet, Messages, Variable
from ..streams.key import StreamKey
from .column import Column, chunk_rows
from .loggroup import MAX_PARTS, NewPart
from .messagegroup import MessageTable
from .moment import EPOCH
from .naming import safe_name, storable
from .ragged import Ragged
from .sampletable import REPLACED
from .section import Section
from .setattributes import to_json
from .textcolumn import TextColumn

CHANGED = "sets of other arrays than the first, in groups of their own"
MAX_VARIABLES = 1000
MAX_DIMS = 31
TOO_MANY = f"sets of more than {MAX_VARIABLES} arrays, or of more than {MAX_DIMS} dimensions, not written"
OTHER = f"sets of more than {MAX_PARTS} kinds, not written"
MAIN = ("signal", "errors")
NOTES = "attributes"
Storage = Literal["per_set", "once", "ragged"]


@dataclass(frozen=True, slots=True)
class Form:
    """How a variable is stored. Sets with equal forms share a group."""

    name: str
    storage: Storage
    dtype: str
    shape: tuple[int, ...]
    """Of a ragged variable, only its number of dimensions counts: zeros."""
    dims: tuple[str, ...]
    unit: str | None
    label: str


class ArrayGroup:
    """Writes one stream of array sets; a set that does not fit the groups there are gets a further one."""

    n_events = n_entries = 0
    facets: Mapping[str, int] = MappingProxyType({})

    def __init__(self, key: StreamKey, new_part: NewPart, *, n_expected: int) -> None:
        self.key = key
        self.kind = key.family
        self._new_part = new_part
        self._n_expected = n_expected
        self._parts: list[_Part] = []
        self._varying: set[str] = set()
        self.n_unrepresentable = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self._left_out: Counter[str] = Counter()

    @property
    def columns(self) -> list[Column | TextColumn]:
        """All datasets."""
        return [column for part in list(self._parts) for column in part.columns]

    @property
    def sections(self) -> list[Section]:
        """What must be found in the file."""
        return [part.section for part in list(self._parts)]

    @property
    def n_messages(self) -> int:
        """Messages appended."""
        return sum(part.messages.n_messages for part in list(self._parts))

    @property
    def n_samples(self) -> int:
        """Sets appended."""
        return sum(part.n_sets for part in list(self._parts))

    @property
    def remarks(self) -> Counter[str]:
        """What was odd, with counts."""
        odd = Counter(self._left_out)
        if n := sum(part.n_sets for part in list(self._parts)[1:]):
            odd[CHANGED] = n
        if n := sum(c.n_replaced for c in self.columns if isinstance(c, TextColumn)):
            odd[REPLACED] = n
        return odd

    @property
    def nbytes(self) -> int:
        """Bytes appended."""
        return sum(c.nbytes for c in self.columns)

    def append(self, batch: ArrayBatch) -> None:
        """Add sets."""
        m = batch.messages
        row_of = np.searchsorted(m.first_entry, np.arange(len(batch.sets)), side="right") - 1
        for i, found in enumerate(batch.sets):
            is_sane = len(found.variables) <= MAX_VARIABLES and all(
                v.values.ndim <= MAX_DIMS for v in found.variables.values()
            )
            part = self._part_for(found) if is_sane else None
            if part is None:
                self.n_unrepresentable += 1
                self._left_out[OTHER if is_sane else TOO_MANY] += 1
                continue
            time, row = int(batch.time[i]), int(row_of[i])
            is_first = row >= 0 and (i == 0 or row_of[i - 1] != row)
            part.append(time, found, _one_message(m, row) if is_first else None)
            self.first_ns = time if self.first_ns is None else min(time, self.first_ns)
            self.last_ns = time if self.last_ns is None else max(time, self.last_ns)

    def _part_for(self, found: ArraySet) -> _Part | None:
        """Return the part that takes a set.

        What was equal in all sets until now, and no longer is, is stored with each set from now on.
        """
        forms = _forms(found, self._varying)
        alike = [part for part in self._parts if part.forms == forms]
        for part in alike:
            changed = part.changed(found)
            if not changed:
                return part
            self._varying |= changed
        if alike:
            return self._part_for(found)
        if len(self._parts) == MAX_PARTS:
            return None
        group, messages = self._new_part(len(self._parts) + 1)
        part = _Part(group, messages, found, forms, n_expected=self._n_expected)
        self._parts.append(part)
        return part

    def finish(self) -> None:
        """Write what is still in memory."""
        for column in self.columns:
            column.finish()


class _Part:
    """The sets of one form."""

    def __init__(self, group: Any, messages: Any, first: ArraySet, forms: tuple[Form, ...], *, n_expected: int) -> None:
        self.group = group
        self.forms = forms
        self.n_sets = 0
        self._first = first
        self._beside = messages
        self._time = Column(group, "time", "<u8", chunk_rows=chunk_rows(n_expected, 8, smallest_bytes=1 << 10))
        self._time.dataset.attrs["units"] = "ns"
        self._time.dataset.attrs["start"] = EPOCH
        self.messages = MessageTable(messages, "value", chunk_rows(n_expected, 8, smallest_bytes=1 << 10))
        self._notes: TextColumn | None = None
        self._per_set: dict[str, Column | TextColumn] = {}
        self._ragged: dict[str, Ragged] = {}
        self._once: list[Column] = []
        stored = [self._make(form, n_expected) for form in forms]
        group.attrs["variables"] = [_link(group, item) for item in stored]
        self._present(group, forms, stored)

    def _make(self, form: Form, n_expected: int) -> Any:
        """Make the dataset (or group) of one variable and return it."""
        home = self._beside if form.storage == "ragged" else self.group
        name, n = self._dataset_name(form), 1
        taken = name
        while name in home or (home is self._beside and name in (NOTES, "value")):
            n += 1
            name = f"{taken}_{n}"
        dtype = np.dtype(form.dtype)
        item: Any
        if form.storage == "ragged":
            item = home.create_group(name)
            item.attrs["NX_class"] = "NXcollection"
            size = self._first.variables[form.name].values.size
            self._ragged[form.name] = Ragged(item, dtype, len(form.shape), n_expected=n_expected * max(size, 1))
        elif form.storage == "once":
            values = self._first.variables[form.name].values
            column = Column(
                self.group, name, dtype.newbyteorder("<"), item=form.shape[1:], chunk_rows=max(form.shape[0], 1)
            )
            column.append(np.ascontiguousarray(values, column.dtype))
            self._once.append(column)
            item = column.dataset
        else:
            row_bytes = max(8, dtype.itemsize * int(np.prod(form.shape)))
            rows = chunk_rows(n_expected, row_bytes)
            made = (
                TextColumn(self.group, name, item=form.shape, chunk_rows=min(rows, 128))
                if dtype.kind == "O"
                else Column(self.group, name, dtype.newbyteorder("<"), item=form.shape, chunk_rows=rows)
            )
            self._per_set[form.name] = made
            item = made.dataset
        self._describe(item, form, name)
        return item

    def _dataset_name(self, form: Form) -> str:
        if form.name == "signal" and self.group.attrs["NX_class"] == "NXlog":
            return "value"
        if form.name == "errors" and any(f.name == "signal" and np.dtype(f.dtype).kind != "f" for f in self.forms):
            # Readers refuse a signal of integers that has errors.
            return "uncertainties"
        return safe_name(form.name)

    @staticmethod
    def _describe(item: Any, form: Form, name: str) -> None:
        item.attrs["storage"] = form.storage
        item.attrs["axes"] = storable(":".join((() if form.storage == "once" else ("time",)) + form.dims))
        if form.dims:
            item.attrs["dims"] = [storable(dim) for dim in form.dims]
        if form.unit is not None:
            item.attrs["units"] = storable(form.unit)
        if form.label:
            item.attrs["long_name"] = storable(form.label)
        if name != form.name:
            item.attrs["name"] = storable(form.name)

    @staticmethod
    def _present(group: Any, forms: tuple[Form, ...], stored: list[Any]) -> None:
        """Tell readers what to plot against what."""
        main = next((i for i, form in enumerate(forms) if form.name == "signal"), None)
        if main is None or group.attrs["NX_class"] != "NXdata":
            return
        group.attrs["signal"] = str(stored[main].name).rsplit("/", 1)[-1]
        dims = ("time", *forms[main].dims)
        if len(set(dims)) < len(dims):
            return
        group.attrs["axes"] = [storable(dim) for dim in dims]
        for form, item in zip(forms, stored, strict=True):
            if form.storage != "ragged" and form.name not in MAIN and set(form.dims) <= set(dims) and form.dims:
                over = form.dims if form.storage == "once" else ("time", *form.dims)
                group.attrs[f"{_link(group, item)}_indices"] = np.array([dims.index(d) for d in over], np.int32)

    @property
    def columns(self) -> list[Column | TextColumn]:
        """All datasets, those of the messages last."""
        ragged = [column for r in self._ragged.values() for column in r.columns]
        notes = [self._notes] if self._notes is not None else []
        return [self._time, *self._per_set.values(), *self._once, *ragged, *notes, self.messages.column]

    @property
    def section(self) -> Section:
        """What must be found in the file."""
        per_set: list[Column | TextColumn] = [self._time, *self._per_set.values()]
        per_set += [self._notes] if self._notes is not None else []
        names = [c.path for c in per_set] + [f"{r.group.name}/first" for r in self._ragged.values()]
        rows = dict.fromkeys(map(str, names), self.n_sets)
        m = self.messages
        return Section(str(self.group.name), m.path, rows, m.n_messages, dict(m.last_offset))

    def changed(self, found: ArraySet) -> set[str]:
        """Names of variables that were equal in all sets and are different in this one."""
        once = [form.name for form in self.forms if form.storage == "once"]
        return {n for n in once if not _equal(self._first.variables[n].values, found.variables[n].values)}

    def append(self, time: int, found: ArraySet, message: Messages | None) -> None:
        """Add a set; the message only with its first one."""
        if message is not None:
            self.messages.append(message, self.n_sets, self.n_sets)
        self._time.append(np.array([time], np.int64).view(np.uint64))
        for name, column in self._per_set.items():
            values = found.variables[name].values[np.newaxis]
            column.append(values if isinstance(column, TextColumn) else np.ascontiguousarray(values, column.dtype))
        for name, ragged in self._ragged.items():
            ragged.append(found.variables[name].values)
        if text := to_json(found):
            if self._notes is None:
                self._notes = TextColumn(self._beside, NOTES, chunk_rows=64)
                self._notes.fill(self.n_sets)
            self._notes.append(np.array([text], object))
        elif self._notes is not None:
            self._notes.fill(1)
        self.n_sets += 1


def _link(group: Any, item: Any) -> str:
    """Return where an item is, as the group says it: its name, or its path when it is elsewhere."""
    path = str(item.name)
    home, _, name = path.rpartition("/")
    return name if home == str(group.name) else path


def _forms(found: ArraySet, varying: set[str]) -> tuple[Form, ...]:
    signal = found.variables.get("signal")
    return tuple(_form(str(name), v, signal, name in varying) for name, v in found.variables.items())


def _form(name: str, variable: Variable, signal: Variable | None, is_varying: bool) -> Form:
    values = variable.values
    is_text = values.dtype.kind not in "iufbc"
    storage: Storage
    if name in MAIN or is_text or is_varying or signal is None or not values.ndim:
        storage = "per_set"
    else:
        # A length that the signal does not have (of a list of pulses) may well be another the next time.
        storage = "once" if set(variable.dims) <= set(signal.dims) else "ragged"
    return Form(
        name,
        storage,
        "O" if is_text else values.dtype.newbyteorder("=").str,
        (0,) * values.ndim if storage == "ragged" else values.shape,
        tuple(variable.dims),
        variable.unit,
        variable.label,
    )


def _equal(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


def _one_message(m: Messages, row: int) -> Messages:
    zero = np.zeros(1, np.int64)
    at = slice(row, row + 1)
    return Messages(m.topic, m.partition[at], m.offset[at], m.timestamp_ms[at], zero, zero)
