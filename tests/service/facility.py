"""A client of the service, as a control program is one, and a service in a thread."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from livedata import schemas
from livedata.service.service import Service, Topics
from livedata.testing import message_bytes
from livedata.transport import Partition, Transport


def until(condition: Callable[[], Any], timeout_s: float = 20.0) -> Any:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return found


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def event_bytes(
    ids: Any, offsets: Any, *, source: str = "det", schema: str = "ev44", pulses_ns: Any = (1,), index: Any = (0,)
) -> bytes:
    """Return a message of events."""
    if schema == "ev42":
        return message_bytes(
            "ev42",
            source_name=source,
            pulse_time=int(pulses_ns[0]),
            time_of_flight=list(offsets),
            detector_id=list(ids),
        )
    return message_bytes(
        "ev44",
        source_name=source,
        reference_time=list(pulses_ns),
        reference_time_index=list(index),
        time_of_flight=np.asarray(offsets, np.int32),
        pixel_id=np.asarray(ids, np.int32),
    )


@dataclass
class Client:
    """What a control program does: sends commands and events, reads replies, histograms and signs of life."""

    transport: Transport
    prefix: str
    n_partitions: int = 2
    said: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.producer = self.transport.producer()
        for topic, n in (("commands", 1), ("responses", 1), ("beats", 1), ("hist", 1), ("events", self.n_partitions)):
            self.transport.create_topic(self.name(topic), partitions=n)

    def name(self, topic: str) -> str:
        return f"{self.prefix}-{topic}"

    @property
    def server(self) -> str:
        return self.transport.url.removeprefix("kafka://")

    def entry(self, kind: str = "hist1d", **keys: Any) -> dict[str, Any]:
        """Return a sound entry of a configuration."""
        common = {"type": kind, "data_brokers": [self.server], "data_topics": [self.name("events")]}
        own = {
            "hist1d": {"tof_range": [0, 100_000_000], "num_bins": 50},
            "hist2d": {"tof_range": [0, 100_000_000], "det_range": [1, 64], "num_bins": [10, 8]},
            "dethist": {"det_range": [1, 64], "width": 16, "height": 4},
            "roihist": {"left_edges": [20, 4], "width": 5},
        }[kind]
        return {**common, **own, "topic": self.name("hist"), "id": "h", **keys}

    def config(self, *entries: dict[str, Any], **keys: Any) -> dict[str, Any]:
        content = {"cmd": "config", "input_schema": "ev44", "output_schema": "hs01"}
        return {**content, "histograms": list(entries) or [self.entry()], **keys}

    def send_raw(self, topic: str, value: bytes, **options: Any) -> None:
        self.producer.produce(self.name(topic), value, **options)
        assert self.producer.flush(20.0) == 0

    def send(self, command: dict[str, Any] | bytes) -> None:
        self.send_raw("commands", command if isinstance(command, bytes) else json.dumps(command).encode())

    def ask(self, command: dict[str, Any], timeout_s: float = 20.0) -> dict[str, Any]:
        """Send a command with a msg_id, and return the reply."""
        msg_id = f"{command.get('cmd')}-{time.time_ns()}"
        self.send({**command, "msg_id": msg_id})
        return self.reply_to(msg_id, timeout_s)

    def reply_to(self, msg_id: str, timeout_s: float = 20.0) -> dict[str, Any]:
        return until(lambda: next((r for r in self.replies() if r["msg_id"] == msg_id), None), timeout_s)

    def start(self, *entries: dict[str, Any], **keys: Any) -> None:
        """Configure and make sure that it was obeyed."""
        assert self.ask(self.config(*entries, **keys))["response"] == "ACK"

    def events(
        self,
        ids: Any,
        offsets: Any,
        *,
        source: str = "det",
        schema: str = "ev44",
        partition: int = 0,
        at_ms: int | None = None,
        pulse_ns: int | None = None,
    ) -> None:
        """Send one message of events of one pulse."""
        pulse_ns = time.time_ns() if pulse_ns is None else pulse_ns
        message = event_bytes(ids, offsets, source=source, schema=schema, pulses_ns=[pulse_ns])
        self.send_raw("events", message, partition=partition, timestamp_ms=at_ms)

    def expire(self, topic: str, *, before: int) -> None:
        """Let the first messages of the first partition expire."""
        admin = AdminClient({"bootstrap.servers": self.server})
        for future in admin.delete_records([TopicPartition(self.name(topic), 0, before)]).values():
            future.result(10)

    def read(self, topic: str) -> list[bytes]:
        """Return all messages of a topic."""
        name = self.name(topic)
        partitions = [Partition(name, i) for i in range(self.transport.topics()[name])]
        marks = self.transport.watermarks(partitions)
        if all(mark.high == mark.low for mark in marks.values()):
            return []
        values: list[bytes] = []
        consumer = self.transport.consumer()
        try:
            consumer.assign({p: mark.low for p, mark in marks.items()})
            while any(consumer.positions()[p] < mark.high for p, mark in marks.items()):
                values += [r.value for r in consumer.fetch(1.0)]
        finally:
            consumer.close()
        return values

    def replies(self) -> list[dict[str, Any]]:
        return [json.loads(value) for value in self.read("responses")]

    def beats(self) -> list[Any]:
        return [schemas.decode(value) for value in self.read("beats")]

    def histograms(self, id: str = "h", topic: str = "hist") -> list[Published]:
        found = [published(value) for value in self.read(topic)]
        return [h for h in found if h.info["id"] == id]

    def last(self, id: str = "h", **expected: Any) -> Published:
        """Wait until the last histogram's info says what is expected, and return it."""

        def look() -> Published | None:
            found = self.histograms(id)
            fits = found and all(found[-1].info.get(key) == value for key, value in expected.items())
            return found[-1] if fits else None

        return until(look)


@dataclass(frozen=True)
class Published:
    """A histogram as it was published."""

    schema: str
    data: np.ndarray
    edges: list[np.ndarray]
    info: dict[str, Any]
    message: Any


def published(value: bytes) -> Published:
    message = schemas.decode(value)
    if message.SCHEMA == "da00":
        variables = {v.name: v for v in message.data}
        signal = variables["signal"]
        edges = [variables[axis].data for axis in signal.axes]
        return Published("da00", signal.data, edges, json.loads(variables["info"].data), message)
    edges = [d.bin_boundaries for d in message.dim_metadata]
    return Published(message.SCHEMA, message.data, edges, json.loads(message.info), message)


@contextlib.contextmanager
def served(client: Client, **options: Any) -> Iterator[Service]:
    """Run a service in a thread, end it, and see to it that no thread stays."""
    topics = Topics(client.name("commands"), client.name("responses"), client.name("beats"))
    before = set(threading.enumerate())
    service = Service(client.transport.url, topics, say=client.said.append, **options)
    thread = threading.Thread(target=service.run, name="service")
    thread.start()
    try:
        assert service.wait_ready(120.0)  # loops may have to be compiled
        yield service
    finally:
        service.stop()
        thread.join(10.0)
        service.close()
    left = [t for t in threading.enumerate() if t not in before and t.name.startswith("livedata-serve")]
    assert not left
