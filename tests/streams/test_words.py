"""What spans, runs and coverage say of themselves."""

from livedata.streams.extent import Coverage, Extent, Partition
from livedata.streams.runs import Run

T = 1_460_429_932_000_000_000
PLACES = Partition("ev", 0), Partition("ev", 1)


def test_coverage_says_what_it_stands_for_and_what_is_missing():
    offsets = {PLACES[0]: ((0, 10), (12, 15)), PLACES[1]: ((3, 5),)}
    whole = Coverage(offsets, T, T + 30_000_000_000)

    assert repr(whole) == "<Coverage 15 messages of ev, 2016-04-12 02:58:52 … 02:59:22, nothing missing>"
    assert repr(Coverage(offsets, T, T, lost=1200, skipped=3)).endswith("1,200 lost, 3 skipped>")
    assert repr(Coverage()) == "<Coverage 0 messages, nothing missing>"


def test_an_extent_says_from_when_to_when_and_how_many_messages():
    assert repr(Extent(T, T + 86_400_000_000_000)) == "<Extent 2016-04-12 02:58:52 … 2016-04-13 02:58:52>"
    assert repr(Extent(T, offsets={PLACES[0]: (5, 9)})) == "<Extent 2016-04-12 02:58:52 …, 4 messages of ev>"


def test_a_run_says_whether_it_is_on():
    assert repr(Run("42", T, instrument="LOKI")) == "<Run '42' of LOKI 2016-04-12 02:58:52 … is on>"
    assert repr(Run("42", T, T + 1_000_000_000)) == "<Run '42' 2016-04-12 02:58:52 … 02:58:53>"
