"""How a command ends: its exit code, and one line on stderr when it did not end well."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence

import typer

from ..errors import ArgumentError, LiveDataError, SettingsError

OK, FAILURE, USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143

# Typer does not export the root of its usage errors by name, and where it lives differs between versions.
_UsageProblem: type[Exception] = typer.BadParameter.__mro__[2]


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; turn every error into one line on stderr and an exit code.

    With ``--debug`` anywhere before a ``--``, errors keep their traceback.
    """
    from .app import app

    if threading.current_thread() is threading.main_thread():
        # As Ctrl-C: whatever a command has begun is ended and cleaned up on the way out.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(TERMINATED))
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = given[: given.index("--")] if "--" in given else given
    debug = "--debug" in options
    rest = [a for i, a in enumerate(given) if a != "--debug" or i >= len(options)]
    try:
        code = app(args=rest or ["--help"], prog_name="livedata", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does; the interpreter must not complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        # The last line of defence: whatever it is, no traceback without --debug.
        if debug:
            raise
        return _tell(error)
    return code if isinstance(code, int) else OK


def _tell(error: Exception) -> int:
    """Write one line about the error; return the exit code it stands for."""
    if isinstance(error, _UsageProblem):
        context = getattr(error, "ctx", None)
        command = getattr(context, "command_path", "livedata")
        problem = getattr(error, "format_message", error.__str__)()
        _complain(f"{problem} (see: {command} --help)")
        return int(getattr(error, "exit_code", USAGE))
    if isinstance(error, LiveDataError):
        _complain(str(error))
        return USAGE if isinstance(error, ArgumentError | SettingsError) else FAILURE
    if isinstance(error, OSError) and error.strerror:
        _complain(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
        return FAILURE
    _complain(f"unexpected {type(error).__name__}: {error} (--debug shows where)")
    return FAILURE


def _complain(text: str) -> None:
    # Text from files and topics may be in it: one line, and nothing that steers a terminal.
    line = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    print("livedata:", line, file=sys.stderr)  # noqa: T201
