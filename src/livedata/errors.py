"""Every error that livedata raises on purpose, in one tree.

::

    LiveDataError
    ├── DecodeError (ValueError)        bytes that are not a sound message
    ├── EncodeError (ValueError)        content that a schema cannot represent
    ├── SettingsError (ValueError)      a settings or instrument file, an address, an option
    ├── ArgumentError (ValueError)      an argument of a public function
    ├── StreamNameError (KeyError)      no such stream; names the near misses
    ├── TransportError (OSError)        a broker or topic cannot be used
    │   └── BrokerUnreachable           nobody answers at the address
    ├── FileError (OSError)             a file that cannot be read or written
    │   └── OutputExists (FileExistsError)
    ├── RecordingError (RuntimeError)   a recording failed; says what is left on disk
    ├── WaitTimeout (TimeoutError)      a wait ended before its condition came true
    └── MissingExtra (ImportError)      an optional dependency; says how to install it

A message says what came, what was expected and what to do next; the attributes hold the parts for programs.
"""

from __future__ import annotations


class LiveDataError(Exception):
    """Root of all errors that livedata raises on purpose."""

    def __str__(self) -> str:
        """Return the message as it was written (`KeyError` would show its repr)."""
        return str(self.args[0]) if self.args else type(self).__name__


class DecodeError(LiveDataError, ValueError):
    """Bytes that are not a sound message of the schema they claim.

    Parameters
    ----------
    problem
        What was found and what was expected.
    schema
        The four-letter schema id, or an empty text if it could not be told.
    path
        The field's path inside the message, as ``data[2].shape``; empty for the message itself.
    offset
        The byte at which the problem was seen, or -1.
    """

    def __init__(self, problem: str, *, schema: str = "", path: str = "", offset: int = -1) -> None:
        self.problem, self.schema, self.path, self.offset = problem, schema, path, offset
        where = f"{schema or 'message'}{'.' + path if path else ''}"
        at = f" (byte {offset})" if offset >= 0 else ""
        super().__init__(f"{where}{at}: {problem}")


class EncodeError(LiveDataError, ValueError):
    """Content that a schema cannot represent exactly."""

    def __init__(self, problem: str, *, schema: str = "", path: str = "") -> None:
        self.problem, self.schema, self.path = problem, schema, path
        super().__init__(f"{schema or 'message'}{'.' + path if path else ''}: {problem}")


class SettingsError(LiveDataError, ValueError):
    """A settings file, instrument file or address that cannot be used."""


class ArgumentError(LiveDataError, ValueError):
    """An argument that a public function cannot use."""


class StreamNameError(LiveDataError, KeyError):
    """No stream of that name; the message names the near misses."""


class TransportError(LiveDataError, OSError):
    """A broker or topic that cannot be used."""


class BrokerUnreachable(TransportError):
    """Nobody answers at the broker's address."""


class FileError(LiveDataError, OSError):
    """A file that cannot be read or written."""


class OutputExists(FileError, FileExistsError):
    """The file to write is there already, or is being written."""


class RecordingError(LiveDataError, RuntimeError):
    """A recording failed; the message says what is left on disk."""


class WaitTimeout(LiveDataError, TimeoutError):
    """A wait ended before its condition came true."""


class MissingExtra(LiveDataError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} needs packages that are not installed; try: pip install 'livedata[{extra}]'")
