"""Reading XML that came from anywhere: no document types, no entities, bounded size and depth."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from xml.etree.ElementTree import Element
from xml.parsers import expat

from ...errors import SettingsError

MAX_BYTES = 64 << 20
MAX_DEPTH = 200


def parse_xml(content: bytes, where: str) -> Element:
    """Return the root of a document.

    Entities can be made to read files and to fill memory; no instrument definition needs a document type, so any is
    refused before anything is expanded.

    Raises
    ------
    SettingsError
        If it is not well-formed, has a document type, or is larger or deeper than an instrument can be.
    """
    if len(content) > MAX_BYTES:
        raise SettingsError(f"{where} has {len(content)} bytes of XML; expected at most {MAX_BYTES}")
    depth = 0

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise SettingsError(f"{where} is nested deeper than {MAX_DEPTH}; expected an instrument definition")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise SettingsError(f"{where} has a document type (DOCTYPE), which may hide entities; remove it")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
        return ElementTree.fromstring(content)  # noqa: S314 - whatever could do harm was refused above
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"{where} is no valid XML: {error}") from None


def tag(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """Yield the children with one of these names."""
    return (child for child in element if tag(child) in names)


def child(element: Element, name: str) -> Element | None:
    """Return the first child of that name."""
    return next(children(element, name), None)
