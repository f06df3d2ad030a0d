"""Kafka's server settings for a small cluster on loopback.

Static voters, since then the ports are in this file alone and a data folder can be started again on other ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MESSAGE_BYTES = 110_000_000
"""Largest batch the broker takes: a message of 100 MiB with room for what is around it."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One node's number, ports on 127.0.0.1 and folder."""

    node: int
    port: int
    controller_port: int
    folder: Path


def server_properties(seat: Seat, seats: Sequence[Seat], settings: Mapping[str, str]) -> str:
    """Return the text of a node's ``server.properties``; `settings` win over ours."""
    replicas = min(3, len(seats))
    in_sync = 2 if replicas == 3 else 1
    voters = ",".join(f"{s.node}@127.0.0.1:{s.controller_port}" for s in seats)
    content = {
        "process.roles": "broker,controller",
        "node.id": seat.node,
        "controller.quorum.voters": voters,
        "listeners": f"PLAINTEXT://127.0.0.1:{seat.port},CONTROLLER://127.0.0.1:{seat.controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{seat.port}",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": seat.folder / "log",
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 1,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": 1,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": in_sync,
        "auto.create.topics.enable": "true",
        "num.partitions": 1,
        "group.initial.rebalance.delay.ms": 0,
        # Old record times must not make messages disappear while somebody looks at them.
        "log.retention.ms": -1,
        "message.max.bytes": MESSAGE_BYTES,
        "replica.fetch.max.bytes": MESSAGE_BYTES,
        "socket.request.max.bytes": 2 * MESSAGE_BYTES,
        "log.cleaner.dedupe.buffer.size": 2_097_152,
        "log.segment.bytes": 134_217_728,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "num.recovery.threads.per.data.dir": 1,
        "controlled.shutdown.enable": "false",
        # How long the controller keeps the place of a killed node: by default its restart waits 9 s for that.
        "broker.session.timeout.ms": 3000 if len(seats) == 1 else 6000,
        "broker.heartbeat.interval.ms": 500,
    }
    content.update(settings)
    return "".join(f"{key}={str(value).replace(chr(92), chr(92) * 2)}\n" for key, value in content.items())
