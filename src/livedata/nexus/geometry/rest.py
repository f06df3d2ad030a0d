"""What of a geometry the standard has no place for: an NXcollection ``livedata`` in its detector or monitor.

::

    detector                NXdetector
    └── livedata            NXcollection, only with something in it; no value (length 0) is None
        ├── source, sample  of this detector alone, where a file's detectors disagree; shape (3,), m
        ├── gravity         where things do not fall along -y; shape (3,)
        ├── sizes           where pixels differ; shape (pixel, 3), m
        ├── positions       where they do not fit the pixel numbers; shape (any, 3), m
        ├── excluded        likewise; shape (pixel,)
        ├── bank, names     which bank each pixel is of; shape (pixel,), and names, shape (bank,)
        ├── is_monitor      of what has pixel numbers like a detector
        └── remarks         texts, shape (remark,)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ...reduce.physics.geometry import Geometry
from ..naming import storable
from .measure import Remark, member

HOME = "livedata"
ARRAYS: Mapping[str, tuple[type[np.generic], tuple[int | None, ...]]] = {
    "positions": (np.float64, (None, 3)),
    "source": (np.float64, (3,)),
    "sample": (np.float64, (3,)),
    "gravity": (np.float64, (3,)),
    "sizes": (np.float64, (None, 3)),
    "excluded": (np.bool_, (None,)),
    "bank": (np.int32, (None,)),
}
"""Type and shape of each array."""
POINTS = ("source", "sample", "gravity")


def write_rest(component: Any, geometry: Geometry, found: Geometry) -> None:
    """Write what is otherwise in a geometry than in what was `found` when it was read back from its standard form."""
    rest: dict[str, Any] = {}
    for name, (dtype, _) in ARRAYS.items():
        held = getattr(geometry, name)
        if not _same(held, getattr(found, name)):
            stored = np.zeros(0, dtype) if held is None else np.asarray(held, dtype)
            rest[name] = stored.astype(np.uint8) if dtype is np.bool_ else stored
    if geometry.is_monitor != found.is_monitor:
        rest["is_monitor"] = np.uint8(geometry.is_monitor)
    if geometry.names and geometry.names != found.names:
        rest["names"] = _texts(geometry.names)
    remarks = geometry.remarks
    if geometry.logs:
        followed = ", ".join("/".join(part for part in log if part) for log in geometry.logs)
        remarks = (*remarks, f"where things were when the recording began; they follow {followed}")
    if remarks:
        rest["remarks"] = _texts(remarks)
    if rest:
        home = component.create_group(HOME)
        home.attrs["NX_class"] = "NXcollection"
        for name, values in rest.items():
            home[name] = values


def with_rest(component: Any, found: Geometry, remark: Remark) -> Geometry:
    """Return a geometry with what stands beside its standard form, if anything does.

    Parameters
    ----------
    component
        The group of the detector or monitor.
    found
        What its standard form tells.
    remark
        Takes what cannot be read, and is left out.
    """
    home = member(component, HOME)
    if not isinstance(home, h5py.Group):
        return found
    changes: dict[str, Any] = {}
    for name, (dtype, shape) in ARRAYS.items():
        told = _read(home, name, remark)
        if told is None:
            continue
        is_sound = told.dtype.kind in "iufb" and told.ndim == len(shape)
        if told.shape == (0,) and name != "gravity":
            changes[name] = None
        elif is_sound and all(n in (None, m) for n, m in zip(shape, told.shape, strict=True)):
            values = told.astype(dtype)
            changes[name] = tuple(float(v) for v in values) if name in POINTS else values
        else:
            remark(f"{home.name}/{name} is {told.dtype} of shape {told.shape}, and is left out")
    if (told := _read(home, "is_monitor", remark)) is not None and told.dtype.kind in "iub" and told.size == 1:
        changes["is_monitor"] = bool(told.ravel()[0])
    for name in ("names", "remarks"):
        if (told := _read(home, name, remark)) is not None and told.dtype.kind == "O":
            changes[name] = tuple(t.decode("utf-8", "replace") if isinstance(t, bytes) else str(t) for t in told.flat)
    return replace(found, **changes)


def _read(home: Any, name: str, remark: Remark) -> NDArray[Any] | None:
    dataset = member(home, name)
    if not isinstance(dataset, h5py.Dataset):
        return None
    try:
        return np.asarray(dataset[()])
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        remark(f"{home.name}/{name} cannot be read ({type(error).__name__})")
        return None


def _texts(texts: tuple[str, ...]) -> NDArray[np.object_]:
    array = np.empty(len(texts), h5py.string_dtype())
    array[:] = [storable(text) for text in texts]
    return array


def _same(a: Any, b: Any) -> bool:
    """Whether two arrays, or points, are the same to the last bit; which NaN does not matter."""
    if a is None or b is None:
        return a is b
    one, other = np.asarray(a), np.asarray(b)
    if one.shape != other.shape:
        return False
    if one.dtype.kind != "f":
        return np.array_equal(one, other)
    known = ~np.isnan(one)
    signs = (np.signbit(array)[known] for array in (one, other))
    return np.array_equal(one, other, equal_nan=True) and np.array_equal(*signs)
