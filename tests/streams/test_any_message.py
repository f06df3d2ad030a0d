"""Whatever comes on a topic: nothing raises, and every message is counted once."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livedata.schemas import SCHEMAS
from livedata.streams.arrayline import ArrayTimeline
from livedata.streams.batch import ArrayBatch, EventBatch, LogBatch
from livedata.streams.key import FAMILY_OF_SCHEMA
from livedata.streams.log import LogTimeline
from livedata.streams.split import Splitter
from livedata.streams.topicbook import TopicBook
from livedata.testing import encoded_messages, malformed, message_bytes

from .messages import record

ANYTHING = st.one_of(encoded_messages(), malformed(), st.binary(max_size=60))


def assert_all_counted(splitter, n):
    (topic,) = splitter.topics.values()
    of_streams = sum(ledger.decoded + ledger.malformed + ledger.unwanted for ledger in splitter.ledgers.values())
    assert of_streams + topic.malformed + sum(topic.unwanted.values()) + sum(topic.noted.values()) == n
    assert topic.messages == n


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(ANYTHING, min_size=1, max_size=60), st.booleans())
def test_any_messages_are_counted_once_and_none_stops_the_others(values, all_at_once):
    book, timelines, arrays = TopicBook(), {}, ArrayTimeline()
    splitter = Splitter(tap=book.take)
    rows = [record(value, offset=i, partition=i % 2) for i, value in enumerate(values)]

    batches = splitter.split(rows) if all_at_once else [pair for row in rows for pair in splitter.split([row])]

    assert_all_counted(splitter, len(values))
    for key, batch in batches:
        if isinstance(batch, EventBatch):
            assert splitter.ledgers[key].decoded
            ends = np.append(batch.event_index[1:], batch.n_events)
            assert (ends >= batch.event_index).all()
            assert all(len(column) == batch.n_entries for column in batch.columns.values())
        elif isinstance(batch, LogBatch):
            timelines.setdefault(key, LogTimeline()).accept(batch)
        else:
            assert isinstance(batch, ArrayBatch)
            arrays.accept(batch)
    for timeline in timelines.values():
        for facet in ("value", "alarm", "connection", "unit"):
            data = timeline.facet(facet)
            assert (np.diff(data.time) >= 0).all()
            assert len(data.time) == len(data.value)
    assert len(arrays.data.time) == len(arrays.data)


def test_every_schema_is_a_stream_or_is_counted_as_none():
    for schema in SCHEMAS:
        splitter = Splitter()

        batches = splitter.split([record(message_bytes(schema))])

        assert_all_counted(splitter, 1)
        family = FAMILY_OF_SCHEMA.get(schema)
        assert {key.family for key, _ in batches} == ({family} if family else set())
