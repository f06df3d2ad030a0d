"""Many small messages of one schema verified and decoded together, into one column per field.

One by one, a message costs microseconds however small it is. Together, every step of verifying and decoding is one
NumPy operation over all of them, whatever their byte layouts, and a text that many messages share becomes a `str` once.

>>> from livedata.schemas import encode_f144
>>> columns = decode_columns("f144", [encode_f144("speed", 5, 1.5), b"noise", encode_f144("speed", 6, 2.5)])
>>> columns.ok.tolist(), columns.numbers["timestamp"].tolist()
([True, False, True], [5, 0, 6])
>>> [(name, rows.tolist()) for name, rows in columns.texts["source_name"].groups()]
[('speed', [0, 2])]
>>> (kind,) = columns.kinds["value"]
>>> kind.rows.tolist(), kind.values.tolist()
([0, 2], [1.5, 2.5])
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..layout import Field
from .column import ABSENT, UNSOUND, Kind, Texts, Vectors
from .place import Member, Spot, find_places, plan_for
from .walk import U1, BoolArray, IntArray, Walk

__all__ = ["ABSENT", "UNSOUND", "Columns", "Kind", "Texts", "Vectors", "decode_columns"]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The content of many messages of one schema, by field, one row per message.

    Rows that are not `ok` have no text, no elements, are of no kind, and hold 0 in every column of numbers.
    """

    schema: str
    ok: BoolArray
    """Shape (row,). True: the message is sound beyond doubt and wholly in the columns. False: `decode` says why it is
    not, or decodes what has no column (inner tables, lists of texts)."""
    present: Mapping[str, BoolArray]
    """For every field with a column, which rows have it on the wire (a union: of another kind than NONE), shape
    (row,)."""
    numbers: Mapping[str, NDArray[Any]]
    """Numbers, truth values and enumerations, of the wire's dtype, shape (row,). An absent one is its default, or 0
    when it has none: see `present`."""
    texts: Mapping[str, Texts]
    vectors: Mapping[str, Vectors]
    """Vectors of numbers."""
    kinds: Mapping[str, tuple[Kind, ...]]
    """Unions of bare values (numbers, arrays, texts): the kinds that occur, by rising code. Rows of kind NONE are in
    none of them."""

    def __len__(self) -> int:
        return len(self.ok)


def decode_columns(schema_id: str, values: Sequence[bytes | memoryview]) -> Columns:
    """Verify and decode many messages of one schema together.

    Parameters
    ----------
    schema_id
        The schema of all of them. Messages of another one are not ok.
    values
        Whole messages. They are copied into one buffer: large ones are better decoded one by one.

    Returns
    -------
    :
        One row per message, in their order. Where ``ok`` is true, row for row what `decode` gives. A message that
        `decode` refuses is never ok; a sound but unusual one need not be.

    Raises
    ------
    DecodeError
        If there is no such schema. Bad messages raise nothing.
    """
    plan = plan_for(schema_id)
    walk = Walk.through(values)
    places = find_places(plan, walk)
    every = np.arange(len(values))
    texts = {name: _read_texts(walk, spot, every) for name, spot in places.spots.items() if spot.is_text}
    inner = {
        name: [_read_texts(walk, m.spot, m.rows) if m.spot.is_text else None for m in members]
        for name, members in places.members.items()
    }
    # Only now is it settled which messages are sound: texts were the last to be judged.
    ok = walk.ok
    present = {name: spot.present & ok for name, spot in places.spots.items()}
    numbers: dict[str, NDArray[Any]] = {}
    vectors: dict[str, Vectors] = {}
    for field in plan.fields:
        spot = places.spots.get(field.name)
        if spot is None or spot.is_text:
            continue
        if spot.is_single:
            numbers[field.name] = _zeroed(_numbers(walk, field, spot), ok)
        else:
            vectors[field.name] = Vectors(walk.data, spot.dtype, spot.at, spot.count * ok)
    kinds: dict[str, tuple[Kind, ...]] = {}
    for name, members in places.members.items():
        found = [_kind(walk, m, read) for m, read in zip(members, inner[name], strict=True)]
        kinds[name] = tuple(k for k in found if len(k.rows))
        present[name] = np.zeros(len(values), np.bool_)
        for kind in kinds[name]:
            present[name][kind.rows] = True
    settled = {name: Texts(strings, np.where(ok, which, UNSOUND)) for name, (strings, which) in texts.items()}
    return Columns(schema_id, ok, present, numbers, settled, vectors, kinds)


def _read_texts(walk: Walk, spot: Spot, rows: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """Return the distinct texts of some rows, and for each row which it is; rows with one that is not UTF-8 fail."""
    data = walk.data
    wanted = spot.present & walk.ok[rows]
    count = spot.count * wanted
    raw = [data[a:b] for a, b in zip(spot.at.tolist(), (spot.at + count).tolist(), strict=True)]
    index = dict(zip(dict.fromkeys(raw), itertools.count()))
    which = np.fromiter(map(index.__getitem__, raw), np.int64, len(raw))
    try:
        texts = tuple(map(str, index, itertools.repeat("utf-8")))
    except UnicodeDecodeError:
        found = [_text_or_none(text) for text in index]
        unsound = np.array([text is None for text in found])
        walk.ok[rows] &= ~unsound[which]
        texts = tuple(text or "" for text in found)
    return texts, np.where(wanted, which, ABSENT)


def _text_or_none(text: bytes) -> str | None:
    try:
        return str(text, "utf-8")
    except UnicodeDecodeError:
        return None


def _numbers(walk: Walk, field: Field, spot: Spot) -> NDArray[Any]:
    """Read one number of each message; the default (or 0) where it is absent."""
    if spot.dtype.kind == "b":
        values: NDArray[Any] = walk.gather(U1, spot.at) != 0  # any byte but 0 is true
    else:
        values = walk.gather(spot.dtype, spot.at)
    return values if spot.present.all() else np.where(spot.present, values, spot.dtype.type(field.default or 0))


def _zeroed(values: NDArray[Any], ok: BoolArray) -> NDArray[Any]:
    return values if ok.all() else np.where(ok, values, values.dtype.type(0))


def _kind(walk: Walk, member: Member, read: tuple[tuple[str, ...], IntArray] | None) -> Kind:
    """Return the values of one kind, of those rows that are sound."""
    ok = walk.ok[member.rows]
    rows, spot = (member.rows, member.spot) if ok.all() else (member.rows[ok], member.spot.of(ok))
    if read is not None:
        texts, which = read
        return Kind(member.code, rows, np.array(texts, dtype=object)[which[ok]])
    if spot.is_single:
        return Kind(member.code, rows, _numbers(walk, member.field, spot))
    return Kind(member.code, rows, Vectors(walk.data, spot.dtype, spot.at, spot.count).joined(), spot.count)
