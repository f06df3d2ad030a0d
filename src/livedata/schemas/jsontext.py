"""Whether a text is JSON, told without building what it describes.

Time is linear in the text's length and memory constant, whatever the text: no recursion, no backtracking.

The grammar: https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

import re

MAX_DEPTH = 128
"""Deepest nesting that is not remarked upon: a NeXus template nests some 30 deep, readers give up at about 1000."""

_SPACE = r"[ \t\n\r]*+"
_STRING = r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
_PLAIN = rf"(?:{_STRING}|-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+|true|false|null)"
_MEMBER = rf"{_STRING}{_SPACE}:{_SPACE}{_PLAIN}{_SPACE}"
# A plain value, or a list or object of nothing but plain values.
_FLAT = (
    rf"(?:{_PLAIN}|\[{_SPACE}(?:{_PLAIN}{_SPACE}(?:,{_SPACE}{_PLAIN}{_SPACE})*+)?+\]"
    rf"|\{{{_SPACE}(?:{_MEMBER}(?:,{_SPACE}{_MEMBER})*+)?+\}})"
)

_skip = re.compile(_SPACE).match
_flat = re.compile(_FLAT).match
_key = re.compile(rf"{_STRING}{_SPACE}:{_SPACE}").match
# What most of a text consists of, taken at once: flat values that are followed by a comma.
_flat_values = re.compile(rf"(?:{_FLAT}{_SPACE},{_SPACE})*+").match
_flat_members = re.compile(rf"(?:{_STRING}{_SPACE}:{_SPACE}{_FLAT}{_SPACE},{_SPACE})*+").match


def json_problem(text: str) -> str:
    """Return why a text is not JSON, or is nested too deep to be read safely; an empty text when all is well."""
    try:
        return _scan(text)
    except ValueError as error:
        return str(error)


def _scan(text: str) -> str:
    open_ones: list[str] = []
    at = _past_space(text, 0)
    while True:
        # A value is due.
        found = _flat(text, at)
        if found is None:
            mark = text[at : at + 1]
            if mark not in ("[", "{"):
                raise _expected("a value", text, at)
            # What is not flat has one more inside it.
            if len(open_ones) + 1 >= MAX_DEPTH:
                return f"it nests more than {MAX_DEPTH} deep"
            open_ones.append(mark)
            at = _past_flat(text, _past_space(text, at + 1), mark)
            continue
        at = found.end()
        # A value has ended.
        at = _past_space(text, at)
        while open_ones and text[at : at + 1] == ("]" if open_ones[-1] == "[" else "}"):
            open_ones.pop()
            at = _past_space(text, at + 1)
        if not open_ones:
            if at < len(text):
                raise _expected("its end", text, at)
            return ""
        if text[at : at + 1] != ",":
            raise _expected("a comma or the closing bracket", text, at)
        at = _past_flat(text, _past_space(text, at + 1), open_ones[-1])


def _past_space(text: str, at: int) -> int:
    found = _skip(text, at)
    assert found is not None
    return found.end()


def _past_flat(text: str, at: int, mark: str) -> int:
    """Return where the next value begins, after flat ones and, in an object, after its key."""
    found = (_flat_values if mark == "[" else _flat_members)(text, at)
    assert found is not None
    if mark == "[":
        return found.end()
    key = _key(text, found.end())
    if key is None:
        raise _expected("a key and a colon", text, found.end())
    return key.end()


def _expected(what: str, text: str, at: int) -> ValueError:
    found = repr(text[at : at + 20]) if at < len(text) else "the end"
    return ValueError(f"character {at} is {found}, expected {what}")
