"""Entries of a configuration: histograms and views as commands ask for them, checked key by key.

An entry may carry the keys of the other types, too, as clients send them all: those are left aside. A key that no type
has is refused.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ..errors import SettingsError
from ..reduce.asjson import description_from_json
from ..reduce.description import Description
from ..transport.message import MAX_MESSAGE_BYTES
from .fields import MAX_ID, BinNumbers, IdRange, Length, Pixel, Servers, Text, TofRange, TopicName, Topics, WideIdRange

BYTES_A_CELL = 8


class Wanted(BaseModel):
    """What every entry has: where events come from and where the result goes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    topic: TopicName
    """Where the result is published."""
    data_topics: Topics
    """Topics that are counted together, all their partitions."""
    data_brokers: Servers | None = None
    """``host:port`` each; results are published there, too. None is the broker of the commands."""
    source: Text = ""
    """Name of the source that counts; empty or blank counts all."""
    id: Text = ""
    """Comes back in the ``info`` of the result."""

    @property
    def wanted_source(self) -> str:
        """The source that counts, or an empty text for all of them."""
        return self.source if self.source.strip() else ""


class _Histogram(Wanted):
    data_brokers: Servers
    tof_range: Any = None
    det_range: Any = None
    num_bins: Any = None
    width: Any = None
    height: Any = None
    left_edges: Any = None


class Hist1d(_Histogram):
    """Counts in bins of time of arrival; with `det_range` those of these pixels, both ends included."""

    type: Literal["hist1d"]
    tof_range: TofRange
    det_range: IdRange | None = None
    num_bins: Length

    @field_validator("num_bins")
    @classmethod
    def _can_be_sent(cls, num_bins: int) -> int:
        check_size(num_bins)
        return num_bins


class Hist2d(_Histogram):
    """Counts in bins of time of arrival and of pixel number, both ends of `det_range` included."""

    type: Literal["hist2d"]
    tof_range: TofRange
    det_range: WideIdRange
    num_bins: BinNumbers
    """Bins in time and in pixels; one number stands for both."""

    @field_validator("num_bins")
    @classmethod
    def _can_be_sent(cls, num_bins: tuple[int, int]) -> tuple[int, int]:
        check_size(num_bins[0] * num_bins[1])
        return num_bins


class DetHist(_Histogram):
    """Counts of each pixel, pixels in rows of `width`."""

    type: Literal["dethist"]
    det_range: IdRange
    """The second number says nothing: there are ``width * height`` pixels from the first on."""
    width: Length
    height: Length

    @field_validator("height")
    @classmethod
    def _can_be_sent(cls, height: int, info: ValidationInfo) -> int:
        n = info.data.get("width", 1) * height
        check_size(n)
        check_last(info.data.get("det_range", (0, 0))[0] + n - 1)
        return height


class RoiHist(_Histogram):
    """Counts of each pixel of a region: rows of `width` pixels, each from its left edge on."""

    type: Literal["roihist"]
    width: Length
    left_edges: Annotated[list[Pixel], Field(min_length=1)]

    @field_validator("left_edges")
    @classmethod
    def _are_rows(cls, left_edges: list[int], info: ValidationInfo) -> list[int]:
        width = info.data.get("width", 1)
        check_size(width * len(left_edges))
        rows = sorted(left_edges)
        check_last(rows[-1] + width - 1)
        for low, high in pairwise(rows):
            if high - low < width:
                raise ValueError(f"rows of {width} pixels from {low} and from {high} overlap")
        return left_edges


HistogramEntry = Annotated[Hist1d | Hist2d | DetHist | RoiHist, Field(discriminator="type")]


class LayoutEntry(BaseModel):
    """Where pixels stand: consecutive numbers in a shape, slowest dimension first."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    shape: Annotated[list[Length], Field(min_length=1)]
    first_id: Pixel = 1


class ViewEntry(Wanted):
    """A view by its description, as `livedata` writes it."""

    description: dict[str, Any]
    layout: LayoutEntry | None = None
    """Where pixels stand, if neither the description nor an instrument file says it."""

    @field_validator("description")
    @classmethod
    def _is_one(cls, description: dict[str, Any]) -> dict[str, Any]:
        try:
            description_from_json(description)
        except SettingsError as error:
            raise ValueError(str(error).removeprefix("description: ")) from None
        return description

    @property
    def value(self) -> Description:
        """The description itself."""
        return description_from_json(self.description)

    @model_validator(mode="before")
    @classmethod
    def _take_stream(cls, content: Any) -> Any:
        """Read ``stream``: ``TOPIC/SOURCE``, or ``TOPIC`` for all its sources."""
        if not isinstance(content, dict) or "stream" not in content:
            return content
        rest = {key: value for key, value in content.items() if key != "stream"}
        if "data_topics" in rest or not isinstance(content["stream"], str):
            raise ValueError("stream is a text TOPIC/SOURCE, and stands for data_topics and source")
        topic, _, source = content["stream"].partition("/")
        return {"source": source, **rest, "data_topics": [topic]}


def check_size(n_cells: int) -> None:
    """Raise `ValueError` if so many bins cannot be sent in one message."""
    n_bytes = n_cells * BYTES_A_CELL
    if n_bytes > MAX_MESSAGE_BYTES:
        raise ValueError(
            f"{n_cells:,} bins make messages of {n_bytes / 1e6:,.0f} MB; at most {MAX_MESSAGE_BYTES / 1e6:,.0f} MB "
            "can be sent: use fewer bins"
        )


def check_last(last: int) -> None:
    """Raise `ValueError` if a pixel number is larger than the wire has them."""
    if last > MAX_ID:
        raise ValueError(f"the last pixel would have the number {last}; there are none above {MAX_ID}")
