"""What people see of views and streams: panels in notebooks, pictures made of characters or pixels elsewhere.

Panels know snapshots only. Widgets and drawing libraries load with the first panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .bundle import present, stream_table
    from .png import render, save
    from .table import html_table
    from .text import draw

__all__ = ["draw", "html_table", "present", "render", "save", "stream_table"]

_HOMES = {
    "draw": "text",
    "html_table": "table",
    "present": "bundle",
    "render": "png",
    "save": "png",
    "stream_table": "bundle",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
