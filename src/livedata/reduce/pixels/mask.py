"""Masks: pixels that are left out of sums. Values with a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mask:
    """Named set of pixels to leave out. Equal to a mask with the same name that leaves out the same.

    Made by `mask`, `mask_from_region`, `threshold_mask` and `read_mask`. ``a | b`` leaves out what either does.
    """

    name: str
    ids: NDArray[np.int32] | None = None
    """Pixel numbers, sorted, distinct, read-only; None stands for the `pixel_mask` of the stream's own geometry."""

    def __post_init__(self) -> None:
        if self.ids is None:
            return
        given = np.asarray(self.ids)
        if given.size and given.dtype.kind not in "iu":
            raise ArgumentError(f"mask {self.name!r}: pixel numbers of type {given.dtype}; expected integers")
        if given.size and (int(given.min()) < -(2**31) or int(given.max()) >= 2**31):
            raise ArgumentError(f"mask {self.name!r}: pixel numbers from {given.min()} to {given.max()} exceed int32")
        ids = np.unique(given).astype(np.int32)
        ids.flags.writeable = False
        object.__setattr__(self, "ids", ids)

    def __len__(self) -> int:
        return 0 if self.ids is None else len(self.ids)

    def __bool__(self) -> bool:
        return self.ids is None or len(self.ids) > 0

    def __or__(self, other: object) -> Mask:
        if not isinstance(other, Mask):
            raise ArgumentError(f"mask {self.name!r} is joined with {other!r}; expected another mask: ld.mask(…)")
        if self.ids is None or other.ids is None:
            raise ArgumentError("the mask of the file itself has no pixel numbers yet; give both: view.mask(a, b)")
        name = self.name if self.name == other.name else f"{self.name} + {other.name}"
        return Mask(name, np.union1d(self.ids, other.ids))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mask):
            return NotImplemented
        if self.ids is None or other.ids is None:
            return self.name == other.name and self.ids is other.ids
        return self.name == other.name and np.array_equal(self.ids, other.ids)

    def __hash__(self) -> int:
        return hash((self.name, None if self.ids is None else self.ids.tobytes()))

    def __repr__(self) -> str:
        if self.ids is None:
            return f"<Mask {self.name!r} of the file's own geometry>"
        return f"<Mask {self.name!r} {len(self.ids):,} pixel{'s' * (len(self.ids) != 1)}>"
