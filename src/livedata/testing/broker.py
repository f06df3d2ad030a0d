"""A real Kafka for a test: one that runs already, or one of our own for as long as it is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import LiveDataError, TransportError

if TYPE_CHECKING:
    from ..transport.broker import Broker

VARIABLE = "LIVEDATA_TEST_BROKER"
"""Environment variable with the address of a running broker, ``host:port`` or ``kafka://host:port``."""


@contextmanager
def kafka_broker(*, nodes: int = 1, settings: Mapping[str, str] | None = None) -> Iterator[Broker]:
    """Start Apache Kafka on free loopback ports for the length of a ``with`` block.

    Parameters
    ----------
    nodes
        1, or 3 for replication.
    settings
        Entries of ``server.properties``.

    Yields
    ------
    Broker
        Its handle: ``url``, ``kill()``, ``restart()``, ``freeze()``, ``thaw()``.

    Raises
    ------
    MissingExtra, TransportError
        If there is no Kafka or Java, or it does not start.
    """
    from ..transport.broker import start_broker

    with start_broker(nodes=nodes, settings=settings) as broker:
        yield broker


@contextmanager
def shared_kafka() -> Iterator[str]:
    """Give the URL of the broker in ``LIVEDATA_TEST_BROKER``, or of one started for the length of the block.

    Raises
    ------
    TransportError
        If there is neither; the message says how to get one.
    """
    running = os.environ.get(VARIABLE)
    if running:
        yield running if "://" in running else f"kafka://{running}"
        return
    try:
        context = kafka_broker()
        broker = context.__enter__()
    except LiveDataError as error:
        raise TransportError(
            f"tests against Kafka need a broker: {error}. Set {VARIABLE}=host:port to use one that runs, "
            "or: pip install 'livedata[broker]'"
        ) from error
    try:
        yield broker.url
    finally:
        context.__exit__(None, None, None)
