"""Headlines and tables: what they say, and that nothing from outside gets into the page unescaped."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from livedata.panels import html_table
from livedata.panels.headline import Headline, headline
from livedata.reduce.axis import bins
from livedata.reduce.show import wording
from livedata.streams.feed import Progress

from .flow import image_view, seen
from .still import Still, snapshot

EVIL = "<script>alert('boo')</script>"


@dataclass
class Row:
    name: str = "detector"
    kind: str = "events"
    schema: str = "ev44"
    rate: float = 1e6
    is_estimate: bool = False
    age_s: float | None = 0.2
    messages: int = 1234
    path: str = ""
    events: int = 5_000_000
    samples: int = 0
    malformed: int = 0
    lost: int = 0
    remarks: tuple[str, ...] = ()
    last: str = ""


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (950, "950"), (1234, "1.23 k"), (999_999, "1.00 M"), (12_345_678, "12.3 M")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert wording.short(value) == text


def test_a_headline_says_name_state_age_rate_counts_and_remarks() -> None:
    view, flow = image_view()
    flow.push([1, 2, 99], [0, 0, 0])
    seen(view, 3)
    said = headline(view, view.picture()).text()
    assert said.startswith("detector image live · ")
    assert "events/s · 2 counts" in said
    assert "1 unmapped" in said
    view.stop()
    assert headline(view, view.picture()).state == "stopped"


def test_old_data_is_a_replay_of_its_date() -> None:
    view, flow = image_view()
    flow.push([1], [0], time_ns=1_460_419_200_000_000_000)
    seen(view, 1)
    assert "replay of 2016-04-12" in headline(view, view.picture()).text()
    view.stop()


def test_a_finished_view_has_no_age() -> None:
    view, flow = image_view(is_finite=True)
    flow.push([1], [0])
    flow.end()
    view.wait(timeout=10)
    assert headline(view, view.picture()).text() == "detector image complete · 1 count"


def test_what_is_not_all_read_says_how_much_it_covers() -> None:
    view = Still(snapshot([1], [bins(0, 1, n=1).named("x")], state="catching up"))
    view.progress = Progress(40, 100)
    said = headline(view, view.picture())
    assert "covers 40 % so far" in said.facts
    assert said.state == "catching up"
    assert said.fraction == 0.4
    view.is_finite = True
    assert headline(view, view.picture()).state == "reading"


def test_what_may_still_change_says_up_to_when_it_is_settled() -> None:
    moment = 1_795_000_000 * 10**9
    axis = [bins(0, 1, n=1).named("x")]
    changing = Still(snapshot([1], axis, settled=moment, last=moment + 10**9))
    assert "settled until 11:06:40.000 UTC" in headline(changing, changing.picture()).facts
    settled = Still(snapshot([1], axis, settled=moment + 2 * 10**9, last=moment + 10**9))
    assert "settled" not in headline(settled, settled.picture()).text()


def test_a_view_that_cannot_keep_up_says_how_much_waits() -> None:
    view = Still(snapshot([1], [bins(0, 1, n=1).named("x")]))
    view.lag = 64 << 20
    assert "67.1 MB behind" in headline(view, view.picture()).facts


def test_reading_shows_a_bar() -> None:
    said = Headline("image", "reading 43 %", ("12 counts",), (), fraction=0.43).html()
    assert '<progress max="1" value="0.430"' in said
    assert "◐" in said


def test_paused_is_said_with_the_state_behind_it() -> None:
    view, _ = image_view()
    assert headline(view, view.picture(), paused=True).state == "paused (live)"
    view.stop()


def test_texts_from_the_wire_are_escaped() -> None:
    head = Headline(EVIL, "live", (), (EVIL,))
    table = html_table([Row(name=EVIL, last=EVIL, remarks=(EVIL,))], title=EVIL)
    for html in (head.html(), head.summary(), table):
        assert "<script" not in html
        assert "&lt;script" in html


def test_the_table_leaves_out_what_says_nothing_and_marks_what_is_wrong() -> None:
    assert "malformed" not in html_table([Row()])
    assert "<b>▲ 3</b>" in html_table([Row(malformed=3)])


def test_rates_name_what_is_counted() -> None:
    table = html_table([Row(), Row(name="temperature", kind="log", rate=2.0, is_estimate=True)])
    assert "1.00 M events/s" in table
    assert "≈ 2 values/s" in table


def test_an_empty_table_says_so() -> None:
    assert "no streams yet" in html_table([])
