"""Publishing a view: its newest state on a topic, again and again, for other programs to see."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ..errors import ArgumentError, LiveDataError
from ..transport import open_transport
from ..transport.protocol import Producer, Transport

if TYPE_CHECKING:
    from ..reduce.result.snapshot import Snapshot
    from ..reduce.view import View

Schema = Literal["da00", "hs00", "hs01"]


class Publication:
    """A view that is being published by a thread of its own. Ends with the view, or by `stop`.

    Only the newest state is ever sent: while a message is on its way, no other one is queued.
    """

    def __init__(
        self, view: View, open_producer: Callable[[], Producer], topic: str, source_name: str, *, schema: Schema,
        every_s: float,
    ) -> None:  # fmt: skip
        self.topic = topic
        self.source_name = source_name
        self.schema = schema
        self.sent = 0
        """Messages that were delivered."""
        self.error: Exception | None = None
        """Why the last message was not."""
        self._view = weakref.ref(view)
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(open_producer,), name=f"livedata-publish-{topic}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Send the last state and end."""
        self._stop.set()
        self._thread.join()

    def _run(self, open_producer: Callable[[], Producer]) -> None:
        producer = open_producer()
        shown: tuple[int, int] | None = None
        try:
            while True:
                is_last = self._stop.wait(self._every_s)
                view = self._view()
                if view is None:
                    return
                now = (view.generation, view.version)
                if now != shown:
                    shown = now
                    self._send(producer, view.latest)
                is_last = is_last or view.state in ("complete", "stopped", "failed")
                del view
                if is_last:
                    return
        finally:
            producer.close()

    def _send(self, producer: Producer, snapshot: Snapshot) -> None:
        from ..reduce.result import publish

        first = snapshot.coverage.first_ns
        try:
            encode = {"da00": publish.to_da00, "hs00": publish.to_hs00, "hs01": publish.to_hs01}[self.schema]
            message = encode(snapshot, self.source_name, time.time_ns() if first is None else first)
            producer.produce(self.topic, message)
            while producer.flush(0.5) and not self._stop.is_set():
                pass
            self.sent += 1
            self.error = None
        except (LiveDataError, OSError) as error:
            self.error = error

    def __repr__(self) -> str:
        said = f", {self.error}" if self.error is not None else ""
        state = "publishing" if self._thread.is_alive() else "ended"
        return (
            f"<Publication of {self.source_name!r} on {self.topic!r} as {self.schema}, {state}, {self.sent} sent{said}>"
        )


def publish(
    view: View,
    transport: Transport | None,
    topic: str,
    *,
    source_name: str | None = None,
    schema: Schema = "da00",
    every: float = 1.0,
    url: str | None = None,
) -> Publication:
    """Begin to publish a view; see `View.publish`."""
    if transport is None and url is None:
        raise ArgumentError("a view of a file has no broker to publish to; give url=")
    if schema not in ("da00", "hs00", "hs01"):
        raise ArgumentError(f"schema={schema!r}; expected da00, hs00 or hs01")
    if not isinstance(every, int | float) or isinstance(every, bool) or not 0.01 <= every <= 3600:
        raise ArgumentError(f"every={every!r}; expected seconds, from 0.01 to 3600")
    broker = open_transport(url) if url is not None else transport
    assert broker is not None
    if topic not in broker.topics():
        broker.create_topic(topic, partitions=1)
    return Publication(view, broker.producer, topic, source_name or view.name, schema=schema, every_s=float(every))
