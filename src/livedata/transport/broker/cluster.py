"""The handle on a broker of ours: start, stop, and the faults that tests need."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from ...errors import ArgumentError, MissingExtra, TransportError
from .distribution import find_jars, find_java
from .guard import Guard
from .node import Node
from .progress import Progress, ProgressCallback, ignore
from .properties import Seat, server_properties

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 10.0


class Broker:
    """A running Apache Kafka on loopback, made by `start_broker`. Use it as a ``with`` block, or call `stop`."""

    def __init__(self, nodes: list[Node], guard: Guard, settings: Mapping[str, str], temporary: Path | None) -> None:
        self._nodes = nodes
        self._guard = guard
        self._settings = dict(settings)
        self._temporary = temporary
        self._cluster_id = str(uuid.uuid4())
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<broker {self.url}: {len(self.pids)} of {len(self._nodes)} nodes running>"

    @property
    def url(self) -> str:
        """Its address, for `livedata.transport.open_transport`."""
        return "kafka://" + ",".join(f"127.0.0.1:{node.seat.port}" for node in self._nodes)

    @property
    def bootstrap(self) -> str:
        """Its address as Kafka's own clients take it."""
        return self.url.removeprefix("kafka://")

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the nodes that run."""
        return tuple(node.pid for node in self._nodes if node.pid is not None)

    def stop(self) -> None:
        """End all nodes (SIGTERM, after 10 s SIGKILL) and remove temporary data. Stopping twice does nothing."""
        if self._stopped:
            return
        self._stopped = True
        try:
            for node in self._nodes:
                node.terminate()
            deadline = time.monotonic() + STOP_TIMEOUT_S
            for node in self._nodes:
                node.reap(deadline)
        finally:
            for node in self._nodes:
                node.reap(0.0)
            if self._temporary is not None:
                shutil.rmtree(self._temporary, ignore_errors=True)
            self._guard.dismiss()

    def kill(self, node: int = 1) -> None:
        """End a node with SIGKILL, with no chance to end in good order."""
        chosen = self._node(node)
        chosen.send(signal.SIGKILL)
        chosen.reap(time.monotonic() + STOP_TIMEOUT_S)

    def restart(self, node: int = 1, *, empty: bool = False) -> None:
        """Start a node again at its old address, with its old data or none, and wait until it answers."""
        chosen = self._node(node)
        chosen.terminate()
        chosen.reap(time.monotonic() + STOP_TIMEOUT_S)
        if empty:
            chosen.empty()
            self._cluster_id = str(uuid.uuid4())
        self._start([chosen], ignore)

    def freeze(self, node: int = 1) -> None:
        """Stop a node in its tracks (SIGSTOP): connections stay open and nothing answers."""
        self._node(node).freeze()

    def thaw(self, node: int = 1) -> None:
        """Let a frozen node go on (SIGCONT)."""
        self._node(node).thaw()

    def _start(self, nodes: Sequence[Node], progress: ProgressCallback) -> None:
        seats = [node.seat for node in self._nodes]
        for node in nodes:
            progress(Progress(f"preparing node {node.seat.node} in {node.seat.folder}"))
            node.prepare(server_properties(node.seat, seats, self._settings), self._cluster_id)
        for node in nodes:
            node.start()
        progress(Progress(f"waiting for {self.url} to answer"))
        _wait_until_up(self._nodes)

    def _node(self, number: int) -> Node:
        for node in self._nodes:
            if node.seat.node == number:
                return node
        raise ArgumentError(f"there is no node {number}; this broker has 1 to {len(self._nodes)}")


def start_broker(
    *,
    port: int | None = None,
    data: Path | str | None = None,
    nodes: int = 1,
    settings: Mapping[str, str] | None = None,
    progress: ProgressCallback = ignore,
) -> Broker:
    """Start Apache Kafka on 127.0.0.1 and wait until it answers, some 3 s (the first time 10-20 s: 43 MB to download).

    It ends with this process at the latest, also when the process is killed.

    Parameters
    ----------
    port
        Of the first node; the others get the next ones. Free ports if left out.
    data
        Folder for its data, kept and found again the next time; a temporary one if left out.
    nodes
        1, or 3 for replication and leader changes (2.5 GB of memory).
    settings
        Entries of ``server.properties`` that win over ours.
    progress
        Called with each step, also from another thread.

    Raises
    ------
    MissingExtra
        Without Java or Kafka and without the packages that bring them.
    TransportError
        If the port is taken or the server does not come up; the message holds the end of its log.
    """
    if not 1 <= nodes <= 9:
        raise ArgumentError(f"a broker has 1 to 9 nodes, not {nodes}")
    _require_client()
    java, jars = find_java(), find_jars(progress)
    temporary = None if data is not None else Path(tempfile.mkdtemp(prefix="livedata-broker-"))
    folder = temporary if data is None else Path(data).expanduser().absolute()
    assert folder is not None
    _check_members(folder, nodes)
    guard = Guard()
    broker = None
    try:
        if temporary is not None:
            guard.remove(temporary)
        members = [Node(seat, java, jars, guard) for seat in _seats(port, nodes, folder)]
        broker = Broker(members, guard, settings or {}, temporary)
        broker._start(members, progress)
    except BaseException:
        if broker is not None:
            broker.stop()
        else:
            guard.dismiss()
            if temporary is not None:
                shutil.rmtree(temporary, ignore_errors=True)
        raise
    return broker


def _seats(port: int | None, nodes: int, folder: Path) -> list[Seat]:
    with contextlib.ExitStack() as taken:
        # All sockets are open at once, so that no port is chosen twice.
        ports = [_bind(0 if port is None else port + i, taken) for i in range(nodes)]
        controllers = [_bind(0, taken) for _ in range(nodes)]
    return [Seat(i + 1, ports[i], controllers[i], folder / f"node-{i + 1}") for i in range(nodes)]


def _check_members(folder: Path, nodes: int) -> None:
    """Refuse a data folder of a cluster of another size: its nodes would wait for the missing ones."""
    members = len(list(folder.glob("node-*/log/meta.properties")))
    if members not in {0, nodes}:
        raise ArgumentError(
            f"{folder} holds a broker of {members} node(s), not {nodes}; start that or use another folder"
        )


def _bind(port: int, taken: contextlib.ExitStack) -> int:
    if not 0 <= port < 65536:
        raise ArgumentError(f"{port} is not a port; expected 1 to 65535")
    server = taken.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(("127.0.0.1", port))
    except OSError as error:
        raise TransportError(
            f"port {port} on 127.0.0.1 cannot be used: {error.strerror}; stop what listens there or choose another port"
        ) from error
    return int(server.getsockname()[1])


def _wait_until_up(nodes: Sequence[Node]) -> None:
    """Ask for metadata until all running nodes are in it: a connection alone says nothing yet."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    running = [node for node in nodes if node.is_running]
    servers = ",".join(f"127.0.0.1:{node.seat.port}" for node in running)
    wanted = {node.seat.node for node in running}
    config: dict[str, Any] = {"bootstrap.servers": servers, "log_level": 0, "reconnect.backoff.max.ms": 200}
    config["error_cb"] = lambda _: None  # no answer is what we wait through
    client = AdminClient(config)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        for node in running:
            node.check()
        with contextlib.suppress(KafkaException):
            if wanted <= set(client.list_topics(timeout=0.2).brokers):
                return
            time.sleep(0.05)
    raise TransportError(
        f"no answer from kafka://{servers} {START_TIMEOUT_S:.0f} s after its start; see {running[0].log_file}"
    )


def _require_client() -> None:
    try:
        import confluent_kafka  # noqa: F401
    except ImportError as error:
        raise MissingExtra("starting a broker", "broker") from error
