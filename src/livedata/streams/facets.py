"""What the facets of a process variable say, in words: its last value, alarm and connection."""

from __future__ import annotations

import numpy as np

from .enums import enum_name
from .log import LogData, LogTimeline

MAX_TEXT = 40


def value_text(data: LogData, unit: str | None) -> str:
    """Return the newest value with its unit, short; empty when there is none."""
    if not len(data):
        return ""
    value = data.value[-1]
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"
    is_float = getattr(value, "ndim", 1) == 0 and np.asarray(value).dtype.kind == "f"
    text = f"{value:.6g}" if is_float else str(value)
    return (text if len(text) <= 20 else text[:19] + "…") + (f" {unit}" if unit else "")


def facet_remarks(timeline: LogTimeline) -> list[str]:
    """Say what is wrong with a process variable now: its alarm and its connection; nothing while all is well."""
    remarks: list[str] = []
    if len(alarm := timeline.facet("alarm")) and (severity := int(alarm.value[-1])):
        said = str(alarm.columns["message"][-1])
        name = enum_name("al00", "severity", severity)
        remarks.append(f"alarm {name}" + (f" ({said[:MAX_TEXT]})" if said else ""))
    if len(connection := timeline.facet("connection")):
        status = enum_name("ep01", "status", int(connection.value[-1]))
        if status != "CONNECTED":
            remarks.append(status.lower().replace("_", " "))
    if n := timeline.n_other_shape:
        remarks.append(f"{n:,} samples of another shape left out")
    return remarks
