"""Statistics of the histograms for Graphite: one line of text for each number, once a second.

The form is that of Graphite's plaintext protocol, ``path value time``:
https://graphite.readthedocs.io/en/latest/feeding-carbon.html
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import FileError, SettingsError
from .command import problems
from .served import Served

TIMEOUT_S = 2.0


class GraphiteSettings(BaseModel):
    """Where statistics go, and what they are called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 2003
    prefix: str
    metric: str


def read_graphite(path: str) -> GraphiteSettings:
    """Read a settings file: JSON with ``address``, ``port``, ``prefix`` and ``metric``.

    Raises
    ------
    FileError, SettingsError
        If the file cannot be read; with every problem that it has.
    """
    try:
        return GraphiteSettings.model_validate_json(Path(path).read_bytes())
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise SettingsError(f"{path}: {'; '.join(problems(error))}") from None


def lines(settings: GraphiteSettings, served: Iterable[Served]) -> list[str]:
    """Return sum and growth of every histogram, dated by its last pulse."""
    found = []
    for i, one in enumerate(served):
        if one.last is None:
            continue
        name, seconds = f"{settings.prefix}.{settings.metric}{i}-0", one.last.last_pulse_ns // 1_000_000_000
        found += [f"{name}-sum {one.last.sum} {seconds}\n", f"{name}-diff {one.last.diff} {seconds}\n"]
    return found


def send(settings: GraphiteSettings, text: Iterable[str]) -> str:
    """Send lines; return what went wrong, or nothing."""
    content = "".join(text).encode()
    if not content:
        return ""
    try:
        with socket.create_connection((settings.address, settings.port), timeout=TIMEOUT_S) as connection:
            connection.sendall(content)
    except OSError as error:
        return f"Graphite at {settings.address}:{settings.port} takes no statistics: {error}"
    return ""
