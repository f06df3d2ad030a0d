"""Several banks as one detector: joint pixel numbers, a joint layout, a joint geometry, and the events of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ...streams.feed import Feed
from ...streams.joined import IdMap, JoinedFeed, id_map, single_pixel
from ..physics.geometry import Geometry, Vector
from .layout import INT32_MAX, Layout, layout

Part = tuple[str, Feed, Layout | None, Geometry | None]


def join_events(
    parts: Sequence[Part], layout: Layout | None = None
) -> tuple[JoinedFeed, Layout | None, Geometry | None]:
    """Make one stream of several.

    Parameters
    ----------
    parts
        Name, feed, layout and geometry of each bank, in their order from top to bottom. Without a layout a bank is one
        pixel where it has no pixel numbers; its numbers belong to no place where it has some.
    layout
        How the joint detector is arranged, by joint pixel numbers; None stacks banks of the same width, else makes a
        list of all pixels.

    Returns
    -------
    :
        The joint feed, and the layout and geometry that belong to it. The geometry is None where no bank has one.

    Raises
    ------
    ArgumentError
        If there is nothing to join, or a name comes twice.
    """
    names = [name for name, *_ in parts]
    if not parts or len(set(names)) != len(names):
        raise ArgumentError(f"join needs different streams; got {', '.join(names) or 'none'}")
    own = [held if held is not None else _single() for _, _, held, _ in parts]
    joint, maps = join_layouts(names, own)
    ids = [
        single_pixel(int(joint_ids[0])) if told is None else _id_map(held, joint_ids)
        for (_, _, told, _), held, joint_ids in zip(parts, own, maps, strict=True)
    ]
    feed = JoinedFeed([feed for _, feed, _, _ in parts], ids)
    geometry = join_geometries(names, [g for *_, g in parts], [held.size for held in own])
    if layout is None or layout == joint:
        return feed, joint, geometry
    return feed, layout, rearranged(geometry, joint, layout)


def join_layouts(names: Sequence[str], layouts: Sequence[Layout]) -> tuple[Layout, tuple[NDArray[np.int32], ...]]:
    """Arrange banks as one detector: upon each other where their widths agree, else as one list of pixels.

    Returns
    -------
    :
        The joint layout, whose flat places are those of the banks behind each other; and of each bank the joint pixel
        number at each of its places, -1 without a pixel, shape (place,). Numbers are the banks' own where no number
        is in two banks, else they count the places from 1 on.

    Raises
    ------
    ArgumentError
        If there are more pixels than numbers.
    """
    own = [held.ids_at(np.arange(held.size)) for held in layouts]
    known = np.concatenate([ids[ids >= 0] for ids in own])
    if len(np.unique(known)) != len(known):
        sizes = np.array([len(ids) for ids in own], np.int64)
        if int(sizes.sum()) >= INT32_MAX:
            raise ArgumentError(f"{', '.join(names)} have {sizes.sum()} pixels together, more than there are numbers")
        starts = 1 + np.cumsum(sizes) - sizes
        own = [
            np.where(ids >= 0, np.arange(start, start + len(ids)), -1).astype(np.int32)
            for ids, start in zip(own, starts, strict=True)
        ]
    flat = np.concatenate(own)
    widths = {held.shape[-1] for held in layouts}
    is_grid = len(widths) == 1 and all(len(held.shape) > 1 for held in layouts)
    shape = (-1, layouts[0].shape[-1]) if is_grid else (-1,)
    return layout(detector_number=flat.reshape(shape)), tuple(own)


def join_geometries(
    names: Sequence[str], geometries: Sequence[Geometry | None], sizes: Sequence[int]
) -> Geometry | None:
    """Put geometries of banks behind each other; pixels of a bank without one are nowhere (NaN).

    Parameters
    ----------
    names
        Of the banks.
    geometries
        One for each.
    sizes
        Number of places of each.
    """
    told = [g for g in geometries if g is not None]
    if not told:
        return None
    fit = [
        g if g is not None and g.positions is not None and len(g.positions) == n else None
        for g, n in zip(geometries, sizes, strict=True)
    ]
    remarks = [text for g in told for text in g.remarks]
    remarks += [
        f"nothing tells where the pixels of {name} are" for name, g in zip(names, fit, strict=True) if g is None
    ]
    bank = np.repeat(np.arange(len(names), dtype=np.int32), sizes)
    return Geometry(
        None
        if all(g is None for g in fit)
        else np.concatenate([_positions(g, n) for g, n in zip(fit, sizes, strict=True)]),
        source=_shared([g.source for g in told], "source", remarks),
        sample=_shared([g.sample for g in told], "sample", remarks),
        where=", ".join(dict.fromkeys(g.where for g in told[:2])) + (" …" if len(told) > 2 else ""),
        gravity=told[0].gravity,
        sizes=_sizes(fit, sizes),
        excluded=_excluded(geometries, sizes),
        is_monitor=all(g is not None and g.is_monitor for g in geometries),
        names=tuple(names),
        bank=bank,
        remarks=tuple(dict.fromkeys(remarks)),
        logs=tuple(dict.fromkeys(log for g in told for log in g.logs)),
    )


def rearranged(geometry: Geometry | None, before: Layout, after: Layout) -> Geometry | None:
    """Return a geometry in the order of another layout of the same pixel numbers."""
    if geometry is None:
        return None
    places = before.places_of(after.ids_at(np.arange(after.size)))
    is_there = places >= 0

    def moved(array: NDArray[Any] | None, absent: float) -> Any:
        if array is None or len(array) != before.size:
            return array
        fill = np.asarray(absent, array.dtype)
        return np.where(is_there.reshape(-1, *[1] * (array.ndim - 1)), array[places], fill)

    return Geometry(
        moved(geometry.positions, np.nan),
        source=geometry.source,
        sample=geometry.sample,
        where=geometry.where,
        gravity=geometry.gravity,
        sizes=moved(geometry.sizes, np.nan),
        excluded=moved(geometry.excluded, 0),
        is_monitor=geometry.is_monitor,
        names=geometry.names,
        bank=moved(geometry.bank, -1),
        remarks=geometry.remarks,
        logs=geometry.logs,
    )


def _single() -> Layout:
    return layout((1,), first_id=1)


def _id_map(own: Layout, joint: NDArray[np.int32]) -> IdMap:
    """Return how a bank's pixel numbers become joint ones."""
    ids = own.ids_at(np.arange(own.size))
    held = ids >= 0
    return id_map(ids[held], joint[held])


def _positions(geometry: Geometry | None, n: int) -> NDArray[np.float64]:
    if geometry is None or geometry.positions is None:
        return np.full((n, 3), np.nan)
    return geometry.positions


def _sizes(fit: Sequence[Geometry | None], sizes: Sequence[int]) -> NDArray[np.float64] | None:
    held = [g.sizes if g is not None else None for g in fit]
    if any(s is None for s in held):
        return None
    return np.concatenate([np.broadcast_to(s, (n, 3)) for s, n in zip(held, sizes, strict=True) if s is not None])


def _excluded(geometries: Sequence[Geometry | None], sizes: Sequence[int]) -> NDArray[np.bool_] | None:
    held = [
        g.excluded if g is not None and g.excluded is not None and len(g.excluded) == n else None
        for g, n in zip(geometries, sizes, strict=True)
    ]
    if all(e is None for e in held):
        return None
    return np.concatenate([np.zeros(n, bool) if e is None else e for e, n in zip(held, sizes, strict=True)])


def _shared(points: Sequence[Vector | None], what: str, remarks: list[str]) -> Vector | None:
    """Return the point that all agree on; None with a remark where they do not."""
    told = [p for p in points if p is not None]
    if not told:
        return None
    if not all(np.allclose(p, told[0], atol=1e-9) for p in told):
        remarks.append(f"the banks disagree on where the {what} is; its place is taken as unknown")
        return None
    return told[0]
