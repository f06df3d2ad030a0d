"""How many messages to take at a time: enough to be worth the call, few enough to stay in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from ..transport.protocol import Record

MEAL_BYTES = 4 << 20
"""More than this at a time is slower: it falls out of the cache, and fresh memory is asked for instead of the last."""
MOST_RECORDS = 16_000
"""So many small messages take some 50 ms; with fewer, the work that is done once for each stream and meal weighs."""

_VALUE = itemgetter(Record._fields.index("value"))


class Appetite:
    """Follows the size of the messages that come. Used by one thread."""

    def __init__(self) -> None:
        self.max_records = 16
        """How many messages to take next."""

    def note(self, records: Sequence[Record]) -> None:
        """Take note of what came last."""
        if records:
            mean = sum(map(len, map(_VALUE, records))) / len(records)
            self.max_records = max(1, min(MOST_RECORDS, int(MEAL_BYTES / max(mean, 1.0))))
