"""Opening HDF5 files for reading, with errors that say what is wrong with the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import FileError


def open_hdf5(path: str | Path) -> Any:
    """Open a file read-only.

    Raises
    ------
    FileError
        If it is missing, a folder, unreadable, not HDF5, or cut short.
    """
    path = Path(path)
    if not path.exists():
        raise FileError(f"no file {path}; expected a NeXus file (HDF5)")
    if path.is_dir():
        raise FileError(f"{path} is a folder; expected a NeXus file (HDF5)")
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}; check its permissions") from None
    if not h5py.is_hdf5(path):
        raise FileError(f"{path} is not an HDF5 file; expected a NeXus file (.nxs, .hdf, .h5)")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        if "lock" not in str(error).lower():
            raise broken(path, error) from None
    try:
        # A file that its writer has locked, or a file system without locks: reading does no harm to either.
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        raise broken(path, error) from None


def broken(path: str | Path, error: BaseException) -> FileError:
    """Return the error for a file that turned out to be damaged."""
    text = str(error).split("(")[-1].rstrip(")") or type(error).__name__
    kind = "cut short" if "truncated" in str(error) else "damaged"
    return FileError(f"{path} is {kind} ({text}); copy it again from where it was written")


@contextmanager
def reading(path: str | Path) -> Iterator[Any]:
    """Open a file for a moment; errors of the HDF5 library inside become `FileError`."""
    file = open_hdf5(path)
    try:
        yield file
    except FileError:
        raise
    except (OSError, RuntimeError, KeyError) as error:
        raise broken(path, error) from None
    finally:
        file.close()


def text_of(value: object) -> str:
    """Return an attribute or dataset value as text; arrays of one text are common in older files."""
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip("\x00").strip()
    return str(value).strip()


def attribute(item: Any, name: str) -> str | None:
    """Return an attribute as text, or None if it is absent or cannot be read."""
    try:
        value = item.attrs.get(name)
    except (OSError, RuntimeError, ValueError, TypeError):
        return None
    return None if value is None else text_of(value)


def scalar_text(group: Any, name: str) -> str | None:
    """Return a text dataset's first value, or None."""
    item = group.get(name)
    if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "SOU" or item.size is None or item.size < 1:
        return None
    try:
        value = item[()]
    except (OSError, RuntimeError, ValueError):
        return None
    return text_of(value)


def is_text(dataset: Any) -> bool:
    """Whether a dataset holds texts."""
    return dataset.dtype.kind in "SU" or h5py.check_string_dtype(dataset.dtype) is not None
