"""Masks in files: read and written by the ending of the file's name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import ArgumentError, FileError, OutputExists
from ..reduce.pixels.layout import Layout
from ..reduce.pixels.mask import Mask
from ..reduce.pixels.masked import masked
from ..reduce.pixels.maskfile import read_text_mask, text_of
from ..reduce.pixels.masking import USER_DEFINED, excluded_by
from .hdf import reading

_HDF5 = (".nxs", ".h5", ".hdf5", ".hdf", ".nx5")


def read_mask(path: str | Path, *, name: str = "") -> Mask:
    """Read the pixels that are left out.

    Parameters
    ----------
    path
        ``.xml``: a mask of Mantid with ``<detids>``. ``.json``, ``.txt``: pixel numbers as ``1-5,7``. ``.nxs``,
        ``.h5``: the `pixel_mask` of all detectors in the file that have one, with their `detector_number`; pixels with
        a bit in the lower two bytes are left out.
    name
        What the mask is called; without it, as the file says, else as the file is called.

    Raises
    ------
    FileError
        If the file cannot be read or holds no mask of pixels.
    """
    path = Path(path)
    found = _from_hdf5(path) if path.suffix.lower() in _HDF5 else read_text_mask(path)
    return Mask(name, found.ids) if name else found


def write_mask(mask: Mask, path: str | Path, *, layout: Layout | None = None, overwrite: bool = False) -> Path:
    """Write the pixels that are left out, in the form that the ending of the name says: see `read_mask`.

    Parameters
    ----------
    mask
        Its pixel numbers.
    path
        The file.
    layout
        For NeXus files: the whole detector is written, in its shape. Without it, the masked pixels alone.
    overwrite
        Whether a file that is there may be replaced.

    Raises
    ------
    OutputExists
        If the file is there already.
    FileError
        If it cannot be written.
    """
    path = Path(path)
    if mask.ids is None:
        raise ArgumentError("the mask of the file itself has no pixel numbers yet; write one of ld.mask(ids=…)")
    if path.exists() and not overwrite:
        raise OutputExists(f"{path} is there already; choose another name, or say overwrite=True")
    part = path.with_name(path.name + ".part")
    try:
        if path.suffix.lower() in _HDF5:
            _to_hdf5(mask, part, layout)
        else:
            part.write_text(text_of(mask, path.suffix.lower()), encoding="utf-8")
        os.replace(part, path)  # noqa: PTH105 - replaces on every system
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FileError(f"cannot write the mask {path}: {error.strerror or error}; choose another place") from None
    return path


def _from_hdf5(path: Path) -> Mask:
    ids: list[Any] = []
    names: list[str] = []

    def visit(place: str, item: Any) -> None:
        if not isinstance(item, h5py.Group) or not isinstance(item.get("pixel_mask"), h5py.Dataset):
            return
        numbers = item.get("detector_number")
        if not isinstance(numbers, h5py.Dataset) or numbers.shape != item["pixel_mask"].shape:
            raise FileError(f"{path}: /{place} has a pixel_mask, but no detector_number of its shape to go with it")
        ids.append(numbers[()][excluded_by(item["pixel_mask"][()])])
        names.append(str(item.attrs.get("mask_name", "")))

    with reading(path) as file:
        file.visititems(visit)
    if not ids:
        raise FileError(f"{path} has no pixel_mask in any detector")
    title = names[0] if len(set(names)) == 1 and names[0] else path.stem
    try:
        return Mask(title, np.concatenate([part.ravel() for part in ids]))
    except ArgumentError as error:
        raise FileError(f"{path}: {error}") from None


def _to_hdf5(mask: Mask, path: Path, layout: Layout | None) -> None:
    numbers = np.asarray(mask.ids) if layout is None else layout.detector_number()
    out = np.ones(numbers.shape, np.bool_) if layout is None else masked((mask,), layout).reshape(layout.shape)
    with h5py.File(path, "w") as file:
        group: Any = file
        for name, kind in (("entry", "NXentry"), ("instrument", "NXinstrument"), ("detector", "NXdetector")):
            group = group.create_group(name)
            group.attrs["NX_class"] = kind
        group.attrs["mask_name"] = mask.name
        group["detector_number"] = numbers
        group["pixel_mask"] = np.where(out, np.uint32(USER_DEFINED), np.uint32(0))
