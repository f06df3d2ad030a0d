"""Commands: JSON texts that say what to count, checked as a whole, with every problem told at once."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from .entry import HistogramEntry, ViewEntry
from .fields import Number, Servers, Topics
from .span import Span

_OF_ALL = "of_the_whole_command"
"""Kind of the problems that are told without a place."""
InputSchema = Literal["ev42", "ev44", "ev43", "an44"]
OutputSchema = Literal["hs00", "hs01", "da00"]

_MSG_ID = re.compile(rb'"msg_id"\s*:\s*("(?:[^"\\\x00-\x1f]|\\.)*")')


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    msg_id: Any = None
    """Comes back in the reply; without one there is no reply."""


class _OfAll(_Command):
    # NICOS sends these along, although such a command always concerns all histograms.
    id: Any = None
    hist_id: Any = None


class Stop(_OfAll):
    """Stop counting; the last state of all histograms is published."""

    cmd: Literal["stop"]


class Reset(_OfAll):
    """Go on from zero."""

    cmd: Literal["reset_counts"]


class _Timed(_Command):
    start: Number | None = None
    """ms since 1970 UTC, included."""
    stop: Number | None = None
    """ms since 1970 UTC, included."""
    interval: Number | None = None
    """Seconds from now on; 0 is no interval."""

    @field_validator("stop")
    @classmethod
    def _follows_start(cls, stop: float | None, info: ValidationInfo) -> float | None:
        start = info.data.get("start")
        if start is not None and stop is not None and start > stop:
            raise ValueError(f"{stop} lies before the start, {start}")
        return stop

    @field_validator("interval")
    @classmethod
    def _stands_alone(cls, interval: float | None, info: ValidationInfo) -> float | None:
        if interval and (info.data.get("start") is not None or info.data.get("stop") is not None):
            raise PydanticCustomError(_OF_ALL, "Cannot define 'interval' in combination with start and/or stop")
        if interval is not None and interval < 0:
            raise PydanticCustomError(_OF_ALL, "Interval cannot be negative")
        return interval

    def span(self, now_ms: int, *, begin_ms: int | None = None) -> Span:
        """Return the span that is meant when the command came at `now_ms`; `begin_ms` as in `Span`."""
        if self.interval:
            return Span(now_ms, now_ms + int(self.interval * 1000), begin_ms)
        start = None if self.start is None else math.ceil(self.start)
        return Span(start, None if self.stop is None else math.floor(self.stop), begin_ms)


class Configure(_Timed):
    """Count these histograms instead of what is counted now."""

    cmd: Literal["config"]
    input_schema: InputSchema = "ev42"
    output_schema: OutputSchema = "hs00"
    histograms: list[HistogramEntry] = Field(default_factory=list)
    data_brokers: Servers | None = None
    """Of entries that name none, as older clients send it."""
    data_topics: Topics | None = None

    @model_validator(mode="before")
    @classmethod
    def _hand_down(cls, content: Any) -> Any:
        """Give entries the brokers and topics that stand outside them."""
        common = {key: content[key] for key in ("data_brokers", "data_topics") if content.get(key) is not None}
        entries = content.get("histograms")
        if not common or not isinstance(entries, list):
            return content
        return {**content, "histograms": [{**common, **e} if isinstance(e, dict) else e for e in entries]}


class Describe(_Timed):
    """Count these views instead of what is counted now; published as da00."""

    cmd: Literal["describe"]
    views: Annotated[list[ViewEntry], Field(min_length=1)]
    log_topics: Topics | None = None
    """Topics of the logs that the views' filters and axes are about."""


Command = Configure | Describe | Stop | Reset
KINDS: dict[str, type[Command]] = {"config": Configure, "describe": Describe, "stop": Stop, "reset_counts": Reset}


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that cannot be obeyed."""

    problem: str
    msg_id: Any = None
    is_malformed: bool = False
    """Whether it is no JSON object at all."""


def read_command(payload: bytes, *, topic: str | None = None) -> Command | Refused:
    """Read one command.

    Parameters
    ----------
    payload
        A message of the command topic: JSON in UTF-8.
    topic
        Where results are published whose entry names no topic.

    Returns
    -------
    :
        The command, or why it is refused: all its problems, and its ``msg_id`` wherever that can be made out.
    """
    try:
        content = json.loads(payload, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return Refused(f"not valid JSON: {error}", _find_msg_id(payload), is_malformed=True)
    if not isinstance(content, dict):
        return Refused(f"expected a JSON object, not {type(content).__name__}", is_malformed=True)
    msg_id, kind = content.get("msg_id"), content.get("cmd")
    if not isinstance(kind, str) or kind not in KINDS:
        what = f"Unknown command type '{kind}'" if "cmd" in content else "'cmd' is missing"
        return Refused(f"{what}; expected one of {', '.join(KINDS)}", msg_id)
    try:
        return KINDS[kind].model_validate(_with_topic(content, topic))
    except ValidationError as error:
        return Refused("; ".join(problems(error)), msg_id)


def problems(error: ValidationError) -> list[str]:
    """Return every problem that was found, each with its place: ``histograms[0].num_bins: is missing``."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        place = ""
        for part in problem["loc"] if problem["type"] != _OF_ALL else ():
            if isinstance(part, int):
                place += f"[{part}]"
            elif part not in _TYPES:  # which of the types of entries was tried
                place += f".{part}" if place else part
        text = _WORDS.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
        lines.append(f"{place}: {text}" if place else text)
    return lines


_TYPES = ("hist1d", "hist2d", "dethist", "roihist")
_WORDS = {
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "union_tag_not_found": f"type is missing; expected one of {', '.join(_TYPES)}",
    "union_tag_invalid": f"unknown type; expected one of {', '.join(_TYPES)}",
}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _find_msg_id(payload: bytes) -> str | None:
    """Return the msg_id of a text that is no JSON, if it can be made out beyond doubt."""
    found = _MSG_ID.findall(payload)
    if len(found) != 1:
        return None
    try:
        return str(json.loads(found[0]))
    except ValueError:
        return None


def _with_topic(content: dict[str, Any], topic: str | None) -> dict[str, Any]:
    """Give entries without a topic the one that the service was started with."""
    filled = dict(content)
    for key in ("histograms", "views") if topic is not None else ():
        entries = content.get(key)
        if isinstance(entries, list):
            filled[key] = [{"topic": topic, **e} if isinstance(e, dict) else e for e in entries]
    return filled
