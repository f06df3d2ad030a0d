"""Histograms in NeXus files: an `NXdata` that any NeXus program draws, and beside it what makes it ours again.

::

    /entry                 NXentry, default = histogram
    ├── histogram          NXdata, signal = values, axes = names of the axes
    │   ├── values         attribute units; float64, for programs that know errors of doubles only, unless too large
    │   ├── values_errors  standard deviations, float64
    │   ├── variances      only where they are not the values themselves
    │   └── <axis>         its edges (one more than bins), attribute units; or its categories
    ├── ledger             NXcollection: fates of the events
    └── process            NXprocess: program, version; note/data holds the JSON of `record`

References
----------
NXdata, histograms with bin edges: https://manual.nexusformat.org/classes/base_classes/NXdata.html
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import FileError
from .record import Record

if TYPE_CHECKING:
    from .histogram import Histogram

SMALL = 1 << 16
"""Arrays of fewer elements are not compressed."""
NOTE = "entry/process/note/data"


def write(path: Path, histogram: Histogram, record: Record) -> None:
    """Write a new file."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs.update(NX_class="NXroot", default="entry")
        entry = _group(file, "entry", "NXentry")
        entry.attrs["default"] = "histogram"
        entry["title"] = histogram.name or "histogram"
        data = _group(entry, "histogram", "NXdata")
        names = _names(histogram)
        data.attrs.update(signal="values", axes=names)
        data["title"] = histogram.name or "histogram"
        _array(data, "values", _as_doubles(histogram.array), histogram.unit)
        _array(data, "values_errors", histogram.errors(), histogram.unit)
        if record.variances is not None:
            _array(data, "variances", record.variances, None)
        for name, axis in zip(names, histogram.axes, strict=True):
            values: Any = axis.edges if axis.categories is None else list(axis.categories)
            data[name] = values
            data[name].attrs["long_name"] = axis.name
            if axis.unit is not None:
                data[name].attrs["units"] = axis.unit
        ledger: Any = getattr(histogram, "ledger", None)
        if ledger is not None:
            fates = _group(entry, "ledger", "NXcollection")
            for fate, n in ledger.to_dict().items():
                fates[fate] = n
        process = _group(entry, "process", "NXprocess")
        process["program"] = "livedata"
        note = _group(process, "note", "NXnote")
        note["type"] = "application/json"
        note["data"] = json.dumps(record.told)


def read(path: Path) -> Record:
    """Read what `write` wrote.

    Raises
    ------
    FileError
        If it is no HDF5 file, or none with a histogram of ours.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if NOTE not in file:
                raise FileError(f"{path} holds no histogram that was saved by livedata; open it with livedata.open")
            data = file["entry/histogram"]
            variances = data["variances"][()] if "variances" in data else None
            told = json.loads(file[NOTE][()])
            values = np.asarray(data["values"][()]).astype(told["dtype"])
            return Record(told, values, variances)
    except FileError:
        raise
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise FileError(f"{path} cannot be read as HDF5: {error}") from None


def _group(parent: Any, name: str, kind: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = kind
    return group


def _array(data: Any, name: str, values: Any, unit: str | None) -> None:
    packing = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if values.size > SMALL else {}
    dataset = data.create_dataset(name, data=values, **packing)
    if unit is not None:
        dataset.attrs["units"] = unit


def _as_doubles(values: Any) -> Any:
    """Return integers as doubles where these hold all of them."""
    if values.dtype.kind != "i" or (values.size and max(int(values.max()), -int(values.min())) > 2**53):
        return values
    return values.astype(np.float64)


def _names(histogram: Histogram) -> list[str]:
    """Return a valid and free name for each axis."""
    taken = {"values", "values_errors", "variances", "title"}
    names = []
    for axis in histogram.axes:
        name = re.sub(r"[^A-Za-z0-9_.]", "_", axis.name) or "axis"
        while name in taken:
            name += "_"
        taken.add(name)
        names.append(name)
    return names
