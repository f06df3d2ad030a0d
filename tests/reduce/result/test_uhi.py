"""Other histogram libraries take ours as they are."""

import boost_histogram as bh
import hist
import matplotlib as mpl
import mplhep
import numpy as np
import pytest
from uhi.numpy_plottable import ensure_plottable_histogram
from uhi.typing.plottable import PlottableAxisGeneric, PlottableHistogram

import livedata as ld
from livedata.reduce.axis import categories

from .samples import ODD, TOA, X, counts, made, snapshot

WEIGHTED = made([4.5, 6.0], spread=np.array([10.0, 12.0]))
SHUTTER = made([7, 8], categories(["open", "closed"]).named("shutter"))


@pytest.fixture(autouse=True)
def no_window():
    mpl.use("agg")
    yield
    mpl.pyplot.close("all")


@pytest.mark.parametrize("histogram", [counts(), counts(X, ODD), snapshot(), WEIGHTED, SHUTTER])
def test_histograms_follow_the_protocol(histogram):
    assert isinstance(histogram, PlottableHistogram)
    assert all(isinstance(axis, PlottableAxisGeneric) for axis in histogram.axes)
    assert ensure_plottable_histogram(histogram) is histogram


def test_boost_histogram_takes_counts_with_their_edges_to_the_last_bit():
    ours = counts(X, TOA, ODD)
    theirs = bh.Histogram(ours)

    assert (theirs.values() == ours.values()).all()
    assert (theirs.variances() == ours.variances()).all()
    assert [axis.edges.tolist() for axis in theirs.axes] == [axis.edges.tolist() for axis in ours.axes]
    assert theirs.storage_type is bh.storage.Int64


def test_hist_takes_names_units_and_weights():
    theirs = hist.Hist(WEIGHTED)

    assert theirs.values().tolist() == [4.5, 6.0]
    assert theirs.variances().tolist() == [10.0, 12.0]
    assert theirs.axes["toa"].label == "toa [ms]"
    assert hist.Hist(snapshot()).name == "detector"


def test_quotients_with_nan_become_weights():
    theirs = (counts() / made([0, *range(1, 10)], TOA)).to_hist()

    assert np.isnan(theirs.values()[0])
    assert theirs.values()[1:] == pytest.approx(counts().values()[1:] / np.arange(1, 10))


def test_categories_stay_categories():
    assert list(bh.Histogram(SHUTTER).axes[0]) == ["open", "closed"]
    assert bh.Histogram(SHUTTER).values().tolist() == [7, 8]
    assert list(made([1, 2], categories([4, 9]).named("period")).to_boost().axes[0]) == [4, 9]


def test_a_boost_histogram_can_be_filled_on_with_the_same_rule_for_edges():
    theirs = made([0, 0, 0], ld.edges([0, 5, 10, 20])).to_boost()
    theirs.fill([-1, 0, 5, 9.999, 10, 20, 25])

    assert theirs.values().tolist() == [1, 2, 1]


def test_mplhep_draws_one_dimension_with_its_errors():
    drawn = mplhep.histplot(counts(), yerr=True)

    assert drawn[0].stairs.get_data().values.tolist() == counts().values().tolist()
    assert drawn[0].stairs.get_data().edges.tolist() == TOA.edges.tolist()


def test_mplhep_draws_two_dimensions():
    mesh = mplhep.hist2dplot(counts(X, TOA)).pcolormesh

    assert (np.asarray(mesh.get_array()).reshape(10, 4) == counts(X, TOA).values().T).all()


def test_hist_compares_and_projects_what_it_took():
    ours = counts(X, TOA)

    assert (hist.Hist(ours).project("toa").values() == ours.project("toa").values()).all()


def test_our_own_plot_draws_steps_and_colours():
    steps = counts(name="spectrum").plot()
    assert steps.patches[0].get_data().values.tolist() == counts().values().tolist()
    assert steps.get_xlabel() == "toa [ms]"
    assert steps.get_title() == "spectrum"

    colours = snapshot(X, TOA, ODD).plot()
    assert (colours.collections[0].get_array().reshape(4, 10) == snapshot(X, TOA, ODD).values().sum(2)).all()
    assert SHUTTER.plot().get_xticklabels()[1].get_text() == "closed"


def test_an_overlay_draws_all_with_labels():
    both = snapshot().overlay(snapshot() * 2, labels=("before", "after"))

    assert len(both.plot().patches) == 2
    assert [label for label, _ in both] == ["before", "after"]


def test_results_of_different_length_are_compared_by_their_share_or_their_rate():
    one = snapshot()
    two = 3 * one

    assert one.ratio(two).values()[one.values() > 0] == pytest.approx(1 / 3)
    assert np.nan_to_num(one.difference(two, per="total").values()) == pytest.approx(0)
    assert one.difference(one, per="time").unit == "counts/s"
    with pytest.raises(ld.ArgumentError, match="load_histogram"):
        one.ratio("run.nxs")
    with pytest.raises(ld.ArgumentError, match="per='monitor'; expected"):
        one.ratio(two, per="monitor")
    with pytest.raises(ld.ArgumentError, match="has 10 bins and 5"):
        one.overlay(one.rebin(toa=2))
