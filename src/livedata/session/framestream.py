"""A stream of camera frames or of named arrays, as a scientist holds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..reduce.description import Description
from ..reduce.setting import Setting
from ..streams.batch import ArraySet
from ..streams.feed import Feed
from ..streams.key import StreamKey
from ..streams.row import StreamRow
from .cells import made_in_this_cell
from .eventstream import show
from .stream import Stream

if TYPE_CHECKING:
    from ..reduce.view import View
    from ..streams.arrayline import ArrayData


class FrameStream(Stream):
    """Frames of a camera, or sets of named arrays: histograms and results that other programs computed.

    From a connection the newest are kept, within 64 MB.
    """

    def __init__(
        self,
        name: str,
        key: StreamKey | None,
        row: Callable[[], StreamRow],
        *,
        kind: str,
        data: Callable[[], ArrayData],
        feed: Feed,
        setting: Setting,
    ) -> None:
        super().__init__(name, key, row)
        self.kind = kind
        self.feed = feed
        self.setting = setting
        self._data = data

    # Views of all of them

    def sum(self) -> View:
        """Return the sum of all frames that have the shape of the newest ones, pixel by pixel; exact for integers."""
        return self._view("sum")

    def mean(self) -> View:
        """Return the mean of all frames."""
        return self._view("mean")

    def max(self) -> View:
        """Return the largest value of each pixel."""
        return self._view("max")

    def newest(self) -> View:
        """Return the newest frame by its own time, as a view that follows."""
        return self._view("newest")

    def view(self, description: Description | dict[str, Any] | str) -> View:
        """Return what a description describes, of this stream; see `EventStream.view`."""
        from ..reduce.asjson import as_description
        from ..reduce.view import View

        told = as_description(description)
        if not told.frames:
            raise ArgumentError(f"{self.name!r} is no stream of events; expected a description with frames='sum'")
        view = View(told, self.feed, self.setting, name=f"{self.name} {told.frames}", present=show)
        made_in_this_cell(view)
        return view

    def _view(self, frames: Literal["sum", "mean", "newest", "max"]) -> View:
        return self.view(Description(frames=frames))

    # What is kept of them

    @property
    def data(self) -> ArrayData:
        """All sets that are kept, with their times, oldest first."""
        return self._data()

    @property
    def latest(self) -> ArraySet | None:
        """The newest set by its own time, or None."""
        data = self.data
        return data.sets[-1] if len(data) else None

    def values(self) -> NDArray[np.generic]:
        """Return the main array of the newest set.

        Raises
        ------
        ArgumentError
            If there is no set yet, or none of its arrays is called ``signal``.
        """
        latest = self.latest
        if latest is None:
            raise ArgumentError(f"nothing has come on {self.name!r} yet")
        if "signal" not in latest.variables:
            known = ", ".join(latest.variables) or "none at all"
            raise ArgumentError(f"{self.name!r} has no array called 'signal'; .latest.variables holds {known}")
        return latest.variables["signal"].values

    def __repr__(self) -> str:
        said = super().__repr__()
        latest = self.latest
        return said if latest is None else f"{said[:-1]}\n{set_text(latest)}>"


def set_text(found: ArraySet) -> str:
    """Return one line for each array and attribute of a set."""
    lines = []
    for name, v in found.variables.items():
        dims = ", ".join(f"{dim}: {n}" for dim, n in zip(v.dims, v.values.shape, strict=True))
        lines.append(f"  {name:<20.40} {v.values.dtype!s:<8} ({dims})" + (f" {v.unit}" if v.unit else ""))
    lines += [f"  {name:<20.40} {value!s:.60}" for name, value in found.attributes.items()]
    return "\n".join(lines)


def set_summary(found: ArraySet) -> str:
    """Return the shape and dtype of a set's main array, or the number of its arrays."""
    signal = found.variables.get("signal")
    if signal is None:
        return f"{len(found.variables)} arrays"
    return "×".join(map(str, signal.values.shape)) + f" {signal.values.dtype}"
