"""Masks as text: Mantid's mask XML, lists of pixel numbers, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ...errors import ArgumentError, FileError
from .mask import Mask
from .masking import mask
from .shapes import id_runs


def read_text_mask(path: Path) -> Mask:
    """Read a mask from ``.xml``, ``.json`` or any other text with pixel numbers as ``1-5,7``.

    Parameters
    ----------
    path
        XML is ``<detector-masking><group><detids>1-5,7</detids></group></detector-masking>``, as Mantid's SaveMask
        writes it. JSON is a list, or an object with ``ids`` and, if it likes, ``name``. In plain text, lines that begin
        with ``#`` are passed over.

    Raises
    ------
    FileError
        If the file cannot be read, or masks by something else than pixel numbers.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read the mask {path}: {getattr(error, 'strerror', None) or 'not a text'}") from None
    read = {".xml": _from_xml, ".json": _from_json}.get(path.suffix.lower(), _from_lines)
    try:
        return read(text, path.stem)
    except ArgumentError as error:
        raise FileError(f"{path}: {error}") from None


def text_of(found: Mask, suffix: str) -> str:
    """Return a mask as the text of a file with this ending."""
    if found.ids is None:
        raise ArgumentError("the mask of the file itself has no pixel numbers yet; write one of ld.mask(ids=…)")
    runs = ",".join(f"{a}" if b - a == 1 else f"{a}-{b - 1}" for a, b in id_runs(found.ids))
    return _WRITERS.get(suffix, _to_lines)(found.name, runs)


def _from_xml(text: str, name: str) -> Mask:
    if "<!" in text.replace("<!--", ""):
        raise ArgumentError("declares a document type; a mask has none")  # and no entities that grow without end
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without declarations there is nothing to expand
    except ElementTree.ParseError as error:
        raise ArgumentError(f"no sound XML: {error}") from None
    if root.tag != "detector-masking":
        raise ArgumentError(f"<{root.tag}> is no mask; expected <detector-masking>")
    groups = [entry for group in root.iter("group") for entry in group]
    if strange := sorted({entry.tag for entry in groups} - {"detids"}):
        raise ArgumentError(
            f"masks by <{'>, <'.join(strange)}>, which needs Mantid's own instrument; write it with <detids> alone"
        )
    return mask([entry.text or "" for entry in groups], name=root.get("name") or name)


def _from_json(text: str, name: str) -> Mask:
    try:
        content: Any = json.loads(text)
    except ValueError as error:
        raise ArgumentError(f"no sound JSON: {error}") from None
    if isinstance(content, dict):
        if "ids" not in content:
            raise ArgumentError(f"has {', '.join(content) or 'nothing'}; expected 'ids' with pixel numbers")
        return mask(content["ids"], name=str(content.get("name") or name))
    return mask(content, name=name)


def _from_lines(text: str, name: str) -> Mask:
    return mask([line for line in text.splitlines() if not line.lstrip().startswith("#")], name=name)


def _to_xml(name: str, runs: str) -> str:
    title = escape(name, {'"': "&quot;"})
    detids = f"\n    <detids>{runs}</detids>\n  " if runs else ""
    return f'<?xml version="1.0"?>\n<detector-masking name="{title}">\n  <group>{detids}</group>\n</detector-masking>\n'


def _to_json(name: str, runs: str) -> str:
    return json.dumps({"name": name, "ids": runs}, indent=1) + "\n"


def _to_lines(name: str, runs: str) -> str:
    return f"# pixels left out: {' '.join(name.split())}\n{runs}\n"


_WRITERS: dict[str, Callable[[str, str], str]] = {".xml": _to_xml, ".json": _to_json}
