"""Records of every kind for the tests of this folder."""

import numpy as np

from livedata import schemas
from livedata.schemas.write import encode_as
from livedata.transport import Record

NOW_NS = 1_790_000_000_000_000_000


def record(value, *, topic="t", partition=0, offset=0):
    return Record(topic, partition, offset, NOW_NS // 1_000_000, None, value, ())


def records(*values, topic="t", partition=0):
    return [record(value, topic=topic, partition=partition, offset=i) for i, value in enumerate(values)]


def message(schema_id, **fields):
    return schemas.encode(schemas.message_class(schema_id)(**fields))


def ev44(times=(NOW_NS,), index=(0,), toa=(1, 2, 3), ids=(4, 5, 6), source="det"):
    """Return events as they may come, lists of unequal length included."""
    content = schemas.Ev44(
        source_name=source,
        message_id=0,
        reference_time=np.array(times, np.int64),
        reference_time_index=np.array(index, np.int32),
        time_of_flight=np.array(toa, np.int32),
        pixel_id=np.array(ids, np.int32),
    )
    return encode_as(schemas.SCHEMAS["ev44"], content)


def pu00(time=NOW_NS, **told):
    return message("pu00", source_name="kdae", message_id=0, reference_time=time, **told)
