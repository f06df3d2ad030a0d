"""What a description of an instrument hands out: geometries that are worked out when somebody asks."""

from __future__ import annotations

from typing import Protocol

from ...reduce.physics.geometry import Geometry
from .chain import Newest


class GeometryTeller(Protocol):
    """Works a geometry out anew; cheap enough for whenever something has moved, not for every event."""

    def __call__(self, newest: Newest | None = None, /) -> Geometry | None:
        """Return the geometry of one stream; None if nothing is told of it.

        Parameters
        ----------
        newest
            Gives the newest sample of a log by topic and source. Positions that depend on a log without a sample are
            unknown.
        """
        ...
