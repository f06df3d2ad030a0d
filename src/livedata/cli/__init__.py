"""The command line: one thin command per capability. What comes in is text, what goes out is text, JSON or files.

Nothing is worked out here: every command calls what a notebook would call, and only prints.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 for a failure, 2 for wrong usage, 130 when interrupted.

    Parameters
    ----------
    arguments
        What follows the program's name; by default, that of this process.
    """
    from .outcome import run

    return run(arguments)
