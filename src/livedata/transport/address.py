"""Addresses of transports: what a URL says, with the credentials kept out of sight."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, unquote

from ..errors import SettingsError

KAFKA_PORT = 9092
DEFAULT_RETENTION_BYTES = 512 * 2**20

ACCEPTED = (
    "memory://NAME, memory://NAME?retention=2GB, kafka://host:port[,host:port] (port 9092 if left out), "
    "or the name of a broker in livedata.toml"
)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]+))?")
_SIZE = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[kMGT]?)i?B?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a transport is and how to log in. Can be pickled, for a process that is to open the same transport.

    Its repr, its text and `url` never hold credentials.
    """

    scheme: Literal["memory", "kafka"]
    name: str
    """The log's name, or ``host:port[,host:port]``."""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """librdkafka settings, credentials among them."""
    retention_bytes: int | None = None
    """Bound of a ``memory://`` log; None leaves an existing log's bound as it is."""

    @property
    def url(self) -> str:
        """The address without credentials."""
        return f"{self.scheme}://{self.name}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that must not be shown."""
        return tuple(value for key, value in self.settings.items() if is_secret(key) and value)

    def __str__(self) -> str:
        return self.url


def is_secret(setting: str) -> bool:
    """Whether the value of a librdkafka setting must not be shown."""
    last_word = re.split(r"[._]", setting)[-1]
    return last_word in {"password", "secret", "pem", "token", "config"} or setting == "sasl.username"


def parse_address(url: str) -> Address:
    """Take a transport URL apart.

    Parameters
    ----------
    url
        ``memory://NAME[?retention=SIZE]`` with SIZE such as ``500MB`` (powers of ten), or
        ``kafka://[user:password@]host[:port][,host[:port]...]``. Percent escapes are allowed in user and password;
        they become ``sasl.username`` and ``sasl.password`` with SASL_SSL and PLAIN as defaults.

    Raises
    ------
    SettingsError
        If it is none of these; the message names the accepted forms and shows no credentials.
    """
    scheme, mark, rest = url.partition("://")
    if mark and scheme == "memory":
        return _memory_address(rest)
    if mark and scheme == "kafka":
        return _kafka_address(rest)
    raise SettingsError(f"{_shown(url)!r} is not the address of a broker; expected {ACCEPTED}")


def parse_size(text: str) -> int:
    """Return a number of bytes written as ``2GB``, ``500 MB`` or ``1000000``; units are powers of ten.

    Examples
    --------
    >>> parse_size("2GB")
    2000000000
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or float(match["number"]) <= 0:
        raise SettingsError(f"{text!r} is not a size; expected a positive number of bytes such as 500MB or 2GB")
    return int(float(match["number"]) * _FACTORS[match["unit"].lower()])


def _memory_address(rest: str) -> Address:
    name, _, query = rest.partition("?")
    if not NAME.fullmatch(name):
        raise SettingsError(
            f"'memory://{_shown(name)}' has no usable name (letters, digits, . _ -); expected {ACCEPTED}"
        )
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(options) - {"retention"})
    if unknown:
        raise SettingsError(f"'memory://{name}' has an unknown option {unknown[0]!r}; expected {ACCEPTED}")
    retention = parse_size(options["retention"]) if "retention" in options else None
    return Address("memory", name, retention_bytes=retention)


def _kafka_address(rest: str) -> Address:
    login, mark, hosts = rest.rpartition("@")
    servers = []
    for part in hosts.rstrip("/").split(","):
        match = _HOST.fullmatch(part.strip())
        port = int(match["port"] or KAFKA_PORT) if match else 0
        if match is None or not 0 < port < 65536:
            raise SettingsError(f"'kafka://{_shown(hosts)}': {part!r} is not host:port; expected {ACCEPTED}")
        servers.append(f"{match['host']}:{port}")
    settings: dict[str, str] = {}
    if mark:
        user, _, password = login.partition(":")
        settings = {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": unquote(user),
            "sasl.password": unquote(password),
        }
    return Address("kafka", ",".join(servers), settings)


def _shown(text: str) -> str:
    """Leave out of a text all that may be a login."""
    scheme, mark, rest = text.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"
