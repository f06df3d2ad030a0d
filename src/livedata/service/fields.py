"""Types of what stands in commands: numbers, ranges, names. Each says what it expects."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

MAX_ID = 2**31 - 1
"""Largest pixel number: they are int32 on the wire."""
_TOPIC_NAME = r"^[a-zA-Z0-9._\-]{1,249}$"


def shown(value: object) -> str:
    """Return a value as an error message quotes it."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"expected a number, not {shown(value)}")
    if not math.isfinite(value):
        raise ValueError(f"expected a finite number, not {value}")
    return value


def _whole(value: object) -> int:
    number = _number(value)
    if isinstance(number, float) and not number.is_integer():
        raise ValueError(f"expected a whole number, not {number}")
    return int(number)


def _pair(value: object) -> tuple[object, object]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"expected two numbers, not {shown(value)}")
    return value[0], value[1]


def _one_or_two(value: object) -> tuple[object, object]:
    return _pair(value) if isinstance(value, list | tuple) else (_whole(value), value)


def _rising(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    if pair[0] >= pair[1]:
        raise ValueError(f"expected [low, high] with low below high, not {list(pair)}")
    return pair


def _not_falling(pair: tuple[int, int]) -> tuple[int, int]:
    if pair[0] > pair[1]:
        raise ValueError(f"expected [first, last], not {list(pair)}")
    return pair


def is_topic_name(name: str) -> bool:
    """Whether Kafka can have a topic of this name."""
    return re.fullmatch(_TOPIC_NAME.strip("^$"), name) is not None and name not in (".", "..")


def _topic(name: str) -> str:
    if not is_topic_name(name):
        raise ValueError(f"{name!r} is no topic name")
    return name


Number = Annotated[int | float, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_whole)]
Length = Annotated[int, BeforeValidator(_whole), Field(ge=1)]
Pixel = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=MAX_ID)]
Text = Annotated[str, Field(strict=True)]
TofRange = Annotated[tuple[Number, Number], BeforeValidator(_pair), AfterValidator(_rising)]
"""[low, high] in ns after the reference time."""
IdRange = Annotated[tuple[Pixel, Pixel], BeforeValidator(_pair), AfterValidator(_not_falling)]
"""[first, last], both included."""
WideIdRange = Annotated[tuple[Pixel, Pixel], BeforeValidator(_pair), AfterValidator(_rising)]
BinNumbers = Annotated[tuple[Length, Length], BeforeValidator(_one_or_two)]
TopicName = Annotated[str, Field(pattern=_TOPIC_NAME, strict=True), AfterValidator(_topic)]
Topics = Annotated[list[TopicName], Field(min_length=1)]
Servers = Annotated[list[Annotated[str, Field(strict=True, min_length=1)]], Field(min_length=1)]
