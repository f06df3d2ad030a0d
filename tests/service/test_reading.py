"""Commands as values: what is read from a text, and what is in force after several. No broker is needed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.errors import SettingsError
from livedata.service.brokers import Brokers
from livedata.service.command import Configure, Refused, Stop, read_command
from livedata.service.resume import last_wish
from livedata.service.span import Span
from livedata.transport import Record

HIST1D = {"type": "hist1d", "tof_range": [0, 100], "num_bins": 5}
HIST2D = {"type": "hist2d", "tof_range": [0, 100], "num_bins": 5, "det_range": [1, 9]}
DETHIST = {"type": "dethist", "det_range": [1, 9], "width": 3, "height": 3}
ROIHIST = {"type": "roihist", "left_edges": [1, 10], "width": 3}
WHERE = {"topic": "t", "data_brokers": ["localhost:9092"], "data_topics": ["d"]}


def read(*entries, **keys):
    content = {"cmd": "config", "histograms": [{**WHERE, **entry} for entry in entries], **keys}
    return read_command(json.dumps(content).encode())


def problem(*entries, **keys):
    found = read(*entries, **keys)
    assert isinstance(found, Refused)
    return found.problem


@pytest.mark.parametrize("entry", [HIST1D, HIST2D, DETHIST, ROIHIST])
def test_every_type_is_read(entry):
    assert isinstance(read(entry), Configure)


@pytest.mark.parametrize(
    ("entry", "key"),
    [(e, k) for e in (HIST1D, HIST2D, DETHIST, ROIHIST) for k in (*WHERE, *e) if k not in ("type", "topic")],
)
def test_every_key_that_a_type_needs_is_asked_for(entry, key):
    content = {k: v for k, v in {**WHERE, **entry}.items() if k != key}
    found = read_command(json.dumps({"cmd": "config", "histograms": [content]}).encode())
    assert isinstance(found, Refused)
    assert found.problem == f"histograms[0].{key}: is missing"


@pytest.mark.parametrize(
    ("entry", "key", "value"),
    [
        (HIST1D, "num_bins", 0),
        (HIST1D, "num_bins", 2.5),
        (HIST1D, "num_bins", True),
        (HIST1D, "num_bins", "5"),
        (HIST1D, "num_bins", [5, 5]),
        (HIST1D, "tof_range", [5, 5]),
        (HIST1D, "tof_range", [5, 4]),
        (HIST1D, "tof_range", [5]),
        (HIST1D, "tof_range", 5),
        (HIST1D, "det_range", [9, 1]),
        (HIST1D, "det_range", [1, 2**31]),
        (HIST1D, "data_topics", []),
        (HIST1D, "data_topics", ["a b"]),
        (HIST1D, "data_topics", [1]),
        (HIST1D, "data_brokers", []),
        (HIST1D, "data_brokers", [1]),
        (HIST1D, "topic", "a b"),
        (HIST1D, "topic", ".."),
        (HIST1D, "id", 7),
        (HIST1D, "source", 7),
        (HIST2D, "num_bins", [5, 0]),
        (HIST2D, "num_bins", [5, 5, 5]),
        (HIST2D, "det_range", [1, 1]),
        (DETHIST, "width", 1.5),
        (DETHIST, "height", -1),
        (DETHIST, "det_range", [-1, 5]),
        (DETHIST, "height", 2**30),
        (ROIHIST, "left_edges", []),
        (ROIHIST, "left_edges", [1, 2]),
        (ROIHIST, "left_edges", [1, "2"]),
        (ROIHIST, "width", 0),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_its_place(entry, key, value):
    assert problem({**entry, key: value}).startswith(f"histograms[0].{key}")


@pytest.mark.parametrize("key", ["start", "stop", "interval"])
@pytest.mark.parametrize("value", ["soon", True, [1], 1e400])
def test_times_are_numbers(key, value):
    assert isinstance(read(HIST1D, **{key: value}), Refused)


def test_a_whole_number_may_be_written_with_a_point():
    found = read({**HIST1D, "num_bins": 5.0})
    assert isinstance(found, Configure)
    assert found.histograms[0].num_bins == 5


def test_a_stop_before_the_start_is_refused():
    assert problem(start=5, stop=4) == "stop: 4 lies before the start, 5"


def test_spans_hold_both_their_ends():
    span = Span(5, 7)
    assert [span.holds(t) for t in (4, 5, 7, 8)] == [False, True, True, False]


def test_fractions_of_a_millisecond_leave_out_nothing_that_lies_between():
    found = read(start=5.5, stop=8.5)
    assert isinstance(found, Configure)
    assert found.span(0) == Span(6, 8)


def test_an_interval_runs_from_when_it_was_said():
    found = read(interval=1.5)
    assert isinstance(found, Configure)
    assert found.span(10_000) == Span(10_000, 11_500)


def test_a_type_that_does_not_exist_is_named():
    assert problem({**HIST1D, "type": "hist3d"}).startswith("histograms[0]: unknown type; expected one of hist1d")


def test_schemas_that_do_not_exist_are_refused():
    found = problem(HIST1D, input_schema="ev4", output_schema="hs02")
    assert "input_schema: " in found
    assert "output_schema: " in found


@pytest.mark.parametrize("text", [b'{"msg_id": "a"', b'{"cmd": "config", "msg_id" : "a", }', b'x "msg_id":"a"'])
def test_the_id_of_a_text_that_is_no_json_is_found(text):
    found = read_command(text)
    assert isinstance(found, Refused)
    assert (found.msg_id, found.is_malformed) == ("a", True)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error(payload):
    assert isinstance(read_command(payload), Refused)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["histograms", "type", "width", "views", "description", "data_topics", "start", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    ),
    st.sampled_from(["config", "describe", "stop", "reset_counts"]),
)
def test_any_content_is_read_without_an_error(content, command):
    keys = content if isinstance(content, dict) else {"histograms": content, "views": content}
    read_command(json.dumps({**keys, "cmd": command}).encode())


def said(command, at_ms):
    content = command if isinstance(command, bytes) else json.dumps(command).encode()
    return Record("c", 0, at_ms, at_ms, None, content, ())


CONFIG = {"cmd": "config", "histograms": [{**WHERE, **HIST1D}]}


def test_the_last_configuration_is_in_force_and_began_when_it_was_said():
    wish = last_wish([said(CONFIG, 1), said({**CONFIG, "msg_id": "b"}, 2), said(b"{", 3), said({"cmd": "x"}, 4)])
    assert wish is not None
    assert (wish.command.msg_id, wish.said_ms, wish.begin_ms) == ("b", 2, 2)


def test_nothing_is_in_force_after_a_stop():
    assert last_wish([said(CONFIG, 1), said({"cmd": "stop"}, 2), said({"cmd": "reset_counts"}, 3)]) is None


def test_a_reset_moves_the_beginning_and_nothing_else():
    wish = last_wish([said(CONFIG, 1), said({"cmd": "reset_counts"}, 5)])
    assert wish is not None
    assert (wish.said_ms, wish.begin_ms) == (1, 5)


def test_a_stop_takes_no_keys_that_it_does_not_know():
    assert isinstance(read_command(b'{"cmd": "stop"}'), Stop)
    assert isinstance(read_command(b'{"cmd": "stop", "when": 5}'), Refused)


def test_credentials_go_to_no_other_host():
    brokers = Brokers("kafka://user:secret@127.0.0.1:9")
    try:
        assert brokers.link(["127.0.0.1:9"]) is brokers.own
        assert dict(brokers.link(["127.0.0.1:10"]).address.settings) == {}
    finally:
        brokers.close()


def test_credentials_of_the_settings_file_go_to_the_hosts_they_are_for(tmp_path, monkeypatch):
    path = tmp_path / "livedata.toml"
    path.write_text('[broker.a]\nurl = "kafka://127.0.0.1:10"\nsettings = { "client.id" = "told" }\n')
    monkeypatch.setenv("LIVEDATA_SETTINGS", str(path))
    brokers = Brokers("kafka://127.0.0.1:9")
    try:
        assert dict(brokers.link(["127.0.0.1:10"]).address.settings) == {"client.id": "told"}
        assert dict(brokers.link(["127.0.0.1:11"]).address.settings) == {}
        with pytest.raises(SettingsError):
            brokers.link(["127.0.0.1:99999"])
    finally:
        brokers.close()


def test_the_examples_of_the_documentation_are_sound_commands():
    text = (Path(__file__).parents[2] / "docs" / "serve.md").read_text(encoding="utf-8")
    examples = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    read = [read_command(example.encode()) for example in examples]
    assert [type(command).__name__ for command in read] == ["Configure", "Describe"]
