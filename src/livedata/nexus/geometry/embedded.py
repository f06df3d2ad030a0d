"""Instrument definitions that some facilities put into their NeXus files, for streams that nothing else describes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py

from ...errors import ArgumentError, SettingsError
from ...reduce.pixels.layout import Layout
from ..hdf import scalar_text
from ..idf.definition import Definition, read_idf
from .chain import ComponentIndex
from .measure import member


def embedded_definition(file: Any, index: ComponentIndex) -> Definition | None:
    """Return the definition in ``instrument/instrument_xml/data``; None without one, or with a broken one."""
    for path in index.get("nxinstrument", ()):
        note = member(file, f"{path}/instrument_xml")
        text = scalar_text(note, "data") if isinstance(note, h5py.Group) else None
        if text:
            try:
                return read_idf(text.encode(), where=f"{Path(file.filename).name}, {note.name}")
            except SettingsError:
                return None
    return None


def layout_by_definition(definition: Definition) -> Layout | None:
    """Return all its detectors as one; None where that makes no picture."""
    try:
        return definition.layout()
    except ArgumentError:
        return None
