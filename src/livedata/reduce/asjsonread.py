"""The forms of descriptions in JSON, checked as a whole before anything is made of them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PlainValidator, PositiveInt, model_validator

from ..errors import ArgumentError
from .asjsonwrite import DURATIONS, FLIGHT_UNITS
from .axis import Axis, bins, categories, edges, integers, log_bins
from .condition import Condition, read_moment
from .conditiontext import parse_condition
from .description import Description, Normalise
from .physics.flight import Flight
from .pixels.layout import Layout, layout_from_dict
from .pixels.mask import Mask
from .pixels.projection import Geometric, Logical, Projection, Step
from .pixels.region import Combined, Ellipse, PixelList, Polygon, Rectangle, Region, Span
from .quantity import bind_axes
from .units import exact, exact_conversion, read_quantity
from .window import EVERYTHING, Window


def _exact(value: object) -> Fraction:
    if isinstance(value, str):
        if re.fullmatch(r"-?\d{1,400}/[1-9]\d{0,399}", value):
            return Fraction(value)
        raise ValueError(f"{value!r}; expected a number, or a quotient of integers such as '1/3'")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r}; expected a number")
    return exact(value, "it")


def _duration(value: object) -> int:
    read = read_quantity(value) if isinstance(value, str) else None
    if read is None or read[1] is None:
        raise ValueError(f"{value!r}; expected a length of time such as '5 s'")
    number = exact(read[0], "it")
    ns = (
        number * dict(DURATIONS)[read[1]] if read[1] in dict(DURATIONS) else number * exact_conversion(read[1], "ns")[0]
    )
    if ns.denominator != 1 or not 0 < ns < 2**62:
        raise ValueError(f"{value!r}; expected a whole number of ns, above zero")
    return int(ns)


def _moment(value: object) -> int:
    return read_moment(value)


def _condition(value: object) -> Condition:
    if not isinstance(value, str):
        raise ValueError(f"{value!r}; expected a text such as 'temperature < 5 K'")
    return parse_condition(value)


def _layout(value: object) -> Layout:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r}; expected shape and first_id, or shape and detector_number")
    try:
        return layout_from_dict(value)
    except (TypeError, OverflowError) as error:
        raise ValueError(f"no layout: {error}") from None


Exact = Annotated[Fraction, PlainValidator(_exact)]
Duration = Annotated[int, PlainValidator(_duration)]
Moment = Annotated[int, PlainValidator(_moment)]
ConditionText = Annotated[Any, PlainValidator(_condition)]
LayoutForm = Annotated[Any, PlainValidator(_layout)]
Names = Annotated[list[str], Field(min_length=1)]


class Form(BaseModel):
    """What all forms have in common: nothing is guessed, and nothing is left over."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class Choice(Form):
    """A form of which exactly one key is given."""

    @model_validator(mode="after")
    def _is_one(self) -> Choice:
        given = [name for name in self.kinds() if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"{' and '.join(given) or 'nothing'} given; expected exactly one of {', '.join(self.kinds())}"
            )
        self.value()
        return self

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """Return the keys to choose from."""
        return tuple(cls.model_fields)

    def value(self) -> Any:
        """Return what the form describes."""
        raise NotImplementedError


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


class WindowForm(Choice):
    """Which stretch of the data counts, as time goes on."""

    pulses: PositiveInt | None = None
    last: Duration | None = None
    run: Literal[True] | None = None
    since_step_of: Annotated[str, Field(min_length=1)] | None = None

    def value(self) -> Window:
        """Return the window."""
        if self.pulses is not None:
            return Window("pulses", n=self.pulses)
        if self.last is not None:
            return Window("seconds", length_ns=self.last)
        return Window("run") if self.run else Window("log", log=self.since_step_of or "")


class FlightForm(Form):
    """Settings of the way from time of arrival to coordinates, with units."""

    period: str | None = None
    min_wavelength: str | None = None
    max_wavelength: str | None = None
    wrap_offset: str | None = None
    emission_offset: str | None = None
    incident_energy: str | None = None
    final_energy: str | None = None
    l1: str | None = None
    sample_tilt: str | None = None
    stride: PositiveInt = 1
    stride_offset: int = 0
    gravity: bool = False
    table: str | None = None
    reference: Moment | None = None

    @model_validator(mode="after")
    def _is_sound(self) -> FlightForm:
        self.value()
        return self

    def value(self) -> Flight:
        """Return the settings."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        for name in given.keys() & FLIGHT_UNITS.keys():
            if given[name] is not None:
                given[name] = _in_unit(name, given[name], FLIGHT_UNITS[name])
        return Flight(**{name: value for name, value in given.items() if value is not None})


def _in_unit(name: str, text: str, unit: str) -> float:
    read = read_quantity(text)
    if read is None or read[1] is None:
        raise ArgumentError(f"{name} is {text!r}; expected a number with a unit, such as '5 {unit}'")
    if read[1] == unit:
        return float(read[0])
    factor, offset = exact_conversion(read[1], unit)
    return float(exact(read[0], name) * factor + offset)


class NormaliseForm(Form):
    """What a result is divided by."""

    by: Literal["monitor", "charge", "time", "pulses", "region", "run"]
    stream: str = ""
    axis: AxisForm | None = None
    region: RegionForm | None = None
    path: str = ""

    def value(self) -> Normalise:
        """Return what a result is divided by."""
        axis = None if self.axis is None else self.axis.value()
        return Normalise(self.by, self.stream, axis, None if self.region is None else self.region.value(), self.path)


class DescriptionForm(Form):
    """A whole description."""

    format: Literal[1]
    axes: list[AxisForm] = Field(default_factory=list)
    projection: ProjectionForm | None = None
    sum_pixels: bool = False
    masks: list[MaskForm] = Field(default_factory=list)
    region: RegionForm | None = None
    where: list[ConditionText] = Field(default_factory=list)
    window: WindowForm | None = None
    flight: FlightForm = FlightForm()
    normalise: list[NormaliseForm] = Field(default_factory=list)
    every: Duration | None = None
    sparse: bool = False

    @model_validator(mode="after")
    def _axes_differ(self) -> DescriptionForm:
        names = [axis.name for axis in self.axes]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two axes lie on {name!r}; expected different quantities")
        return self

    def value(self) -> Description:
        """Return the description."""
        return Description(
            axes=tuple(axis.value() for axis in self.axes),
            projection=None if self.projection is None else self.projection.value(),
            is_summed=self.sum_pixels,
            masks=tuple(mask.value() for mask in self.masks),
            region=None if self.region is None else self.region.value(),
            filters=tuple(self.where),
            window=EVERYTHING if self.window is None else self.window.value(),
            flight=self.flight.value(),
            normalise=tuple(one.value() for one in self.normalise),
            every_ns=self.every or 0,
            sparse=self.sparse,
        )
