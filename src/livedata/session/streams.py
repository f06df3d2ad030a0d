"""`Streams`: a read-only mapping of stream names, from a connection or a file. What both have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from ..streams.row import StreamRow
from ..streams.runs import Run
from .names import find_name, no_such_stream
from .stream import Stream


class Streams(Mapping[str, Stream]):
    """Streams by name. Get one from ``ld.connect(url)``, ``ld.demo()`` or ``ld.open(path)``."""

    @property
    @abstractmethod
    def where(self) -> str:
        """The address or path."""

    @property
    @abstractmethod
    def runs(self) -> tuple[Run, ...]:
        """Runs known by now, oldest first."""

    @abstractmethod
    def table(self) -> list[StreamRow]:
        """Return what is known of every stream now, a row each."""

    @abstractmethod
    def _names(self) -> list[str]:
        """Return the names known by now, without waiting."""

    @abstractmethod
    def _make(self, name: str) -> Stream:
        """Return the stream of a known name."""

    def _aliases(self) -> Mapping[str, str]:
        """Return other texts that mean a stream."""
        return {}

    def _find(self, wanted: str) -> str | None:
        return find_name(wanted, self._names(), self._aliases())

    @property
    def run(self) -> Run | None:
        """The run that started last."""
        return self.runs[-1] if self.runs else None

    def __getitem__(self, name: str) -> Any:
        found = self._find(name) if isinstance(name, str) else None
        if found is None:
            raise no_such_stream(name, self._names(), self.where)
        return self._make(found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def _ipython_key_completions_(self) -> list[str]:
        return self._names()

    def _headline(self) -> str:
        run = self.run
        return f"{self.where}: {len(self)} streams" + (f", run {run.name!r}" if run is not None else "")

    def __repr__(self) -> str:
        from ..panels.table import text_table

        rows = self.table()
        return f"<{self._headline()}>" + ("\n" + text_table(rows) if rows else "")

    def _repr_html_(self) -> str:
        from ..panels import html_table

        return html_table(self.table(), title=self._headline())
