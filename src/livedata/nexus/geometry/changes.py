"""Whether something has moved, for whoever must start anew then."""

from __future__ import annotations

import numpy as np

from ...reduce.physics.geometry import Geometry

STILL = 1e-9
"""Metres by which a place may differ and still be the same."""


def moved(before: Geometry | None, after: Geometry | None) -> str:
    """Say what is different between two geometries of one stream; an empty text if nothing is.

    Examples
    --------
    >>> moved(Geometry(None, source=(0, 0, -10)), Geometry(None, source=(0, 0, -12)))
    'the source moved by 2 m'
    """
    if before is None or after is None:
        return "" if before is after else "the geometry is " + ("known now" if before is None else "unknown now")
    said = [_step(what, a, b) for what, a, b in _places(before, after)]
    return "; ".join(text for text in said if text)


def _places(before: Geometry, after: Geometry) -> list[tuple[str, object, object]]:
    return [
        ("the detector", before.positions, after.positions),
        ("the source", before.source, after.source),
        ("the sample", before.sample, after.sample),
    ]


def _step(what: str, before: object, after: object) -> str:
    if before is None or after is None:
        if before is after:
            return ""
        return f"the place of {what.removeprefix('the ')} is {'known' if before is None else 'unknown'} now"
    a, b = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if a.shape != b.shape:
        return f"{what} has another number of pixels"
    distance = np.linalg.norm(a - b, axis=-1)
    if np.array_equal(np.isfinite(a), np.isfinite(b)) and not (distance > STILL).any():
        return ""
    return f"{what} moved by {float(np.nanmax(distance)) if np.isfinite(distance).any() else float('nan'):.4g} m"
