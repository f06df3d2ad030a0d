"""Forms of projections, masks and regions in JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, FiniteFloat, PlainValidator, PositiveInt, model_validator

from ..errors import ArgumentError
from .asjsonform import Choice, Form
from .pixels.layout import Layout, layout_from_dict
from .pixels.mask import Mask
from .pixels.projection import Geometric, Logical, Projection, Step
from .pixels.region import Combined, Ellipse, PixelList, Polygon, Rectangle, Region, Span
from .units import read_quantity

Names = Annotated[list[str], Field(min_length=1)]


def _layout(value: object) -> Layout:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r}; expected shape and first_id, or shape and detector_number")
    try:
        return layout_from_dict(value)
    except (TypeError, OverflowError) as error:
        raise ValueError(f"no layout: {error}") from None


LayoutForm = Annotated[Any, PlainValidator(_layout)]


class FoldForm(Form):
    """A dimension that becomes several."""

    dim: str
    into: Annotated[dict[str, int], Field(min_length=1)]


class FlattenForm(Form):
    """Dimensions that become one."""

    dims: Names
    to: str


class SliceForm(Form):
    """One index of a dimension."""

    dim: str
    index: int


class StepForm(Choice):
    """One step of a logical view."""

    fold: FoldForm | None = None
    flatten: FlattenForm | None = None
    slice: SliceForm | None = None
    transpose: list[str] | None = None
    sum: Names | None = None
    flip: Names | None = None

    def value(self) -> Step:
        """Return the step, as the methods of `Logical` make it."""
        view = Logical()
        if self.fold is not None:
            view = view.fold(self.fold.dim, self.fold.into)
        elif self.flatten is not None:
            view = view.flatten(self.flatten.dims, self.flatten.to)
        elif self.slice is not None:
            return Step("slice", self.slice.dim, index=self.slice.index)
        elif self.transpose is not None:
            view = view.transpose(*self.transpose)
        else:
            view = view.sum(*self.sum) if self.sum is not None else view.flip(*(self.flip or []))
        return view.steps[0]


class LogicalForm(Form):
    """Pixels as they are numbered."""

    layout: LayoutForm | None = None
    steps: list[StepForm] = Field(default_factory=list)


class GeometricForm(Form):
    """Pixels as they stand."""

    surface: Literal["xy_plane", "cylinder_mantle_z", "cylinder_mantle_y", "two_theta_phi"]
    shape: tuple[PositiveInt, PositiveInt]
    smooth: Annotated[int, Field(ge=0, le=64)] = 0
    flip_x: bool = False


class ProjectionForm(Choice):
    """What is seen of the detector."""

    logical: LogicalForm | None = None
    geometric: GeometricForm | None = None

    def value(self) -> Projection:
        """Return the projection."""
        if self.logical is not None:
            return Logical(self.logical.layout, tuple(step.value() for step in self.logical.steps))
        form = self.geometric
        assert form is not None
        return Geometric(form.surface, form.shape, form.smooth, form.flip_x)


class MaskForm(Form):
    """Pixels that are left out: numbers, and pairs of first and last number."""

    name: str
    pixels: list[Any] | None = None
    of_file: bool = False

    @model_validator(mode="after")
    def _is_sound(self) -> MaskForm:
        self.value()
        return self

    def value(self) -> Mask:
        """Return the mask."""
        if (self.pixels is None) != self.of_file:
            raise ArgumentError("a mask has either pixels or of_file: true")
        if self.pixels is None:
            return Mask(self.name)
        runs = [np.zeros(0, np.int64)]
        for run in self.pixels:
            pair = run if isinstance(run, list) else [run, run]
            if len(pair) != 2 or any(isinstance(i, bool) or not isinstance(i, int) or abs(i) > 2**31 for i in pair):
                raise ArgumentError(f"pixels {run!r}; expected a number or [first, last]")
            if not 0 <= pair[1] - pair[0] < 2**28:
                raise ArgumentError(f"pixels {run!r}; expected the smaller number first")
            runs.append(np.arange(pair[0], pair[1] + 1))
        return Mask(self.name, np.concatenate(runs))


Pair = tuple[FiniteFloat, FiniteFloat]


class RectangleForm(Form):
    """Sides along the axes."""

    x: Pair
    y: Pair
    unit: str | None = None


class EllipseForm(Form):
    """Centre, radii and rotation in degrees."""

    center: Pair
    radii: Pair
    rotation: FiniteFloat = 0.0
    unit: str | None = None


class PolygonForm(Form):
    """Corners in order."""

    corners: list[Pair]
    unit: str | None = None


class PixelsForm(Form):
    """Pixel numbers, and half-open spans of them."""

    ids: list[int] = Field(default_factory=list)
    spans: list[tuple[int, int]] = Field(default_factory=list)


class RegionForm(Choice):
    """A part of a picture, of a detector or of a quantity."""

    rectangle: RectangleForm | None = None
    ellipse: EllipseForm | None = None
    polygon: PolygonForm | None = None
    pixels: PixelsForm | None = None
    span: dict[str, tuple[int | FiniteFloat | str, int | FiniteFloat | str]] | None = None
    # The keys of unions and intersections are words of Python.
    any_of: tuple[RegionForm, RegionForm] | None = Field(default=None, alias="or")
    all_of: tuple[RegionForm, RegionForm] | None = Field(default=None, alias="and")
    minus: tuple[RegionForm, RegionForm] | None = None

    def value(self) -> Region:
        """Return the region."""
        if (one := self.rectangle) is not None:
            return Rectangle(one.x, one.y, one.unit)
        if (round_ := self.ellipse) is not None:
            return Ellipse(round_.center, round_.radii, round_.rotation, round_.unit)
        if (many := self.polygon) is not None:
            return Polygon(tuple(x for x, _ in many.corners), tuple(y for _, y in many.corners), many.unit)
        if self.pixels is not None:
            return PixelList(tuple(self.pixels.ids), tuple(self.pixels.spans))
        if self.span is not None:
            return _span(self.span)
        how: Literal["or", "and", "minus"] = "or" if self.any_of else "and" if self.all_of else "minus"
        parts = self.any_of or self.all_of or self.minus
        assert parts is not None
        a, b = parts
        return Combined(how, a.value(), b.value())


def _span(given: dict[str, tuple[Any, Any]]) -> Span:
    if len(given) != 1:
        raise ArgumentError(f"span of {', '.join(given) or 'nothing'}; expected one quantity; join several by 'and'")
    ((quantity, bounds),) = given.items()
    read = [read_quantity(bound) if isinstance(bound, str) else (bound, None) for bound in bounds]
    if read[0] is None or read[1] is None:
        raise ArgumentError(
            f"span of {quantity}: {bounds[0]!r} … {bounds[1]!r}; expected numbers, or texts such as '5 ms'"
        )
    if read[0][1] != read[1][1]:
        raise ArgumentError(f"span of {quantity}: {bounds[0]!r} … {bounds[1]!r}; expected the same unit for both")
    return Span(quantity, read[0][0], read[1][0], read[0][1])
