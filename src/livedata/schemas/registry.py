"""The known schemas: one per `.fbs` file, read when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import DecodeError, EncodeError, FileError
from .card import schema_html, schema_text, schemas_html
from .fbs import load_layout
from .layout import Field, Layout, Table, Union
from .meaning import NOTHING, Meaning, meaning_of
from .message import Message, make_classes
from .values import member_value

# Schemas whose message class is written by hand, for type checkers and speed. A test compares it with the `.fbs` text.
_GIVEN = {"ev44": ("events", "Ev44"), "f144": ("log", "F144")}

RETIRED: Mapping[str, str] = {
    "scal": "a draft of f144",
    "fs42": "a draft of f144",
    "pvCn": "a draft of ep01",
    "ar52": "a draft of ar51",
    "y2gw": "replaced by pl72 and 6s4t",
    "gwiu": "a command to a file writer, without successor",
    "ai33": "replaced by da00",
    "ai34": "replaced by da00",
    "rit0": "without successor",
    "ifdq": "replaced by se00",
    "dat1": "replaced by dat2",
    "dev1": "replaced by dev2",
    "aev1": "replaced by aev2",
    "hst1": "without successor",
    "hs02": "a proposal that became da00",
    "dr00": "in discussion for reduced data, not in use yet",
    "is84": "only a part of ev42, never a message of its own",
    "dtdb": "only a part of ev42, never a message of its own",
    "fwdi": "only a part of f143, never a message of its own",
}
"""Identifiers that are not those of messages, no longer or not yet, and what to know of them."""


@dataclass(frozen=True, slots=True, repr=False)
class Schema:
    """One kind of message: its layout, its words and its classes."""

    id: str
    """File identifier, bytes 4 to 7 of every message."""
    layout: Layout
    classes: Mapping[str, type[Message]]
    """Message class of each table and struct, by full name."""
    meaning: Meaning = NOTHING
    """What needs code to be understood."""

    @property
    def root(self) -> Table:
        """The table that a message consists of."""
        return self.layout.tables[self.layout.root]

    @property
    def fields(self) -> Mapping[str, Field]:
        """Fields of the root table by name, each with type, default and description."""
        return {field.name: field for field in self.root.fields}

    @property
    def doc(self) -> str:
        """What a message means, in the words of its `.fbs` text."""
        return self.root.doc

    @property
    def message_class(self) -> type[Message]:
        """Class of the typed messages."""
        return self.classes[self.layout.root]

    @property
    def is_read_only(self) -> bool:
        """Whether messages are only read, because nobody should write new ones: attribute ``read_only``."""
        return "read_only" in (self.root.attributes or {})

    @property
    def follower(self) -> str:
        """Id of the schema to write instead of one that is only read, or ids with spaces between; empty for none."""
        return (self.root.attributes or {}).get("read_only") or ""

    @property
    def source_field(self) -> Field | None:
        """The text that names the stream: attribute ``source``; None for schemas without one."""
        return next((f for f in self.root.fields if "source" in (f.attributes or {})), None)

    def __repr__(self) -> str:
        return schema_text(self.layout)

    def _repr_html_(self) -> str:
        return schema_html(self.layout)

    def union_member(self, union: Union, value: object, path: str) -> tuple[int, Any]:
        """Return the code of the member that holds a value, and the value as the member's table wants it.

        Raises
        ------
        EncodeError
            If no member does; names the field by its `path`.
        """
        if value is None:
            return 0, None
        bare = self.layout.bare[union.name]
        if bare is not None:
            return member_value(self.layout.kinds[union.name], value, schema=self.id, path=path)
        for member in union.members:
            if type(value) is self.classes[member.table]:
                return member.code, value
        names = ", ".join(m.name for m in union.members)
        raise EncodeError(f"{type(value).__name__} is none of {names}", schema=self.id, path=path)


@cache
def folder() -> Path:
    """Return the folder with the `.fbs` files: inside an installed package, or beside `src` in a checkout.

    Raises
    ------
    FileError
        If it is in neither place: the installation is not complete.
    """
    here = Path(__file__).resolve()
    for candidate in (here.parent / "fbs", here.parents[3] / "schemas"):
        if (candidate / "ev44.fbs").is_file():
            return candidate
    raise FileError(f"the schema texts (*.fbs) are not beside {here.parent}; install livedata again")


class Registry(Mapping[str, Schema]):
    """Schemas by id, one per `.fbs` file of a folder that has a root table.

    The folder is listed when first looked at, and each file read when first asked for. Safe to use
    from several threads.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._loaded: dict[str, Schema] = {}
        self._ids: tuple[str, ...] | None = None
        self._lock = threading.RLock()

    def __getitem__(self, id: str) -> Schema:
        schema = self._loaded.get(id)
        if schema is None:
            if not isinstance(id, str):
                raise KeyError(id)
            with self._lock:
                schema = self._loaded.get(id) or self._load(id)
        return schema

    def _load(self, id: str) -> Schema:
        path = (self._path or folder()) / f"{id}.fbs"
        # A case-insensitive file system must not take ndar for NDAr, and ids come from outside: no path tricks.
        if len(id) != 4 or not id.isalnum() or id not in self._ids_here():
            raise KeyError(id)
        layout = load_layout(path)
        given: type[Message] | None = None
        if self._path is None and id in _GIVEN:
            module, name = _GIVEN[id]
            given = getattr(import_module(f".{module}", __package__), name)
        meaning = meaning_of(layout)
        schema = Schema(id, layout, make_classes(layout, given, meaning.derived), meaning)
        self._loaded[id] = schema
        return schema

    def _ids_here(self) -> tuple[str, ...]:
        if self._ids is None:
            files = sorted((self._path or folder()).glob("*.fbs"))
            self._ids = tuple(f.stem for f in files if f'file_identifier "{f.stem}"' in f.read_text(encoding="utf-8"))
        return self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids_here())

    def __len__(self) -> int:
        return len(self._ids_here())

    def __repr__(self) -> str:
        return f"<schemas {' '.join(self)}>"

    def _repr_html_(self) -> str:
        return schemas_html(schema.layout for schema in self.values())


SCHEMAS = Registry()
"""The schemas that come with livedata."""


def schema_for(id: str) -> Schema:
    """Return a schema by the id a message claims.

    Raises
    ------
    DecodeError
        If there is none; says what the id was, if it once was one.
    """
    try:
        return SCHEMAS[id]
    except KeyError:
        once = f" ({RETIRED[id]})" if id in RETIRED else ""
        known = " ".join(SCHEMAS)
        raise DecodeError(f"no such schema{once}; known are {known}", schema=id, offset=4) from None
