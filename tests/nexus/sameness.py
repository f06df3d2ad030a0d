"""The content of batches, whatever their cut and order: for comparing what came with what a file gives back."""

import numpy as np

from livedata.streams.batch import ABSENT_IN_COLUMN, ArrayBatch, EventBatch, entry_sizes


def content(batches):
    """Return what batches of one stream hold, by facet and place (partition, offset, number inside the message)."""
    found = {}
    for batch in batches:
        facet = getattr(batch, "facet", "value")
        items = _entries(batch) if isinstance(batch, EventBatch) else _timed(batch)
        for place, item in zip(_places(batch), items, strict=True):
            assert (facet, place) not in found, f"{facet} {place} twice"
            found[facet, place] = item
    return found


def _places(batch):
    m = batch.messages
    n = batch.n_entries if isinstance(batch, EventBatch) else batch.n_samples
    sizes = np.diff(m.first_entry, append=n)
    for row, size in enumerate(sizes.tolist()):
        for number in range(size):
            yield int(m.partition[row]), int(m.offset[row]), number


def _entries(batch):
    for i, (first, size) in enumerate(zip(batch.event_index.tolist(), entry_sizes(batch).tolist(), strict=True)):
        events = slice(first, first + size)
        weights = [1] * size if batch.event_weight is None else batch.event_weight[events].tolist()
        known = {
            name: plain(batch.columns[name][i]) if name in batch.columns else plain(absent)
            for name, absent in ABSENT_IN_COLUMN.items()
            if name != "late"
        }
        # A file has -1 for the pixels of events without any, where others of the stream have some.
        ids = [-1] * size if batch.event_id is None else batch.event_id[events].tolist()
        yield int(batch.event_time_zero[i]), ids, batch.event_time_offset[events].tolist(), weights, known


def _timed(batch):
    if isinstance(batch, ArrayBatch):
        for time, found in zip(batch.time.tolist(), batch.sets, strict=True):
            variables = {n: (plain(v.values), v.dims, v.unit, v.label) for n, v in found.variables.items()}
            yield time, variables, {n: plain(v) for n, v in found.attributes.items()}, found.offset, found.whole
        return
    columns = list(batch.columns.items())
    for i, time in enumerate(batch.time.tolist()):
        value = plain(batch.value[i])
        # Another type that holds the number exactly is as good.
        yield time, value[1:] if isinstance(value, tuple) else value, {name: column[i] for name, column in columns}


def plain(value):
    """Return a value such that equal ones compare equal, numbers that are none and types of arrays included."""
    if isinstance(value, np.ndarray) and value.ndim:
        return str(value.dtype.newbyteorder("=")), value.shape, [plain(v) for v in value.ravel().tolist()]
    value = value[()] if isinstance(value, np.ndarray) else value
    value = value.item() if isinstance(value, np.generic) else value
    return "nan" if isinstance(value, float) and np.isnan(value) else value
