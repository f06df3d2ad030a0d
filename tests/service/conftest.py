"""A service on a real Kafka, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from livedata.service.service import Service
from livedata.transport import open_transport
from tests.service.facility import Client, served


@pytest.fixture
def client(kafka_url, topic_prefix) -> Iterator[Client]:
    transport = open_transport(kafka_url)
    client = Client(transport, topic_prefix)
    yield client
    client.producer.close()
    transport.close()


@pytest.fixture
def service(client) -> Iterator[Service]:
    with served(client) as service:
        yield service
