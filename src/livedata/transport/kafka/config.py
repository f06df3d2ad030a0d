"""What librdkafka is told: our defaults, the user's settings, and what is ours to decide."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException

from ...errors import SettingsError, TransportError
from ..address import Address
from ..message import MAX_MESSAGE_BYTES

Client = TypeVar("Client")

OVERHEAD_BYTES = 1_000_000
"""Room for key, headers and framing beside the largest payload."""

log = logging.getLogger("livedata.transport.kafka")
log.addHandler(logging.NullHandler())


class _Chatter:
    """Takes what librdkafka logs, at the lowest level: during an outage it says the same ten times a second."""

    def log(self, level: int, text: str, *parts: object) -> None:
        """Pass a line on."""
        log.debug(text, *parts)


_OURS = {
    "bootstrap.servers": "it comes from the address",
    "enable.auto.commit": "livedata keeps its own positions",
    "enable.auto.offset.store": "livedata keeps its own positions",
    "enable.partition.eof": "livedata keeps its own positions",
    "auto.offset.reset": "livedata decides where to go on",
}

_CONNECTION = {
    "socket.keepalive.enable": True,
    "socket.timeout.ms": 20_000,
    "socket.connection.setup.timeout.ms": 5_000,
    "reconnect.backoff.ms": 100,
    "reconnect.backoff.max.ms": 1_000,
    "client.id": "livedata",
}

_CONSUMER = {
    "group.id": "livedata",
    # Below 64 MB large messages arrive several times slower.
    "queued.max.messages.kbytes": 131_072,
    "fetch.queue.backoff.ms": 10,
    "fetch.error.backoff.ms": 200,
    "fetch.wait.max.ms": 100,
    # Larger answers ask for fresh memory each time, a third of the cost of reading. One large message passes anyhow.
    "fetch.message.max.bytes": 4 * 2**20,
    "fetch.max.bytes": MAX_MESSAGE_BYTES + 2 * OVERHEAD_BYTES,
    "receive.message.max.bytes": 2 * MAX_MESSAGE_BYTES,
    # A topic that is created later is seen soon.
    "topic.metadata.refresh.interval.ms": 10_000,
}

_PRODUCER = {
    # Exactly once into the log, whatever has to be sent again; and patience, since an outage is no reason to lose data.
    "enable.idempotence": True,
    "message.timeout.ms": 0,
    "message.max.bytes": MAX_MESSAGE_BYTES + OVERHEAD_BYTES,
    "queue.buffering.max.kbytes": 262_144,
    "queue.buffering.max.messages": 500_000,
    "linger.ms": 5,
    "retry.backoff.ms": 100,
    "retry.backoff.max.ms": 500,
    "partitioner": "consistent_random",
}

_PROBE = {
    # A request to a frozen broker is given up soon and the connection made anew.
    "socket.timeout.ms": 2_000,
    "socket.connection.setup.timeout.ms": 2_000,
    "api.version.request.timeout.ms": 2_000,
    "reconnect.backoff.max.ms": 300,
    "group.id": "livedata",
}


def consumer_config(address: Address) -> dict[str, Any]:
    """Return the configuration of a reader."""
    fixed = {
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
    }
    return {**_base(address, _CONSUMER), **fixed}


def producer_config(address: Address) -> dict[str, Any]:
    """Return the configuration of a writer."""
    return _base(address, _PRODUCER)


def probe_config(address: Address) -> dict[str, Any]:
    """Return the configuration of the client that asks whether the broker is there."""
    return {**_base(address, {}), **_PROBE, "enable.auto.commit": False}


def admin_config(address: Address) -> dict[str, Any]:
    """Return the configuration of the client that asks for topics and offsets."""
    return {**_base(address, {}), "group.id": "livedata", "enable.auto.commit": False}


def make_client(kind: Callable[[dict[str, Any]], Client], config: dict[str, Any], address: Address) -> Client:
    """Create a client handle; it connects in the background.

    Raises
    ------
    SettingsError
        If librdkafka does not know a setting or its value.
    """
    try:
        return kind(config)
    except (KafkaException, TypeError, ValueError) as error:
        raise SettingsError(
            f"the Kafka client refused the settings for {address.url}: {explain(error, address)}; "
            "see librdkafka's list of configuration properties"
        ) from None


def check_settings(address: Address) -> None:
    """Raise `SettingsError` for settings that are not the user's to make, all of them at once."""
    problems = [f"{key!r} cannot be set ({why})" for key, why in _OURS.items() if key in address.settings]
    problems += [f"{key!r} has a value that is no text" for key, value in address.settings.items() if callable(value)]
    if problems:
        raise SettingsError(f"settings for {address.url}: {'; '.join(problems)}")


def explain(error: BaseException | KafkaError, address: Address) -> str:
    """Return an error's text without secrets."""
    inner = error.args[0] if isinstance(error, KafkaException) and error.args else error
    text = inner.str() if isinstance(inner, KafkaError) else str(inner)
    for secret in address.secrets:
        text = text.replace(secret, "***")
    return text


def code_of(error: BaseException) -> int:
    """Return librdkafka's code of an exception, or 0."""
    inner = error.args[0] if isinstance(error, KafkaException) and error.args else None
    return inner.code() if isinstance(inner, KafkaError) else 0


def failed(what: str, error: BaseException, address: Address) -> TransportError:
    """Return the error for something that the broker refused."""
    return TransportError(f"{address.url}: {what}: {explain(error, address)}")


def _base(address: Address, defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {**_CONNECTION, **defaults, "logger": _Chatter(), **address.settings, "bootstrap.servers": address.name}
