"""Which entries are counted, in whatever bites they come: runs begin between two of them."""

import numpy as np
import pytest

import livedata as ld
from livedata.reduce.anchored import LEEWAY_NS
from livedata.reduce.counting import Counting
from livedata.reduce.description import Description
from livedata.reduce.engine import Engine
from livedata.reduce.making import make_fold
from livedata.reduce.setting import Setting
from livedata.reduce.window import Window
from livedata.streams.batch import EventBatch, Messages
from livedata.streams.extent import Partition
from livedata.streams.feed import Progress
from livedata.streams.runs import Run

P = Partition("t", 0)
PER_RUN = Description(axes=(ld.bins(0, 100, n=1).named("toa", unit="ns"),), window=Window("run"))
T0, S = 1_460_429_932_000_000_000, 1_000_000_000


def batch(offset, time_ns):
    zero = np.zeros(1, np.int64)
    return EventBatch(
        None, np.full(7, 5, np.int32), zero + time_ns, zero, Messages("t", zero, zero + offset, zero, zero, zero)
    )


class Feed:
    """Batches that can be read once more."""

    progress = Progress(0, 0)

    def __init__(self, batches, *, is_finite=False):
        self.batches = batches
        self.is_finite = is_finite

    def reread(self, ranges, start_ns=None, stop_ns=None):
        return (b for b in self.batches if any(a <= b.messages.offset[0] < z for a, z in ranges.get(P, ())))

    def subscribe(self, sink, extent=None, after=None):
        return self

    def close(self):
        pass


BEGAN = T0 + 20 * S
BEFORE, AFTER = Run("before", T0, BEGAN), Run("after", BEGAN)
TIMES = [BEGAN + 1, BEGAN + LEEWAY_NS // 2, BEGAN + LEEWAY_NS, BEGAN + 2 * LEEWAY_NS]


@pytest.mark.parametrize("bites", [[4], [1, 3], [2, 2], [3, 1], [1, 1, 1, 1]])
@pytest.mark.parametrize("first", [(), (T0 + 15 * S,)], ids=["nothing of the run before", "something of it"])
def test_what_came_before_it_was_clear_that_a_run_had_begun_belongs_to_it(bites, first):
    batches = [batch(i, time) for i, time in enumerate((*first, *TIMES))]
    setting = Setting(runs=lambda: (BEFORE, AFTER))
    counting = Counting(PER_RUN, setting, Feed(batches), None, make_fold)
    at = 0
    for n in [*([1] if first else []), *bites]:
        counting.take_all(batches[at : at + n], T0 + 100 * S)
        counting.cover({P: (at, at + n)})
        at += n
        while counting.is_stale:
            assert counting.look_again()

    assert counting.ledger.seen == 7 * len(TIMES)


def test_nothing_is_begun_anew_while_something_taken_is_not_covered():
    batches = [batch(0, T0 + 15 * S), *(batch(1 + i, time) for i, time in enumerate(TIMES))]
    counting = Counting(PER_RUN, Setting(runs=lambda: (BEFORE, AFTER)), Feed(batches, is_finite=True), None, make_fold)
    engine = Engine(counting, is_finite=True)
    engine.start(counting.feed, {})
    for one in batches:
        engine.accept(one)
        engine._work()  # the note comes later than the one who folds
        assert counting.is_stale == (one in batches[3:])
    assert engine.n_seen == 7
    engine.covered({P: (0, len(batches))})
    engine._running = False
    engine._work()

    assert engine.n_seen == 7 * len(TIMES)
    assert engine.generation == 2
