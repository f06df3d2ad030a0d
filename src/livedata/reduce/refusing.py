"""Refusing a description before anything is counted, where its setting cannot give what it speaks of."""

from __future__ import annotations

import math

from ..errors import ArgumentError
from .axis import Axes
from .description import Description
from .fold.judge import make_judge
from .fold.memory import check_fits
from .pixels.inside import inside, spans_of
from .pixels.region import has_shape
from .prepare import layout_of, log_names, screen_of
from .quantity import is_of_entries, kind_of, unknown
from .setting import Setting
from .window import EVERYTHING

CELL_BYTES = 4


def refuse(description: Description, setting: Setting, axes: Axes) -> None:
    """Refuse a description that cannot be counted, so that whoever asks for it hears of it at once.

    Parameters
    ----------
    axes
        Of the result.

    Raises
    ------
    ArgumentError
        Says what does not fit, what is missing in which file, or how much memory it would take; names the near misses.
    """
    if description.frames:
        _refuse_for_frames(description)
    for name in sorted(log_names(description)):
        if setting.log(name) is None and not setting.await_log(name):
            raise ArgumentError(unknown(name, setting.logs()))
    if description.filters or any(is_of_entries(axis.name) for axis in description.axes):
        make_judge(description, setting)
    if not description.sparse and not description.frames:
        shape = tuple(axis.n for axis in axes)
        check_fits(math.prod(shape) * CELL_BYTES, shape)
    _refuse_region(description, setting)
    _refuse_divisors(description)
    spans = spans_of(description.region) if description.region is not None else ()
    names = [*(axis.name for axis in description.axes), *(span.quantity for span in spans)]
    wanted = [name for name in names if kind_of(name) == "coordinate"]
    if wanted:
        from .physics.coordinates import formula_of

        layout = layout_of(description, setting)
        for name in wanted:
            formula_of(name, setting.geometry(), description.flight, layout.size if layout is not None else 1)


def _refuse_for_frames(description: Description) -> None:
    """Refuse what is only made of events, rather than to leave it out in silence."""
    asked = {
        "mask": description.masks,
        "region": description.region,
        "bins": description.axes,
        "series": description.every_ns,
        "window": description.window != EVERYTHING,
        "division by its own time or region": [
            one for one in description.normalise if one.by in ("time", "pulses", "charge", "region")
        ],
    }
    if found := [what for what, is_there in asked.items() if is_there]:
        raise ArgumentError(
            f"a view of frames takes no {' and no '.join(found)}: frames are taken whole. Choose frames with "
            "where(...) and over(start, stop), and parts of the picture from the result, sliced like an array: "
            "view.latest[10:20, 5:9].sum()"
        )


def _refuse_divisors(description: Description) -> None:
    """Refuse what a result cannot be divided by bin by bin."""
    names = [axis.name for axis in description.axes]
    for one in description.normalise:
        if description.every_ns and one.by == "run":
            raise ArgumentError(
                "a series is divided by what came in its own slots of time, and another run has others; compare it "
                "with the series of that run, or divide a histogram"
            )
        if one.axis is None or one.axis.name in names:
            continue
        if description.every_ns:
            raise ArgumentError(
                f"a series has no axis {one.axis.name!r} to divide by a monitor along; take the series first, and "
                "divide it: .series(1).normalise(monitor=…)"
            )
        raise ArgumentError(
            f"divided by a monitor along {one.axis.name!r}, which is no axis of the result; it has "
            f"{', '.join(names) or 'none'}"
        )


def _refuse_region(description: Description, setting: Setting) -> None:
    """Refuse a region that has no picture to lie on, or another unit than its axes."""
    if description.region is None or not has_shape(description.region):
        return
    layout = layout_of(description, setting)
    if layout is None:
        raise ArgumentError(f"{description.region!r} lies on a picture, and nothing says where the pixels stand")
    inside(description.region, screen_of(description, setting), layout)
