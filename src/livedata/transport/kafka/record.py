"""The client's messages as records, and the positions that move on with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from confluent_kafka import Message

from ..protocol import NO_TIMESTAMP, Headers, Partition, Record

_NOT_AVAILABLE = 0

_new_record = partial(tuple.__new__, Record)
"""Makes a record of a tuple of its fields, at a third of the cost of calling the class."""


def due_records(
    messages: Sequence[Message], positions: dict[Partition, int], on_error: Callable[[Message], None]
) -> list[Record]:
    """Return the records that were waited for, and move the positions behind them.

    Messages of one partition come in long runs. Within a run positions need no look-up, and the records share one
    topic name; fields are fetched by `map`, without a line of Python for each. That makes a record cost half as much.

    Parameters
    ----------
    messages
        As the client gave them. Payloads and keys become the records' own, without a copy.
    positions
        Next offset wanted of each partition that is read; records before it and of other partitions are left out.
    on_error
        Called in order for messages that tell of an error instead; may change the positions.
    """
    records: list[Record] = []
    run: Partition | None = None
    topic, partition, wanted = "", -1, 0
    for message, error, name, number, offset, (kind, time_ms), key, value, headers in zip(
        messages,
        map(Message.error, messages),
        map(Message.topic, messages),
        map(Message.partition, messages),
        map(Message.offset, messages),
        map(Message.timestamp, messages),
        map(Message.key, messages),
        map(Message.value, messages),
        map(Message.headers, messages),
        strict=True,
    ):
        if error is not None:
            if run is not None:
                positions[run] = wanted
                run = None
            on_error(message)
            continue
        if run is None or number != partition or name != topic:
            if run is not None:
                positions[run] = wanted
            run = Partition(name, number)
            topic, partition = run
            known = positions.get(run)
            if known is None:
                run = None
                continue
            wanted = known
        if offset < wanted:
            continue
        wanted = offset + 1
        time_ms = NO_TIMESTAMP if kind == _NOT_AVAILABLE else time_ms
        fields = (topic, partition, offset, time_ms, key, value or b"", _headers(headers) if headers else ())
        records.append(_new_record(fields))
    if run is not None:
        positions[run] = wanted
    return records


def _headers(headers: list[tuple[str, bytes | None]]) -> Headers:
    return tuple((name, b"" if value is None else value) for name, value in headers)
