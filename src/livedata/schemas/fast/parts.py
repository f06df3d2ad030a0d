"""What generated decoders call where writing it out in each of them would gain nothing."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct as Packing
from typing import Any

import numpy as np

from ..message import Message
from .budget import budgets_for

_U32 = Packing("<I").unpack_from


def draft_class(class_: type[Message]) -> type[Message]:
    """Make a class like a frozen message class whose instances can be filled and then given their true class."""
    slots = tuple(getattr(class_, "__slots__", ()))
    return type(f"Draft{class_.__name__}", (Message,), {"__slots__": slots})


def long_text(data: bytes | memoryview, start: int, stop: int) -> str:
    """Decode a text without copying its bytes first."""
    return str(memoryview(data)[start:stop], "utf-8")


def truths(data: bytes | memoryview, n: int, at: int) -> np.ndarray[Any, Any]:
    """Return a vector of truth values: any byte but 0 is true."""
    array: np.ndarray[Any, Any] = np.frombuffer(data, np.uint8, n, at) != 0
    array.flags.writeable = False
    return array


def row_text(data: bytes | memoryview, first: int, number: int) -> str:
    """Make an element of a verified vector of texts again."""
    at = first + 4 * number
    at += _U32(data, at)[0]
    return long_text(data, at + 4, at + 4 + _U32(data, at)[0])


def row_table(read: Callable[..., Any], data: bytes | memoryview, first: int, depth: int, number: int) -> Any:
    """Make an element of a verified vector of tables again."""
    at = first + 4 * number
    return read(data, len(data), at + _U32(data, at)[0], depth, budgets_for(len(data)))
