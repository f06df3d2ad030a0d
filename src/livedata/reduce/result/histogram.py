"""Histograms: values over axes, with variances, for people and for other libraries. They never change.

What they can do (arithmetic, slicing, exports) is done by functions of modules of their own, loaded when first used.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...lazy import call
from ..axis import Axes
from .exactaxis import position

if TYPE_CHECKING:
    from pathlib import Path

    from ..axis import Axis
    from .comparison import Comparison
    from .figures import Peak

_do = partial(call, __package__)


class Operable:
    """Gives a class the interface of a histogram, for the one that `_histogram` returns at the moment of the call."""

    __slots__ = ()
    __array_ufunc__ = None
    """Has numpy leave ``array * histogram`` to the histogram."""
    __iter__ = None
    """A histogram is no sequence; ``for`` over one would go on through its bins by accident."""

    @abstractmethod
    def _histogram(self) -> Histogram:
        """Return what the operations work on."""

    # UHI

    @property
    def kind(self) -> str:
        """What a histogram is to UHI: ``COUNT``, sums of weights and what is computed from them."""
        return "COUNT"

    def values(self) -> NDArray[Any]:
        """Values per bin, int64 or float64, read-only, shape as the axes."""
        return self._histogram().array

    def variances(self) -> NDArray[Any]:
        """Variance per bin, read-only, shape as the axes."""
        histogram = self._histogram()
        return histogram.array if histogram.spread is None else histogram.spread

    def counts(self) -> NDArray[Any]:
        """Effective number of counts per bin, as UHI has it: ``value² / variance``, 0 where the variance is 0."""
        histogram = self._histogram()
        if histogram.spread is None:
            return histogram.array
        variances = histogram.spread
        return np.divide(
            histogram.array.astype(np.float64) ** 2,
            variances,
            out=np.zeros(variances.shape),
            where=variances != 0,
        )

    def errors(self) -> NDArray[np.float64]:
        """Standard deviation per bin, float64, shape as the axes."""
        return np.sqrt(np.asarray(self.variances(), np.float64))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.values(), dtype=dtype, copy=copy)

    @property
    def total(self) -> int | float:
        """Sum over all bins; NaN where one has no value."""
        total: int | float = _do("arithmetic.add_up", self._histogram().array).item()
        return total

    # Arithmetic

    def __add__(self, other: Any) -> Histogram:
        return self._combined("+", other)

    def __sub__(self, other: Any) -> Histogram:
        return self._combined("-", other)

    def __mul__(self, other: Any) -> Histogram:
        return self._combined("*", other)

    def __truediv__(self, other: Any) -> Histogram:
        return self._combined("/", other)

    def __radd__(self, other: Any) -> Histogram:
        return self._combined("+", other, is_right=True)

    def __rsub__(self, other: Any) -> Histogram:
        return self._combined("-", other, is_right=True)

    def __rmul__(self, other: Any) -> Histogram:
        return self._combined("*", other, is_right=True)

    def __rtruediv__(self, other: Any) -> Histogram:
        return self._combined("/", other, is_right=True)

    def __neg__(self) -> Histogram:
        result: Histogram = self._combined("*", -1)
        return result

    def __float__(self) -> float:
        return float(self._single())

    def __int__(self) -> int:
        return int(self._single())

    def _single(self) -> Any:
        """Return the only value there is."""
        array = self._histogram().array
        if array.size != 1:
            raise TypeError(f"{array.size} bins are no single number; sum over them with .sum(), or use .total")
        return array.item()

    def _combined(self, operation: Any, other: Any, *, is_right: bool = False) -> Any:
        if isinstance(other, Operable):
            other = other._histogram()
        elif isinstance(other, bool) or not isinstance(other, int | float | np.number | np.ndarray):
            return NotImplemented
        one = self._histogram()
        sides = (other, operation, one) if is_right else (one, operation, other)
        return _do("arithmetic.combine", *sides)

    def ratio(self, other: Any, *, per: str | None = None) -> Histogram:
        """Divide by another result, or a number; `per` as in `difference`. NaN where the other has nothing."""
        return _do("against.ratio", self, other, per=per)

    def difference(self, other: Any, *, per: str | None = None) -> Histogram:
        """Subtract another result.

        Parameters
        ----------
        other
            A view, a histogram (`load_histogram` gives that of a file), or a number.
        per
            None compares the numbers as they are, ``total`` after dividing each by its own total, ``time`` after
            dividing each by the time it was counted over.
        """
        return _do("against.difference", self, other, per=per)

    def overlay(self, *others: Any, labels: tuple[str, ...] = (), per: str | None = None) -> Any:
        """Put other results beside this one, to be drawn in one plot; arguments as in `difference`."""
        return _do("against.overlay", self, *others, labels=labels, per=per)

    # Choosing and summing

    def __getitem__(self, key: object) -> Any:
        """Choose bins, by number or by value: ``h[3:7]``, ``h["5 ms":"20 ms"]``, ``h[..., "7 ms"]``; see `select`."""
        return _do("select.select", self._histogram(), key)

    def sel(self, **choices: object) -> Any:
        """Choose bins by the names of axes: ``h.sel(toa=("5 ms", "20 ms"), x=3)``; see `select`."""
        return _do("select.pick", self._histogram(), choices)

    def sum(self, *names: str) -> Histogram:
        """Sum over the named axes; over all of them, to a single value with its variance, when none is named."""
        histogram = self._histogram()
        n = len(histogram.axes)
        chosen = [position(histogram.axes, name) for name in names] if names else range(n)
        return _do("rebin.summed", histogram, chosen)

    def project(self, *names: str) -> Histogram:
        """Sum over all axes but the named ones, which come in the order of the names."""
        return _do("rebin.projected", self._histogram(), names)

    def rebin(self, **axes: Axis | int | ArrayLike) -> Histogram:
        """Return the histogram in other bins: ``h.rebin(toa=4)``, ``h.rebin(toa=ld.bins(…))``; see `rebinned`."""
        return _do("rebin.rebinned", self._histogram(), axes)

    def rate(self, seconds: float | None = None) -> Histogram:
        """Divide by the time it was counted over, from the first to the last entry; see `density.rate`."""
        return _do("density.rate", self._histogram(), seconds)

    def density(self, *names: str) -> Histogram:
        """Divide by the width of the bins of the named axes, or of all that have a unit."""
        return _do("density.density", self._histogram(), *names)

    def peak(self) -> Peak:
        """Return maximum, position, centroid, width and integral; of a range: ``h["5 ms":"20 ms"].peak()``."""
        return _do("peak.peak", self._histogram())

    def compare(self, other: Operable) -> Comparison:
        """Compare bin for bin, and say where the first difference is."""
        return _do("compare.compare", self._histogram(), other._histogram())

    def same_as(self, other: Operable) -> bool:
        """Whether both have the same axes, the same value in every bin and, where both know them, the same fates."""
        return bool(self.compare(other))

    # To other libraries, to files and to the screen

    def to_hist(self) -> Any:
        """Return a `hist.Hist`."""
        return _do("export.to_hist", self._histogram())

    def to_boost(self) -> Any:
        """Return a `boost_histogram.Histogram`."""
        return _do("export.to_boost", self._histogram())

    def _to_boost_histogram_(self) -> Any:
        # What boost_histogram and hist call on an object that they are to be made from.
        return self.to_boost()

    def to_xarray(self) -> Any:
        """Return an `xarray.DataArray` with the centres, the low and the high edges of the bins."""
        return _do("export.to_xarray", self._histogram())

    def to_scipp(self) -> Any:
        """Return a `scipp.DataArray` with bin edges and variances."""
        return _do("export.to_scipp", self._histogram())

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame`: one row for each bin, with value and error."""
        return _do("export.to_pandas", self._histogram())

    def save(self, path: str | Path, *, overwrite: bool = False, about: Mapping[str, Any] | None = None) -> Path:
        """Write to ``.nxs``, ``.csv`` or ``.npz``; `load_histogram` reads it back equal. See `save.save`."""
        return _do("save.save", self._histogram(), path, overwrite=overwrite, about=about)

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw with matplotlib and return its axes."""
        return _do("plot.plot", self._histogram(), ax, **style)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Histogram(Operable):
    """Values over axes. What arithmetic, slicing and rebinning give; a `Snapshot` is one with a ledger."""

    array: NDArray[np.int64] | NDArray[np.float64]
    """Values, read-only, shape as the axes: int64 where they are counts or sums of integer weights, else float64.
    NaN (float64 only) where there is no value: a masked pixel, a quotient by zero."""
    axes: Axes
    spread: NDArray[np.int64] | NDArray[np.float64] | None = None
    """Variances, shape of `array`; None where they equal the values, as those of counts do (Poisson)."""
    unit: str = "counts"
    name: str = ""
    span_ns: tuple[int, int] | None = None
    """First and last entry time that it was counted over, ns since 1970; None where that is not one span."""

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last entry time that it stands for, ns since 1970, if known."""
        return self.span_ns

    def derived(self, **parts: Any) -> Histogram:
        """Return a plain histogram with other parts; the values are made read-only."""
        kept = {"axes": self.axes, "spread": self.spread, "unit": self.unit, "name": self.name, "span_ns": self.span}
        made = {**kept, **parts}
        for name in ("array", "spread"):
            if made[name] is not None:
                made[name] = np.asarray(made[name])
                made[name].flags.writeable = False
        return Histogram(**made)

    def picture(self) -> Histogram:
        """Sum over all but the first two dimensions."""
        return self.sum(*(axis.name for axis in tuple(self.axes)[2:])) if len(self.axes) > 2 else self

    def _histogram(self) -> Histogram:
        return self

    def __repr__(self) -> str:
        return _do("show.text", self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return _do("show.bundle", self)
