"""A stream of events as a scientist holds it: what makes views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..reduce.axis import Axis
from ..reduce.description import Description
from ..reduce.physics.flight import ARRIVAL, Flight
from ..reduce.physics.geometry import Geometry
from ..reduce.pixels.layout import Layout, layout
from ..reduce.pixels.projection import Geometric, Logical, Projection
from ..reduce.prepare import bound
from ..reduce.setting import Setting
from ..streams.feed import Feed
from ..streams.key import StreamKey
from ..streams.row import StreamRow
from .cells import made_in_this_cell
from .stream import Stream

if TYPE_CHECKING:
    from ..reduce.result.eventtable import EventTable
    from ..reduce.view import View

WHAT = {"toa": "spectrum", "event_id": "pixels"}


class EventStream(Stream):
    """A stream of events. `histogram`, `image`, `series` and `view` make views of it."""

    kind = "events"

    def __init__(
        self,
        name: str,
        key: StreamKey | None,
        row: Callable[[], StreamRow],
        *,
        feed: Feed,
        setting: Setting,
    ) -> None:
        super().__init__(name, key, row)
        self.feed = feed
        self.setting = setting

    @property
    def layout(self) -> Layout | None:
        """How pixels are arranged, where instrument or file tell it."""
        return self.setting.layout

    @property
    def geometry(self) -> Geometry | None:
        """Where pixels, source and sample are, in metres; None where neither instrument nor file tell it."""
        return self.setting.geometry()

    def histogram(
        self, axes: dict[str, Axis] | None = None, /, *, flight: Flight = ARRIVAL, sparse: bool = False, **more: Axis
    ) -> View:
        """Count events along one to four axes.

        Parameters
        ----------
        axes, **more
            Bins (`bins`, `edges`, `log_bins`, `integers`, `categories`) by what they lie on: ``toa`` (time of arrival
            after the pulse), ``event_id`` (pixel number), a coordinate (``wavelength``, ``dspacing``, ``q``, …), an
            entry column (``period``, ``veto``, ``time``) or a log by its name.
        flight
            How times of arrival become times of flight; made by `flight`.
        sparse
            Hold only bins that are not empty.

        Returns
        -------
        :
            A view that fills while data arrive.

        Examples
        --------
        >>> spectrum = live["detector"].histogram(toa=ld.bins(0, 71.43, n=1000, unit="ms"))  # doctest: +SKIP
        """
        told = {**(axes or {}), **more}
        if not told:
            raise ArgumentError("a histogram needs at least one axis, such as toa=ld.bins(0, 71.43, n=1000, unit='ms')")
        description = Description(axes=bound(told, self.setting), flight=flight, sparse=sparse)
        return self.view(description, what=" × ".join(WHAT.get(name, name) for name in told))

    def image(
        self,
        projection: Projection | None = None,
        *,
        shape: tuple[int, ...] | None = None,
        first_id: int | None = None,
        detector_number: Any = None,
        toa: Axis | None = None,
        flight: Flight = ARRIVAL,
        **more: Axis,
    ) -> View:
        """Count events per pixel, arranged as the detector is, or projected from where its pixels stand.

        Parameters
        ----------
        projection
            What is seen: `logical`, `plane`, `cylinder` or `angles`; None is the layout as it is.
        shape
            Rows and columns. Not needed where the instrument or the file tells them.
        first_id
            Number of the first pixel, 1 if nothing else is said; numbers rise along the last dimension.
        detector_number
            Number of the pixel at each place, where they do not simply rise.
        toa, **more
            With bins in time of arrival, or of another quantity, the view is a cube (y, x, toa).
        flight
            As in `histogram`.
        """
        if shape is not None or detector_number is not None:
            if projection is not None:
                raise ArgumentError("give either a projection or shape= and detector_number=")
            held = layout(shape, first_id=1 if first_id is None else first_id, detector_number=detector_number)
            projection = Logical(held)
        projection = projection or Logical()
        self._check(projection)
        told = ({} if toa is None else {"toa": toa}) | more
        description = Description(axes=bound(told, self.setting), projection=projection, flight=flight)
        return self.view(description, what="cube" if told else "image")

    def series(self, every: float | str = 1.0) -> View:
        """Return how many events there are in each slot of data time, `every` so many seconds (or ``"5 min"``)."""
        from ..reduce.span import nanoseconds

        return self.view(Description(every_ns=nanoseconds(every, "every")), what="series")

    def view(self, description: Description | dict[str, Any] | str, *, what: str = "view") -> View:
        """Return what a description describes, of this stream.

        Parameters
        ----------
        description
            That of another view (``spectrum.description``), or its JSON as `to_json` gives it.
        what
            What it is called behind the stream's name.
        """
        from ..reduce.asjson import as_description
        from ..reduce.view import View

        told = as_description(description)
        view = View(told, self.feed, self.setting, name=f"{self.name} {what}", present=show)
        made_in_this_cell(view)
        return view

    def events(self, start: Any = None, stop: Any = None) -> EventTable:
        """Return the events themselves of a span of time (as in ``view.over``), once they are all there."""
        from ..reduce.moments import as_extent
        from .collect import collect

        return collect(self.feed, as_extent(start, stop), self.name)

    def with_layout(self, held: Layout) -> EventStream:
        """Return the stream with its pixels arranged otherwise."""
        return EventStream(self.name, self.key, self._row, feed=self.feed, setting=replace(self.setting, layout=held))

    def _check(self, projection: Projection) -> None:
        held = projection.layout if isinstance(projection, Logical) else None
        held = held or self.layout
        if held is None:
            raise ArgumentError(
                f"nothing says where the pixels of {self.name!r} stand; give shape=(rows, columns), and first_id= "
                "unless pixel numbers begin at 1 (or count per pixel: histogram(event_id=ld.bins(1, 1001, n=1000)))"
            )
        is_plain = not isinstance(projection, Geometric) and not projection.steps
        if len(held.shape) == 1 and is_plain:
            raise ArgumentError(
                f"the layout of {self.name!r} is a list of {held.size} pixels; give shape=(rows, columns) for an image"
            )


def show(view: View) -> dict[str, Any] | None:
    """Show a view with the panels, loaded when the first one is shown."""
    from ..panels import present

    return present(view)
