"""Reading one facet of a process variable: times at once, values piece by piece."""

from __future__ import annotations

from collections import Counter
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..streams.batch import Facet
from .facets import FACETS, HAS_UNIT
from .hdf import attribute, is_text
from .provenance import MessageTable, read_messages
from .timescale import time_scale

TEXTS_OF_ENUM = "value_strings"
"""Text of each sample of an enumerated variable, as SNS writes it: a log of its own with the same times."""


class SampleSource:
    """The samples of one facet; `find_facets` tells which there are.

    Parameters
    ----------
    file, group
        The log's group, or the ``value_strings`` in it.
    run_start_ns
        What times without a start count from.
    facet
        Which facet to read.
    """

    def __init__(self, file: Any, group: Any, run_start_ns: int | None, facet: Facet = "value") -> None:
        self.remarks: Counter[str] = Counter()
        self.facet = facet
        self.messages: MessageTable | None = read_messages(file, group, facet)
        names = FACETS[facet]
        home = file[attribute(group, "messages")] if facet == "unit" else group
        if isinstance(group, h5py.Dataset):
            home, self._value = group.parent, group
        else:
            self._value = home.get(names.value)
        time = home[names.time]
        self._time = time
        self._texts = {column: home[name] for column, name in names.columns.items() if name in home}
        self._has_unit = home[HAS_UNIT] if facet == "unit" else None
        scale = time_scale(time, run_start_ns)
        self.remarks.update(scale.remarks)
        self.time, odd = scale.to_ns(time[:].ravel())
        self.remarks.update(odd)
        lengths = [len(self.time), *(int(d.shape[0]) for d in (self._value, *self._texts.values()) if d is not None)]
        self.n_samples = min(lengths)
        if surplus := max(lengths) - self.n_samples:
            self.remarks["times and values differ in number; those without a partner left out"] += surplus
            self.time = self.time[: self.n_samples]
        # A column of values, (n, 1), is how some writers store scalars; ours stores it only for one-element arrays.
        shape: tuple[int, ...] = () if self._value is None else self._value.shape
        self._is_column = self.messages is None and len(shape) == 2 and shape[1:] == (1,)

    def values(self, first: int, stop: int) -> NDArray[Any]:
        """Return the values ``first <= i < stop``: texts as `str` in an array of dtype object, None for no unit.

        A log of times alone (a chopper's top dead centre) has the times as values.
        """
        if self._value is None:
            return self.time[first:stop]
        values = read_rows(self._value, first, stop)
        if self._is_column:
            values = values[:, 0]
        if self._has_unit is not None:
            values[self._has_unit[first:stop] == 0] = None
        return values

    def columns(self, first: int, stop: int) -> dict[str, NDArray[Any]]:
        """Return the texts beside the values ``first <= i < stop``."""
        return {name: read_rows(dataset, first, stop) for name, dataset in self._texts.items()}


def find_facets(file: Any, group: Any) -> tuple[Facet, ...]:
    """Return which facets a log's group has samples of, ``value`` always first."""
    found: list[Facet] = ["value"]
    if isinstance(group, h5py.Dataset):
        return tuple(found)
    told = attribute(group, "messages")
    beside = file.get(told) if told else None
    for facet, names in FACETS.items():
        home = beside if facet == "unit" else group
        if facet == "value" or home is None:
            continue
        value, time = home.get(names.value), home.get(names.time)
        if all(isinstance(d, h5py.Dataset) and len(d.shape) == 1 and d.shape[0] for d in (value, time)):
            found.append(facet)
    return tuple(found)


def read_values(dataset: Any) -> NDArray[Any]:
    """Read a dataset whole; texts as `str`, numbers in the machine's byte order."""
    return _read(dataset, ())


def read_rows(dataset: Any, first: int, stop: int) -> NDArray[Any]:
    """Read the rows ``first <= i < stop`` of a dataset in the same way."""
    return _read(dataset, np.s_[first:stop])


def _read(dataset: Any, chosen: Any) -> NDArray[Any]:
    raw = dataset[chosen]
    if not is_text(dataset):
        array = np.asarray(raw)
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    texts = np.empty(np.shape(raw), object)
    texts.ravel()[:] = [
        t.decode("utf-8", "replace").rstrip("\x00") if isinstance(t, bytes) else str(t) for t in np.ravel(raw)
    ]
    return texts
