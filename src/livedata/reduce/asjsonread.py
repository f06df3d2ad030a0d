"""The form of descriptions in JSON, checked as a whole before anything is made of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, PositiveInt, model_validator

from ..errors import ArgumentError
from .asjsonaxis import AxisForm
from .asjsonform import Choice, Duration, Form, Moment
from .asjsonpixels import MaskForm, ProjectionForm, RegionForm
from .asjsonwrite import FLIGHT_UNITS
from .condition import Condition
from .conditiontext import parse_condition
from .description import Description, Normalise
from .physics.flight import Flight
from .units import exact, exact_conversion, read_quantity
from .window import EVERYTHING, Window


def _condition(value: object) -> Condition:
    if not isinstance(value, str):
        raise ValueError(f"{value!r}; expected a text such as 'temperature < 5 K'")
    return parse_condition(value)


ConditionText = Annotated[Any, PlainValidator(_condition)]


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
    frames: Literal["sum", "mean", "newest", "max"] | None = None
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
            frames=self.frames or "",
            sparse=self.sparse,
        )
