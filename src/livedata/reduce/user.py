"""What holds an engine and can go on with another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .description import Description

if TYPE_CHECKING:
    from .engine import Engine


class User(Protocol):
    """What holds an engine, and can go on with another one."""

    description: Description
    """What it wants of the engine."""

    def expect(self, engine: Engine) -> None:
        """Hold an engine that it may go on with."""
        ...

    def move_to(self, engine: Engine) -> None:
        """Go on with an engine that has counted the same."""
        ...
