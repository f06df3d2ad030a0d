"""What holds an engine and can go on with another one."""

from __future__ import annotations

from typing import Protocol, TypeVar

from .description import Description

EngineT = TypeVar("EngineT", contravariant=True)


class User(Protocol[EngineT]):
    """What holds an engine, and can go on with another one."""

    description: Description
    """What it wants of the engine."""

    def expect(self, engine: EngineT) -> None:
        """Hold an engine that it may go on with."""
        ...

    def move_to(self, engine: EngineT) -> None:
        """Go on with an engine that has counted the same."""
        ...
