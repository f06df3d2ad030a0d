"""What can be said of a table before it is encoded: the order of its fields, and its vtable for each set of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from struct import pack
from typing import NamedTuple

from .layout import Enum, Layout, Scalar, Type, Union, inline_align, inline_size

_MAX_FORMS = 64
"""Vtables kept per table: sets of fields that are present together are few."""


class Step(NamedTuple):
    """One field to write."""

    name: str
    id: int
    type: Type
    kind: str
    """Name of the type of a number or struct."""
    is_required: bool
    is_optional: bool
    """Whether None leaves it out."""
    left_out: bytes | None
    """Bytes of a number that is left out because it is the default."""
    drops_empty: bool
    """Whether an empty list is left out."""


class Form(NamedTuple):
    """A table's vtable and where its fields stand, for one set of fields."""

    vtable: bytes
    size: int
    align: int
    places: dict[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How a table is written."""

    steps: tuple[Step, ...]
    sizes: dict[int, tuple[int, int]]
    """Alignment and inline size by field number, codes of unions included."""
    forms: dict[tuple[int, ...], Form] = field(default_factory=dict)

    def form(self, inline: list[int], behind: list[int]) -> Form:
        """Return the form of a table that has these fields."""
        key = (*inline, *behind)
        form = self.forms.get(key)
        if form is None:
            form = self._form(key)
            if len(self.forms) < _MAX_FORMS:
                self.forms[key] = form
        return form

    def _form(self, ids: tuple[int, ...]) -> Form:
        # Largest first after the four bytes of the vtable's distance: nothing to fill up between fields.
        entries = [0] * (max(ids, default=-1) + 1)
        size, widest = 4, 4
        for id in sorted(ids, key=lambda id: (-self.sizes[id][0], id)):
            align, n_bytes = self.sizes[id]
            size += -(size - 4) % align
            entries[id] = size
            size, widest = size + n_bytes, max(widest, align)
        vtable = pack(f"<HH{len(entries)}H", 4 + 2 * len(entries), size, *entries)
        return Form(vtable, size, widest, {id: entries[id] for id in ids})


@cache
def plan_of(layout: Layout, table: str) -> Plan:
    """Return the plan of a table; made once."""
    elides = layout.elides_defaults
    steps: list[Step] = []
    sizes: dict[int, tuple[int, int]] = {}
    for f in layout.tables[table].fields:
        base = f.type.base if isinstance(f.type, Enum) else f.type
        left_out = None
        is_left_out = "elide_defaults" in (f.attributes or {})
        if isinstance(base, Scalar) and (elides or is_left_out) and f.default is not None:
            left_out = pack("<" + base.code, f.default)
        is_optional = f.default is None if isinstance(base, Scalar) else not f.is_required
        kind = getattr(f.type, "name", "").rpartition(".")[2]
        steps.append(Step(f.name, f.id, f.type, kind, f.is_required, is_optional, left_out, is_left_out))
        sizes[f.id] = (inline_align(f.type), inline_size(f.type))
        if isinstance(f.type, Union):
            sizes[f.id - 1] = (1, 1)
    return Plan(tuple(steps), sizes)
