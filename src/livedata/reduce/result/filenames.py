"""Which format a file has, by the end of its name."""

from __future__ import annotations

from pathlib import Path

from ...errors import ArgumentError

FORMATS = {".nxs": "nexus", ".h5": "nexus", ".hdf5": "nexus", ".hdf": "nexus", ".csv": "csv", ".npz": "npz"}


def format_of(path: Path) -> str:
    """Return ``nexus``, ``csv`` or ``npz``.

    Raises
    ------
    ArgumentError
        If the name ends otherwise.
    """
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise ArgumentError(f"{path.name!r} ends in {path.suffix or 'nothing'!r}; expected one of {', '.join(FORMATS)}")
    return found
