"""`.fbs` text in, layout description out.

Reads the part of the FlatBuffers schema language that messages on the wire need: tables, structs, enums, unions,
vectors, defaults, optional scalars, attributes, namespaces and includes. What it does not read (fixed arrays,
vectors of unions, services, text defaults) is an error with its line, never a guess.

The language: https://flatbuffers.dev/schema/
"""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import SettingsError
from .declaration import Declaration, Declared, Document
from .layout import Layout
from .resolve import resolve

_TOKEN = re.compile(
    r"""(?P<doc>///[^\n]*)|(?P<skip>//[^\n]*|/\*.*?\*/|\s+)"""
    r"""|(?P<word>[A-Za-z_]\w*)|(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|inf|nan)\b)"""
    r"""|"(?P<text>[^"\n]*)"|(?P<mark>[{}()\[\]:;,=.])""",
    re.DOTALL,
)


def load_layout(path: Path) -> Layout:
    """Read a `.fbs` file and its includes.

    Raises
    ------
    SettingsError
        If the text cannot be read or is not sound; names the file and line.
    """
    return resolve(_read(path, set()))


def _read(path: Path, seen: set[Path]) -> Document:
    seen.add(path.resolve())
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the schema text {path}: {error}") from error
    return _Parser(text, path, seen).document()


class _Parser:
    def __init__(self, text: str, path: Path, seen: set[Path]) -> None:
        self.path, self.seen = path, seen
        self.tokens: list[tuple[str, str, int]] = []
        self.docs: dict[int, str] = {}
        """Doc lines before the token of that number."""
        self.at = 0
        self.namespace = ""
        self._tokenise(text)

    def _tokenise(self, text: str) -> None:
        pos, line = 0, 1
        doc: list[str] = []
        while pos < len(text):
            found = _TOKEN.match(text, pos)
            if found is None:
                raise self._error(f"cannot read {text[pos : pos + 20]!r}", line)
            kind, value = str(found.lastgroup), found[str(found.lastgroup)]
            if kind == "doc":
                doc.append(value[3:].strip())
            elif kind != "skip":
                if doc:
                    self.docs[len(self.tokens)] = "\n".join(doc)
                    doc = []
                self.tokens.append((kind, value, line))
            line += found[0].count("\n")
            pos = found.end()
        self.tokens.append(("end", "", line))

    def _error(self, problem: str, line: int | None = None) -> SettingsError:
        return SettingsError(f"{self.path}, line {self.tokens[self.at][2] if line is None else line}: {problem}")

    def _next(self, *expected: str) -> str:
        """Take one token: of one of these kinds, or exactly one of these marks."""
        kind, value, _ = self.tokens[self.at]
        if kind not in expected and not (kind == "mark" and value in expected):
            raise self._error(f"found {value or 'the end'!r}, expected {' or '.join(expected)}")
        self.at += 1
        return value

    def _take(self, mark: str) -> bool:
        kind, value, _ = self.tokens[self.at]
        if kind == "mark" and value == mark:
            self.at += 1
            return True
        return False

    def _dotted(self) -> str:
        name = self._next("word")
        while self._take("."):
            name += "." + self._next("word")
        return name

    def document(self) -> Document:
        declarations: list[Declaration] = []
        root = root_namespace = identifier = ""
        while self.tokens[self.at][0] != "end":
            doc, line = self.docs.get(self.at, ""), self.tokens[self.at][2]
            keyword = self._next("word")
            if keyword == "include":
                target = self.path.parent / self._next("text")
                if target.resolve() not in self.seen:
                    declarations += _read(target, self.seen).declarations
                self._next(";")
            elif keyword == "namespace":
                self.namespace = "" if self.tokens[self.at][1] == ";" else self._dotted()
                self._next(";")
            elif keyword == "root_type":
                root, root_namespace = self._dotted(), self.namespace
                self._next(";")
            elif keyword == "file_identifier":
                identifier = self._next("text")
                if len(identifier) != 4 or not identifier.isascii():
                    raise self._error(f"the identifier {identifier!r} is not four ASCII characters")
                self._next(";")
            elif keyword in ("attribute", "file_extension"):
                self._next("text", "word")
                self._next(";")
            elif keyword in ("table", "struct", "enum", "union"):
                declarations.append(self._declaration(keyword, doc, line))
            else:
                raise self._error(f"{keyword!r} is not supported")
        return Document(declarations, root, root_namespace, identifier, str(self.path))

    def _declaration(self, kind: str, doc: str, line: int) -> Declaration:
        name = self._next("word")
        base = self._dotted() if kind == "enum" and self._next(":") else ""
        attributes = self._attributes()
        self._next("{")
        members: list[Declared] = []
        while not self._take("}"):
            members.append(self._field() if kind in ("table", "struct") else self._value(kind))
        full = f"{self.namespace}.{name}" if self.namespace else name
        return Declaration(kind, full, self.namespace, base, attributes, tuple(members), doc, str(self.path), line)

    def _field(self) -> Declared:
        doc, line = self.docs.get(self.at, ""), self.tokens[self.at][2]
        name = self._next("word")
        self._next(":")
        is_vector = self._take("[")
        type_ = self._dotted()
        if is_vector:
            self._next("]")
        default = self._next("number", "word") if self._take("=") else None
        attributes = self._attributes()
        self._next(";")
        return Declared(name, type_, is_vector, default, attributes, doc, line)

    def _value(self, kind: str) -> Declared:
        doc, line = self.docs.get(self.at, ""), self.tokens[self.at][2]
        name = type_ = self._dotted()
        if kind == "union" and self._take(":"):
            type_ = self._dotted()
        default = self._next("number") if self._take("=") else None
        if self.tokens[self.at][1] != "}":
            self._next(",")
        return Declared(name.rpartition(".")[2], type_, False, default, {}, doc, line)

    def _attributes(self) -> dict[str, str | None]:
        attributes: dict[str, str | None] = {}
        if self._take("("):
            while not self._take(")"):
                name = self._next("word", "text")
                attributes[name] = self._next("number", "text", "word") if self._take(":") else None
                if self.tokens[self.at][1] != ")":
                    self._next(",")
        return attributes
