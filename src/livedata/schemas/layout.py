"""The layout description: what a schema's tables, structs, enums and unions look like on the wire.

Made once from a `.fbs` text by `livedata.schemas.fbs`. Reading, writing and the message classes follow it, and
nothing else in the package knows an offset, a field number or a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MAX_DEPTH = 64
"""Deepest nesting of tables that is followed, as in the reference verifier."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number or truth value stored inline, little-endian."""

    name: str
    code: str
    """Format character of the `struct` module."""
    size: int
    dtype: np.dtype[Any]

    @property
    def align(self) -> int:
        """Bytes that its position is a multiple of."""
        return self.size


@dataclass(frozen=True, slots=True)
class Enum:
    """A named set of integers. Values it does not name stay numbers."""

    name: str
    base: Scalar
    members: Mapping[str, int]
    doc: str = ""
    docs: Mapping[str, str] = field(default_factory=dict)
    """What a member means, for those whose name does not say all."""


@dataclass(frozen=True, slots=True)
class Struct:
    """A fixed group of scalars and structs stored inline."""

    name: str
    fields: tuple[StructField, ...]
    size: int
    align: int
    doc: str = ""

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's description of the same bytes, padding included."""
        return np.dtype(
            {
                "names": [f.name for f in self.fields],
                "formats": [inline_dtype(f.type) for f in self.fields],
                "offsets": [f.offset for f in self.fields],
                "itemsize": self.size,
            }
        )


@dataclass(frozen=True, slots=True)
class StructField:
    """One member of a struct, `offset` bytes from its start."""

    name: str
    type: Scalar | Enum | Struct
    offset: int
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """UTF-8 text behind an offset, followed by a zero byte."""


@dataclass(frozen=True, slots=True)
class TableRef:
    """A table behind an offset; by name, because tables may contain themselves."""

    table: str


@dataclass(frozen=True, slots=True)
class Member:
    """One kind of value that a union can hold."""

    name: str
    code: int
    table: str


@dataclass(frozen=True, slots=True)
class Union:
    """A table of one of several kinds; a byte in the field before it tells which."""

    name: str
    members: tuple[Member, ...]
    doc: str = ""

    def member(self, code: int) -> Member | None:
        """Return the kind that a code stands for."""
        return next((m for m in self.members if m.code == code), None)


@dataclass(frozen=True, slots=True)
class Vector:
    """A counted sequence behind an offset."""

    of: Scalar | Enum | Struct | Text | TableRef


Kind = tuple[int, str]
"""Number of dimensions and NumPy's code of the element type (``<f8``), or ``text``."""

Inline = Scalar | Enum | Struct
Type = Inline | Text | TableRef | Union | Vector


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a table. A union's code travels under number ``id - 1``, its value under `id`."""

    name: str
    id: int
    type: Type
    default: int | float | bool | None = None
    """Meaning of an absent scalar; None for one without any (optional) and for everything that is not a scalar."""
    is_required: bool = False
    attributes: Mapping[str, str | None] | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: fields that may be absent, found through its vtable."""

    name: str
    fields: tuple[Field, ...]
    attributes: Mapping[str, str | None] | None = None
    doc: str = ""

    @property
    def n_ids(self) -> int:
        """Number of vtable entries that a reader needs to look at."""
        return max((f.id for f in self.fields), default=-1) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Everything one `.fbs` text and its includes say. No two are equal, so that what follows can be kept by them."""

    id: str
    """File identifier, four ASCII characters; empty when the text has none."""
    root: str
    """Full name of the root table; empty when the text has none."""
    tables: Mapping[str, Table]
    structs: Mapping[str, Struct]
    enums: Mapping[str, Enum]
    unions: Mapping[str, Union]
    bare: Mapping[str, Mapping[int, Field] | None]
    """For each union what `bare_fields` says of it."""
    kinds: Mapping[str, Mapping[Kind, int]]
    """For each union with bare values the code of each kind of value."""
    equals: Mapping[str, tuple[EqualLength, ...]]
    """For each table what `equal_lengths` says of it."""

    @property
    def elides_defaults(self) -> bool:
        """Whether producers leave out scalars equal to their default: attribute ``elide_defaults`` of the root."""
        return "elide_defaults" in (self.tables[self.root].attributes or {})


def bare_fields(union: Union, tables: Mapping[str, Table]) -> dict[int, Field] | None:
    """Tell whether the members of a union are mere wrappers of one value each, all of different types.

    Such a value (a number, a text, an array) tells by its own type which member it is, so messages hold it bare.

    Returns
    -------
    :
        The single field of each member by code; None when the union is not of this kind.
    """
    fields: dict[int, Field] = {}
    for member in union.members:
        table = tables[member.table]
        if len(table.fields) != 1 or not _is_plain(table.fields[0].type):
            return None
        fields[member.code] = table.fields[0]
    distinct = {field.type for field in fields.values()}
    return fields if fields and len(distinct) == len(fields) else None


def kind_of(type_: Type) -> Kind:
    """Return what tells the values of a bare union's member from those of the others."""
    inner = type_.of if isinstance(type_, Vector) else type_
    return int(isinstance(type_, Vector)), inner.dtype.str if isinstance(inner, Scalar) else "text"


@dataclass(frozen=True, slots=True)
class EqualLength:
    """A list that belongs to another one of the same table, element by element."""

    name: str
    other: str
    may_be_empty: bool
    """Whether it may also be left out or empty."""

    def problem(self, n: int, n_other: int) -> str:
        """Return what is wrong with two lengths; an empty text when nothing is."""
        if n == n_other or (n == 0 and self.may_be_empty):
            return ""
        expected = "as many or none" if self.may_be_empty else "as many"
        return f"{n} elements, but {n_other} in {self.other}; expected {expected}"


def equal_lengths(table: Table) -> tuple[EqualLength, ...]:
    """Return which lists of a table go together: attribute ``as_long_as``. Only what is not required may be empty."""
    told = ((f, (f.attributes or {}).get("as_long_as")) for f in table.fields)
    return tuple(EqualLength(f.name, other, not f.is_required) for f, other in told if other is not None)


def _is_plain(type_: Type) -> bool:
    if isinstance(type_, Vector):
        return isinstance(type_.of, Scalar | Text)
    return isinstance(type_, Scalar | Text)


def inline_dtype(type_: Inline) -> np.dtype[Any]:
    """Return NumPy's type for what is stored inline."""
    return type_.base.dtype if isinstance(type_, Enum) else type_.dtype


def inline_size(type_: Type) -> int:
    """Return the bytes that a field takes inside its table (4 for everything behind an offset)."""
    if isinstance(type_, Enum):
        return type_.base.size
    return type_.size if isinstance(type_, Scalar | Struct) else 4


def inline_align(type_: Type) -> int:
    """Return the alignment of a field inside its table."""
    if isinstance(type_, Enum):
        return type_.base.size
    return type_.align if isinstance(type_, Scalar | Struct) else 4


def _scalar(name: str, code: str, dtype: str) -> Scalar:
    return Scalar(name, code, np.dtype(dtype).itemsize, np.dtype(dtype))


_KINDS = (
    _scalar("bool", "?", "?"),
    _scalar("byte", "b", "<i1"),
    _scalar("ubyte", "B", "<u1"),
    _scalar("short", "h", "<i2"),
    _scalar("ushort", "H", "<u2"),
    _scalar("int", "i", "<i4"),
    _scalar("uint", "I", "<u4"),
    _scalar("long", "q", "<i8"),
    _scalar("ulong", "Q", "<u8"),
    _scalar("float", "f", "<f4"),
    _scalar("double", "d", "<f8"),
)

SCALARS: Mapping[str, Scalar] = {s.name: s for s in _KINDS} | {s.dtype.name: s for s in _KINDS}
"""Scalar types by each of their names: ``int`` and ``int32`` are one."""
