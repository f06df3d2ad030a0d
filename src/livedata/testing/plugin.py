"""pytest fixtures: a Kafka broker for the whole session and topic names of a test's own.

Nothing is loaded or started before a test asks for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("livedata.testing.contract")


@pytest.fixture(scope="session")
def kafka_url() -> Iterator[str]:
    """URL of a real Kafka: ``LIVEDATA_TEST_BROKER`` if set, else one started for the session."""
    from .broker import shared_kafka

    with shared_kafka() as url:
        yield url


@pytest.fixture
def topic_prefix() -> str:
    """Return the start of topic names that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"
