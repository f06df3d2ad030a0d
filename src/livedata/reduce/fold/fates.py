"""Fates of events as the counting loops write them: negative places, the nearer to zero the earlier they apply."""

from __future__ import annotations

UNMAPPED, MASKED, OUTSIDE = -2, -3, -4
"""Before them comes that of filtered entries, whose events no loop ever sees."""
NAN, UNDERFLOW, OVERFLOW = 0, 1, 2
"""Kinds of failing an axis."""
FIRST_AXIS = -5
"""Undefined on the first axis; below and above it come next, then the other axes."""


def axis_fate(axis: int, kind: int) -> int:
    """Return the code of an event that fails the axis of this number (0 is the first) in this way.

    Examples
    --------
    >>> axis_fate(0, NAN), axis_fate(1, OVERFLOW)
    (-5, -10)
    """
    return FIRST_AXIS - 3 * axis - kind
