"""What a command's FILE or URL argument means: a file, a broker's address, or a broker's name in the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ArgumentError

if TYPE_CHECKING:
    from ..session import Streams


def is_file(target: str) -> bool:
    """Whether the text means a file: it is none of the addresses, and no broker of that name is in the settings."""
    if "://" in target:
        return False
    if Path(target).exists() or "/" in target or "." in target:
        return True
    from ..transport import named_brokers

    return target not in named_brokers()


def open_target(target: str, *, topics: str | None = None, start: str = "now") -> Streams:
    """Open a file, or connect to a broker."""
    from .. import session

    if is_file(target):
        return session.open(target)
    refuse_memory(target)
    return session.connect(target, topics=topics, start=start)


def refuse_memory(url: str) -> None:
    """Explain that no other process can see what is in this one's memory."""
    if url.startswith("memory://"):
        raise ArgumentError(f"{url} lives inside one process and is empty here; expected a file or kafka://host:port")
