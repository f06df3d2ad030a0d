"""Where the fields of many messages are: verified positions of everything that is about to become a column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..layout import Enum, Field, Layout, Scalar, Text, Type, Union, Vector, inline_dtype, inline_size
from ..registry import schema_for
from .walk import U1, BoolArray, IntArray, Walk


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
    """Where one field of some messages is. All arrays have shape (row,)."""

    dtype: np.dtype[Any]
    """Of the number, of the elements, or of a text's bytes."""
    present: BoolArray
    at: IntArray
    """Byte of the number, or of the first element of a text or vector; anything where absent."""
    count: IntArray
    """Elements of a vector or bytes of a text, 0 where absent; 1 for a number."""
    is_text: bool = False
    is_single: bool = False
    """Whether it is a number, not a vector of them."""

    def of(self, rows: BoolArray) -> Spot:
        """Return the same for some of the rows."""
        return replace(self, present=self.present[rows], at=self.at[rows], count=self.count[rows])


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
        present, at = entry != 0, table + entry
        if isinstance(field.type, Union):
            code_entry = entries[field.id - 1]
            codes = walk.gather(U1, table + code_entry) * (code_entry != 0)
            walk.ok &= present | (codes == 0)
            if field.is_required:
                walk.ok &= codes != 0
            members = _members(walk, plan.layout, field.type, codes, at)
            if members is not None:
                places.members[field.name] = members
                for member in members:
                    if member.spot.is_text:
                        text_bytes[member.rows] += member.spot.count
            continue
        if field.is_required:
            walk.ok &= present
        spot = _spot(walk, field.type, present, at)
        if spot is None:
            walk.ok &= ~present
            continue
        places.spots[field.name] = spot
        if spot.is_text:
            text_bytes += spot.count
    # Texts may overlap, but not so far that a small message becomes a large one. Honest texts do not overlap at all.
    walk.ok &= text_bytes <= walk.end - walk.start
    return places


def _spot(walk: Walk, type_: Type, present: BoolArray, at: IntArray) -> Spot | None:
    """Return where a field's content is, given where its inline part is; None for what has no column."""
    if isinstance(type_, Scalar | Enum):
        return Spot(inline_dtype(type_), present, at, np.ones_like(at), is_single=True)
    is_text = isinstance(type_, Text)
    if is_text:
        dtype = U1
    elif isinstance(type_, Vector) and isinstance(type_.of, Scalar | Enum) and inline_dtype(type_.of).kind != "b":
        dtype = inline_dtype(type_.of)
    else:
        return None
    if present.all():
        return Spot(dtype, present, *walk.vectors(at, dtype.itemsize, is_text=is_text), is_text)
    rows = np.flatnonzero(present)
    part = walk.part(rows)
    start, count = np.zeros_like(at), np.zeros_like(at)
    start[rows], count[rows] = part.vectors(at[rows], dtype.itemsize, is_text=is_text)
    walk.merge(part, rows)
    return Spot(dtype, present, start, count, is_text)


def _members(walk: Walk, layout: Layout, union: Union, codes: NDArray[np.uint8], at: IntArray) -> list[Member] | None:
    """Follow the unions at these positions to their members' values; None if members are more than bare values."""
    bare = layout.bare[union.name]
    if bare is None:
        walk.ok &= codes == 0
        return None
    members = []
    for code in np.flatnonzero(np.bincount(codes[walk.ok], minlength=1)).tolist():
        if code == 0:
            continue
        rows = np.flatnonzero(walk.ok & (codes == code))
        part = walk.part(rows)
        field, spot = bare.get(code), None
        if field is not None:
            table = part.targets(at[rows])
            entry = part.entries(table, np.full(field.id + 1, inline_size(field.type), np.int64))[field.id]
            if field.is_required or isinstance(field.type, Text):
                part.ok &= entry != 0  # a member without its text is sound, but so odd that it has no column
            spot = _spot(part, field.type, entry != 0, table + entry)
        if field is None or spot is None:
            walk.ok[rows] = False
            continue
        walk.merge(part, rows)
        members.append(Member(code, field, rows, spot))
    return members
