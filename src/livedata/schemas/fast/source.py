"""The text of a fast decoder: one Python function per table, and the names that these use."""

from __future__ import annotations

from functools import partial
from struct import Struct as Packing
from sys import getsizeof
from typing import Any

import numpy as np

from ..registry import Schema
from ..rows import Rows
from .budget import Unusual
from .parts import long_text, row_table, row_text, truths

READERS = {code: Packing("<" + code).unpack_from for code in "?bBhHiIqQfd"}


class Source:
    """What has been written of one schema's decoder."""

    def __init__(self, schema: Schema, *, for_views: bool) -> None:
        self.schema, self.layout = schema, schema.layout
        # A slice of a memoryview cannot be looked up by its content.
        self.key = "bytes(data[v : v + data[v]])" if for_views else "data[v : v + data[v]]"
        self.lines: list[str] = []
        self.closing: list[str] = []
        """Lines that need all functions to be there."""
        self.functions: dict[tuple[str, bool], str] = {}
        """Name of the function of each table, by full name and by whether it returns a bare value."""
        self.names: dict[str, Any] = {
            "I32": READERS["i"],
            "U32": READERS["I"],
            "Unusual": Unusual,
            "frombuffer": np.frombuffer,
            "getsizeof": getsizeof,
            "long_text": long_text,
            "partial": partial,
            "row_table": row_table,
            "row_text": row_text,
            "Rows": Rows,
            "truths": truths,
        }

    def name(self, stem: str, value: object) -> str:
        """Give a value a name that the text can use."""
        name = f"{stem}{len(self.names)}"
        self.names[name] = value
        return name

    @property
    def text(self) -> str:
        """All that has been written."""
        return "\n".join([*self.lines, *self.closing])
