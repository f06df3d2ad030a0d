"""Fixtures for all tests. The plugin is imported here so that they work from a bare checkout, too."""

from __future__ import annotations

from livedata.testing.plugin import kafka_url, topic_prefix

__all__ = ["kafka_url", "topic_prefix"]
