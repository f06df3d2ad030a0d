"""Detector layouts: which pixel number stands at which place of an n-dimensional arrangement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ArgumentError

MAX_TABLE = 1 << 28
"""Largest span of pixel numbers for which a table is made (1 GB of int32)."""
SMALL_TABLE = 1 << 20
"""Up to this span a table is made however few of the numbers are in use (4 MB)."""
FILL = 64
"""Above it, at least one number in so many must be in use."""
INT32_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Layout:
    """Pixel numbers arranged in a grid of any number of dimensions. Made by `layout`.

    The place of pixel ``p`` is ``table[p - first_id]``, or ``p - first_id`` without a table; -1 is no place. Where
    numbers are too sparse for a table, `n_ids` is 0 and the place is that of ``p`` in `sparse`. `places_of` knows all
    three. Equal and hashable by content.
    """

    shape: tuple[int, ...]
    first_id: int
    n_ids: int
    """Span of pixel numbers: ``first_id <= p < first_id + n_ids``; 0 where they are in `sparse`."""
    table: NDArray[np.int32] | None = field(default=None, repr=False, compare=False)
    names: tuple[str, ...] = ()
    """Names of the dimensions; empty takes the usual ones."""
    sparse: tuple[NDArray[np.int32], NDArray[np.int32]] | None = field(default=None, repr=False, compare=False)
    """Pixel numbers in rising order, and their places; shape (pixel,) each."""
    digest: bytes = field(default=b"", init=False, repr=False)
    """Fingerprint of the arrays; empty without any."""

    def __post_init__(self) -> None:
        held = [a for a in (self.table, *(self.sparse or ())) if a is not None]
        if held:
            mark = blake2b(digest_size=16)
            for array in held:
                array.flags.writeable = False
                mark.update(np.ascontiguousarray(array).data)
            object.__setattr__(self, "digest", mark.digest())

    @property
    def size(self) -> int:
        """Number of places."""
        return math.prod(self.shape)

    @property
    def n_pixels(self) -> int:
        """Number of places that hold a pixel."""
        if self.sparse is not None:
            return len(self.sparse[0])
        return self.size if self.table is None else int(np.count_nonzero(self.table >= 0))

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dimensions, slowest first."""
        return self.names or usual_dims(len(self.shape))

    def places_of(self, ids: ArrayLike) -> NDArray[np.int32]:
        """Return the flat place of each pixel number, int32, of the shape of `ids`; -1 for numbers it does not hold."""
        numbers = np.asarray(ids).astype(np.int64)
        if self.sparse is not None:
            known, places = self.sparse
            at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
            return np.where(known[at] == numbers, places[at], np.int32(-1))
        offset = numbers - self.first_id
        inside = (offset >= 0) & (offset < self.n_ids)
        offset = np.where(inside, offset, 0)
        return np.where(inside, offset if self.table is None else self.table[offset], -1).astype(np.int32)

    def ids_at(self, places: ArrayLike) -> NDArray[np.int32]:
        """Return the pixel number at each flat place (C order), int32; -1 where there is no pixel, or no such place."""
        at = np.asarray(places).astype(np.int64)
        inside = (at >= 0) & (at < self.size)
        at = np.where(inside, at, 0)
        found = at + self.first_id if self.table is None and self.sparse is None else self._by_place()[at]
        return np.where(inside, found, -1).astype(np.int32)

    def detector_number(self) -> NDArray[np.int32]:
        """Return the pixel number at each place, int32, shape `shape`.

        Where there is none, 0, or -1 where `layout` would take a 0 for a pixel's number, so that it gives this again.
        """
        if self.table is None and self.sparse is None:
            return np.arange(self.first_id, self.first_id + self.size, dtype=np.int32).reshape(self.shape)
        numbers = self._by_place()
        if not (numbers == 0).any() and np.count_nonzero(numbers < 0) != 1:
            numbers = np.where(numbers < 0, np.int32(0), numbers)
        return numbers.reshape(self.shape)

    def _by_place(self) -> NDArray[np.int32]:
        """Pixel number at each place, -1 where there is none, shape (place,)."""
        numbers = np.full(self.size, -1, np.int32)
        if self.sparse is not None:
            numbers[self.sparse[1]] = self.sparse[0]
        elif self.table is not None:
            known = np.flatnonzero(self.table >= 0)
            numbers[self.table[known]] = (known + self.first_id).astype(np.int32)
        return numbers

    def to_dict(self) -> dict[str, Any]:
        """Return shape and first pixel number, or all pixel numbers (-1: none) where they are not consecutive."""
        named: dict[str, Any] = {"dims": list(self.names)} if self.names else {}
        if self.table is None and self.sparse is None:
            return {"shape": list(self.shape), "first_id": self.first_id, **named}
        return {"shape": list(self.shape), "detector_number": self._by_place().tolist(), **named}


def usual_dims(n: int) -> tuple[str, ...]:
    """Return the names that `n` dimensions have when nobody named them, slowest first."""
    return {1: ("pixel",), 2: ("y", "x"), 3: ("z", "y", "x")}.get(n, tuple(f"dim_{i}" for i in range(n)))


def layout(
    shape: tuple[int, ...] | None = None,
    *,
    first_id: int = 1,
    detector_number: ArrayLike | None = None,
    dims: Sequence[str] | None = None,
) -> Layout:
    """Describe where pixels stand.

    Parameters
    ----------
    shape
        Length of each dimension, slowest first: rows and columns. With `detector_number`, the shape to arrange it in.
    first_id
        Number of the pixel at the origin when numbers are consecutive along the last dimension.
    detector_number
        Pixel number at each place, integers. Negative numbers are no pixel, nor is 0 unless it stands just once.
    dims
        Names of the dimensions, slowest first; without, ``y`` and ``x``.

    Raises
    ------
    ArgumentError
        If the numbers do not fill the shape, or one number stands in two places.

    Examples
    --------
    >>> layout((448, 64), first_id=1).size
    28672
    >>> layout((8, 100), dims=("tube", "pixel")).dims
    ('tube', 'pixel')
    """
    if shape is not None and (
        not shape or any(isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1 for n in shape)
    ):
        raise ArgumentError(f"shape is {shape!r}; expected positive lengths such as (448, 64)")
    if detector_number is None:
        if shape is None:
            raise ArgumentError("a layout needs shape=(rows, columns), or detector_number with the pixel at each place")
        sizes = tuple(int(n) for n in shape)
        if isinstance(first_id, bool) or not isinstance(first_id, int | np.integer) or first_id < 0:
            raise ArgumentError(f"first_id is {first_id!r}; expected a pixel number, 0 or more")
        if int(first_id) + math.prod(sizes) - 1 > INT32_MAX:
            raise ArgumentError(f"pixel numbers from {first_id} on, shape {sizes}, leave 32 bits")
        return Layout(sizes, int(first_id), math.prod(sizes), names=_names(dims, sizes))
    numbers = np.asarray(detector_number)
    if numbers.dtype.kind not in "iu" or numbers.size == 0:
        raise ArgumentError(f"detector_number is {numbers.dtype} of shape {numbers.shape}; expected integers")
    sizes = tuple(int(n) for n in (shape or numbers.shape or (1,)))
    if math.prod(sizes) != numbers.size:
        raise ArgumentError(f"{numbers.size} pixel numbers do not fill the shape {sizes}")
    return _from_numbers(numbers.ravel(), sizes, _names(dims, sizes))


def layout_from_dict(content: Mapping[str, Any]) -> Layout:
    """Return the layout that `Layout.to_dict` wrote.

    Raises
    ------
    ArgumentError
        As `layout`, and for keys that it does not know.
    """
    if unknown := sorted(set(content) - {"shape", "first_id", "detector_number", "dims"}):
        raise ArgumentError(f"a layout has no {unknown[0]!r}; expected shape, first_id, detector_number, dims")
    shape, numbers = content.get("shape"), content.get("detector_number")
    return layout(
        None if shape is None else tuple(shape),
        first_id=content.get("first_id", 1),
        detector_number=None if numbers is None else np.asarray(numbers),
        dims=content.get("dims"),
    )


def _names(dims: Sequence[str] | None, sizes: tuple[int, ...]) -> tuple[str, ...]:
    if dims is None:
        return ()
    names = tuple(dims)
    if (
        isinstance(dims, str)
        or len(names) != len(sizes)
        or len(set(names)) != len(names)
        or not all(isinstance(n, str) and n for n in names)
    ):
        raise ArgumentError(f"dims is {dims!r}; expected {len(sizes)} different names, one for each of {sizes}")
    return () if names == usual_dims(len(names)) else names


def _from_numbers(given: NDArray[Any], shape: tuple[int, ...], names: tuple[str, ...]) -> Layout:
    """Find the cheapest lookup for pixel numbers in C order."""
    if int(given.max()) > INT32_MAX:
        raise ArgumentError(f"pixel number {given.max()} leaves 32 bits; expected numbers up to {INT32_MAX}")
    flat = given.astype(np.int64)
    places = np.flatnonzero(flat >= 0 if np.count_nonzero(flat == 0) == 1 else flat > 0)
    if len(places) == 0:
        raise ArgumentError("detector_number holds no positive number")
    known = flat[places]
    low, high = int(known.min()), int(known.max())
    span = high - low + 1
    if len(places) == len(flat) == span and np.array_equal(flat, np.arange(low, high + 1)):
        return Layout(shape, low, span, names=names)
    if span > SMALL_TABLE and (span > MAX_TABLE or span > FILL * len(places)):
        order = np.argsort(known, kind="stable")
        ids = known[order]
        _refuse_doubles(known, int(np.count_nonzero(np.diff(ids))) + 1)
        return Layout(shape, low, 0, names=names, sparse=(ids.astype(np.int32), places[order].astype(np.int32)))
    table = np.full(span, -1, np.int32)
    table[known - low] = places
    _refuse_doubles(known, int(np.count_nonzero(table >= 0)))
    return Layout(shape, low, span, table, names)


def _refuse_doubles(known: NDArray[np.int64], n_distinct: int) -> None:
    if n_distinct == len(known):
        return
    numbers, counts = np.unique(known, return_counts=True)
    double = numbers[counts > 1]
    others = f", and {len(double) - 1} more like it" if len(double) > 1 else ""
    raise ArgumentError(
        f"pixel number {double[0]} stands in {counts[counts > 1][0]} places{others}; expected one place each"
    )
