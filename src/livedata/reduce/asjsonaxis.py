"""Forms of axes in JSON."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, PositiveInt

from ..errors import ArgumentError
from .asjsonform import Choice, Exact, Form
from .axis import Axis, bins, categories, edges, integers, log_bins
from .quantity import bind_axes


class EvenForm(Form):
    """Start, stop and number of bins."""

    start: Exact
    stop: Exact
    n: PositiveInt


class IntegersForm(Form):
    """First integer, and the one behind the last."""

    start: int
    stop: int


class AxisForm(Choice):
    """An axis and the quantity that it lies on."""

    name: Annotated[str, Field(min_length=1)]
    unit: str | None = None
    scale: Literal["log"] | None = None
    bins: EvenForm | None = None
    log_bins: EvenForm | None = None
    edges: Annotated[list[Exact], Field(min_length=2)] | None = None
    integers: IntegersForm | None = None
    categories: list[int] | list[str] | None = None

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """Return the keys to choose from."""
        return ("bins", "log_bins", "edges", "integers", "categories")

    def value(self) -> Axis:
        """Return the axis, bound to its quantity."""
        (axis,) = bind_axes(**{self.name: self._made()})
        return axis

    def _made(self) -> Axis:
        if self.scale is not None and self.edges is None:
            raise ArgumentError("scale goes with edges only; logarithmic bins are log_bins")
        if self.categories is not None or self.integers is not None:
            if self.unit is not None:
                raise ArgumentError("integers and categories have no unit")
            if self.integers is not None:
                return integers(self.integers.start, self.integers.stop)
            return categories(self.categories or [])
        if self.edges is not None:
            axis = edges(np.array(self.edges, object), self.unit)
            return Axis(axis.exact, axis.n, axis.unit, scale="log" if self.scale else "even")
        form = self.bins or self.log_bins
        assert form is not None
        make = bins if self.bins is not None else log_bins
        return make(form.start, form.stop, n=form.n, unit=self.unit)
