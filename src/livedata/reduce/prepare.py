"""Looking at a description in its setting before anything is counted: what comes out, and whether it can be counted."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ArgumentError
from .axis import Axes, Axis
from .condition import quantities_of
from .description import Description
from .pixels.inside import spans_of
from .pixels.layout import Layout
from .pixels.projection import Logical
from .pixels.screen import Screen
from .quantity import bind_axes, kind_of
from .setting import Setting


def layout_of(description: Description, setting: Setting) -> Layout | None:
    """Return where pixels stand: as the description says, else as the stream does."""
    projection = description.projection
    if isinstance(projection, Logical) and projection.layout is not None:
        return projection.layout
    return setting.layout


def screen_of(description: Description, setting: Setting) -> Screen | None:
    """Return how pixels come to stand in a picture; None where the description has no projection.

    Raises
    ------
    ArgumentError
        If nothing says where the pixels stand.
    """
    projection = description.projection
    if projection is None:
        return None
    layout = layout_of(description, setting)
    if layout is None:
        raise ArgumentError(
            "nothing says where the pixels stand; give shape=(rows, columns), and first_id= unless pixel numbers begin "
            "at 1 (or count per pixel: histogram(event_id=ld.bins(1, 1001, n=1000)))"
        )
    from .pixels.screens import make_screen

    needs_geometry = not isinstance(projection, Logical)
    return make_screen(projection, layout, setting.geometry() if needs_geometry else None)


def result_axes(description: Description, setting: Setting) -> Axes:
    """Return the axes of the result: those of the picture, then the description's own; a series has none as yet."""
    screen = None if description.is_summed else screen_of(description, setting)
    return Axes((*(screen.axes if screen is not None else ()), *description.axes))


def bound(axes: Mapping[str, Axis], setting: Setting) -> tuple[Axis, ...]:
    """Bind axes to the quantities that events of a stream have; see `bind_axes`."""
    has_logs = any(kind_of(name) == "log" for name in axes)
    return bind_axes(setting.logs() if has_logs else None, **axes)


def log_names(description: Description) -> frozenset[str]:
    """Return the names of all logs that decide what a description counts."""
    quantities = {axis.name for axis in description.axes}
    for condition in description.filters:
        quantities |= set(quantities_of(condition))
    logs = {name for name in quantities if kind_of(name) == "log"}
    return frozenset(logs | ({description.window.log} if description.window.log else set()))


def uses_geometry(description: Description) -> bool:
    """Whether positions of pixels decide what is counted where."""
    projection = description.projection
    spans = spans_of(description.region) if description.region is not None else ()
    quantities = (*(axis.name for axis in description.axes), *(span.quantity for span in spans))
    is_projected = projection is not None and not isinstance(projection, Logical)
    return is_projected or any(kind_of(name) == "coordinate" for name in quantities)
