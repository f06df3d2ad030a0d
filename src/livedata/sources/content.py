"""Items of a file as messages.

Events travel as `ev44`, or as `an44` where they have weights. Numbers of a process variable travel as `f144`, texts as
`f142`: `f144` has no texts, and old streams have always sent theirs so. Moments alone go as `tdct`. Alarm (`al00`),
connection (`ep01`) and unit (`un00`) go under the same source name.
"""

from __future__ import annotations

import numpy as np

from ..schemas import encode, encode_ev44, encode_f144, message_class
from ..streams.batch import Int64Array
from .merge import EventItem, LogItem

NO_IDS = np.zeros(0, np.int32)


def encode_events(item: EventItem, message_id: int, times: Int64Array) -> bytes:
    """Encode events with the reference times that they are to carry, ns since 1970, shape (entry,)."""
    index = item.event_index.astype(np.int32)
    ids = NO_IDS if item.event_id is None else item.event_id
    if item.event_weight is None:
        return encode_ev44(item.stream, message_id, times, index, item.event_time_offset, ids)
    message = message_class("an44")(
        source_name=item.stream,
        message_id=message_id,
        reference_time=times,
        reference_time_index=index,
        time_of_flight=item.event_time_offset,
        pixel_id=ids,
        weight=item.event_weight,
    )
    return encode(message)


def encode_sample(item: LogItem, time_ns: int) -> bytes:
    """Encode a sample of any facet with the time that it is to carry, ns since 1970.

    Raises
    ------
    EncodeError
        If the schema cannot hold the time or the value.
    """
    name, value = item.stream, item.value
    if item.facet == "alarm":
        return encode(message_class("al00")(source_name=name, timestamp=time_ns, severity=value, message=item.note))
    if item.facet == "connection":
        fields = {"source_name": name, "timestamp": time_ns, "status": value, "service_id": item.note}
        return encode(message_class("ep01")(**fields))
    if item.facet == "unit":
        return encode(message_class("un00")(source_name=name, timestamp=time_ns, units=value))
    if item.is_moment:
        return encode(message_class("tdct")(name=name, timestamps=np.array([time_ns], np.int64)))
    if isinstance(value, str | tuple):
        return encode(message_class("f142")(source_name=name, timestamp=time_ns, value=value))
    return encode_f144(name, time_ns, value)  # type: ignore[arg-type]
