"""What holds a histogram, as a view does, can do what a histogram can."""

import inspect

import boost_histogram as bh
import numpy as np
import pytest
from uhi.typing.plottable import PlottableHistogram

from livedata.reduce.result.histogram import Histogram, Operable
from livedata.reduce.result.load import load_histogram

from .samples import TOA, X, counts, made


class Holder(Operable):
    """Gives another histogram at each call, as a live view does."""

    def __init__(self):
        self.n = 0

    @property
    def axes(self):
        return counts(X, TOA).axes

    def _histogram(self):
        self.n += 1
        return counts(X, TOA) * self.n


def test_a_holder_is_a_histogram_to_others():
    assert isinstance(Holder(), PlottableHistogram)
    assert (bh.Histogram(Holder()).values() == counts(X, TOA).values()).all()
    assert (np.asarray(Holder()) == counts(X, TOA).values()).all()


def test_holders_and_histograms_combine_in_any_order():
    one = counts(X, TOA)

    assert (Holder() + one).compare(one + one)
    assert (one + Holder()).same_as(one + one)
    assert (Holder() - Holder()).total == 0
    assert (10 / Holder()).unit == "1/counts"
    assert (np.ones((4, 10)) * Holder()).total == one.total
    assert one.compare(Holder())
    np.testing.assert_array_equal(one.ratio(Holder()).values(), (one / one).values())


def test_each_call_takes_one_look_only():
    holder = Holder()
    holder.rebin(toa=5)

    assert holder.n == 1


def test_slices_sums_and_files_work_alike(tmp_path):
    one = counts(X, TOA)

    assert (Holder()[1:3, "7.143 ms":].values() == one.values()[1:3, 1:]).all()
    assert Holder().sum("x").same_as(one.sum("x"))
    assert Holder().project("toa").peak() == one.project("toa").peak()
    assert load_histogram(Holder().save(tmp_path / "h.npz")).same_as(one)


@pytest.mark.parametrize("name", [n for n in vars(Operable) if not n.startswith("_")])
def test_every_operation_says_what_it_does(name):
    assert inspect.getdoc(getattr(Operable, name))


def test_what_was_computed_from_does_not_change():
    one = counts()
    before = one.values().copy()
    _ = one + 1, one / one, one[2:4], one.rebin(toa=2), one.sum(), -one, one.density()

    assert (one.values() == before).all()
    assert isinstance(one, Histogram)
    assert made([1, 2]).derived(unit="counts/s", array=np.array([3, 4])).unit == "counts/s"
