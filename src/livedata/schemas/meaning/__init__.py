"""What the tables of a schema mean beyond their layout, where that needs code: one small module per subject.

A root table names its module in the `.fbs` text: ``table da00_DataArray (meaning: "arrays")``. The module holds a
`Meaning` called ``MEANING``. A schema whose layout says everything needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from ..layout import Layout

Values = dict[str, Any]
"""Fields of one table by name."""

Charge = Callable[[int], None]
"""Called with a number of bytes before they are copied out of a message. The reader raises through it when a message
has more copied than it can honestly ask for (texts may share memory, so a small message could fill all of it)."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Functions that stand between the wire's fields and those a message holds. Tables go by their short names."""

    shape: Mapping[str, Callable[[Values, Charge], None]] = field(default_factory=dict)
    """Changes, in place, what was read of a table into what a message holds (bytes into a shaped array). Content that
    contradicts itself is left as it was read; raises nothing but what the charge raises."""
    flatten: Mapping[str, Callable[[Values, bool], None]] = field(default_factory=dict)
    """The way back, before encoding; raises `EncodeError` (of the problem alone) for what the wire cannot say. The
    second argument tells whether to refuse content that contradicts itself, too."""
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields that may be left out (None) when a message is made, because `flatten` finds them from the rest."""
    check: Callable[[Any], Iterable[str]] | None = None
    """Remarks, for people, on a message as it was read: what its lists and numbers say that cannot be meant."""
    example: Mapping[str, Callable[[Values, np.random.Generator | None], None]] = field(default_factory=dict)
    """Completes, in place, the fields given of a table with made-up ones that agree with them and each other: drawn by
    chance, or always the same simple ones. Tables inside may be given as `Values`."""


NOTHING = Meaning()


def meaning_of(layout: Layout) -> Meaning:
    """Return the meaning that a layout's root table names, or one that adds nothing."""
    attributes = layout.tables[layout.root].attributes or {}
    name = attributes.get("meaning")
    return NOTHING if name is None else import_module(f".{name}", __package__).MEANING
