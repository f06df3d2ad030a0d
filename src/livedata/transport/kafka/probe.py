"""Is the broker there? A thread that asks, since a lost or frozen broker makes no sound of its own.

Every second it asks for a little metadata, and for the watermarks of the partitions that somebody reads, some after
others. An answer that does not come in time marks the partition silent, the next one that comes clears it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakSet

from confluent_kafka import Consumer as KafkaConsumerHandle
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from ..address import Address
from ..protocol import Contact, Partition, Watermarks
from .config import code_of, explain, log, make_client, probe_config

PERIOD_S = 1.0
TIMEOUT_S = 2.0
PARTITIONS_A_ROUND = 16

_ANY_TOPIC = "__consumer_offsets"
_SILENCE = {
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._RESOLVE,
    KafkaError._SSL,
    KafkaError._AUTHENTICATION,
    KafkaError._WAIT_CACHE,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.BROKER_NOT_AVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer since a wall-clock time, ns."""

    since_ns: int
    reason: str


class Client(Protocol):
    """A consumer or producer that wants to know whether its broker answers."""

    def asked_about(self) -> Mapping[Partition, int]:
        """Return the partitions whose leaders matter to it, with its positions now."""
        ...

    @property
    def last_life_ns(self) -> int:
        """Wall-clock time of the last thing the broker did for it."""
        ...

    def answered(self, partition: Partition, watermarks: Watermarks, position: int) -> None:
        """Take note of the watermarks; they are younger than `position`, which `asked_about` gave."""
        ...

    def refused(self, partition: Partition, reason: str) -> None:
        """Take note that the broker answers, but not about this partition: it may not exist."""
        ...

    def began_anew(self) -> None:
        """Take note that another cluster answers at the same address: all logs are new."""
        ...


class Prober:
    """Asks the broker for all consumers and producers of a transport, while there are any."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._clients: WeakSet[Client] = WeakSet()
        self._silent: dict[Partition, Silence] = {}
        self._broker_silent: Silence | None = None
        self._last_answer_ns: dict[Partition | None, int] = {}
        self._last_words = ""
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._turn = 0
        self._cluster_id: str | None = None

    def join(self, client: Client) -> None:
        """Ask for this client too, until it leaves or is garbage."""
        with self._lock:
            self._clients.add(client)
            if self._thread is None:
                self._last_answer_ns = {None: time.time_ns()}
                self._cluster_id = None
                self._thread = threading.Thread(target=self._run, name="livedata-kafka-probe", daemon=True)
                self._thread.start()

    def leave(self, client: Client) -> None:
        """Ask no longer for this client; without clients the thread ends."""
        with self._lock:
            self._clients.discard(client)
            if not self._clients:
                self._hurry.set()

    def hurry(self, reason: str) -> None:
        """Ask soon: a client has seen an error on a connection."""
        self._last_words = reason
        self._hurry.set()

    def contact(self, partitions: Iterable[Partition] = ()) -> Contact:
        """Return whether the broker, and the leaders of these partitions, answer."""
        silent = [s for s in (self._broker_silent, *(self._silent.get(p) for p in partitions)) if s is not None]
        if not silent:
            return Contact()
        oldest = min(silent, key=lambda s: s.since_ns)
        return Contact(oldest.since_ns, oldest.reason)

    def _run(self) -> None:
        handle = make_client(
            KafkaConsumerHandle, {**probe_config(self._address), "error_cb": self._overhear}, self._address
        )
        try:
            while self._wanted():
                begin = time.monotonic()
                try:
                    self._round(handle)
                except Exception:  # noqa: BLE001
                    # Without this thread a loss would no longer show.
                    log.exception("asking %s failed", self._address)
                if self._hurry.wait(max(PERIOD_S - (time.monotonic() - begin), 0.1)):
                    self._hurry.clear()
                    time.sleep(0.1)  # errors come in bursts
        finally:
            handle.close()

    def _wanted(self) -> bool:
        with self._lock:
            if not self._clients:
                self._thread = None
                self._silent.clear()
                self._broker_silent = None
                return False
            return True

    def _round(self, handle: KafkaConsumerHandle) -> None:
        handle.poll(0)
        clients = list(self._clients)
        positions = [client.asked_about() for client in clients]
        partitions = list(dict.fromkeys(p for asked in positions for p in asked))
        for gone in set(self._silent).difference(partitions):
            del self._silent[gone]
        if not self._ask_broker(handle, clients):
            return
        for partition in self._next(partitions):
            watermarks = self._ask(handle, partition, clients)
            if watermarks is not None:
                for client, asked in zip(clients, positions, strict=True):
                    if partition in asked:
                        client.answered(partition, watermarks, asked[partition])
            elif partition in self._silent:
                # One time-out a round, so that the others are asked again soon.
                break

    def _next(self, partitions: list[Partition]) -> list[Partition]:
        """Choose whom to ask: some in turn, then those that were silent, each of them first now and then."""
        silent = _turned([p for p in partitions if p in self._silent], self._turn)
        sound = _turned([p for p in partitions if p not in self._silent], self._turn * PARTITIONS_A_ROUND)
        self._turn += 1
        return sound[:PARTITIONS_A_ROUND] + silent

    def _ask(self, handle: KafkaConsumerHandle, partition: Partition, clients: list[Client]) -> Watermarks | None:
        before = [client.asked_about().get(partition) for client in clients]
        try:
            answer = handle.get_watermark_offsets(TopicPartition(*partition), timeout=TIMEOUT_S)
        except KafkaException as error:
            # A busy broker may answer late; while messages come it is not silent.
            moved = before != [client.asked_about().get(partition) for client in clients]
            if code_of(error) in _SILENCE and not moved:
                self._silent[partition] = self._silence(partition, error, self._silent.get(partition))
                return None
            self._answered(partition)
            if code_of(error) not in _SILENCE:
                for client in clients:
                    client.refused(partition, explain(error, self._address))
            return None
        self._answered(partition)
        return Watermarks(*answer) if answer is not None else None

    def _ask_broker(self, handle: KafkaConsumerHandle, clients: list[Client]) -> bool:
        begin_ns = time.time_ns()
        try:
            cluster_id = handle.list_topics(_ANY_TOPIC, timeout=TIMEOUT_S).cluster_id
        except KafkaException as error:
            if all(client.last_life_ns < begin_ns for client in clients):
                self._broker_silent = self._silence(None, error, self._broker_silent)
            return False
        self._broker_silent = None
        self._last_answer_ns[None] = time.time_ns()
        self._last_words = ""
        if cluster_id and self._cluster_id and cluster_id != self._cluster_id:
            for client in clients:
                client.began_anew()
        self._cluster_id = cluster_id or self._cluster_id
        return True

    def _answered(self, partition: Partition) -> None:
        self._silent.pop(partition, None)
        self._last_answer_ns[partition] = self._last_answer_ns[None] = time.time_ns()

    def _silence(self, partition: Partition | None, error: KafkaException, before: Silence | None) -> Silence:
        last = self._last_answer_ns
        since_ns = before.since_ns if before else last.get(partition, last[None])
        reason = self._last_words or explain(error, self._address)
        return Silence(since_ns, f"no answer from {self._address.url}: {reason}")

    def _overhear(self, error: KafkaError) -> None:
        self._last_words = explain(error, self._address)


def _turned(partitions: list[Partition], turn: int) -> list[Partition]:
    start = turn % max(len(partitions), 1)
    return partitions[start:] + partitions[:start]
