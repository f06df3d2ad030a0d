"""One process variable on its way into an NXlog group: values, alarms, connections, unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from ..streams.batch import Facet, LogBatch, Messages
from ..streams.key import StreamKey
from .column import Column
from .naming import storable
from .sampletable import SampleTable, newest
from .section import Section
from .textcolumn import TextColumn

MAX_PARTS = 32
OTHER_TYPE = f"values of more than {MAX_PARTS} types and shapes, not written"
CHANGED = "samples of another type or shape than the first, in groups of their own"

NewPart = Callable[[int], tuple[Any, Any]]
"""Makes the n-th group of a stream and the one of its messages."""


class LogGroup:
    """Writes one process variable.

    The first values say of which type and shape the group's are. Those that this type does not hold exactly go to a
    further group of the same stream, so that nothing is rounded, cut or left out.
    """

    kind = "log"

    def __init__(self, key: StreamKey, new_part: NewPart, *, n_expected: int, unit: str | None) -> None:
        self.key = key
        self._new_part = new_part
        self._n_expected = n_expected
        self._unit = unit
        self._unit_time: int | None = None
        self.group, self._messages = new_part(1)
        self._parts: list[SampleTable] = []
        self._facets: dict[Facet, SampleTable] = {}
        self.n_events = self.n_entries = self.n_unrepresentable = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self._left_out: Counter[str] = Counter()

    @property
    def tables(self) -> list[SampleTable]:
        """What the stream consists of."""
        return [*list(self._parts), *list(self._facets.values())]

    @property
    def columns(self) -> list[Column | TextColumn]:
        """All datasets."""
        return [column for table in self.tables for column in table.columns]

    @property
    def sections(self) -> list[Section]:
        """What must be found in the file."""
        return [table.section for table in self.tables]

    @property
    def n_messages(self) -> int:
        """Messages appended, of all facets."""
        return sum(table.messages.n_messages for table in self.tables)

    @property
    def n_samples(self) -> int:
        """Values appended."""
        return sum(table.n_samples for table in list(self._parts))

    @property
    def facets(self) -> dict[str, int]:
        """Samples of the other facets."""
        return {facet: table.n_samples for facet, table in list(self._facets.items())}

    @property
    def remarks(self) -> Counter[str]:
        """What was odd, with counts."""
        odd = Counter(self._left_out)
        for table in self.tables:
            # The writing thread may add to it meanwhile.
            for text, n in list(table.remarks.items()):
                odd[text] += n
        if n := sum(part.n_samples for part in list(self._parts)[1:]):
            odd[CHANGED] = n
        return odd

    @property
    def nbytes(self) -> int:
        """Bytes appended."""
        return sum(c.nbytes for c in self.columns)

    def append(self, batch: LogBatch) -> None:
        """Add samples of any facet."""
        if batch.facet == "value":
            self._append_values(batch)
        else:
            self._append_facet(batch)

    def _append_values(self, batch: LogBatch) -> None:
        if batch.n_samples:
            low, high = int(batch.time.min()), int(batch.time.max())
            self.first_ns = low if self.first_ns is None else min(low, self.first_ns)
            self.last_ns = high if self.last_ns is None else max(high, self.last_ns)
        left = batch
        for part in self._parts:
            rest = part.take(left)
            if rest is None:
                return
            left = rest
        if len(self._parts) == MAX_PARTS:
            self.n_unrepresentable += left.n_samples
            self._left_out[OTHER_TYPE] += left.n_samples
            return
        group, messages = (self.group, self._messages) if not self._parts else self._new_part(len(self._parts) + 1)
        part = SampleTable(group, messages, left, n_expected=self._n_expected if not self._parts else 0)
        if part.is_text:
            group.attrs["writer_module"] = "f142"
        self._parts.append(part)
        self._tell_unit(part)
        part.take(left)

    def _append_facet(self, batch: LogBatch) -> None:
        table = self._facets.get(batch.facet)
        if table is None:
            home = self._messages if batch.facet == "unit" else self.group
            table = self._facets[batch.facet] = SampleTable(home, self._messages, batch, n_expected=0)
        if (left := table.take(batch)) is not None:
            self.n_unrepresentable += left.n_samples
            self._left_out[f"{batch.facet} samples of another type than the first, not written"] += left.n_samples
        if batch.facet == "unit" and batch.n_samples:
            self._note_unit(batch)

    def _note_unit(self, batch: LogBatch) -> None:
        """Take the newest unit by data time as that of the values."""
        row = newest(batch.time)
        if self._unit_time is not None and int(batch.time[row]) < self._unit_time:
            return
        self._unit_time = int(batch.time[row])
        unit = batch.value[row]
        text = None if unit is None else storable(str(unit))
        if text != self._unit:
            self._unit = text
            for part in self._parts:
                self._tell_unit(part)

    def _tell_unit(self, part: SampleTable) -> None:
        attributes = part.value.dataset.attrs
        if self._unit is not None:
            attributes["units"] = self._unit
        elif "units" in attributes:
            del attributes["units"]

    def finish(self) -> None:
        """Write what is still in memory; a group with alarms alone gets values of which there are none."""
        if not self._parts:
            none = np.zeros(0, np.int64)
            messages = Messages(self.key.topic, none.astype(np.int32), none, none, none, none)
            self._append_values(LogBatch(none, np.zeros(0), messages))
        for table in self.tables:
            table.finish()
