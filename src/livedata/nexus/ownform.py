"""Our own small form of an instrument description, checked as a whole before anything is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, field_validator, model_validator

from ..errors import ArgumentError, SettingsError
from ..reduce.pixels.layout import Layout, layout
from ..streams.key import FAMILY_OF_SCHEMA, Family, StreamKey


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
        try:
            self.layout()
        except ArgumentError as error:
            raise ValueError(str(error)) from None
        return self

    def layout(self) -> Layout | None:
        """Where pixels stand, if told."""
        if self.detector_number is not None:
            return layout(self.shape, detector_number=self.detector_number)
        return layout(self.shape, first_id=self.first_id) if self.shape else None


class InstrumentForm(BaseModel):
    """The whole description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    topics: list[str] = Field(default_factory=list)
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
) -> tuple[str, tuple[str, ...], dict[str, tuple[StreamKey | None, Layout | None]]]:
    """Return name, topics and streams of a description in our own form.

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
    return form.name, tuple(topics), streams
