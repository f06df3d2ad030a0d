"""What a view gives a notebook: a living panel and a still picture in one bundle, for saved notebooks."""

from __future__ import annotations

import contextlib
import io
import time
from functools import partial
from typing import Any

from . import png, text
from .busy import current_cell, shell
from .watched import Watched

PATIENCE_S = 0.08
WIDGET = "application/vnd.jupyter.widget-view+json"


def present(view: Watched) -> dict[str, Any]:
    """Return what a front end may choose from: a live panel, a still picture, plain text.

    Parameters
    ----------
    view
        A view whose picture has one or two dimensions.

    Returns
    -------
    :
        A MIME bundle. Outside of a Jupyter kernel there is only ``text/plain``: a picture made of characters.
    """
    _read_at_once(view)
    snapshot = view.picture()
    bundle: dict[str, Any] = {"text/plain": text.draw(snapshot, name=view.name)}
    ip = shell()
    if ip is None or snapshot.array.ndim > 2:
        return bundle
    if snapshot.array.ndim > 0 and snapshot.array.size > 0:
        bundle["image/png"] = png.render({view.name: snapshot})
    elif view.is_finite:
        return bundle
    from .display import display
    from .drawing import make_drawing
    from .panel import Panel
    from .place import places_of

    _load_drawing_code(ip)
    make = partial(make_drawing, places=places_of(view))
    shown_by = display()
    panel = Panel(view, make, cell=current_cell(ip), wake=shown_by.wake)
    shown_by.add(panel)
    bundle[WIDGET] = panel.widget._repr_mimebundle_()[WIDGET]
    return bundle


def _read_at_once(view: Watched) -> None:
    """Give a small file the moment that it takes to be read, so that the still picture is the finished one."""
    deadline = time.monotonic() + PATIENCE_S
    while view.is_finite and view.state == "catching up" and time.monotonic() < deadline:
        time.sleep(0.005)


def stream_table(streams: Any) -> Any:
    """Return a widget with the table of streams, refreshing by itself.

    Parameters
    ----------
    streams
        Whatever has ``table() -> list`` of rows and a ``url`` or ``path``: see `livedata.panels.table`.

    Returns
    -------
    :
        An ipywidget, or the same table as HTML that stands still where there is no Jupyter kernel.
    """
    from .table import StillTable, TablePanel

    ip = shell()
    if ip is None:
        return StillTable(streams)
    from .display import display

    _load_drawing_code(ip)
    shown_by = display()
    panel = TablePanel(streams, cell=current_cell(ip), wake=shown_by.wake)
    shown_by.add(panel)
    return panel.widget


def _load_drawing_code(ip: Any) -> None:
    """Put the drawing code into the page: once a page, in the output of a cell that still has it, without network."""
    from .display import display

    shown_by = display()
    if shown_by.script_cell is not None:
        return
    from bokeh.io import output_notebook
    from bokeh.resources import Resources

    with contextlib.redirect_stdout(io.StringIO()):
        output_notebook(Resources(mode="inline", components=["bokeh"]), hide_banner=True)
    shown_by.script_cell = current_cell(ip)
