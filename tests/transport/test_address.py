"""Addresses: what is accepted, what an error says, and that credentials stay out of sight."""

from __future__ import annotations

import pickle

import pytest

from livedata.errors import SettingsError
from livedata.transport import open_transport, parse_address
from livedata.transport.address import is_secret, parse_size


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("kafka://broker", "broker:9092"),
        ("kafka://broker:9093", "broker:9093"),
        ("kafka://one,two:9094/", "one:9092,two:9094"),
        ("kafka://[::1]:9095", "[::1]:9095"),
    ],
)
def test_kafka_hosts_get_the_default_port(url, name):
    assert parse_address(url).name == name


def test_a_login_becomes_sasl_over_tls():
    settings = parse_address("kafka://me:p%40ss@broker").settings
    assert settings == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "me",
        "sasl.password": "p@ss",
    }


def test_a_login_never_shows():
    address = parse_address("kafka://me:s3cret@broker")
    assert "s3cret" not in f"{address} {address!r} {address.url}"
    assert address.url == "kafka://broker:9092"


def test_an_address_opens_the_same_in_another_process():
    address = parse_address("kafka://me:s3cret@broker")
    assert pickle.loads(pickle.dumps(address)) == address


def test_a_retention_is_taken_from_the_address():
    assert parse_address("memory://demo?retention=2GB").retention_bytes == 2_000_000_000
    assert parse_address("memory://demo").retention_bytes is None


@pytest.mark.parametrize(
    ("text", "size"), [("1000", 1000), ("500 MB", 500_000_000), ("1.5k", 1500), ("2GiB", 2 * 10**9)]
)
def test_sizes_are_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "url",
    [
        "",
        "broker:9092",
        "http://broker",
        "kafka://",
        "kafka://host:port",
        "kafka://host:0",
        "kafka://host:99999",
        "kafka://a,,b",
        "memory://",
        "memory://a/b",
        "memory://demo?size=3",
        "mqtt://me:s3cret@broker",
        "kafka://me:s3cret@bro ker",
    ],
)
def test_other_addresses_are_refused_with_the_accepted_forms(url):
    with pytest.raises(SettingsError) as caught:
        open_transport(url)
    assert "memory://NAME" in str(caught.value) or "no broker" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_size_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="not a size"):
        parse_address("memory://demo?retention=lots")


@pytest.mark.parametrize(
    "setting", ["sasl.password", "ssl.key.password", "sasl.oauthbearer.client.secret", "ssl.key.pem"]
)
def test_secret_settings_are_known(setting):
    assert is_secret(setting)
