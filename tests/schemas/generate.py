"""Messages made up at random from the layout alone: any content that a schema can hold, sensible or not."""

from dataclasses import replace

import numpy as np

from livedata.schemas import SCHEMAS
from livedata.schemas.layout import Enum, Scalar, Struct, TableRef, Text, Union, Vector, inline_dtype
from livedata.schemas.meaning import NOTHING
from livedata.schemas.registry import Schema
from livedata.schemas.write import encode_as

WORDS = ("", "a", "det_1", "détecteur", "检测器", "🛰 orbit", 'quote " and \\', "tab\tline\n", "x" * 300)
DEPTH = 5
"""Nesting from which on nothing optional is added to messages that contain themselves."""


def plain(schema_id: str) -> Schema:
    """Return a schema without its meaning: fields are just what the layout says, raw bytes included."""
    return replace(SCHEMAS[schema_id], meaning=NOTHING)


def random_bytes(schema: Schema, rng: np.random.Generator) -> bytes:
    """Return a message as our encoder lays it out."""
    return encode_as(schema, Maker(schema, rng).message())


class Maker:
    """Makes values for the fields of one schema.

    Parameters
    ----------
    schema
        What to make messages of; see `plain`.
    rng
        Where chance comes from.
    is_short
        Whether floats shall be such as a few decimal digits tell exactly, for going through JSON.
    """

    def __init__(self, schema: Schema, rng: np.random.Generator, *, is_short: bool = False) -> None:
        self.schema, self.layout, self.rng, self.is_short = schema, schema.layout, rng, is_short

    def message(self):
        return self.table(self.schema.root, 0)

    def table(self, table, depth):
        fields = {f.name: self.field(f, depth) for f in table.fields}
        return self.schema.classes[table.name](**fields)

    def field(self, field, depth):
        type_ = field.type
        is_optional = not field.is_required and (
            isinstance(type_, Text | TableRef | Union | Struct)
            or (isinstance(type_, Scalar | Enum) and field.default is None)
        )
        if is_optional and (depth > DEPTH or self.rng.random() < 0.25):
            return None
        if isinstance(type_, Scalar | Enum) and self.rng.random() < 0.25:
            return field.default
        return self.value(type_, depth)

    def value(self, type_, depth):
        if isinstance(type_, Scalar | Enum):
            return self.numbers(inline_dtype(type_), 1)[0].item()
        if isinstance(type_, Text):
            return WORDS[self.rng.integers(len(WORDS))]
        if isinstance(type_, Struct):
            return self.schema.classes[type_.name](**{f.name: self.value(f.type, depth) for f in type_.fields})
        if isinstance(type_, TableRef):
            return self.table(self.layout.tables[type_.table], depth + 1)
        if isinstance(type_, Union):
            return self.kind(type_, depth)
        return self.vector(type_, depth)

    def vector(self, type_: Vector, depth):
        if isinstance(type_.of, Scalar | Enum):
            return self.numbers(inline_dtype(type_.of), self.rng.choice([0, 1, 2, 3, 7, 50]))
        n = 0 if depth > DEPTH else self.rng.integers(0, 4)
        return tuple(self.value(type_.of, depth) for _ in range(n))

    def kind(self, union: Union, depth):
        member = union.members[self.rng.integers(len(union.members))]
        bare = self.layout.bare[union.name]
        if bare is None:
            return self.table(self.layout.tables[member.table], depth + 1)
        type_ = bare[member.code].type
        if isinstance(type_, Scalar):
            return self.numbers(type_.dtype, 1)[0]
        value = self.value(type_, depth)
        # An empty tuple does not tell that its elements are texts.
        return value if len(value) or isinstance(value, str | np.ndarray) else ("",)

    def numbers(self, dtype: np.dtype, n: int) -> np.ndarray:
        if dtype.kind == "b":
            return self.rng.integers(0, 2, n).astype(dtype)
        if dtype.kind == "f":
            if self.is_short:
                return (self.rng.integers(-1000, 1000, n) / 8).astype(dtype)
            numbers = self.rng.normal(size=n) * 10.0 ** self.rng.integers(-30, 30, n)
            numbers[self.rng.random(n) < 0.2] = self.rng.choice([0, -0.0, np.inf, -np.inf, np.nan, 1])
            return numbers.astype(dtype)
        limits = np.iinfo(dtype)
        numbers = self.rng.integers(limits.min, limits.max, n, dtype, endpoint=True)
        small = self.rng.random(n) < 0.5
        numbers[small] = self.rng.choice(np.array([0, 1, 2, limits.min, limits.max, limits.max - 1], dtype))
        return numbers
