"""What stands in a `.fbs` text, before names and numbers are worked out."""

from __future__ import annotations

from typing import NamedTuple


class Declared(NamedTuple):
    """One field, enum value or union member as it stands in the text."""

    name: str
    type: str
    is_vector: bool
    default: str | None
    attributes: dict[str, str | None]
    doc: str
    line: int


class Declaration(NamedTuple):
    """One table, struct, enum or union as it stands in the text."""

    kind: str
    name: str
    """Full name, namespace included."""
    namespace: str
    base: str
    attributes: dict[str, str | None]
    members: tuple[Declared, ...]
    doc: str
    file: str
    line: int


class Document(NamedTuple):
    """A text and all its includes: declarations in order, and what the main text says of the message."""

    declarations: list[Declaration]
    root: str
    namespace: str
    identifier: str
    file: str
