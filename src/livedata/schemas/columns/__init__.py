"""Many small messages of one schema decoded together, into one column per field."""

from .column import ABSENT, UNSOUND, Kind, Texts, Vectors
from .decoder import Columns, decode_columns

__all__ = ["ABSENT", "UNSOUND", "Columns", "Kind", "Texts", "Vectors", "decode_columns"]
