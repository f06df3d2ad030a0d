"""Instrument definitions as a whole: banks with layouts and positions, monitors, source and sample."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ArgumentError, SettingsError
from ...reduce.physics.geometry import Geometry, Vector
from ...reduce.pixels.layout import Layout, layout
from .markup import parse_xml, tag
from .walk import Bank, Group, Walk, defaults_of, ids_of, links_of, types_of, walk


@dataclass(frozen=True, slots=True, eq=False)
class IdfBank:
    """A component that detector ids belong to."""

    name: str
    ids: NDArray[np.int64]
    """Detector ids as they are arranged: (tube, pixel) or (y, x) where the file says so, else a list."""
    positions: NDArray[np.float64]
    """NeXus frame, metres, shape (pixel, 3), in the order of `ids`."""
    sizes: NDArray[np.float64] | None
    """Extent of pixels along x, y, z, metres, shape (pixel, 3); None if unknown."""
    is_monitor: bool = False

    def layout(self) -> Layout:
        """Return the arrangement of its pixels.

        Raises
        ------
        ArgumentError
            If an id stands in two places, or is no number of a pixel.
        """
        return layout(detector_number=self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """What an instrument definition file says. Made by `read_idf`."""

    name: str
    where: str
    source: Vector | None
    sample: Vector | None
    banks: tuple[IdfBank, ...]
    remarks: tuple[str, ...] = ()

    def geometry(self, ids: ArrayLike) -> Geometry:
        """Return where detectors are, in the order of their ids (C order); NaN for ids that the file does not have.

        Parameters
        ----------
        ids
            Detector ids, integers of any shape; -1 where there is no pixel.
        """
        wanted = np.asarray(ids)
        if wanted.dtype.kind not in "iu":
            raise ArgumentError(f"detector ids are {wanted.dtype}; expected integers")
        flat = wanted.ravel().astype(np.int64)
        known = np.concatenate([b.ids.ravel() for b in self.banks]) if self.banks else np.zeros(0, np.int64)
        order = np.argsort(known, kind="stable")
        at = np.minimum(np.searchsorted(known, flat, sorter=order), max(len(known) - 1, 0))
        found = (known[order[at]] == flat) & (flat >= 0) if len(known) else np.zeros(len(flat), bool)
        at = order[at] if len(known) else at
        remarks = list(self.remarks)
        if missing := int(np.count_nonzero(~found & (flat >= 0))):
            remarks.append(f"{self.where} does not have {missing} of {np.count_nonzero(flat >= 0)} detector ids")
        points = np.concatenate([b.positions for b in self.banks]) if self.banks else np.zeros((1, 3))
        sizes = None
        if self.banks and any(b.sizes is not None for b in self.banks):
            all_sizes = [b.sizes if b.sizes is not None else np.full((b.ids.size, 3), np.nan) for b in self.banks]
            sizes = np.where(found[:, np.newaxis], np.concatenate(all_sizes)[at], np.nan)
        index = np.repeat(np.arange(len(self.banks), dtype=np.int32), [b.ids.size for b in self.banks])
        used = [b.is_monitor for b in self.banks]
        return Geometry(
            np.where(found[:, np.newaxis], points[at], np.nan) if found.any() else None,
            source=self.source,
            sample=self.sample,
            where=self.where,
            sizes=sizes,
            is_monitor=bool(found.any()) and all(used[i] for i in np.unique(index[at[found]])),
            names=tuple(b.name for b in self.banks),
            bank=np.where(found, index[at], np.int32(-1)) if len(known) else None,
            remarks=tuple(remarks),
        )

    def monitor(self, name: str) -> Geometry:
        """Return where a monitor is.

        Raises
        ------
        ArgumentError
            If there is none of that name.
        """
        found = [b for b in self.banks if b.is_monitor and b.name == name]
        if not found:
            names = ", ".join(dict.fromkeys(b.name for b in self.banks if b.is_monitor)) or "none"
            raise ArgumentError(f"{self.where} has no monitor {name!r}; it has {names}")
        return Geometry(
            found[0].positions,
            source=self.source,
            sample=self.sample,
            where=self.where,
            is_monitor=True,
            names=(name,),
            remarks=self.remarks,
        )

    def layout(self) -> Layout:
        """Return all detectors (monitors left out) as one: banks upon each other where their widths agree, else a list.

        Raises
        ------
        ArgumentError
            If there are none, or an id stands in two places.
        """
        banks = [b for b in self.banks if not b.is_monitor]
        if not banks:
            raise ArgumentError(f"{self.where} has no detectors")
        widths = {b.ids.shape[-1] for b in banks}
        is_grid = len(widths) == 1 and all(b.ids.ndim > 1 for b in banks)
        flat = np.concatenate([b.ids.ravel() for b in banks])
        return layout(detector_number=flat.reshape(-1, widths.pop()) if is_grid else flat)


def read_idf(source: str | os.PathLike[str] | bytes, *, where: str = "") -> Definition:
    """Read an instrument definition file.

    Parameters
    ----------
    source
        Path of the file, or its content as bytes (some NeXus files hold one).
    where
        Name for errors, for content.

    Raises
    ------
    SettingsError
        If it cannot be read, is no safe XML, or is no sound instrument definition.
    """
    if isinstance(source, bytes):
        return _read(source, where or "the instrument definition")
    path = Path(source).expanduser()
    try:
        stat = path.stat()
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}; expected an instrument definition (XML)") from None
    return _read_path(path, stat.st_mtime_ns, stat.st_size)


def geometry_from_idf(path: str | os.PathLike[str], ids: ArrayLike) -> Geometry:
    """Return where detectors are by an instrument definition, for a file or stream that does not tell.

    Parameters
    ----------
    path
        The instrument definition file.
    ids
        Detector ids in the order of the layout's places, such as `Layout.detector_number` gives; shape is ignored.

    Raises
    ------
    SettingsError
        As `read_idf`.
    ArgumentError
        If `ids` are no integers.
    """
    return read_idf(path).geometry(ids)


@lru_cache(maxsize=4)
def _read_path(path: Path, _mtime_ns: int, _size: int) -> Definition:
    try:
        return _read(path.read_bytes(), path.name)
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None


def _read(content: bytes, where: str) -> Definition:
    root = parse_xml(content, where)
    if tag(root) != "instrument":
        raise SettingsError(f"{where} begins with <{tag(root)}>; expected an instrument definition (<instrument>)")
    defaults, frame, remarks = defaults_of(root)
    walked = Walk(types_of(root), defaults, {}, remarks=remarks)
    walked.links = links_of(root, walked.remark)
    try:
        walk(walked, root)
        banks = [one for bank in walked.banks for one in _banks(bank, root, frame)]
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from None
    source = None if walked.source is None else _vector(frame @ walked.source)
    sample = None if walked.sample is None else _vector(frame @ walked.sample)
    if source is None:
        walked.remark(f"{where} has no source")
    if sample is None:
        walked.remark(f"{where} has no sample position")
    return Definition(root.get("name") or where, where, source, sample, tuple(banks), tuple(walked.remarks))


def _banks(bank: Bank, root: object, frame: NDArray[np.float64]) -> list[IdfBank]:
    """Give the pixels of a bank their ids; monitors become banks of their own."""
    ids = ids_of(root, bank.idlist) if bank.idlist else None  # type: ignore[arg-type]
    n = sum(len(g.points) for g in bank.groups)
    if ids is not None and len(ids) != n:
        raise SettingsError(f"idlist {bank.idlist!r} has {len(ids)} ids for the {n} detectors of {bank.name!r}")
    made: list[IdfBank] = []
    start = 0
    pixels: list[tuple[Group, NDArray[np.int64]]] = []
    for group in bank.groups:
        stop = start + len(group.points)
        own = group.ids if group.ids is not None else ids[start:stop] if ids is not None else np.zeros(0, np.int64)
        start = stop
        if group.is_monitor:
            made += [
                IdfBank(group.name, own[i : i + 1], group.points[i : i + 1] @ frame.T, None, is_monitor=True)
                for i in range(len(own))
            ]
        else:
            pixels.append((group, own))
    if pixels:
        made.insert(0, _bank(bank.name, pixels, frame))
    return made


def _bank(name: str, pixels: Sequence[tuple[Group, NDArray[np.int64]]], frame: NDArray[np.float64]) -> IdfBank:
    if len(pixels) == 1:
        ids = pixels[0][1]
    else:
        sizes = {own.size for _, own in pixels}
        flat = np.concatenate([own.ravel() for _, own in pixels])
        ids = flat.reshape(len(pixels), -1) if len(sizes) == 1 and sizes != {1} else flat
    points = np.concatenate([g.points for g, _ in pixels]) @ frame.T
    boxes = [g.box for g, _ in pixels]
    box = None if any(b is None for b in boxes) else np.concatenate([b for b in boxes if b is not None])
    return IdfBank(name, ids, points, None if box is None else box @ np.abs(frame).T)


def _vector(point: NDArray[np.float64]) -> Vector:
    x, y, z = (float(v) for v in point)
    return (x, y, z)
