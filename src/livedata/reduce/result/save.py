"""Saving histograms: under a temporary name, read back, compared, and only then renamed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import FileError, OutputExists
from . import csvfile, nexusfile, npzfile
from .filenames import format_of
from .record import Record, to_record

if TYPE_CHECKING:
    from .histogram import Histogram

_FORMATS: dict[str, Any] = {"nexus": nexusfile, "csv": csvfile, "npz": npzfile}


def save(
    histogram: Histogram, path: str | Path, *, overwrite: bool = False, about: Mapping[str, Any] | None = None
) -> Path:
    """Write a histogram to a file that `load_histogram` reads back equal.

    Parameters
    ----------
    path
        Ends in ``.nxs`` (or ``.h5``, ``.hdf5``, ``.hdf``), ``.csv`` or ``.npz``.
    overwrite
        Whether a file of this name may be replaced; it is kept until the new one is proven.
    about
        JSON to go along, such as a description or where the data are from.

    Returns
    -------
    :
        The path.

    Raises
    ------
    OutputExists
        If there is such a file already.
    FileError
        If it cannot be written, or does not read back as it was written; nothing is left then.
    """
    path = Path(path)
    kind = _FORMATS[format_of(path)]
    if path.exists() and not overwrite:
        raise OutputExists(f"{path} exists already; choose another name, or save(…, overwrite=True)")
    record = to_record(histogram, about)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        kind.write(draft, histogram, record)
        if not kind.read(draft).same_as(record):
            raise FileError(f"{path} did not read back as it was written, so it was not kept; is the disk sound?")
        _sync(draft)
        _publish(draft, path, overwrite=overwrite)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        draft.unlink(missing_ok=True)
    return path


def read_record(path: str | Path) -> Record:
    """Read a saved file without making a histogram of it.

    Raises
    ------
    FileError
        If there is no such file, or it holds no histogram of ours.
    """
    path = Path(path)
    kind = _FORMATS[format_of(path)]
    if not path.is_file():
        raise FileError(f"no file {path}; expected a saved histogram")
    try:
        found: Record = kind.read(path)
    except FileError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"cannot read {path}: {type(error).__name__}: {error}") from None
    return found


def _sync(draft: Path) -> None:
    with draft.open("rb") as file:
        os.fsync(file.fileno())


def _publish(draft: Path, path: Path, *, overwrite: bool) -> None:
    """Give the file its name; without `overwrite`, not even a file that has just appeared is replaced."""
    if overwrite:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        raise OutputExists(f"{path} appeared while it was being written; choose another name") from None
    except OSError:  # a file system without links
        if path.exists():
            raise OutputExists(f"{path} appeared while it was being written; choose another name") from None
        draft.replace(path)
