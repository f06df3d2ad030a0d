"""Where the fields of many messages are: verified positions of everything that is about to become a column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columnwalk import U1, BoolArray, IntArray, Walk
from .layout import Enum, Field, Layout, Scalar, Text, Type, Union, Vector, inline_dtype, inline_size
from .registry import schema_for


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a schema before any message is."""

    layout: Layout
    fields: tuple[Field, ...]
    sizes: IntArray
    """Inline size by field id; that of a union's code is 1."""


@cache
def plan_for(schema_id: str) -> Plan:
    """Return the plan of a schema; raises `DecodeError` if there is no such schema."""
    schema = schema_for(schema_id)
    sizes = np.ones(schema.root.n_ids, np.int64)
    for f in schema.root.fields:
        sizes[f.id] = inline_size(f.type)
    return Plan(schema.layout, schema.root.fields, sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """Where one field of some messages is, shape (row,)."""

    present: BoolArray
    at: IntArray
    """Byte of a number, or of the first element of a text or vector; anything where absent."""
    count: IntArray | None = None
    """Elements of a text or vector, 0 where absent; None for a number."""
    is_text: bool = False

    def of(self, rows: BoolArray) -> Spot:
        """Return the same for some of the rows."""
        return Spot(self.present[rows], self.at[rows], None if self.count is None else self.count[rows], self.is_text)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """The rows whose union is of one kind."""

    code: int
    field: Field
    """The only field of the member's table."""
    rows: IntArray
    spot: Spot
    """Where the values are, shape (len(rows),)."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where all fields of the root tables are, by name."""

    spots: dict[str, Spot]
    members: dict[str, list[Member]]
    """For each union, the kinds that occur, by rising code."""


def find_places(plan: Plan, walk: Walk) -> Places:
    """Find and verify the fields of all messages. After that the walk knows which are sound and fit into columns."""
    places = Places({}, {})
    table = walk.roots(plan.layout.id)
    entries = walk.entries(table, plan.sizes)
    text_bytes = np.zeros(len(walk.ok), np.int64)
    for field in plan.fields:
        entry = entries[field.id]
        present = entry != 0
        if isinstance(field.type, Union):
            code_entry = entries[field.id - 1]
            codes = walk.gather(U1, table + code_entry) * (code_entry != 0)
            members = _members(walk, plan.layout, field, codes, Spot(present, table + entry))
            if members is not None:
                places.members[field.name] = members
                for member in members:
                    if member.spot.is_text:
                        text_bytes[member.rows] += member.spot.count
            continue
        if field.is_required:
            walk.ok &= present
        spot = _spot(walk, field.type, Spot(present, table + entry))
        if spot is None:
            walk.ok &= ~present
            continue
        places.spots[field.name] = spot
        if spot.is_text:
            text_bytes += spot.count
    # Texts may overlap, but not so far that a small message becomes a large one. Honest texts do not overlap at all.
    walk.ok &= text_bytes <= walk.size
    return places


def element(type_: Type) -> np.dtype[Any] | None:
    """Return the dtype of the elements of a text or of a vector of numbers; None for all else."""
    if isinstance(type_, Text):
        return U1
    if not isinstance(type_, Vector) or not isinstance(type_.of, Scalar | Enum):
        return None
    dtype = inline_dtype(type_.of)
    return None if dtype.kind == "b" else dtype


def _spot(walk: Walk, type_: Type, inline: Spot) -> Spot | None:
    """Return where a field's content is, given where its inline part is; None for what has no column."""
    if isinstance(type_, Scalar | Enum):
        return inline
    dtype, is_text = element(type_), isinstance(type_, Text)
    if dtype is None:
        return None
    if inline.present.all():
        return Spot(inline.present, *walk.vectors(inline.at, dtype.itemsize, is_text=is_text), is_text)
    rows = np.flatnonzero(inline.present)
    part = walk.part(rows)
    at, count = np.zeros_like(inline.at), np.zeros_like(inline.at)
    at[rows], count[rows] = part.vectors(inline.at[rows], dtype.itemsize, is_text=is_text)
    walk.merge(part, rows)
    return Spot(inline.present, at, count, is_text)


def _members(walk: Walk, layout: Layout, field: Field, codes: NDArray[np.uint8], inline: Spot) -> list[Member] | None:
    """Follow a union to its members' tables; None for one whose members are more than bare values."""
    assert isinstance(field.type, Union)
    walk.ok &= inline.present | (codes == 0)
    if field.is_required:
        walk.ok &= codes != 0
    bare = layout.bare[field.type.name]
    if bare is None:
        walk.ok &= codes == 0
        return None
    members = []
    for code in np.flatnonzero(np.bincount(codes[walk.ok], minlength=256)).tolist():
        if code == 0:
            continue
        rows = np.flatnonzero(walk.ok & (codes == code))
        part = walk.part(rows)
        inner = bare.get(code)
        spot = None
        if inner is not None:
            table = part.targets(inline.at[rows])
            entry = part.entries(table, np.full(inner.id + 1, inline_size(inner.type), np.int64))[inner.id]
            if inner.is_required:
                part.ok &= entry != 0
            spot = _spot(part, inner.type, Spot(entry != 0, table + entry))
        if inner is None or spot is None:
            walk.ok[rows] = False
            continue
        walk.merge(part, rows)
        members.append(Member(code, inner, rows, spot))
    return members
