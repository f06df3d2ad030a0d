"""Brokers that commands name: where they are, how to log in, and the connections to them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import SettingsError, TransportError
from ..transport import Address, Producer, Transport, open_transport, parse_address
from ..transport.site import find_settings_file, read_settings

CLOSE_S = 2.0
ASK_S = 5.0


@dataclass(slots=True)
class Link:
    """One broker in use: asked for offsets through `transport`, written to through `producer`."""

    transport: Transport
    address: Address
    """With what is needed to log in."""
    producer: Producer = field(init=False)

    def __post_init__(self) -> None:
        self.producer = self.transport.producer()

    @property
    def url(self) -> str:
        """The broker's address, without credentials."""
        return self.transport.url

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Deliver what can be delivered in this time, and leave."""
        self.producer.close(timeout_s)
        self.transport.close()


class Brokers:
    """The service's own broker and those that commands name.

    Credentials go only to the hosts they were given for: those of the service's own address, and those of the site's
    settings file. A command that names another host gets a connection without a login.
    """

    def __init__(self, url: str) -> None:
        transport = open_transport(url)
        self._address: Address = transport.address  # type: ignore[attr-defined]  # both implementations have it
        self.own = Link(transport, self._address)
        self._lock = threading.Lock()
        self._others: dict[str, Link] = {}

    def link(self, servers: Iterable[str] | None) -> Link:
        """Return the connection to a broker, made if there is none yet; nothing is asked from it.

        Raises
        ------
        SettingsError
            If a text is no ``host:port``.
        """
        if servers is None or self._address.url in servers:
            return self.own
        address = _address_of(list(servers))
        if _hosts(address) & _hosts(self._address):
            return self.own
        with self._lock:
            link = self._others.get(address.url)
            if link is None:
                known = _with_login(address)
                link = self._others[address.url] = Link(open_transport(known), known)
            return link

    def keep(self, links: Iterable[Link]) -> None:
        """Leave all brokers but the service's own and these."""
        used = {id(link) for link in links}
        with self._lock:
            unused = [url for url, link in self._others.items() if id(link) not in used]
            closing = [self._others.pop(url) for url in unused]
        for link in closing:
            link.close(0.5)

    def close(self) -> None:
        """Leave all brokers."""
        self.keep(())
        self.own.close()


def check_topics(transport: Transport, topics: Iterable[str]) -> dict[str, int]:
    """Return the number of partitions of every topic of a broker.

    Raises
    ------
    TransportError
        If the broker does not answer, or has not all of these topics.
    """
    sizes = transport.topics(timeout_s=ASK_S)
    missing = [topic for topic in topics if not sizes.get(topic)]
    if missing:
        names = ", ".join(map(repr, missing))
        raise TransportError(f"{transport.url} has no topic {names}; create it or check the name")
    return sizes


def _address_of(servers: list[str]) -> Address:
    for server in servers:
        if "@" in server:
            raise SettingsError("data_brokers: a login has no place in a command; write it into livedata.toml")
    try:
        return parse_address("kafka://" + ",".join(server.removeprefix("kafka://") for server in servers))
    except SettingsError as error:
        raise SettingsError(f"data_brokers: {error}") from None


def _with_login(address: Address) -> Address:
    """Return the address with the settings that the site has for one of its hosts."""
    path = find_settings_file()
    for broker in read_settings(path).broker.values() if path is not None else ():
        known = parse_address(broker.url)
        if known.scheme == "kafka" and _hosts(known) & _hosts(address):
            return Address("kafka", address.name, {**known.settings, **broker.settings})
    return address


def _hosts(address: Address) -> set[str]:
    return set(address.name.lower().split(",")) if address.scheme == "kafka" else set()
