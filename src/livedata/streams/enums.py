"""Names of the codes that messages carry."""

from __future__ import annotations

from ..schemas import SCHEMAS
from ..schemas.layout import Enum


def enum_name(schema: str, field: str, code: int) -> str:
    """Return the name of an enum's value; its number where it has none."""
    type_ = SCHEMAS[schema].fields[field].type
    names = {number: name for name, number in type_.members.items()} if isinstance(type_, Enum) else {}
    return names.get(code, str(code))
