"""From declarations as they stand in a `.fbs` text to the layout description: names, numbers, offsets, defaults."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import SettingsError
from .declaration import Declaration, Declared, Document
from .layout import (
    SCALARS,
    Enum,
    Field,
    Layout,
    Member,
    Scalar,
    Struct,
    StructField,
    Table,
    TableRef,
    Text,
    Type,
    Union,
    Vector,
    bare_fields,
    equal_lengths,
    inline_align,
    inline_size,
    kind_of,
)

# Attributes that change the bytes in ways this package does not follow.
_UNSUPPORTED = frozenset(
    {"force_align", "nested_flatbuffer", "flexbuffer", "bit_flags", "hash", "offset64", "vector64"}
)


def resolve(document: Document) -> Layout:
    """Turn a parsed text into its layout description.

    Raises
    ------
    SettingsError
        If a name is unknown or used twice, a number is missing, or something is not supported.
    """
    resolver = _Resolver(document)
    root = ""
    if document.root:
        found = resolver.find(document.root, document.namespace)
        if found is None or found.kind != "table":
            raise SettingsError(f"{document.file}: the root type {document.root!r} is not a table of this text")
        root = found.name
    return resolver.layout(document.identifier, root)


def _error(declaration: Declaration, line: int, problem: str) -> SettingsError:
    return SettingsError(f"{declaration.file}, line {line}: {problem}")


class _Resolver:
    def __init__(self, document: Document) -> None:
        self.declarations: dict[str, Declaration] = {}
        for declaration in document.declarations:
            if declaration.name in self.declarations:
                raise _error(declaration, declaration.line, f"{declaration.name!r} is declared twice")
            self.declarations[declaration.name] = declaration
        self.enums: dict[str, Enum] = {}
        self.structs: dict[str, Struct] = {}
        self.unions: dict[str, Union] = {}
        self.open: set[str] = set()
        """Structs being laid out, to notice one that contains itself."""

    def find(self, name: str, namespace: str) -> Declaration | None:
        """Look a name up in a namespace and those around it, innermost first."""
        parts = namespace.split(".") if namespace else []
        for n in range(len(parts), -1, -1):
            found = self.declarations.get(".".join([*parts[:n], name]))
            if found is not None:
                return found
        return None

    def layout(self, identifier: str, root: str) -> Layout:
        tables = {name: self._table(d) for name, d in self.declarations.items() if d.kind == "table"}
        for name, declaration in self.declarations.items():
            if declaration.kind != "table":
                self._type(name, "", declaration, declaration.line)
        bare = {name: bare_fields(union, tables) for name, union in self.unions.items()}
        kinds = {name: {kind_of(f.type): code for code, f in (b or {}).items()} for name, b in bare.items()}
        equals = {name: equal_lengths(table) for name, table in tables.items()}
        return Layout(identifier, root, tables, self.structs, self.enums, self.unions, bare, kinds, equals)

    def _type(self, name: str, namespace: str, user: Declaration, line: int) -> Type:
        if name in SCALARS:
            return SCALARS[name]
        if name == "string":
            return Text()
        found = self.find(name, namespace)
        if found is None:
            raise _error(user, line, f"unknown type {name!r}")
        if found.kind == "table":
            return TableRef(found.name)
        if found.kind == "enum":
            return self.enums.get(found.name) or self._enum(found)
        if found.kind == "struct":
            return self.structs.get(found.name) or self._struct(found)
        return self.unions.get(found.name) or self._union(found)

    def _enum(self, d: Declaration) -> Enum:
        base = SCALARS.get(d.base)
        if base is None or base.code in "?fd":
            raise _error(d, d.line, f"{d.base!r} cannot be the base of an enum")
        self._refuse_unsupported(d, d.attributes, d.line)
        members: dict[str, int] = {}
        value = -1
        for m in d.members:
            value = value + 1 if m.default is None else int(m.default, 0)
            members[m.name] = value
        docs = {m.name: m.doc for m in d.members if m.doc}
        self.enums[d.name] = Enum(d.name, base, members, d.doc, docs)
        return self.enums[d.name]

    def _struct(self, d: Declaration) -> Struct:
        if d.name in self.open:
            raise _error(d, d.line, f"struct {d.name!r} contains itself")
        self.open.add(d.name)
        self._refuse_unsupported(d, d.attributes, d.line)
        fields: list[StructField] = []
        size, align = 0, 1
        for m in d.members:
            type_ = self._type(m.type, d.namespace, d, m.line)
            if m.is_vector or not isinstance(type_, Scalar | Enum | Struct):
                raise _error(d, m.line, f"a struct cannot hold {m.type!r} ({m.name})")
            step = inline_align(type_)
            size += -size % step
            fields.append(StructField(m.name, type_, size, m.doc))
            size, align = size + inline_size(type_), max(align, step)
        self.open.discard(d.name)
        self.structs[d.name] = Struct(d.name, tuple(fields), size + -size % align, align, d.doc)
        return self.structs[d.name]

    def _union(self, d: Declaration) -> Union:
        members: list[Member] = []
        code = 0
        for m in d.members:
            code = code + 1 if m.default is None else int(m.default, 0)
            found = self.find(m.type, d.namespace)
            if found is None or found.kind != "table":
                raise _error(d, m.line, f"union member {m.type!r} is not a table")
            members.append(Member(m.name, code, found.name))
        if len({m.code for m in members}) < len(members) or not all(0 < m.code < 256 for m in members):
            raise _error(d, d.line, f"the codes of union {d.name!r} are not different numbers from 1 to 255")
        self.unions[d.name] = Union(d.name, tuple(members), d.doc)
        return self.unions[d.name]

    def _table(self, d: Declaration) -> Table:
        self._refuse_unsupported(d, d.attributes, d.line)
        given = [m for m in d.members if "id" in m.attributes]
        if given and len(given) < len(d.members):
            raise _error(d, d.line, f"either all fields of {d.name!r} have an id or none")
        fields: list[Field] = []
        number = 0
        for m in sorted(d.members, key=lambda m: int(m.attributes["id"] or 0)) if given else d.members:
            type_ = self._field_type(d, m)
            number += isinstance(type_, Union)
            if given and int(m.attributes["id"] or 0) != number:
                raise _error(d, m.line, f"{m.name} has id {m.attributes['id']}, expected {number}")
            if "deprecated" not in m.attributes:
                fields.append(self._field(d, m, type_, number))
            number += 1
        names = {f.name for f in fields}
        if len(names) < len(fields):
            raise _error(d, d.line, f"{d.name!r} has two fields of one name")
        for f in fields:
            other = (f.attributes or {}).get("as_long_as", f.name)
            if other not in names:
                raise _error(d, d.line, f"{f.name} is to be as long as {other!r}, which {d.name!r} does not have")
        return Table(d.name, tuple(fields), d.attributes or None, d.doc)

    def _field_type(self, d: Declaration, m: Declared) -> Type:
        self._refuse_unsupported(d, m.attributes, m.line)
        type_ = self._type(m.type, d.namespace, d, m.line)
        if not m.is_vector:
            return type_
        if isinstance(type_, Union | Vector):
            raise _error(d, m.line, f"a vector of the union {m.type!r} is not supported ({m.name})")
        return Vector(type_)

    def _field(self, d: Declaration, m: Declared, type_: Type, number: int) -> Field:
        is_scalar = isinstance(type_, Scalar | Enum)
        if m.default is not None and not is_scalar:
            raise _error(d, m.line, f"{m.name}: only scalars can have a default")
        if is_scalar and "required" in m.attributes:
            raise _error(d, m.line, f"{m.name}: a scalar cannot be required")
        default = _default(d, m, type_) if isinstance(type_, Scalar | Enum) else None
        return Field(m.name, number, type_, default, "required" in m.attributes, m.attributes or None, m.doc)

    @staticmethod
    def _refuse_unsupported(d: Declaration, attributes: Mapping[str, str | None], line: int) -> None:
        for name in _UNSUPPORTED.intersection(attributes):
            raise _error(d, line, f"the attribute {name!r} is not supported")


def _default(d: Declaration, m: Declared, type_: Scalar | Enum) -> int | float | bool | None:
    text = m.default
    if text == "null":
        return None
    base = type_.base if isinstance(type_, Enum) else type_
    try:
        if isinstance(type_, Enum) and text is not None and text in type_.members:
            return type_.members[text]
        if base.code == "?":
            return {None: False, "false": False, "true": True, "0": False, "1": True}[text]
        if base.code in "fd":
            return float(text or 0)
        return int(text or "0", 0)
    except (KeyError, ValueError):
        raise _error(d, m.line, f"{m.name}: {text!r} is not a value of {m.type}") from None
