"""Our own small form of an instrument description, checked as a whole before anything is used."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from ..errors import ArgumentError, SettingsError
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout, layout
from ..streams.key import FAMILY_OF_SCHEMA, Family, StreamKey
from .geometry.chain import Newest
from .geometry.overlay import geometry_from_file, plain_geometry
from .geometry.teller import GeometryTeller

Point = tuple[FiniteFloat, FiniteFloat, FiniteFloat]


class TurnForm(BaseModel):
    """One rotation of a detector about its middle: an axis and an angle in degrees."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    axis: Point
    angle: FiniteFloat


class GeometryForm(BaseModel):
    """Where a detector or a monitor stands: by a file, or by a few numbers in metres (NeXus frame)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str | None = Field(default=None, min_length=1)
    """NeXus file or instrument definition (XML) with the same pixel numbers; relative to this description."""
    position: Point | None = None
    pixel_size: tuple[FiniteFloat, FiniteFloat] | None = None
    turns: list[TurnForm] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_way_only(self) -> GeometryForm:
        if (self.file is None) == (self.position is None):
            raise ValueError("expected either a file or a position")
        return self


class StreamForm(BaseModel):
    """One stream: its topic and source as on the wire; shape and first pixel number for a detector."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str = Field(min_length=1)
    source: str = Field(min_length=1)
    # The field's name shadows a deprecated method of BaseModel, hence the alias.
    sent_as: str = Field(default="ev44", alias="schema")
    shape: tuple[PositiveInt, ...] | None = None
    first_id: int = 1
    detector_number: list[int] | None = None
    dims: list[str] | None = None
    geometry: GeometryForm | None = None

    @field_validator("sent_as")
    @classmethod
    def _schema_makes_streams(cls, value: str) -> str:
        if value not in FAMILY_OF_SCHEMA:
            raise ValueError(f"{value!r} makes no stream; expected one of {', '.join(FAMILY_OF_SCHEMA)}")
        return value

    @property
    def family(self) -> Family:
        """What kind of stream it is."""
        return FAMILY_OF_SCHEMA[self.sent_as]

    @model_validator(mode="after")
    def _pixels_belong_to_events(self) -> StreamForm:
        if self.family != "events" and (self.shape is not None or self.detector_number is not None):
            raise ValueError("only a stream of events has a shape")
        if self.family != "events" and self.geometry is not None:
            raise ValueError("only a stream of events has a geometry")
        try:
            self.layout()
        except ArgumentError as error:
            raise ValueError(str(error)) from None
        return self

    def layout(self) -> Layout | None:
        """Where pixels stand, if told."""
        if self.detector_number is not None:
            return layout(self.shape, detector_number=self.detector_number, dims=self.dims)
        return layout(self.shape, first_id=self.first_id, dims=self.dims) if self.shape else None


class InstrumentForm(BaseModel):
    """The whole description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    topics: list[str] = Field(default_factory=list)
    source: Point | None = None
    """Where neutrons start, metres."""
    sample: Point = (0.0, 0.0, 0.0)
    streams: dict[str, StreamForm] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _streams_differ(self) -> InstrumentForm:
        seen: dict[tuple[str, str, str], str] = {}
        for name, stream in self.streams.items():
            key = (stream.topic, stream.source, stream.family)
            if key in seen:
                raise ValueError(f"streams {seen[key]!r} and {name!r} are the same topic, source and kind")
            seen[key] = name
        return self


def read_own_form(
    content: Any, path: Path, forms: str
) -> tuple[
    str,
    tuple[str, ...],
    dict[str, tuple[StreamKey | None, Layout | None]],
    dict[str, GeometryTeller],
]:
    """Return name, topics, streams and geometries of a description in our own form.

    Raises
    ------
    SettingsError
        With every problem and its place.
    """
    try:
        form = InstrumentForm.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"{path}: {problems}. Expected {forms}") from None
    topics = form.topics or list(dict.fromkeys(stream.topic for stream in form.streams.values()))
    streams: dict[str, tuple[StreamKey | None, Layout | None]] = {}
    for name, stream in form.streams.items():
        streams[name] = (StreamKey(stream.topic, stream.source, stream.family), stream.layout())
    told = [name for name, stream in form.streams.items() if stream.geometry is not None]
    tellers: dict[str, GeometryTeller] = {name: partial(_geometry, form, name, path) for name in told}
    return form.name, tuple(topics), streams, tellers


def _geometry(form: InstrumentForm, name: str, path: Path, newest: Newest | None = None) -> Geometry | None:
    """Work out the geometry of a stream; nothing in this form follows a log."""
    stream = form.streams[name]
    told, held = stream.geometry, stream.layout()
    if told is None:
        return None
    if told.position is not None:
        return plain_geometry(
            held,
            position=told.position,
            pixel_size=told.pixel_size,
            turns=[(turn.axis, turn.angle) for turn in told.turns],
            source=form.source,
            sample=form.sample,
            where=f"{path.name}, {name}",
        )
    file = path.parent / str(told.file)
    if held is None:
        raise SettingsError(f"{path}: stream {name!r} has no shape, so a file cannot say where its pixels are")
    found = geometry_from_file(file, held.ids_at(np.arange(held.size)))
    return found if form.source is None else replace(found, source=form.source, sample=form.sample)
