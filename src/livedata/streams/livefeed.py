"""One stream of a connection, as a feed."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Mapping

from ..transport.protocol import Partition
from .batch import EventBatch
from .connection import Connection
from .extent import Extent, Ranges
from .feed import Sink
from .key import StreamKey
from .subscription import TopicSubscription


class LiveFeed:
    """Hands over one stream of a connection; a `Feed`.

    Parameters
    ----------
    owner
        What closes the connection when it is dropped; kept alive by the feed, and so by every view.
    """

    is_finite = False

    def __init__(self, connection: Connection, key: StreamKey, *, owner: object = None) -> None:
        self._connection = connection
        self._key = key
        self._owner = owner

    @property
    def identity(self) -> Hashable:
        """Equal for two feeds that hand over the same."""
        return self._connection, self._key

    def subscribe(
        self, sink: Sink, extent: Extent | None = None, after: Mapping[Partition, int] | None = None
    ) -> TopicSubscription:
        """Hand every batch of the extent to the sink, each message once."""
        return self._connection.subscribe(self._key, sink, extent, after)

    def reread(
        self, ranges: Mapping[Partition, Ranges], start_ns: int | None = None, stop_ns: int | None = None
    ) -> Iterator[EventBatch]:
        """Return batches once more: from memory, else from the topic, else from an archive; see `Feed.reread`."""
        return self._connection.past.reread(self._key, ranges, start_ns, stop_ns)

    @property
    def topic(self) -> str:
        """Where its messages lie."""
        return self._key.topic

    @property
    def remark(self) -> str:
        """What is wrong with the connection, if anything."""
        return connection_remark(self._connection)


def connection_remark(connection: Connection) -> str:
    """Say what is wrong with a connection: ``broker lost 12 s ago``, or nothing."""
    if (fault := connection.fault) is not None:
        return f"connection failed: {fault}"
    if connection.is_closed:
        return "connection closed"
    contact = connection.contact
    if contact.is_lost:
        return f"broker lost {max(0.0, (time.time_ns() - contact.lost_since_ns) / 1e9):.0f} s ago"
    return contact.reason
