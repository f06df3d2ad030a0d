"""Numbers, times, texts and arrays from the wire as people read them: short, and nothing that steers a terminal."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ..layout import Enum

TEXT = 40
"""Characters of one text in a line."""
MANY = 4
"""Numbers that are still shown one by one."""
_PER_SECOND = {"ns": 10**9, "ms": 10**3, "s": 1}


def clean(text: str, limit: int = TEXT) -> str:
    r"""Return one line of printable characters: others become escapes, and what is beyond the limit an ellipsis.

    Examples
    --------
    >>> print(clean("a\x1b[31mb"))
    a\x1b[31mb
    """
    # A text can have many megabytes; no character takes less than its own place.
    shown = "".join(c if c.isprintable() else _escaped(c) for c in text[: limit + 1])
    return shown if len(shown) <= limit and len(text) <= limit else shown[: limit - 1] + "…"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def utc(value: object, unit: str | None, *, digits: int = 3) -> str:
    """Write a time since 1970 as UTC; empty when it is none that a calendar knows.

    Parameters
    ----------
    value
        Number of units since 1970.
    unit
        ``ns``, ``ms`` or ``s``.
    digits
        Of the fraction of a second: 3, 6 or 9.
    """
    per_second = _PER_SECOND.get(unit or "", 0)
    if not per_second or isinstance(value, bool):
        return ""
    if isinstance(value, float | np.floating):
        if not math.isfinite(value):
            return ""
        total_ns = round(float(value) * (10**9 // per_second))
    elif isinstance(value, int | np.integer):
        total_ns = int(value) * (10**9 // per_second)
    else:
        return ""
    seconds, ns = divmod(total_ns, 10**9)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ns:09d}"[: 20 + digits] if moment.year >= 1000 else ""


def enum_name(type_: object, value: object) -> str:
    """Return the name of an enum's value; empty when it has none, or the type is no enum."""
    if not isinstance(type_, Enum):
        return ""
    return next((name for name, number in type_.members.items() if number == value), "")


def number(value: object) -> str:
    """Write a number with at most six digits, integers whole."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    return str(int(value)) if isinstance(value, int | np.integer) else f"<{clean(type(value).__name__)}>"


def shape_text(array: np.ndarray[Any, Any]) -> str:
    """Write dtype and shape.

    Examples
    --------
    >>> shape_text(np.zeros((480, 640), np.uint16))
    'uint16[480×640]'
    """
    return f"{array.dtype.name if array.dtype.names is None else 'records'}[{'×'.join(map(str, array.shape))}]"


def array_text(array: np.ndarray[Any, Any]) -> str:
    """Write an array short: its few numbers, or dtype, shape, least and greatest."""
    if array.size <= MANY and array.ndim == 1 and array.dtype.kind in "iufb":
        return f"{shape_text(array)} {' '.join(number(v) for v in array)}".rstrip()
    ends = extremes(array)
    return shape_text(array) if ends is None else f"{shape_text(array)} {number(ends[0])} … {number(ends[1])}"


def extremes(array: np.ndarray[Any, Any]) -> tuple[Any, Any] | None:
    """Return the least and the greatest finite number of an array; None when it has none."""
    if array.size == 0 or array.dtype.kind not in "iufb":
        return None
    low, high = array.min(), array.max()
    if array.dtype.kind == "f" and not (np.isfinite(low) and np.isfinite(high)):
        finite = array[np.isfinite(array)]
        return (finite.min(), finite.max()) if finite.size else None
    return low, high
