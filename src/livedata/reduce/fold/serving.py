"""Which views can be served by a running fold of another description. Loads nothing heavy."""

from __future__ import annotations

from ..description import Description, Part
from ..physics.names import COORDINATES
from ..pixels.inside import spans_of
from ..pixels.projection import Geometric, Logical
from ..pixels.region import Combined, Region, Span
from ..quantity import kind_of

_BIJECTIVE = frozenset(("fold", "flatten", "transpose", "flip"))


def serves(base: Description, wanted: Description) -> bool:
    """Whether a fold of `base` holds all that `wanted` asks for, in the same setting.

    They must agree in filters, window, flight and ranges of quantities, and all axes on events and entries that are
    wanted must be there. Then either both make the same of pixels, or the base counts every pixel for itself and
    leaves out none that is wanted, or it tells apart what the wanted one leaves of the pixels.
    """
    if base.sparse or wanted.sparse or base.every_ns or wanted.every_ns or base.frames or wanted.frames:
        return False
    if (base.filters, base.window, base.flight) != (wanted.filters, wanted.window, wanted.flight):
        return False
    if spans(base) != spans(wanted) or _by_id(base) != _by_id(wanted):
        return False
    if any(axis not in base.axes for axis in wanted.axes if not is_static(axis.name, wanted)):
        return False
    if base.apart or wanted.apart:
        return _is_part(base, wanted)
    return _same_pixels(base, wanted) or _every_pixel(base, wanted)


def _is_part(base: Description, wanted: Description) -> bool:
    """Whether the wanted one leaves of the pixels what one of the base's parts leaves, and sums them."""
    return (
        not wanted.apart
        and Part(wanted.masks, wanted.region) in base.apart
        and (base.projection, base.is_summed) == (wanted.projection, wanted.is_summed)
        and not any(is_static(axis.name, wanted) for axis in wanted.axes)
    )


def has_pixels(region: Region | None) -> bool:
    """Whether a region says anything about pixels."""
    if isinstance(region, Combined):
        return has_pixels(region.a) or has_pixels(region.b)
    return region is not None and not isinstance(region, Span)


def spans(described: Description) -> tuple[Span, ...]:
    """Return the ranges of quantities of a description's region."""
    return spans_of(described.region) if described.region is not None else ()


def _by_id(described: Description) -> bool:
    names = [axis.name for axis in described.axes] + [span.quantity for span in spans(described)]
    return "event_id" in names


def is_static(name: str, described: Description) -> bool:
    """Whether a quantity certainly depends on the pixel alone."""
    return kind_of(name) == "coordinate" and COORDINATES[name].of_pixel and not described.flight.gravity


def _needs_pixels(described: Description) -> bool:
    names = [axis.name for axis in described.axes] + [span.quantity for span in spans(described)]
    return (
        described.projection is not None
        or has_pixels(described.region)
        or any(kind_of(name) == "coordinate" for name in names)
    )


def _same_pixels(base: Description, wanted: Description) -> bool:
    """Whether both make the same of pixels, but that the wanted one may sum them all."""
    static = [[axis for axis in d.axes if is_static(axis.name, d)] for d in (base, wanted)]
    return (
        (base.projection, base.masks, base.region) == (wanted.projection, wanted.masks, wanted.region)
        and (not base.is_summed or wanted.is_summed)
        and static[0] == static[1]
        and _needs_pixels(base) == _needs_pixels(wanted)
    )


def _every_pixel(base: Description, wanted: Description) -> bool:
    """Whether the base has a row for each pixel, from which whatever is wanted of pixels can be made."""
    seen = base.projection
    if not isinstance(seen, Logical) or base.is_summed or has_pixels(base.region):
        return False
    if any(step.kind not in _BIJECTIVE for step in seen.steps):
        return False
    if any(is_static(axis.name, base) for axis in base.axes):
        return False
    if any(mask not in wanted.masks for mask in base.masks):
        return False
    if any(is_static(span.quantity, base) for span in spans(base)):
        return False
    if not _needs_pixels(wanted):
        # Without a layout a mask also knows numbers of pixels that the base has in no row.
        return not wanted.masks and not base.masks
    look = wanted.projection
    if isinstance(look, Geometric) and look.smooth:
        return False
    return seen.layout is None if not isinstance(look, Logical) else seen.layout == look.layout
