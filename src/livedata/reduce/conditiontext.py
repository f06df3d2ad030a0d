"""Reading conditions from text, for the command line and for descriptions in JSON."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, NoReturn

from ..errors import ArgumentError
from .condition import BARE_NAME, KEYWORDS, Both, Compare, Condition, Either, Not, read_moment
from .conditions import Comparable
from .units import read_quantity, write_quantity

EXPECTED = (
    'expected such as: temperature < 5 K and (period == 1 or not door == "open"); temperature between 3 K and 5 K; '
    "period in (1, 2); veto none_of 5; time >= 2026-01-31T12:00:00Z; names with blanks in quotes"
)
MAX_DEPTH = 100
MAX_COMPARISONS = 200

_TOKEN = re.compile(
    rf'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign><=|>=|==|!=|<|>|\(|\)|,)|(?P<word>{BARE_NAME.pattern}))'
)


class _Token(NamedTuple):
    kind: Literal["quoted", "sign", "word", "end"]
    text: str
    at: int


def parse_condition(text: str) -> Condition:
    """Read a condition.

    ``and`` binds closer than ``or``; both group from the left. A value is a number with an optional unit, or a text
    in quotes (a single word needs none). ``between`` is half-open.

    Raises
    ------
    ArgumentError
        If the text is none; the message says where.

    Examples
    --------
    >>> parse_condition("temperature between 3 K and 5 K and not door == open")
    <where temperature >= 3 K and temperature < 5 K and not door == "open">
    """
    reader = _Reader(text)
    condition = reader.either(0)
    if reader.token.kind != "end":
        reader.fail("the end, 'and' or 'or'")
    return condition


class _Reader:
    """Goes through the tokens of one text, one ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.n = 0
        self.token = self._next()

    def either(self, depth: int) -> Condition:
        condition = self.both(depth)
        while self._skips("or"):
            condition = Either(condition, self.both(depth))
        return condition

    def both(self, depth: int) -> Condition:
        condition = self.single(depth)
        while self._skips("and"):
            condition = Both(condition, self.single(depth))
        return condition

    def single(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            self.fail(f"at most {MAX_DEPTH} brackets inside each other")
        if self._skips("not"):
            return Not(self.single(depth + 1))
        if self._skips("("):
            condition = self.either(depth + 1)
            self._expect(")")
            return condition
        return self.comparison()

    def comparison(self) -> Condition:
        self.n += 1
        if self.n > MAX_COMPARISONS:
            self.fail(f"at most {MAX_COMPARISONS} comparisons")
        quantity = _Named(self._name())
        sign = self._take()
        if sign.text in ("<", "<=", ">", ">=", "==", "!=") and sign.kind == "sign":
            token = self.token
            value, unit = self._value(quantity.name)
            if isinstance(value, str) and sign.text not in ("==", "!="):
                read = read_quantity(value)
                if read is None:
                    self.fail("a number with a unit", token)
                value, unit = read
            return Compare(quantity.name, sign.text, value, unit)  # type: ignore[arg-type]
        if sign.kind != "word":
            self.fail("a comparison: <, <=, >, >=, ==, !=, between, in or none_of", sign)
        if sign.text == "between":
            low = self._value(quantity.name)
            self._expect("and")
            high = self._value(quantity.name)
            return Both(Compare(quantity.name, ">=", *low), Compare(quantity.name, "<", *high))
        if sign.text == "none_of":
            at = self.token
            bits, unit = self._value(quantity.name)
            if not isinstance(bits, int) or unit is not None:
                self.fail("the bits as one integer", at)
            return quantity.none_of(bits)
        if sign.text == "in":
            return self._among(quantity)
        self.fail("a comparison: <, <=, >, >=, ==, !=, between, in or none_of", sign)

    def _among(self, quantity: Comparable) -> Compare:
        self._expect("(")
        values = [self._value(quantity.name)]
        while self._skips(","):
            values.append(self._value(quantity.name))
        self._expect(")")
        units = {unit for value, unit in values if not isinstance(value, str)}
        if len(units) <= 1:
            return Compare(quantity.name, "in", tuple(value for value, _ in values), units.pop() if units else None)
        texts = tuple(v if isinstance(v, str) else write_quantity(v, u) for v, u in values)
        return Compare(quantity.name, "in", texts)

    def _name(self) -> str:
        token = self._take()
        if token.kind == "quoted":
            return _unquoted(token.text)
        if token.kind != "word" or token.text in KEYWORDS:
            self.fail("the name of a log, or period, veto, charge, time", token)
        return token.text

    def _value(self, name: str) -> tuple[float | str, str | None]:
        """Read a value and its unit, which goes on to the next keyword, bracket, comma or end."""
        token = self._take()
        if token.kind not in ("quoted", "word") or (token.kind == "word" and token.text in KEYWORDS):
            self.fail("a value", token)
        if token.kind == "quoted":
            return _unquoted(token.text), None
        if name == "time" and read_quantity(token.text) != (_whole(token.text), None):
            return read_moment(token.text), None
        words = [token.text]
        while self.token.kind == "word" and self.token.text not in KEYWORDS:
            words.append(self._take().text)
        if read_quantity(token.text) is None and len(words) == 1:
            return token.text, None
        unit = _unquoted(self._take().text) if self.token.kind == "quoted" and len(words) == 1 else None
        read = read_quantity(" ".join(words))
        if read is None:
            self.fail("a number with a unit, or a text in quotes", token)
        return (read[0], unit) if unit is not None else read

    def _take(self) -> _Token:
        token, self.token = self.token, self._next()
        return token

    def _skips(self, text: str) -> bool:
        found = self.token.text == text and self.token.kind in ("sign", "word")
        if found:
            self._take()
        return found

    def _expect(self, text: str) -> None:
        if not self._skips(text):
            self.fail(repr(text))

    def _next(self) -> _Token:
        rest = self.text[self.at :]
        if not rest.strip():
            return _Token("end", "", len(self.text))
        match = _TOKEN.match(self.text, self.at)
        if match is None or match.lastgroup is None:
            self.fail("a name, a comparison or a value", _Token("word", rest.strip()[:10], self.at))
        self.at = match.end()
        kind: Literal["quoted", "sign", "word"] = match.lastgroup  # type: ignore[assignment]
        return _Token(kind, match[kind], match.start(kind))

    def fail(self, expected: str, token: _Token | None = None) -> NoReturn:
        found = token or self.token
        shown = repr(found.text) if found.kind != "end" else "the end"
        raise ArgumentError(
            f"condition {self.text!r}: found {shown} at character {found.at + 1} where {expected} should be; {EXPECTED}"
        )


class _Named(Comparable):
    def __init__(self, name: str) -> None:
        self.name = name


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _whole(text: str) -> int | None:
    return int(text) if text.lstrip("+-").isdecimal() else None
