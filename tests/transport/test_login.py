"""SASL on a real broker: the settings reach the client, and a wrong password is said as such."""

from __future__ import annotations

import time

import pytest

from livedata.errors import BrokerUnreachable, TransportError
from livedata.testing import kafka_broker
from livedata.testing.contract import collect, send
from livedata.transport import Partition, open_transport
from livedata.transport.broker import cluster

pytestmark = pytest.mark.kafka

JAAS = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    'username="reader" password="right" user_reader="right";'
)


@pytest.fixture(scope="module")
def sasl_port():
    """Port of a second listener that wants a login."""
    original = cluster.server_properties
    with cluster.contextlib.ExitStack() as taken:
        port = cluster._bind(0, taken)

    def with_login(*arguments):
        lines = []
        for line in original(*arguments).splitlines():
            key = line.partition("=")[0]
            lines.append(
                f"{line},LOGIN://127.0.0.1:{port}" if key.endswith("listeners") and "names" not in key else line
            )
        text = "\n".join(lines).replace("PLAINTEXT:PLAINTEXT", "PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT", 1)
        return f"{text}\nsasl.enabled.mechanisms=PLAIN\nlistener.name.login.plain.sasl.jaas.config={JAAS}\n"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "server_properties", with_login)
        with kafka_broker():
            yield port


def open_with(password, port):
    settings = {"security.protocol": "SASL_PLAINTEXT"}
    return open_transport(f"kafka://reader:{password}@127.0.0.1:{port}", settings=settings)


def test_a_login_lets_messages_through(sasl_port, topic_prefix):
    transport = open_with("right", sasl_port)
    transport.create_topic(topic_prefix)
    producer, consumer = transport.producer(), transport.consumer()
    send(producer, topic_prefix, [b"x"])
    consumer.assign({Partition(topic_prefix, 0): 0})
    values = [r.value for r in collect(consumer, 1)]
    time.sleep(1.5)
    contact = consumer.contact
    consumer.close()
    producer.close()
    transport.close()
    assert values == [b"x"]
    assert not contact.is_lost


def test_a_wrong_password_is_said_at_once_and_not_shown(sasl_port):
    transport = open_with("wr0ng-one", sasl_port)
    with pytest.raises(TransportError, match="refused the login") as caught:
        transport.topics()
    transport.close()
    assert not isinstance(caught.value, BrokerUnreachable)
    assert "wr0ng-one" not in str(caught.value)
