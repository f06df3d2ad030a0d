"""The site's settings file ``livedata.toml``: brokers by name, so that nobody types an address or a password.

::

    [broker.sans2d]
    url = "kafka://broker1:9093,broker2:9093"
    settings = { "security.protocol" = "SASL_SSL", "sasl.mechanism" = "SCRAM-SHA-256", "sasl.username" = "reader" }
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from ..errors import SettingsError
from .address import NAME, parse_address

FILE_NAME = "livedata.toml"
VARIABLE = "LIVEDATA_SETTINGS"


def _as_text(value: object) -> str:
    """Write a value as librdkafka does."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, (str, int, float)):
        raise ValueError("a text, number or true/false is expected")
    return str(value)


class BrokerSettings(BaseModel):
    """One named broker: its URL and what librdkafka needs to log in. Values never show in its repr."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(repr=False)
    settings: dict[str, Annotated[str, BeforeValidator(_as_text)]] = Field(default_factory=dict, repr=False)

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parse_address(url)
        return url


class SiteSettings(BaseModel):
    """The whole settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    broker: dict[str, BrokerSettings] = Field(default_factory=dict)

    @field_validator("broker")
    @classmethod
    def _names_are_no_addresses(cls, broker: dict[str, BrokerSettings]) -> dict[str, BrokerSettings]:
        for name in broker:
            if not NAME.fullmatch(name):
                raise ValueError(f"a broker's name has letters, digits, . _ -; this is {name!r}")
        return broker


def find_settings_file() -> Path | None:
    """Return the first of ``$LIVEDATA_SETTINGS``, ``./livedata.toml``, ``~/.config/livedata/livedata.toml``.

    Raises
    ------
    SettingsError
        If ``LIVEDATA_SETTINGS`` names a file that is not there.
    """
    named = os.environ.get(VARIABLE)
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise SettingsError(f"{VARIABLE} names {str(path)!r}, which is not a file; correct it or unset it")
        return path
    places = (Path(FILE_NAME), Path("~/.config/livedata").expanduser() / FILE_NAME)
    return next((place for place in places if place.is_file()), None)


def read_settings(path: Path) -> SiteSettings:
    """Read and check a settings file.

    Raises
    ------
    SettingsError
        With every problem of the file, each with its place, and no value of a setting.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The parser's own text may quote the line, and with it a password.
        raise SettingsError(f"{path} is not valid TOML{_place(str(error))}") from None
    try:
        return SiteSettings.model_validate(content)
    except ValidationError as error:
        problems = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)]
        raise SettingsError("\n".join([f"{path} has {len(problems)} problem(s):", *problems])) from None


def named_broker(name: str) -> BrokerSettings:
    """Look up a broker by its name in the settings file.

    Raises
    ------
    SettingsError
        If there is no file or no such name; the message lists the names there are.
    """
    path = find_settings_file()
    if path is None:
        raise SettingsError(
            f"{name!r} is no address and there is no {FILE_NAME} to look it up in; give memory://NAME or "
            f"kafka://host:port, or write one with [broker.{name}] (looked for in ${VARIABLE}, ., ~/.config/livedata)"
        )
    brokers = read_settings(path).broker
    if name not in brokers:
        known = ", ".join(sorted(brokers)) or "none"
        raise SettingsError(
            f"no broker {name!r} in {path} (there: {known}); give one of them, memory://NAME or kafka://host:port"
        )
    return brokers[name]


def _place(message: str) -> str:
    _, mark, place = message.rpartition("(at ")
    return f" (at {place}" if mark else ""
