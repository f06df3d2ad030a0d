"""The groups of a recorded file, and where each stream's group goes.

::

    /                              NXroot        @default=entry
    └── entry                      NXentry       title, start_time, end_time
        ├── instrument             NXinstrument  name
        │   ├── source             NXsource      where neutrons start, if known
        │   ├── detector           NXdetector    detector_number and pixel offsets, as far as known
        │   │   └── detector_events  NXevent_data
        │   └── monitor            NXmonitor     only with a known place
        │       └── monitor_events   NXevent_data
        ├── sample                 NXsample      where it is, if known
        ├── detector_events        the same group (hard link): some readers look for banks only here
        ├── monitor_events         NXevent_data of streams of which no more is known
        ├── logs                   NXcollection
        │   ├── temperature        NXlog
        │   └── temperature_2      NXlog         @part=2: its values of another type
        ├── frames, arrays         NXcollection  groups as in `livedata.nexus.arraygroup`
        ├── count_rate             NXdata, what a file browser shows first
        └── livedata               where it all came from, see `livedata.nexus.provenance`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..streams.key import StreamKey
from .geometry.written import write_geometry, write_surroundings
from .moment import format_moment
from .naming import safe_name, storable
from .provenance import FORMAT

WRITER_MODULE = {"events": "ev44", "log": "f144", "frames": "ad00", "arrays": "da00"}
HOME = {"log": "logs", "frames": "frames", "arrays": "arrays"}
CLASS = {"log": "NXlog", "frames": "NXlog", "arrays": "NXdata"}


class Skeleton:
    """Makes the groups of one file."""

    def __init__(
        self,
        file: Any,
        *,
        title: str,
        instrument: str,
        start_ns: int,
        geometries: Mapping[StreamKey, Geometry] | None = None,
    ) -> None:
        self._start_ns = start_ns
        self._geometries = dict(geometries or {})
        file.attrs["NX_class"] = "NXroot"
        file.attrs["default"] = "entry"
        file.attrs["creator"] = f"livedata {_version()}"
        file.attrs["file_time"] = format_moment(start_ns)
        file.attrs["HDF5_Version"] = h5py.version.hdf5_version
        self._entry = _group(file, "entry", "NXentry")
        self._entry["title"] = storable(title)
        self._entry["start_time"] = format_moment(start_ns)
        self._instrument = _group(self._entry, "instrument", "NXinstrument")
        self._instrument["name"] = storable(instrument)
        write_surroundings(self._entry, self._instrument, self._geometries.values())
        self.record = _group(self._entry, "livedata", "NXcollection")
        self.record.attrs["format"] = FORMAT
        self._messages = _group(self.record, "messages", "NXcollection")
        self._homes: dict[str, Any] = {}

    def event_group(self, key: StreamKey, layout: Layout | None) -> tuple[Any, Any]:
        """Make the group of an event stream, and the one of its messages."""
        geometry = self._geometries.get(key)
        if layout is None and geometry is None:
            name = _free(self._entry, f"{safe_name(key.source)}_events", key)
            group = _group(self._entry, name, "NXevent_data")
        else:
            bank = _free(self._instrument, safe_name(key.source), key)
            is_monitor = layout is None and geometry is not None and geometry.is_monitor
            component = _group(self._instrument, bank, "NXmonitor" if is_monitor else "NXdetector")
            if layout is not None:
                _write_layout(component, layout)
            if geometry is not None:
                write_geometry(component, geometry, layout)
            group = _group(component, f"{bank}_events", "NXevent_data")
            self._entry[_free(self._entry, f"{bank}_events", key)] = group
        return group, self._describe(group, key)

    def timed_group(self, key: StreamKey, part: int = 1) -> tuple[Any, Any]:
        """Make the n-th group of a log, of frames or of arrays, and the one of its messages."""
        home = self._homes.get(key.family)
        if home is None:
            home = self._homes[key.family] = _group(self._entry, HOME[key.family], "NXcollection")
        name = safe_name(key.source) + (f"_{part}" if part > 1 else "")
        group = _group(home, _free(home, name, key), CLASS[key.family])
        if part > 1:
            group.attrs["part"] = part
        return group, self._describe(group, key)

    def close(self, *, end_ns: int) -> None:
        """Write what is known only at the end."""
        self._entry["end_time"] = format_moment(end_ns)
        duration = self._entry.create_dataset("duration", data=(end_ns - self._start_ns) / 1e9)
        duration.attrs["units"] = "s"

    def _describe(self, group: Any, key: StreamKey) -> Any:
        group.attrs["topic"] = storable(key.topic)
        group.attrs["source"] = storable(key.source)
        group.attrs["writer_module"] = WRITER_MODULE[key.family]
        messages = _group(self._messages, _free(self._messages, group.name.rsplit("/", 1)[-1], key), "NXcollection")
        group.attrs["messages"] = messages.name
        return messages


def _free(group: Any, name: str, key: StreamKey) -> str:
    """Return the name, with the topic in front or a number behind where it is taken."""
    if name not in group:
        return name
    name = f"{safe_name(key.topic)}_{name}"
    candidate, n = name, 2
    while candidate in group:
        candidate, n = f"{name}_{n}", n + 1
    return candidate


def _group(parent: Any, name: str, nx_class: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = nx_class
    return group


def _write_layout(detector: Any, layout: Layout) -> None:
    """Write pixel numbers such that readers group events by pixel and name the dimensions."""
    detector["detector_number"] = layout.detector_number()
    if len(layout.shape) > 1:
        detector.attrs["axes"] = list(layout.dims)
        detector.attrs["detector_number_indices"] = np.arange(len(layout.shape), dtype=np.int32)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("livedata")
    except PackageNotFoundError:
        return "0"
