"""Writing to Kafka: every message once, with a report of what became of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as Handle

from ...errors import TransportError
from ..address import Address
from ..message import Sent, check_payload, check_topic
from ..protocol import Contact, Delivery, DeliveryCallback, Headers, Partition, Watermarks
from .config import code_of, explain, failed, log, make_client, producer_config
from .patience import interruptible
from .probe import Prober

STEP_S = 0.1
MAX_AGE_MS = 24 * 3600 * 1000
MAX_AHEAD_MS = 30 * 60 * 1000
"""Record times further from now are replaced: brokers expire old ones (after 7 days) and refuse those ahead by 1 h."""
STALL_S = 3.0

_ANY_PARTITION = -1


class KafkaProducer:
    """A writer of messages. Made by `KafkaTransport.producer`; may be used from several threads.

    A record time more than a day ago or more than 30 minutes ahead is replaced by now and counted in `sent`: a broker
    would expire or refuse it. The payload keeps its own times.
    """

    def __init__(self, address: Address, prober: Prober) -> None:
        self._address = address
        self._prober = prober
        self._handle = make_client(Handle, {**producer_config(address), "error_cb": self._hear}, address)
        self._lock = threading.Lock()
        self._messages = 0
        self._delivered = 0
        self._failed = 0
        self._restamped = 0
        self._n_waits = 0
        self._waited_s = 0.0
        self._last_error = ""
        self._waiting_since_ns = time.time_ns()
        self._last_report_ns = 0
        self._partitions: dict[str, int] = {}
        self._closing = False
        self._closed = False
        prober.join(self)
        # Without it, reports would wait for the next call of produce.
        self._reporter = threading.Thread(target=self._report, name="livedata-kafka-reports", daemon=True)
        self._reporter.start()

    @property
    def contact(self) -> Contact:
        """Whether the broker answers and takes what it is sent."""
        contact = self._prober.contact()
        if contact.is_lost or self._messages == self._delivered + self._failed:
            return contact
        since_ns = max(self._waiting_since_ns, self._last_report_ns)
        if time.time_ns() - since_ns > STALL_S * 1e9:
            return Contact(since_ns, f"{self._address.url} takes no messages")
        return contact

    @property
    def last_life_ns(self) -> int:
        """Wall-clock time of the last delivery report."""
        return self._last_report_ns

    @property
    def sent(self) -> Sent:
        """What was handed over and what became of it."""
        with self._lock:
            return Sent(
                self._messages,
                self._delivered,
                self._failed,
                self._restamped,
                self._n_waits,
                self._waited_s,
                self._last_error,
            )

    def produce(
        self,
        topic: str,
        value: bytes,
        *,
        partition: int | None = None,
        key: bytes | None = None,
        timestamp_ms: int | None = None,
        headers: Headers = (),
        on_delivery: DeliveryCallback | None = None,
    ) -> None:
        """Queue one message; waits while the queue is full. `on_delivery` is called from another thread."""
        value = check_payload(topic, value)
        if topic not in self._partitions:
            self._learn(topic)
        if partition is not None and not 0 <= partition < (self._partitions[topic] or partition + 1):
            raise TransportError(
                f"topic {topic!r} at {self._address.url} has {self._partitions[topic]} partition(s); "
                f"there is no partition {partition}"
            )
        now_ms = time.time_ns() // 1_000_000
        if timestamp_ms is not None and not now_ms - MAX_AGE_MS <= timestamp_ms <= now_ms + MAX_AHEAD_MS:
            timestamp_ms = None
            with self._lock:
                self._restamped += 1

        with self._lock:
            if self._messages == self._delivered + self._failed:
                self._waiting_since_ns = time.time_ns()
            self._messages += 1
        queued = False
        try:
            self._queue(
                topic,
                value,
                key=key,
                partition=_ANY_PARTITION if partition is None else partition,
                on_delivery=self._deliver if on_delivery is None else partial(self._tell, on_delivery),
                timestamp=timestamp_ms if timestamp_ms is not None else now_ms,
                headers=list(headers) or None,
            )
            queued = True
        finally:
            if not queued:
                with self._lock:
                    self._messages -= 1

    def flush(self, timeout_s: float) -> int:
        """Wait until all is delivered; return how many messages are still on their way."""
        deadline = time.monotonic() + timeout_s
        while not self._closed:
            left = self._handle.flush(min(STEP_S, max(deadline - time.monotonic(), 0.0)))
            if left == 0 or time.monotonic() >= deadline:
                return int(left)
        return 0

    def close(self, timeout_s: float = 5.0) -> None:
        """Flush for at most `timeout_s` and leave; what is still queued then is reported as failed."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
        left = self.flush(timeout_s)
        self._closed = True
        self._prober.leave(self)
        if left:
            self._handle.purge()
            self._handle.flush(1.0)  # hands out the reports of what was given up
        self._reporter.join(STEP_S * 5)

    def asked_about(self) -> Mapping[Partition, int]:
        """Return nothing: delivery reports say which leaders take messages."""
        return {}

    def answered(self, partition: Partition, watermarks: Watermarks, position: int) -> None:
        """Ignore watermarks."""

    def refused(self, partition: Partition, reason: str) -> None:
        """Ignore what is said about partitions."""

    def began_anew(self) -> None:
        """Forget what was known of topics: another cluster answers."""
        self._partitions = {}

    def _queue(self, topic: str, value: bytes, **options: object) -> None:
        begin = 0.0
        while True:
            if self._closing:
                raise TransportError(f"this producer of {self._address.url} is closed; open a new one")
            try:
                self._handle.produce(topic, value, **options)  # type: ignore[arg-type]
            except BufferError:
                begin = begin or time.monotonic()
                self._handle.poll(STEP_S)
                continue
            except KafkaException as error:
                raise self._refused(topic, error) from error
            if begin:
                with self._lock:
                    self._n_waits += 1
                    self._waited_s += time.monotonic() - begin
            return

    def _refused(self, topic: str, error: KafkaException) -> TransportError:
        if code_of(error) == KafkaError.MSG_SIZE_TOO_LARGE:
            return TransportError(
                f"{self._address.url}: a message for {topic!r} is larger than message.max.bytes of the client allows"
            )
        return failed(f"a message for {topic!r} was refused", error, self._address)

    def _learn(self, topic: str) -> None:
        """Ask once how many partitions a topic has; asking creates it where the broker allows that."""
        check_topic(topic)
        n = 0
        try:
            known = interruptible(partial(self._handle.list_topics, topic, timeout=2.0))
            n = len(known.topics[topic].partitions)
        except KafkaException:
            pass  # the broker is away: messages wait in the queue, and a wrong partition is reported at delivery
        self._partitions[topic] = n

    def _deliver(self, error: KafkaError | None, message: Message) -> None:
        with self._lock:
            self._last_report_ns = time.time_ns()
            if error is None:
                self._delivered += 1
            else:
                self._failed += 1
                self._last_error = f"{message.topic()}: {explain(error, self._address)}"

    def _tell(self, on_delivery: DeliveryCallback, error: KafkaError | None, message: Message) -> None:
        self._deliver(error, message)
        try:
            on_delivery(self._delivery(error, message))
        except Exception:  # noqa: BLE001
            # In the reporter's thread nobody could catch it, and later reports would be lost.
            log.exception("a delivery callback failed")

    def _delivery(self, error: KafkaError | None, message: Message) -> Delivery:
        topic, partition, offset = message.topic() or "", message.partition(), message.offset()
        return Delivery(
            topic,
            -1 if partition is None else partition,
            -1 if offset is None or error is not None else offset,
            message.timestamp()[1],
            "" if error is None else explain(error, self._address),
        )

    def _report(self) -> None:
        while not self._closed:
            self._handle.poll(STEP_S)

    def _hear(self, error: KafkaError) -> None:
        text = explain(error, self._address)
        if error.fatal():
            with self._lock:
                self._last_error = text
        self._prober.hurry(text)
