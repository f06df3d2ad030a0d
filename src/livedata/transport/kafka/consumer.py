"""Reading Kafka: assigned partitions, own positions, poll for the first message and drain what is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer as Handle
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from ...errors import TransportError
from ..address import Address
from ..protocol import Contact, Partition, Record, Watermarks
from .config import consumer_config, explain, failed, make_client
from .probe import Prober
from .record import due_records

STEP_S = 0.1
"""Longest stay in the C client in one piece, so that interrupts and `KafkaConsumer.close` get through."""

AT_ONCE = 500
"""So many messages are made records before more are taken from the client: they are still in the cache then."""

IDLE_S = 0.05
"""Age at which a client that has read nothing yet is replaced by a new one."""

_OUT_OF_RANGE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
_UNKNOWN = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError.UNKNOWN_TOPIC_ID,
}


class KafkaConsumer:
    """A reader of assigned partitions. Made by `KafkaTransport.consumer`."""

    def __init__(self, address: Address, prober: Prober) -> None:
        self._address = address
        self._prober = prober
        self._lock = threading.Lock()
        self._handle = self._new_handle()
        self._made_s = time.monotonic()
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._astray: set[Partition] = set()
        self._beyond: set[Partition] = set()
        self._moves: dict[Partition, int] = {}
        self._remarks: dict[Partition, str] = {}
        self._troubles: dict[Partition, str] = {}
        self._last_life_ns = 0
        self._closed = False
        prober.join(self)

    @property
    def contact(self) -> Contact:
        """Whether the broker answers. Without a loss, `reason` says what is odd: a log that began anew, a refusal."""
        contact = self._prober.contact(self._positions)
        if contact.is_lost:
            return contact
        return Contact(0, "; ".join([*self._troubles.copy().values(), *self._remarks.copy().values()]))

    @property
    def last_life_ns(self) -> int:
        """Wall-clock time of the last message."""
        return self._last_life_ns

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read exactly these partitions; one that does not exist yet is read from when it appears."""
        with self._lock:
            self._require_open()
            if positions and not self._positions and time.monotonic() - self._made_s > IDLE_S:
                # A client that was idle takes up a partition only at its next one-second tick; a new one does at once.
                self._handle.close()
                self._handle = self._new_handle()
            self._positions = {Partition(*p): max(int(offset), 0) for p, offset in positions.items()}
            self._paused = set()
            self._astray = set()
            self._beyond = set()
            self._moves = {}
            self._remarks = {}
            self._troubles = {}
            self._apply()

    def fetch(self, timeout_s: float, *, max_records: int = 1000) -> list[Record]:
        """Wait for the first message, then take what else is there. A closed consumer gets nothing."""
        deadline = time.monotonic() + timeout_s
        while True:
            left_s = max(deadline - time.monotonic(), 0.0)
            with self._lock:
                if not self._closed:
                    if self._moves:
                        self._move()
                    records = self._take(min(left_s, STEP_S), max_records)
                    if records:
                        return records
            if left_s == 0.0:
                return []
            if self._closed:
                # Without a pause, a loop that has not noticed yet would take a whole core.
                time.sleep(min(left_s, STEP_S))
                return []

    def positions(self) -> dict[Partition, int]:
        """Offset of the next message of each assigned partition."""
        return dict(self._positions)

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Stop reading these partitions; their positions stay."""
        with self._lock:
            self._require_open()
            chosen = [Partition(*p) for p in partitions if Partition(*p) in self._positions]
            self._handle.pause([TopicPartition(*p) for p in chosen])
            self._paused.update(chosen)

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Go on reading paused partitions where they stopped."""
        with self._lock:
            self._require_open()
            chosen = [Partition(*p) for p in partitions if Partition(*p) in self._paused]
            self._handle.resume([TopicPartition(*p) for p in chosen])
            self._paused.difference_update(chosen)

    def close(self) -> None:
        """Leave without a word to the broker; a waiting `fetch` returns empty within 0.1 s."""
        self._closed = True
        self._prober.leave(self)
        with self._lock:
            handle, self._handle = self._handle, None  # type: ignore[assignment]
        if handle is not None:
            handle.close()

    def asked_about(self) -> Mapping[Partition, int]:
        """Return the partitions and positions to ask the broker about."""
        return dict(self._positions)

    def answered(self, partition: Partition, watermarks: Watermarks, position: int) -> None:
        """Find out whether a position fell out of the log: behind its start, or beyond the end of a log that is new."""
        self._troubles.pop(partition, None)
        if self._positions.get(partition) != position:
            return
        if position <= watermarks.high:
            self._beyond.discard(partition)
        elif partition not in self._astray and partition not in self._beyond:
            self._beyond.add(partition)  # a second look, since going back to the start is not to be undone
            return
        if position > watermarks.high:
            self._remarks[partition] = (
                f"the log of {partition.topic!r} partition {partition.partition} began anew: "
                f"reading from offset {watermarks.low}, not {position}"
            )
            self._moves[partition] = watermarks.low
        elif partition in self._astray:
            self._moves[partition] = max(position, watermarks.low)

    def refused(self, partition: Partition, reason: str) -> None:
        """Remember why the broker says nothing about a partition, until it does."""
        if partition in self._positions:
            self._troubles[partition] = f"{partition.topic!r} partition {partition.partition}: {reason}"

    def began_anew(self) -> None:
        """Another cluster answers at the address: go to the start of every log."""
        for partition, position in list(self._positions.items()):
            self._remarks[partition] = (
                f"another cluster answers at {self._address.url}: reading {partition.topic!r} partition "
                f"{partition.partition} from its start, not from offset {position}"
            )
            self._moves[partition] = 0

    def _new_handle(self) -> Handle:
        return make_client(Handle, {**consumer_config(self._address), "error_cb": self._hear}, self._address)

    def _take(self, timeout_s: float, max_records: int) -> list[Record]:
        records: list[Record] = []
        try:
            first = self._handle.poll(timeout_s)
            messages = [] if first is None else [first]
            room = min(AT_ONCE, max_records) if messages else 0
            while room > 0:
                if room > len(messages):
                    messages += self._handle.consume(room - len(messages), 0)
                records += due_records(messages, self._positions, self._take_error)
                is_drained = len(messages) < room
                room = 0 if is_drained else min(AT_ONCE, max_records - len(records))
                messages = []
        except KafkaException as error:
            if not records:  # what was read is not lost for an error that comes again if it lasts
                raise failed("reading failed", error, self._address) from error
        if records:
            self._last_life_ns = time.time_ns()
        return records

    def _take_error(self, message: Message) -> None:
        error = message.error()
        assert error is not None
        number = message.partition()
        partition = Partition(message.topic() or "", -1 if number is None else number)
        if error.code() == KafkaError._PARTITION_EOF:
            offset = message.offset()
            # Behind the last message there may be marks of transactions, which have offsets too.
            if offset is not None and offset > self._positions.get(partition, offset):
                self._positions[partition] = offset
        elif error.code() in _OUT_OF_RANGE:
            self._astray.add(partition)
            self._prober.hurry("")
        elif error.code() in _UNKNOWN:
            self._troubles[partition] = (
                f"{self._address.url} has no partition {partition.partition} of {partition.topic!r}"
            )
            self._astray.add(partition)
        else:
            self._troubles[partition] = f"{partition.topic!r}: {explain(error, self._address)}"

    def _move(self) -> None:
        for partition in list(self._moves):
            offset = self._moves.pop(partition)
            self._astray.discard(partition)
            if partition in self._positions:
                self._positions[partition] = offset
        self._apply()

    def _apply(self) -> None:
        try:
            self._handle.assign([TopicPartition(*p, offset) for p, offset in self._positions.items()])
            if self._paused:
                self._handle.pause([TopicPartition(*p) for p in self._paused])
        except KafkaException as error:
            raise failed("partitions cannot be read", error, self._address) from error

    def _hear(self, error: KafkaError) -> None:
        self._prober.hurry(explain(error, self._address))

    def _require_open(self) -> None:
        if self._closed:
            raise TransportError(f"this consumer of {self._address.url} is closed; open a new one")
