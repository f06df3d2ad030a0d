"""What the forms of descriptions in JSON have in common: nothing is guessed, and nothing is left over."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, model_validator

from .asjsonwrite import DURATIONS
from .condition import read_moment
from .units import exact, exact_conversion, read_quantity


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


Exact = Annotated[Fraction, PlainValidator(_exact)]
Duration = Annotated[int, PlainValidator(_duration)]
Moment = Annotated[int, PlainValidator(_moment)]


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
