"""Fixtures for all tests. The plugin is imported here so that they work from a bare checkout, too."""

from __future__ import annotations

import pytest

from livedata.testing.plugin import kafka_url, topic_prefix

__all__ = ["compiled", "kafka_url", "topic_prefix"]


@pytest.fixture(scope="session", autouse=True)
def compiled():
    """Compile the counting loops once beforehand: on a fresh machine that takes longer than tests wait for counts."""
    from livedata.reduce.fold.build import warm_up

    warm_up()
