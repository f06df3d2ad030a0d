"""Typed messages: one frozen, slotted dataclass per table, made from the layout description.

Fields are named as on the wire. Numbers are Python numbers, texts `str`, vectors of numbers NumPy arrays, other
vectors tuples, or `Rows` where a tuple would dwarf the message. A value whose type alone tells its kind (that of
``f144``) is a NumPy scalar or array of the wire's dtype. What is absent is None, an empty array, an empty tuple or the
default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field as dataclass_field
from dataclasses import fields as dataclass_fields
from dataclasses import make_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .layout import Enum, Field, Layout, Scalar, Struct, Table, TableRef, Text, Type, Union, Vector, inline_dtype
from .rows import Rows

NOTHING_DERIVED: Mapping[str, tuple[str, ...]] = {}


class Message:
    """Base of all typed messages and of the tables and structs inside them.

    Two messages are equal when they are of one class and all fields are equal: arrays in dtype, shape and every
    element, NaN counting as equal to NaN.
    """

    __slots__ = ("_relayed",)
    SCHEMA: ClassVar[str] = ""
    """Schema id."""
    TABLE: ClassVar[str] = ""
    """Full name of the table or struct in the schema."""

    if TYPE_CHECKING:

        def __init__(self, **fields: Any) -> None: ...

        def __getattr__(self, name: str) -> Any: ...

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = [f.name for f in dataclass_fields(self)]  # type: ignore[arg-type]
        return all(_equal(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return _SHOW["text"](self)

    def _repr_html_(self) -> str:
        return _SHOW["html"](self)


_SHOW: dict[str, Callable[[Message], str]] = {}


def show_by(*, text: Callable[[Message], str], html: Callable[[Message], str]) -> None:
    """Say how messages show themselves: what does that knows the schemas, and those are made of messages."""
    _SHOW.update(text=text, html=html)


def mark_relayed(message: Message) -> None:
    """Note on a message that it came from the wire: it is passed on as it is, even where a new one would be refused."""
    object.__setattr__(message, "_relayed", True)


def _equal(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray | np.generic) or isinstance(b, np.ndarray | np.generic):
        x, y = np.asarray(a), np.asarray(b)
        if type(a) is not type(b) or x.dtype != y.dtype:
            return False
        return bool(np.array_equal(x, y, equal_nan=x.dtype.kind == "f"))
    if isinstance(a, tuple | Rows) and isinstance(b, tuple | Rows):
        return len(a) == len(b) and all(_equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)
    return type(a) is type(b) and a == b


@cache
def empty_array(dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return the empty array that stands for an absent or empty vector; one per dtype, read-only."""
    array = np.zeros(0, dtype)
    array.flags.writeable = False
    return array


def absent_value(field: Field, layout: Layout) -> object:
    """Return what a message holds for a field that is not on the wire."""
    type_ = field.type
    if isinstance(type_, Vector):
        return () if isinstance(type_.of, Text | TableRef) else empty_array(inline_dtype(type_.of))
    return field.default


def make_classes(
    layout: Layout, given: type[Message] | None, derived: Mapping[str, tuple[str, ...]] = NOTHING_DERIVED
) -> dict[str, type[Message]]:
    """Make the message class of the root table and of every table and struct that a message can show.

    Parameters
    ----------
    layout
        Layout with a root table.
    given
        A class written by hand to stand for the root table, so that type checkers know its fields.
    derived
        Fields by short table name that may be left out when a message is made; they are None then.

    Returns
    -------
    :
        Classes by full name. Those of inner tables are attributes of the root's class as well.
    """
    classes: dict[str, type[Message]] = {}
    for definition in _shown(layout):
        if given is not None and definition.name == layout.root:
            classes[definition.name] = given
        else:
            short = definition.name.rpartition(".")[2]
            classes[definition.name] = _make_class(definition, layout, derived.get(short, ()))
    root = classes[layout.root]
    for name, class_ in classes.items():
        short = name.rpartition(".")[2]
        if class_ is not root and not hasattr(root, short):
            setattr(root, short, class_)
    return classes


def _shown(layout: Layout) -> Iterator[Table | Struct]:
    """Yield the definitions reachable from the root; members that only wrap a bare value are not shown."""
    todo: list[Type] = [TableRef(layout.root)]
    seen: set[str] = set()
    while todo:
        type_ = todo.pop()
        if isinstance(type_, Vector):
            todo.append(type_.of)
        elif isinstance(type_, Union):
            if layout.bare[type_.name] is None:
                todo += [TableRef(m.table) for m in type_.members]
        elif isinstance(type_, TableRef) and type_.table not in seen:
            seen.add(type_.table)
            table = layout.tables[type_.table]
            yield table
            todo += [f.type for f in table.fields]
        elif isinstance(type_, Struct) and type_.name not in seen:
            seen.add(type_.name)
            yield type_
            todo += [f.type for f in type_.fields]


def _make_class(definition: Table | Struct, layout: Layout, derived: tuple[str, ...]) -> type[Message]:
    members: list[Any] = []
    for f in definition.fields:
        annotation = _annotation(f.type, layout)
        if f.name in derived:
            members.append((f.name, annotation | None, dataclass_field(default=None)))
            continue
        if not isinstance(f, Field) or f.is_required:
            members.append((f.name, annotation))
            continue
        absent = absent_value(f, layout)
        spec: Any = dataclass_field(default=absent)
        if isinstance(absent, np.ndarray):
            # Dataclasses take no array for a default, although this one is read-only.
            spec = dataclass_field(default_factory=lambda value=absent: value)  # type: ignore[misc]
        members.append((f.name, annotation if absent is not None else annotation | None, spec))
    is_root = definition.name == layout.root
    short = definition.name.rpartition(".")[2]
    namespace: dict[str, Any] = {
        "__doc__": describe(definition, derived),
        "__module__": __package__,
        "__qualname__": layout.id if is_root else f"{layout.id}.{short}",
        "SCHEMA": layout.id,
        "TABLE": definition.name,
    }
    made = make_dataclass(
        layout.id if is_root and layout.id.isidentifier() else short,
        members,
        bases=(Message,),
        namespace=namespace,
        frozen=True,
        slots=True,
        kw_only=True,
        eq=False,
        repr=False,
    )
    made.__qualname__ = namespace["__qualname__"]
    return made


def describe(definition: Table | Struct, derived: tuple[str, ...] = ()) -> str:
    """Return the docstring that the `.fbs` text makes: what the table is, and every field."""
    lines = [definition.doc or f"{definition.name}.", "", "Attributes", "----------"]
    for f in definition.fields:
        lines.append(f.name)
        lines += [f"    {line}" for line in f.doc.splitlines()]
        if f.name in derived:
            lines.append("    May be left out of a new message: the data tell it.")
    return "\n".join(lines)


def _annotation(type_: Type, layout: Layout) -> Any:
    if isinstance(type_, Enum):
        return int
    if isinstance(type_, Scalar):
        return bool if type_.code == "?" else float if type_.code in "fd" else int
    if isinstance(type_, Text):
        return str
    if isinstance(type_, Vector):
        return tuple if isinstance(type_.of, Text | TableRef) else np.ndarray
    if isinstance(type_, Union) and layout.bare[type_.name] is not None:
        return np.generic | np.ndarray | str | tuple
    return Message
