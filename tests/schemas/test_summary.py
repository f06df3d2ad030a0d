"""One line for people about any message: telling, short, and safe to print."""

from dataclasses import replace

import numpy as np
import pytest

from livedata import schemas
from livedata.schemas.show.summary import LONGEST, summary
from livedata.schemas.show.wording import array_text, clean, utc
from tests.schemas.generate import plain, random_bytes

T = 1_700_000_000_123_456_789
AT = "2023-11-14 22:13:20.123"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (schemas.f144(source_name="T", timestamp=T, value=np.float32(21.5)), f"21.5 float32, at {AT}"),
        (schemas.f144(source_name="T", timestamp=T, value=np.int8(0)), f"0 int8, at {AT}"),
        (schemas.f144(source_name="T", timestamp=T, value=np.arange(9.0)), f"float64[9] 0 … 8, at {AT}"),
        (schemas.al00(source_name="T", timestamp=T, severity=0, message=""), f"severity OK, at {AT}"),
        (schemas.al00(source_name="T", timestamp=T, severity=7), f"severity 7, at {AT}"),
        (schemas.un00(source_name="T", timestamp=T, units="K"), f"units 'K', at {AT}"),
        (schemas.un00(source_name="T", timestamp=T, units=""), f"units '', at {AT}"),
        (schemas.un00(source_name="T", timestamp=T), f"no units, at {AT}"),
        (schemas.pl72(run_name="r1", start_time=T // 10**6), f"run_name 'r1', start_time {AT}"),
        (schemas.pl72(), "no run_name, no instrument_name, no nexus_structure"),
    ],
)
def test_it_tells_what_matters_first(message, said):
    assert summary(message) == said


def events(n, n_ids):
    return schemas.ev44(
        source_name="det",
        message_id=0,
        reference_time=np.array([T]),
        reference_time_index=np.zeros(1, np.int32),
        time_of_flight=np.arange(n, dtype=np.int32),
        pixel_id=np.arange(n_ids, dtype=np.int32),
    )


def test_events_and_pulses_are_counted():
    assert summary(events(12_345, 12_345)) == f"1 pulse, 12,345 events, from {AT}"


def test_ids_that_do_not_belong_to_events_one_by_one_are_told_apart():
    assert summary(events(3, 2)) == f"1 pulse, 3 events, pixel_id int32[2] 0 1, from {AT}"


def test_a_histogram_is_told_by_its_arrays_with_shape_and_unit():
    Variable = schemas.da00.da00_Variable
    signal = Variable(name="signal", unit="counts", axes=("y", "x"), data=np.ones((3, 4), np.int32))
    edges = Variable(name="x", unit="m", axes=("x",), data=np.arange(5.0))
    message = schemas.da00(source_name="mon", timestamp=T, data=(signal, edges))
    assert summary(message) == f"data: signal int32[3×4] counts; x float64[5] m, at {AT}"


def test_long_texts_are_cut_and_json_comes_last():
    message = schemas.pl72(nexus_structure='{"a": ' * 1000, run_name="r" * 500)
    said = summary(message)
    assert said.startswith(f"run_name '{'r' * 39}…', nexus_structure '{{\"a\": ")
    assert said.endswith("…")
    assert len(said) <= LONGEST


def test_one_text_of_json_has_its_place_beside_many_names():
    names = dict.fromkeys(("software_name", "software_version", "service_id", "host_name"), "n" * 30)
    said = summary(schemas.x5f2(**names, status_json='{"state": "writing", "job_id": "7f2c2f7e"}'))
    assert 'status_json \'{"state": "writing"' in said
    assert len(said) <= LONGEST


def test_what_went_wrong_is_told_before_who_says_so():
    message = schemas.wrdn(
        service_id="fw-1", job_id="j", file_name="/data/x.nxs", error_encountered=True, message="Full"
    )
    assert summary(message).startswith("error_encountered true, message 'Full', service_id 'fw-1'")


@pytest.mark.parametrize("id", schemas.SCHEMAS)
def test_any_message_gives_one_short_printable_line(id):
    rng = np.random.default_rng(5)
    for _ in range(40):
        message = schemas.decode(random_bytes(plain(id), rng))
        line = summary(message)
        assert len(line) <= LONGEST
        assert line.isprintable()
        assert repr(message).isprintable()


@pytest.mark.shared
def test_the_shared_messages_all_have_a_summary(vectors):
    files = [path for path in vectors.glob("*/*.bin") if path.parent.name != "hostile"]
    lines = [summary(schemas.decode(path.read_bytes())) for path in files]
    assert len(lines) > 380
    assert all(line and line.isprintable() and len(line) <= LONGEST for line in lines)


def test_nothing_in_a_text_steers_a_terminal():
    said = summary(schemas.al00(source_name="T", message="\x1b[2J\x9b1m\u202eevil\r\n\x07"))
    assert said == r"severity OK, message '\x1b[2J\x9b1m\u202eevil\r\n\x07'"


def test_content_that_no_schema_allows_is_still_told():
    message = schemas.f144(source_name="T", timestamp="noon", value=object())
    assert "<object>" in summary(message)
    assert "<object>" in repr(message)


def test_a_message_of_no_known_schema_is_told_by_its_fields():
    class Other(schemas.Message):
        SCHEMA = "zzzz"
        __dataclass_fields__ = schemas.x5f2.__dataclass_fields__

    message = Other()
    object.__setattr__(message, "software_name", "demo")
    assert summary(message) == "software_name 'demo'"


def test_the_repr_shortens_arrays_and_long_texts():
    message = replace(events(100_000, 0), source_name="x" * 1000)
    assert "time_of_flight=<int32[100000] 0 … 99999>" in repr(message)
    assert repr(message).startswith("Ev44(source_name='xxx")
    assert len(repr(message)) < 500


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0, "ns", "1970-01-01 00:00:00.000"),
        (-1, "ns", "1969-12-31 23:59:59.999"),
        (1.5, "s", "1970-01-01 00:00:01.500"),
        (2**64 - 1, "ns", "2554-07-21 23:34:33.709"),
        (2**64 - 1, "ms", ""),
        (float("nan"), "s", ""),
        (-(2**63), "ms", ""),
        (5, None, ""),
    ],
)
def test_times_are_written_in_utc_where_a_calendar_knows_them(value, unit, said):
    assert utc(value, unit) == said


def test_extremes_leave_out_what_is_not_finite():
    assert array_text(np.array([np.nan, 1, 2, np.inf, 5])) == "float64[5] 1 … 5"
    assert array_text(np.full(9, np.nan)) == "float64[9]"


def test_a_text_of_exactly_the_limit_is_whole():
    assert clean("abcd", 4) == "abcd"
    assert clean("abcde", 4) == "abc…"
