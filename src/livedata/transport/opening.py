"""Open a transport from an address or a broker's name; the one place that knows both implementations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..errors import SettingsError
from .address import ACCEPTED, NAME, Address, parse_address
from .protocol import Transport


def open_transport(url: str | Address, *, settings: Mapping[str, str] | None = None) -> Transport:
    """Open a broker or an in-process log; nothing is asked from the broker yet.

    Parameters
    ----------
    url
        ``memory://NAME[?retention=2GB]``, ``kafka://[user:password@]host:port[,host:port]`` or the name of a broker
        in the site's ``livedata.toml``. The same ``memory://`` name is the same log within the process. An `Address`
        (as of another transport's ``address``) opens the same again, in another process too.
    settings
        librdkafka settings (``security.protocol``, ``ssl.ca.location``, ...); they win over the settings file.

    Raises
    ------
    SettingsError
        If the address, a setting or the settings file cannot be used.

    Examples
    --------
    >>> open_transport("memory://example").topics()
    {}
    """
    address = _address(url)
    if settings:
        address = replace(address, settings={**address.settings, **settings})
    if address.scheme == "memory":
        if address.settings:
            raise SettingsError(f"{address.url} takes no client settings; leave them out or give kafka://host:port")
        from .memory import MemoryTransport

        return MemoryTransport(address)
    from .kafka import KafkaTransport

    return KafkaTransport(address)


def _address(url: str | Address) -> Address:
    if isinstance(url, Address):
        return url
    if not isinstance(url, str):
        raise SettingsError(f"an address is a text, not {type(url).__name__}; expected {ACCEPTED}")
    if not NAME.fullmatch(url):
        return parse_address(url)
    from .site import named_broker

    broker = named_broker(url)
    address = parse_address(broker.url)
    return replace(address, settings={**address.settings, **broker.settings})
