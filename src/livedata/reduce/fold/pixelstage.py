"""The pixel stage: from an event's pixel number to the row in which it is counted, by one table.

Layout, masks, the pixels of a region, the screen and all axes that depend on the pixel alone are in the table: they
cost nothing more for each event. A *row* is what is counted apart; `PixelStage.codes` says for each row which place of
the result it is, or which fate. Where pixels stand as they are numbered there is a row for each number, no table at
all, and masks are only looked at when the result is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..axis import Axes, integers
from ..description import Description
from ..physics.formula import Formula
from ..pixels.layout import Layout
from ..pixels.screen import Screen
from ..prepare import layout_of, screen_of
from ..setting import Setting
from . import finding
from .fates import MASKED, UNMAPPED
from .pixelcodes import codes_of_pixels, told_apart, with_axes
from .serving import has_pixels

FEW_ROWS = 255
NO_TABLE = np.zeros(0, np.int32)
NO_BYTES = np.zeros(0, np.uint8)
SPARE = 1.1
"""Rows by number may be so many times the rows that are needed."""


@dataclass(frozen=True, slots=True, eq=False)
class PixelStage:
    """How pixel numbers become rows."""

    shape: tuple[int, ...]
    """Of what pixels become in the result: the screen, then axes on pixels."""
    n_rows: int
    """Number of rows, those of fates included."""
    codes: NDArray[np.int64]
    """Flat place in `shape` of each row, or the fate of its events; shape (row,)."""
    needs_ids: bool = False
    first: int = 0
    n_ids: int = 0
    known: NDArray[np.int32] | None = None
    """Numbers in rising order, where they are too sparse for a table."""
    table: NDArray[np.int32] = field(default_factory=lambda: NO_TABLE)
    """Row for each number, the last for all others; one after another for each replica. Empty: the number's distance
    from the first."""
    few: NDArray[np.uint8] = field(default_factory=lambda: NO_BYTES)
    """The same in bytes, where there are few rows."""
    n_replicas: int = 1
    row_without: int = 0
    """Of events without a number."""
    layout: Layout | None = None
    pixel_table: NDArray[np.int32] = field(default_factory=lambda: NO_TABLE)
    """Place in the layout of each number as `table` gives rows; empty: the distance."""

    @property
    def size(self) -> int:
        """Number of places in `shape`."""
        return int(np.prod(self.shape, dtype=np.int64))

    def rows_of_numbers(self) -> NDArray[np.int64]:
        """Return the row of each number in turn, and of all others last; shape (replica, number + 1)."""
        n = self.n_ids if self.known is None else len(self.known)
        table = self.table if len(self.table) else np.arange(n + 1)
        return table.reshape(self.n_replicas, n + 1).astype(np.int64)

    def write_rows(self, ids: NDArray[np.int32], rows: NDArray[np.uint32]) -> None:
        """Write the row of each number; with replicas, its place in the first one's table."""
        if self.known is not None:
            table = self.table if self.n_replicas == 1 else np.arange(len(self.known) + 1, dtype=np.int32)
            finding.search_rows(ids, self.known, table, rows)
        else:
            finding.find_rows(ids, self.first, self.n_ids, self.table if self.n_replicas == 1 else NO_TABLE, rows)

    def write_pixels(self, ids: NDArray[np.int32], pixels: NDArray[np.uint32]) -> None:
        """Write the place in the layout of each number; one beyond its end for others."""
        if self.known is not None:
            finding.search_rows(ids, self.known, self.pixel_table, pixels)
        else:
            finding.find_rows(ids, self.first, self.n_ids, self.pixel_table, pixels)


def pixel_axes(description: Description, setting: Setting, formulas: dict[str, Formula]) -> tuple[int, ...]:
    """Return the numbers of the description's axes that depend on the pixel alone."""
    return tuple(
        i for i, a in enumerate(description.axes) if a.name in formulas and formulas[a.name].values is not None
    )


def make_stage(
    description: Description, setting: Setting, formulas: dict[str, Formula], *, width: int
) -> tuple[PixelStage, Screen | None]:
    """Work out the rows of a description; `width` is the number of cells that each of them will have."""
    screen = screen_of(description, setting)
    layout = layout_of(description, setting)
    static = pixel_axes(description, setting, formulas)
    on_region = has_pixels(description.region) or bool(description.apart)
    if screen is None and not on_region and not formulas:
        return (_masked_only(description, setting) if description.masks else _nothing()), None
    if layout is None:
        if screen is None and not on_region and not description.masks:
            return _single(description, formulas, static), None  # a monitor: all events are in one pixel
        what = "a region" if on_region else "a mask"
        raise ArgumentError(
            f"{what} needs to know where the pixels of {setting.name or 'the stream'} are; give shape=(rows, columns)"
        )
    lead = () if screen is None or description.is_summed else screen.shape
    if description.apart:
        codes, n_apart = told_apart(description, setting, layout, screen)
        lead = (n_apart,)
    else:
        codes = codes_of_pixels(description, setting, layout, screen)
    numbered = [(1 + i, description.axes[i], formulas[description.axes[i].name]) for i in static]
    codes = with_axes(codes, numbered)
    shape = (*lead, *(axis.n for _, axis, _ in numbered))
    return _by_number(layout, codes, shape, width=width), screen


def _nothing() -> PixelStage:
    return PixelStage((), 1, np.zeros(1, np.int64))


def _single(description: Description, formulas: dict[str, Formula], static: tuple[int, ...]) -> PixelStage:
    numbered = [(1 + i, description.axes[i], formulas[description.axes[i].name]) for i in static]
    codes = with_axes(np.zeros((1, 1), np.int64), numbered)
    return PixelStage(tuple(axis.n for _, axis, _ in numbered), 1, codes[0])


def _masked_only(description: Description, setting: Setting) -> PixelStage:
    """Leave out listed numbers; whatever is not listed counts, with or without a layout."""
    lists = [mask.ids for mask in description.masks if mask.ids is not None]
    if any(mask.ids is None for mask in description.masks):
        from ..pixels.masked import masked

        if setting.layout is None:
            raise ArgumentError(f"the pixel_mask of {setting.name or 'the stream'} needs a layout; give shape=(…)")
        own = [mask for mask in description.masks if mask.ids is None]
        lists.append(setting.layout.ids_at(np.flatnonzero(masked(own, setting.layout, setting.geometry()))))
    known = np.unique(np.concatenate([np.asarray(ids, np.int32) for ids in lists]))
    codes = np.array([0, MASKED], np.int64)
    span = int(known[-1]) - int(known[0]) + 1 if len(known) else 0
    if span > max(1 << 24, 16 * len(known)):
        table = np.append(np.ones(len(known), np.int32), np.int32(0))
        return PixelStage((), 2, codes, needs_ids=True, known=known, table=table)
    few = np.zeros(span + 1, np.uint8)
    first = int(known[0]) if span else 0
    few[known.astype(np.int64) - first] = 1
    return PixelStage((), 2, codes, needs_ids=True, first=first, n_ids=span, table=few.astype(np.int32), few=few)


def _by_number(layout: Layout, codes: NDArray[np.int64], shape: tuple[int, ...], *, width: int) -> PixelStage:
    """Go from pixels in the order of the layout to pixel numbers, and choose rows."""
    n_replicas, size = len(codes), int(np.prod(shape, dtype=np.int64))
    unmapped = np.full((n_replicas, 1), UNMAPPED, np.int64)
    if layout.sparse is not None:
        known, places = layout.sparse
        by_number = np.concatenate([codes[:, places], unmapped], axis=1)
        pixels = np.append(places, np.int32(layout.size)).astype(np.int32)
        first, n_ids = 0, 0
    else:
        known, first, n_ids = None, layout.first_id, min(layout.n_ids, 2**31 - layout.first_id)
        if layout.table is None:
            by_number, pixels = np.concatenate([codes[:, :n_ids], unmapped], axis=1), NO_TABLE
        else:
            held = layout.table[:n_ids]
            by_number = np.concatenate([np.where(held >= 0, codes[:, held], UNMAPPED), unmapped], axis=1)
            pixels = np.append(np.where(held >= 0, held, layout.size), layout.size).astype(np.int32)
    places_used = by_number[by_number < 0]
    fates = np.unique(places_used)[::-1]
    n_rows = size + len(fates)
    without = size + int(np.flatnonzero(fates == UNMAPPED)[0])
    if n_replicas == 1 and known is None and n_ids + 1 <= SPARE * n_rows + 16 and size > 1:
        return PixelStage(
            shape, n_ids + 1, by_number[0], True, first, n_ids, row_without=n_ids, layout=layout, pixel_table=pixels
        )
    if n_rows >= 2**31:
        raise ArgumentError(f"{size} places of pixels are too many")
    row_of_fate = np.zeros(int(-fates.min()) + 1, np.int64)
    row_of_fate[-fates] = size + np.arange(len(fates))
    table = np.where(by_number >= 0, by_number, row_of_fate[np.maximum(-by_number, 0) % len(row_of_fate)])
    flat = table.astype(np.int32).ravel()
    return PixelStage(
        shape,
        n_rows,
        np.concatenate([np.arange(size), fates]).astype(np.int64),
        True,
        first,
        n_ids,
        known,
        flat,
        flat.astype(np.uint8) if n_rows <= FEW_ROWS and n_replicas == 1 and known is None else NO_BYTES,
        n_replicas,
        without,
        layout,
        pixels,
    )


def lead_axes(description: Description, screen: Screen | None, stage: PixelStage) -> Axes:
    """Return the axes of the picture that the result has."""
    if description.apart:
        return Axes((integers(0, stage.shape[0]).named("part"),))
    return Axes(()) if screen is None or description.is_summed else screen.axes
