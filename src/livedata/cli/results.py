"""What ``livedata reduce`` makes of its results, one after the other: files, a sum, a table, a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import typer

from ..errors import ArgumentError, LiveDataError, OutputExists
from ..reduce.asjson import description_to_json
from ..reduce.description import Description
from ..reduce.result.filenames import format_of
from ..reduce.result.histogram import Histogram
from ..reduce.result.ledger import FATES, Ledger
from ..reduce.result.snapshot import Snapshot
from .output import print_table, terminal_size
from .target import is_file


class Results:
    """Takes results as they come. Only what is asked for is kept: a sum needs no more memory than one result.

    Raises
    ------
    ArgumentError, OutputExists
        Before anything is counted: if results cannot be added up, or have no files of their own to go to.
    """

    def __init__(
        self,
        description: Description,
        targets: Sequence[str],
        *,
        is_sum: bool,
        save: Path | None,
        overwrite: bool,
        keeps_all: bool,
    ) -> None:
        if is_sum and description.normalise:
            raise ArgumentError("--sum adds counts up; this description divides them: leave out its 'normalise'")
        self.description = description
        self.n_failed = 0
        self._is_sum = is_sum
        self._is_single = len(targets) == 1
        self._save = save
        self._overwrite = overwrite
        self._keeps_all = keeps_all
        self._places = {} if save is None else places_of(save, targets, is_sum=is_sum)
        for place in (*self._places.values(), *((save,) if is_sum and save is not None else ())):
            format_of(place)
            if place.exists() and not overwrite:
                raise OutputExists(f"{place} exists already; choose another name, or give --overwrite")
        self._total: Histogram | None = None
        self._ledgers: list[Ledger] = []
        self._done: list[str] = []
        self._saved: list[Path] = []
        self._rows: list[list[object]] = []
        self._documents: list[dict[str, Any]] = []

    def add(self, target: str, found: tuple[str, Snapshot] | LiveDataError) -> None:
        """Take the name of the stream and the result of one target, or its error."""
        shown = Path(target).name if is_file(target) else target
        if isinstance(found, LiveDataError):
            self.n_failed += 1
            self._rows.append([shown, "", *_counts(None), str(found)])
            self._documents.append({"target": target, "error": str(found)})
            return
        name, snapshot = found
        self._done.append(target)
        self._ledgers.append(snapshot.ledger)
        self._rows.append([shown, name, *_counts(snapshot.ledger), ""])
        if self._keeps_all:
            self._documents.append({"target": target, "stream": name, **snapshot.to_dict(), "values": plain(snapshot)})
        if target in self._places:
            self._write(snapshot, self._places[target], {"stream": name, "target": target})
        if self._is_sum or self._is_single:
            self._total = snapshot if self._total is None else self._total + snapshot

    def finish(self) -> None:
        """Write the sum."""
        if self._is_sum and self._save is not None and self._total is not None:
            self._write(self._total, self._save, {"targets": self._done})

    @property
    def ledger(self) -> Ledger:
        """The fates of all events together."""
        return Ledger(**{f.name: sum(getattr(one, f.name) for one in self._ledgers) for f in fields(Ledger)})

    def document(self) -> dict[str, Any]:
        """Return all results as one document."""
        written: dict[str, Any] = {
            "description": description_to_json(self.description),
            "results": self._documents,
            "saved": [str(path) for path in self._saved],
        }
        if self._is_sum and self._total is not None:
            written["sum"] = {"values": plain(self._total), "ledger": self.ledger.to_dict()}
        return written

    def show(self) -> None:
        """Print a picture of the sum or of a single result, and the ledgers of all."""
        from ..panels import draw

        if self._total is not None:
            name = "sum" if self._is_sum else str(self._rows[0][1])
            typer.echo(draw(self._total, name=name, width=min(terminal_size()[0], 120)))
        total = [["sum", "", *_counts(self.ledger), ""]] if self._is_sum else []
        print_table(["target", "stream", "seen", *FATES, "problem"], [*self._rows, *total])
        for path in self._saved:
            typer.echo(f"saved as {path}")

    def _write(self, histogram: Histogram, place: Path, source: dict[str, Any]) -> None:
        about = {"description": description_to_json(self.description), **source}
        self._saved.append(histogram.save(place, overwrite=self._overwrite, about=about))


def places_of(save: Path, targets: Sequence[str], *, is_sum: bool) -> dict[str, Path]:
    """Return where each result is written; a sum is written to `save` itself.

    Raises
    ------
    ArgumentError
        If two results would have the same file.

    Examples
    --------
    >>> [str(place) for place in places_of(Path("out.nxs"), ["a/run1.nxs", "b/run2.nxs"], is_sum=True).values()]
    ['out_run1.nxs', 'out_run2.nxs']
    """
    if len(targets) == 1:
        return {} if is_sum else {targets[0]: save}
    places: dict[str, Path] = {}
    for target in targets:
        place = save.with_name(f"{save.stem}_{Path(target).stem}{save.suffix}")
        if place in places.values():
            raise ArgumentError(f"two results would be written to {place}; give files of different names")
        places[target] = place
    return places


def plain(histogram: Histogram) -> Any:
    """Return values as lists for JSON; None where there is no number."""
    values = histogram.values()
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values.tolist()
    listed = values.astype(object)
    listed[~np.isfinite(values)] = None
    return listed.tolist()


def _counts(ledger: Ledger | None) -> list[int | None]:
    """Return the counts of a ledger, those that are 0 in it left out."""
    if ledger is None:
        return [None] * (len(FATES) + 1)
    return [ledger.seen, *(getattr(ledger, name) or None for name in FATES)]
