"""What panels need to know of a view: pictures and plain numbers. Views of `livedata.reduce` fulfil it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..reduce.axis import Axes
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout
from ..reduce.pixels.region import Region
from ..reduce.pixels.screen import Screen
from ..reduce.result.ledger import Ledger
from ..reduce.result.snapshot import Snapshot
from ..streams.feed import Progress


class Watched(Protocol):
    """A view as its panel sees it. No attribute may wait for data."""

    @property
    def name(self) -> str:
        """What it is called in the title."""
        ...

    @property
    def axes(self) -> Axes:
        """The axes of the result."""
        ...

    @property
    def layout(self) -> Layout | None:
        """Where pixels stand, for an image of a detector."""
        ...

    @property
    def screen(self) -> Screen | None:
        """Which place of the picture each pixel is seen at; None where the picture is the layout itself, or none."""
        ...

    @property
    def geometry(self) -> Geometry | None:
        """Where pixels stand, as far as it is known without asking for it."""
        ...

    @property
    def masked(self) -> NDArray[np.bool_] | None:
        """Which pixels masks leave out, shape (pixel,); None without masks."""
        ...

    @property
    def drawn(self) -> list[Region]:
        """Regions that were drawn by hand in its panels, oldest first. Panels append, and show what is in it."""
        ...

    @property
    def lag(self) -> int:
        """Bytes that arrived but are not counted yet."""
        ...

    @property
    def state(self) -> str:
        """One of the states of a snapshot."""
        ...

    @property
    def generation(self) -> int:
        """Changes at a reset."""
        ...

    @property
    def version(self) -> int:
        """Rises with every change of the result."""
        ...

    @property
    def is_finite(self) -> bool:
        """Whether the result will be complete one day: a file, or a closed extent."""
        ...

    @property
    def error(self) -> Exception | None:
        """Why it failed, if it did."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Fates of the events."""
        ...

    @property
    def progress(self) -> Progress:
        """How far reading has come."""
        ...

    @property
    def events_per_s(self) -> float:
        """Rate over the last seconds."""
        ...

    @property
    def data_ns(self) -> int | None:
        """Time of the newest entry, ns since 1970 UTC."""
        ...

    @property
    def age_s(self) -> float | None:
        """Wall clock minus `data_ns`."""
        ...

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else should be known, as plain texts."""
        ...

    def picture(self) -> Snapshot:
        """Return the newest result as one or two dimensions; never waits."""
        ...
