"""The fixtures for other people's tests."""

from __future__ import annotations

import pytest

from livedata.errors import TransportError
from livedata.testing.broker import shared_kafka


def test_a_running_broker_is_used_if_one_is_named(monkeypatch):
    monkeypatch.setenv("LIVEDATA_TEST_BROKER", "127.0.0.1:9999")
    with shared_kafka() as url:
        assert url == "kafka://127.0.0.1:9999"


def test_without_a_broker_the_error_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.delenv("LIVEDATA_TEST_BROKER", raising=False)
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path))
    cure = r"LIVEDATA_TEST_BROKER=host:port.*pip install 'livedata\[broker\]'"
    with pytest.raises(TransportError, match=cure), shared_kafka():
        pass


def test_topic_names_start_with_something_of_the_tests_own(topic_prefix):
    assert topic_prefix.isalnum()
    assert len(topic_prefix) > 8
