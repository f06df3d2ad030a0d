"""Fast decoding and encoding for busy schemas, made from the same layout description as the plain way.

A fast decoder only accepts. Whatever it is not sure of it hands back, and the plain decoder decides and explains.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct as Packing
from struct import error as PackingError
from typing import Any

import numpy as np

from .layout import Enum, Field, Layout, Scalar, Table, Text, Union, Vector
from .message import empty_array
from .registry import Schema

Values = tuple[Any, ...]

_U32 = Packing("<I").unpack_from
_I32 = Packing("<i").unpack_from
_U16 = Packing("<H").unpack_from
_PAIR = Packing("<HH").unpack_from

_HEAD = """\
def decode(data):
    try:
        end = len(data)
        if end < 12 or data[4:8] != IDENTIFIER:
            return None
        root, = U32(data, 0)
        if root == 0 or root + 4 > end:
            return None
        vtable = root - I32(data, root)[0]
        if not 0 <= vtable <= end - 4:
            return None
        length, size = PAIR(data, vtable)
        if length < 4 or length & 1 or vtable + length > end or size < 4 or root + size > end:
            return None
        if length >= {length}:
            {entries} = ENTRIES(data, vtable + 4)
        else:
            {entries} = SHORT[length](data, vtable + 4) + ZEROS[length]
"""
_TARGET = """\
        if not 4 <= e{id} <= size - 4:
            return None
        at = root + e{id}
        offset, = U32(data, at)
        at += offset
        if offset == 0 or at + 4 > end:
            return None
"""
_COUNT = """\
        n, = U32(data, at)
        at += 4
        stop = at + n * {size}
        if stop > end:
            return None
"""
_TAIL = """\
        return ({values},)
    except (PackingError, UnicodeDecodeError, IndexError):
        return None
"""


def fast_decoder(schema: Schema) -> Callable[[bytes | memoryview], Values | None]:
    """Make a decoder for a schema whose root table holds only numbers, texts, arrays of numbers and bare values.

    Returns
    -------
    :
        A function from one message to the values of the root's fields in their order; None for a message that is
        unusual or unsound.
    """
    root = schema.root
    n = root.n_ids
    short = {4 + 2 * k: Packing(f"<{k}H").unpack_from for k in range(n)}
    names: dict[str, Any] = {
        "IDENTIFIER": schema.id.encode("ascii"),
        "U32": _U32,
        "I32": _I32,
        "PAIR": _PAIR,
        "ENTRIES": Packing(f"<{n}H").unpack_from,
        "SHORT": short,
        "ZEROS": {length: (0,) * (n - (length - 4) // 2) for length in short},
        "PackingError": PackingError,
        "frombuffer": np.frombuffer,
    }
    text = _HEAD.format(length=4 + 2 * n, entries=", ".join(f"e{i}" for i in range(n)) + ",")
    for field in root.fields:
        text += _field_text(schema.layout, field, names)
    text += _TAIL.format(values=", ".join(f"v{f.id}" for f in root.fields))
    exec(compile(text, f"<{schema.id}>", "exec"), names)  # noqa: S102  made from our own description alone
    decode: Callable[[bytes | memoryview], Values | None] = names["decode"]
    return decode


def _field_text(layout: Layout, field: Field, names: dict[str, Any]) -> str:
    id, type_ = field.id, field.type
    if isinstance(type_, Enum):
        type_ = type_.base
    if isinstance(type_, Scalar):
        names[f"get{id}"], names[f"default{id}"] = Packing("<" + type_.code).unpack_from, field.default
        return (
            f"        if e{id} == 0:\n            v{id} = default{id}\n"
            f"        elif 4 <= e{id} <= size - {type_.size}:\n            v{id}, = get{id}(data, root + e{id})\n"
            "        else:\n            return None\n"
        )
    if isinstance(type_, Union) and field.is_required:
        names[f"bare{id}"] = _bare_reader(layout, type_)
        return (
            f"        if not 4 <= e{id - 1} < size:\n            return None\n{_TARGET.format(id=id)}"
            f"        v{id} = bare{id}(data, end, data[root + e{id - 1}], at)\n"
            f"        if v{id} is None:\n            return None\n"
        )
    if isinstance(type_, Text):
        body = _TARGET.format(id=id) + _COUNT.format(size=1)
        body += f"        if data[stop]:\n            return None\n        v{id} = str(data[at:stop], 'utf-8')\n"
        names[f"absent{id}"] = None
    elif isinstance(type_, Vector) and isinstance(type_.of, Scalar) and type_.of.code != "?":
        dtype = type_.of.dtype
        names[f"dtype{id}"], names[f"absent{id}"] = dtype, empty_array(dtype)
        body = _TARGET.format(id=id) + _COUNT.format(size=dtype.itemsize)
        body += f"        v{id} = frombuffer(data, dtype{id}, n, at) if n else absent{id}\n"
    else:
        raise TypeError(f"{layout.id}.{field.name} is of no kind that the fast decoder knows")
    if field.is_required:
        return body
    inner = "".join(f"    {line}\n" for line in body.splitlines())
    return f"        if e{id} == 0:\n            v{id} = absent{id}\n        else:\n{inner}"


def _bare_reader(layout: Layout, union: Union) -> Callable[[bytes | memoryview, int, int, int], Any]:
    """Make the reader of a union's bare value: (message, its length, code, position of the member) to value or None."""
    kinds: dict[int, tuple[bool, int, np.dtype[Any], Any]] = {}
    for code, field in (layout.bare[union.name] or {}).items():
        of = field.type.of if isinstance(field.type, Vector) else field.type
        if not isinstance(of, Scalar) or of.code == "?" or field.is_required or field.id != 0:
            continue
        is_array = isinstance(field.type, Vector)
        absent = empty_array(of.dtype) if is_array else of.dtype.type(field.default or 0)
        kinds[code] = (is_array, of.size, of.dtype, absent)
    frombuffer = np.frombuffer

    def read(data: bytes | memoryview, end: int, code: int, table: int) -> Any:
        kind = kinds.get(code)
        vtable = table - _I32(data, table)[0]
        if kind is None or not 0 <= vtable <= end - 4:
            return None
        length, size = _PAIR(data, vtable)
        if length < 4 or length & 1 or vtable + length > end or size < 4 or table + size > end:
            return None
        is_array, step, dtype, absent = kind
        entry = _U16(data, vtable + 4)[0] if length > 4 else 0
        if entry == 0:
            return absent
        if entry < 4 or entry > size - (4 if is_array else step):
            return None
        at = table + entry
        if not is_array:
            return frombuffer(data, dtype, 1, at)[0]
        offset = _U32(data, at)[0]
        at += offset
        if offset == 0 or at + 4 > end:
            return None
        n = _U32(data, at)[0]
        if at + 4 + n * step > end:
            return None
        return frombuffer(data, dtype, n, at + 4) if n else absent

    return read


def text_reader(root: Table, field: Field) -> Callable[[bytes | memoryview], str | None]:
    """Make a reader of one text of the root table alone; None for an absent text or an unusual or unsound message."""
    at_entry = 4 + 2 * field.id

    def read(data: bytes | memoryview) -> str | None:
        end = len(data)
        if end < 12:
            return None
        table = _U32(data, 0)[0]
        if table == 0 or table + 4 > end:
            return None
        vtable = table - _I32(data, table)[0]
        if not 0 <= vtable <= end - 4:
            return None
        length, size = _PAIR(data, vtable)
        if length < at_entry + 2 or length & 1 or vtable + length > end or table + size > end:
            return None
        entry = _U16(data, vtable + at_entry)[0]
        if not 4 <= entry <= size - 4:
            return None
        offset = _U32(data, table + entry)[0]
        at = table + entry + offset
        if offset == 0 or at + 4 > end:
            return None
        stop = at + 4 + _U32(data, at)[0]
        if stop >= end or data[stop]:
            return None
        try:
            return str(data[at + 4 : stop], "utf-8")
        except UnicodeDecodeError:
            return None

    return read


def places(root: Table, message: bytes, table: int | None = None) -> dict[str, int]:
    """Tell where in a sound message the inline part of each field of a table stands; absent fields are left out.

    `table` is the table's position; the root's when not given.
    """
    start = _U32(message, 0)[0] if table is None else table
    vtable = start - _I32(message, start)[0]
    n = (_U16(message, vtable)[0] - 4) // 2
    entries = Packing(f"<{n}H").unpack_from(message, vtable + 4)
    return {f.name: start + entries[f.id] for f in root.fields if f.id < n and entries[f.id]}
