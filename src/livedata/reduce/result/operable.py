"""What histograms, and whatever holds one (a view), can do: arithmetic, slicing, exports; by functions elsewhere."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from pathlib import Path

    from ..axis import Axis
    from .compare import Comparison
    from .histogram import Histogram
    from .peak import Peak


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
        from .arithmetic import add_up

        total: int | float = add_up(self._histogram().array).item()
        return total

    # Arithmetic

    def __add__(self, other: Any) -> Histogram:
        return self._combined("+", other)  # type: ignore[no-any-return]

    def __sub__(self, other: Any) -> Histogram:
        return self._combined("-", other)  # type: ignore[no-any-return]

    def __mul__(self, other: Any) -> Histogram:
        return self._combined("*", other)  # type: ignore[no-any-return]

    def __truediv__(self, other: Any) -> Histogram:
        return self._combined("/", other)  # type: ignore[no-any-return]

    def __radd__(self, other: Any) -> Histogram:
        return self._combined("+", other, is_right=True)  # type: ignore[no-any-return]

    def __rsub__(self, other: Any) -> Histogram:
        return self._combined("-", other, is_right=True)  # type: ignore[no-any-return]

    def __rmul__(self, other: Any) -> Histogram:
        return self._combined("*", other, is_right=True)  # type: ignore[no-any-return]

    def __rtruediv__(self, other: Any) -> Histogram:
        return self._combined("/", other, is_right=True)  # type: ignore[no-any-return]

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
        from .arithmetic import combine

        if isinstance(other, Operable):
            other = other._histogram()
        elif isinstance(other, bool) or not isinstance(other, int | float | np.number | np.ndarray):
            return NotImplemented
        one = self._histogram()
        return combine(other, operation, one) if is_right else combine(one, operation, other)

    def ratio(self, other: Any, *, per: str | None = None) -> Histogram:
        """Divide by another result, or a number; `per` as in `difference`. NaN where the other has nothing."""
        from .against import ratio

        return ratio(self, other, per=per)

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
        from .against import difference

        return difference(self, other, per=per)

    def overlay(self, *others: Any, labels: tuple[str, ...] = (), per: str | None = None) -> Any:
        """Put other results beside this one, to be drawn in one plot; arguments as in `difference`."""
        from .against import overlay

        return overlay(self, *others, labels=labels, per=per)

    # Choosing and summing

    def __getitem__(self, key: object) -> Any:
        """Choose bins, by number or by value: ``h[3:7]``, ``h["5 ms":"20 ms"]``, ``h[..., "7 ms"]``; see `select`."""
        from .select import select

        return select(self._histogram(), key)

    def sel(self, **choices: object) -> Any:
        """Choose bins by the names of axes: ``h.sel(toa=("5 ms", "20 ms"), x=3)``; see `select`."""
        from .select import pick

        return pick(self._histogram(), choices)

    def sum(self, *names: str) -> Histogram:
        """Sum over the named axes; over all of them, to a single value with its variance, when none is named."""
        from .exactaxis import position
        from .rebin import summed

        histogram = self._histogram()
        n = len(histogram.axes)
        return summed(histogram, [position(histogram.axes, name) for name in names] if names else range(n))

    def project(self, *names: str) -> Histogram:
        """Sum over all axes but the named ones, which come in the order of the names."""
        from .rebin import projected

        return projected(self._histogram(), names)

    def rebin(self, **axes: Axis | int | ArrayLike) -> Histogram:
        """Return the histogram in other bins: ``h.rebin(toa=4)``, ``h.rebin(toa=ld.bins(…))``; see `rebinned`."""
        from .rebin import rebinned

        return rebinned(self._histogram(), axes)

    def rate(self, seconds: float | None = None) -> Histogram:
        """Divide by the time it was counted over, from the first to the last entry; see `density.rate`."""
        from .density import rate

        return rate(self._histogram(), seconds)

    def density(self, *names: str) -> Histogram:
        """Divide by the width of the bins of the named axes, or of all that have a unit."""
        from .density import density

        return density(self._histogram(), *names)

    def peak(self) -> Peak:
        """Return maximum, position, centroid, width and integral; of a range: ``h["5 ms":"20 ms"].peak()``."""
        from .peak import peak

        return peak(self._histogram())

    def compare(self, other: Operable) -> Comparison:
        """Compare bin for bin, and say where the first difference is."""
        from .compare import compare

        return compare(self._histogram(), other._histogram())

    def same_as(self, other: Operable) -> bool:
        """Whether both have the same axes, the same value in every bin and, where both know them, the same fates."""
        return bool(self.compare(other))

    # To other libraries, to files and to the screen

    def to_hist(self) -> Any:
        """Return a `hist.Hist`."""
        from .export import to_hist

        return to_hist(self._histogram())

    def to_boost(self) -> Any:
        """Return a `boost_histogram.Histogram`."""
        from .export import to_boost

        return to_boost(self._histogram())

    def _to_boost_histogram_(self) -> Any:
        # What boost_histogram and hist call on an object that they are to be made from.
        return self.to_boost()

    def to_xarray(self) -> Any:
        """Return an `xarray.DataArray` with the centres, the low and the high edges of the bins."""
        from .export import to_xarray

        return to_xarray(self._histogram())

    def to_scipp(self) -> Any:
        """Return a `scipp.DataArray` with bin edges and variances."""
        from .export import to_scipp

        return to_scipp(self._histogram())

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame`: one row for each bin, with value and error."""
        from .export import to_pandas

        return to_pandas(self._histogram())

    def save(self, path: str | Path, *, overwrite: bool = False, about: Mapping[str, Any] | None = None) -> Path:
        """Write to ``.nxs``, ``.csv`` or ``.npz``; `load_histogram` reads it back equal. See `save.save`."""
        from .save import save

        return save(self._histogram(), path, overwrite=overwrite, about=about)

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw with matplotlib and return its axes."""
        from .plot import plot

        return plot(self._histogram(), ax, **style)
