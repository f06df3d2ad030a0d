"""The site's settings file: where it is found, what it may hold, and that its errors show no secrets."""

from __future__ import annotations

import pytest

from livedata.errors import SettingsError
from livedata.transport import open_transport
from livedata.transport.site import find_settings_file, named_broker, read_settings

GOOD = """
[broker.local]
url = "memory://from-the-file"

[broker.sans]
url = "kafka://one:9093,two:9093"
settings = { "security.protocol" = "SASL_SSL", "sasl.password" = "s3cret", "socket.keepalive.enable" = true }
"""


@pytest.fixture
def settings_file(tmp_path, monkeypatch):
    path = tmp_path / "site.toml"
    path.write_text(GOOD)
    monkeypatch.setenv("LIVEDATA_SETTINGS", str(path))
    return path


@pytest.fixture
def no_settings(tmp_path, monkeypatch):
    monkeypatch.delenv("LIVEDATA_SETTINGS", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_broker_is_opened_by_its_name(settings_file):
    assert open_transport("local").url == "memory://from-the-file"


def test_settings_of_the_file_reach_the_client(settings_file):
    assert named_broker("sans").settings == {
        "security.protocol": "SASL_SSL",
        "sasl.password": "s3cret",
        "socket.keepalive.enable": "true",
    }


def test_settings_given_by_hand_win(settings_file):
    transport = open_transport("sans", settings={"security.protocol": "PLAINTEXT"})
    settings = dict(transport.address.settings)
    transport.close()
    assert settings["security.protocol"] == "PLAINTEXT"
    assert settings["sasl.password"] == "s3cret"


def test_secrets_never_show(settings_file):
    site = read_settings(settings_file)
    assert "s3cret" not in f"{site!r} {site} {site.broker['sans']!r}"


def test_an_unknown_name_lists_the_known_ones(settings_file):
    with pytest.raises(SettingsError, match=r"no broker 'sand' .*there: local, sans"):
        open_transport("sand")


def test_without_a_file_the_error_says_where_it_was_looked_for(no_settings):
    with pytest.raises(SettingsError, match=r"LIVEDATA_SETTINGS.*\.config/livedata"):
        open_transport("sans")


def test_the_file_beside_goes_before_the_one_at_home(no_settings):
    home = no_settings / "home" / ".config" / "livedata"
    home.mkdir(parents=True)
    (home / "livedata.toml").write_text(GOOD)
    assert find_settings_file() == home / "livedata.toml"
    (no_settings / "livedata.toml").write_text(GOOD)
    assert find_settings_file().resolve() == no_settings / "livedata.toml"


def test_a_named_file_that_is_missing_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("LIVEDATA_SETTINGS", str(tmp_path / "none.toml"))
    with pytest.raises(SettingsError, match="not a file"):
        open_transport("sans")


def test_all_problems_are_told_at_once_without_values(settings_file):
    settings_file.write_text(
        """
        [brokers]
        [broker.a]
        url = "kafka:/me:s3cret@typo"
        [broker.b]
        settings = { "sasl.password" = ["s3cret"] }
        [broker.c]
        url = "memory://c"
        colour = "red"
        """
    )
    with pytest.raises(SettingsError) as caught:
        read_settings(settings_file)
    text = str(caught.value)
    for place in ("brokers:", "broker.a.url:", "broker.b.url:", "broker.b.settings.sasl.password", "broker.c.colour:"):
        assert place in text
    assert "s3cret" not in text


def test_broken_toml_is_told_with_its_place_and_no_value(settings_file):
    settings_file.write_text('[broker.a]\nurl = "kafka://me:s3cret@x\n')
    with pytest.raises(SettingsError, match=r"not valid TOML \(at line 2") as caught:
        read_settings(settings_file)
    assert "s3cret" not in str(caught.value)
