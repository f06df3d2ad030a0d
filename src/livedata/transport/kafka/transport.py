"""The face of a Kafka cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from confluent_kafka import Consumer as Handle
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from ...errors import ArgumentError, BrokerUnreachable, TransportError
from ..address import Address
from ..message import check_topic
from ..protocol import Partition, Watermarks
from .config import admin_config, check_settings, code_of, explain, failed, make_client
from .consumer import KafkaConsumer
from .patience import Answer, interruptible
from .probe import Prober
from .producer import KafkaProducer

UNREACHABLE_AFTER_S = 4.0
"""When no broker of the address takes a connection for so long, asking is given up, whatever time is left."""

_STEP_S = 1.5
_FEW_TOPICS = 8
"""Topics asked for one by one; of more, all that the cluster has come in one answer."""
_AWAY = {
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._RESOLVE,
    KafkaError._SSL,
    KafkaError._AUTHENTICATION,
}


_HOPELESS = {KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}


class KafkaTransport:
    """A Kafka cluster. Made by `livedata.transport.open_transport` from ``kafka://host:port``."""

    def __init__(self, address: Address) -> None:
        check_settings(address)
        self.address = address
        self._prober = Prober(address)
        self._lock = threading.Lock()
        self._trouble = ""
        self._trouble_codes: set[int] = set()
        self._handle: Handle | None = make_client(Handle, {**admin_config(address), "error_cb": self._hear}, address)

    def __repr__(self) -> str:
        return f"<{self.url}>"

    @property
    def url(self) -> str:
        """The address without credentials."""
        return self.address.url

    @property
    def shared_between_processes(self) -> bool:
        """True: any process can open it, with `address`."""
        return True

    def topics(self, *, timeout_s: float = 10.0) -> dict[str, int]:
        """Topic names with their number of partitions, without internal ones."""
        found = self._metadata(None, timeout_s).topics
        return {name: len(topic.partitions) for name, topic in found.items() if not name.startswith("__")}

    def create_topic(self, topic: str, *, partitions: int = 1, settings: Mapping[str, str] | None = None) -> None:
        """Create a topic unless it is there, and wait until the broker knows it."""
        check_topic(topic)
        if partitions < 1:
            raise ArgumentError(f"topic {topic!r} needs at least one partition, not {partitions}")
        if self._size(topic, 10.0):
            return
        new = NewTopic(topic, num_partitions=partitions, replication_factor=-1, config=dict(settings or {}))
        self._create(new, time.monotonic() + 15.0)
        deadline = time.monotonic() + 10.0
        while not self._size(topic, 10.0) and time.monotonic() < deadline:
            time.sleep(0.05)

    def watermarks(self, partitions: Sequence[Partition], *, timeout_s: float = 10.0) -> dict[Partition, Watermarks]:
        """Low and high watermark of each partition; `TransportError` if one does not exist."""
        wanted = self._existing(partitions, timeout_s)

        def ask() -> dict[Partition, Watermarks]:
            return {p: Watermarks(*self._ask_watermarks(p, timeout_s)) for p in wanted}

        return self._answer("watermarks", ask)

    def offsets_at(
        self, partitions: Sequence[Partition], timestamp_ms: int, *, timeout_s: float = 10.0
    ) -> dict[Partition, int]:
        """First offset of each partition at or after a record time, else the high watermark."""
        wanted = self._existing(partitions, timeout_s)
        asked = [TopicPartition(*p, max(timestamp_ms, 0)) for p in wanted]
        answer = self._answer("offsets by time", lambda: self._open().offsets_for_times(asked, timeout=timeout_s))
        found = {Partition(tp.topic, tp.partition): tp.offset for tp in answer}
        beyond = [p for p in wanted if found[p] < 0]
        ends = self.watermarks(beyond, timeout_s=timeout_s) if beyond else {}
        return {p: ends[p].high if p in ends else found[p] for p in wanted}

    def consumer(self, *, holds_retention: bool = False) -> KafkaConsumer:
        """Return a new consumer; what the topic keeps is the cluster's matter."""
        self._open()
        return KafkaConsumer(self.address, self._prober)

    def producer(self) -> KafkaProducer:
        """Return a new producer."""
        self._open()
        return KafkaProducer(self.address, self._prober)

    def close(self) -> None:
        """Give up the connection that asks for topics and offsets. Closing twice does nothing."""
        with self._lock:
            handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def _open(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise TransportError(f"the connection to {self.url} is closed; open a new one")
        return handle

    def _create(self, new: NewTopic, deadline: float) -> None:
        """Ask for a topic, again and with a new connection while the cluster has no controller that answers."""
        while True:
            client = make_client(AdminClient, _for_admin(admin_config(self.address)), self.address)
            try:
                _result(client.create_topics([new], request_timeout=5.0)[new.topic], 8.0)
            except KafkaException as error:
                if code_of(error) == KafkaError.TOPIC_ALREADY_EXISTS:
                    return
                if code_of(error) not in _AWAY or time.monotonic() > deadline:
                    raise failed(f"topic {new.topic!r} cannot be created", error, self.address) from error
            else:
                return

    def _metadata(self, topic: str | None, timeout_s: float) -> Any:
        """Ask for metadata in pieces, so that a broker that is not there is noticed before the time is over."""
        begin = time.monotonic()
        self._trouble, self._trouble_codes = "", set()
        while True:
            elapsed_s = time.monotonic() - begin
            handle = self._open()
            step_s = max(min(timeout_s - elapsed_s, _STEP_S), 0.1)
            try:
                answer = interruptible(partial(_list_topics, handle, topic, step_s))
            except KafkaException as error:
                if code_of(error) not in _AWAY:
                    raise failed("no metadata", error, self.address) from error
                handle.poll(0)  # hears what the connections say
                elapsed_s = time.monotonic() - begin
                is_hopeless = self._trouble_codes & _HOPELESS and elapsed_s >= UNREACHABLE_AFTER_S
                if elapsed_s >= timeout_s or is_hopeless or KafkaError._AUTHENTICATION in self._trouble_codes:
                    raise self._unreachable(explain(error, self.address)) from None
            else:
                return answer

    def _unreachable(self, reason: str) -> TransportError:
        if KafkaError._AUTHENTICATION in self._trouble_codes:
            return TransportError(
                f"{self.url} refused the login: {self._trouble}; check the user, password and sasl.mechanism"
            )
        return BrokerUnreachable(
            f"no broker answers at {self.url} ({self._trouble or reason}): is it running? try: livedata broker"
        )

    def _size(self, topic: str, timeout_s: float) -> int:
        found = self._metadata(topic, timeout_s).topics.get(topic)
        return len(found.partitions) if found is not None else 0

    def _existing(self, partitions: Sequence[Partition], timeout_s: float) -> list[Partition]:
        wanted = [Partition(*p) for p in partitions]
        sizes = self._sizes(dict.fromkeys(p.topic for p in wanted), timeout_s)
        for topic, partition in wanted:
            size = sizes[topic]
            if not size:
                raise TransportError(f"{self.url} has no topic {topic!r}; create it or check the name")
            if not 0 <= partition < size:
                raise TransportError(
                    f"topic {topic!r} at {self.url} has {size} partition(s), 0 to {size - 1}; "
                    f"there is no partition {partition}"
                )
        return wanted

    def _sizes(self, topics: Collection[str], timeout_s: float) -> dict[str, int]:
        if len(topics) <= _FEW_TOPICS:
            return {topic: self._size(topic, timeout_s) for topic in topics}
        found = self._metadata(None, timeout_s).topics
        return {topic: len(found[topic].partitions) if topic in found else 0 for topic in topics}

    def _ask_watermarks(self, partition: Partition, timeout_s: float) -> tuple[int, int]:
        answer = self._open().get_watermark_offsets(TopicPartition(*partition), timeout=timeout_s)
        if answer is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return answer

    def _answer(self, what: str, ask: Callable[[], Answer]) -> Answer:
        try:
            return interruptible(ask)
        except KafkaException as error:
            if code_of(error) in _AWAY:
                raise self._unreachable(explain(error, self.address)) from None
            raise failed(what, error, self.address) from error

    def _hear(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN or not self._trouble:
            self._trouble = explain(error, self.address)  # the single connection's error says more
        self._trouble_codes.add(error.code())


def _list_topics(handle: Handle, topic: str | None, timeout_s: float) -> Any:
    return handle.list_topics(topic, timeout=timeout_s) if topic else handle.list_topics(timeout=timeout_s)


def _for_admin(config: dict[str, Any]) -> dict[str, Any]:
    consumer_only = {"group.id", "enable.auto.commit"}
    return {key: value for key, value in config.items() if key not in consumer_only}


def _result(future: Future[None], timeout_s: float) -> None:
    """Wait for an answer in steps that an interrupt can end."""
    deadline = time.monotonic() + timeout_s
    while not future.done():
        if time.monotonic() > deadline:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        time.sleep(0.02)
    future.result(0)
