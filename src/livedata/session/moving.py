"""Geometry that moves: positions that depend on logs, worked out again when one of these changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import LiveDataError
from ..reduce.physics.geometry import Geometry
from ..streams.connection import Connection
from ..streams.key import StreamKey

if TYPE_CHECKING:
    from ..nexus.geometry.teller import GeometryTeller

Versions = tuple[int, ...]


class MovingGeometry:
    """The geometry of one stream of a connection, as the newest samples of its logs have it. Called for its value."""

    def __init__(self, connection: Connection, teller: GeometryTeller) -> None:
        self._connection = connection
        self._teller = teller
        self._lock = threading.Lock()
        self._geometry: Geometry | None = None
        self._versions: Versions | None = None
        self._since_ns: int | None = None

    def __call__(self) -> Geometry | None:
        """Return where things are now."""
        with self._lock:
            self._look()
            return self._geometry

    def since_ns(self) -> int | None:
        """Return since when things have been where they are, ns since 1970; None while nothing has moved."""
        with self._lock:
            self._look()
            return self._since_ns

    def is_told(self) -> bool:
        """Return whether every log that it depends on has brought a sample."""
        with self._lock:
            self._look()
            return all(len(self._timeline(*log).data) for log in self._logs())

    def _look(self) -> None:
        if self._versions is not None and self._versions == self._present():
            return
        from ..nexus.geometry.changes import moved

        before, is_first = self._geometry, self._versions is None
        self._geometry = self._teller(self._newest)
        self._versions = self._present()
        if not is_first and moved(before, self._geometry):
            times = [data.time[-1] for log in self._logs() if len(data := self._timeline(*log).data)]
            self._since_ns = int(max(times)) if times else None

    def _logs(self) -> tuple[tuple[str, str], ...]:
        return self._geometry.logs if self._geometry is not None else ()

    def _present(self) -> Versions:
        return tuple(self._timeline(*log).version for log in self._logs())

    def _timeline(self, topic: str, source: str) -> Any:
        self._connection.watch(topic)
        return self._connection.book.log(StreamKey(topic, source, "log"))

    def _newest(self, topic: str, source: str) -> float | None:
        data = self._timeline(topic, source).data
        return float(data.value[-1]) if len(data) and data.value.ndim == 1 and data.value.dtype.kind in "iuf" else None


def geometry_now(connection: Connection, teller: GeometryTeller, wait_s: float) -> Geometry | None:
    """Return where things are now; logs that have brought nothing yet are waited for.

    A description that cannot tell is a geometry of which nothing is known, and a remark why.
    """
    moving = MovingGeometry(connection, teller)
    try:
        if not moving.is_told():
            connection.wait_for(moving.is_told, wait_s)
        return moving()
    except LiveDataError as error:
        return Geometry(None, remarks=(str(error),))


def geometry_of(connection: Connection, teller: GeometryTeller | None) -> Callable[[], Geometry | None]:
    """Return what tells the geometry of a stream of a connection; nothing where no instrument told any."""
    from ..reduce.setting import no_geometry

    return no_geometry if teller is None else MovingGeometry(connection, teller)
