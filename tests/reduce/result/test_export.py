"""Histograms as objects of xarray, scipp and pandas."""

import sys

import numpy as np
import pytest
import scipp as sc

import livedata as ld
from livedata.reduce.axis import categories

from .samples import ODD, TOA, X, counts, made, snapshot


def test_xarray_has_centres_edges_units_variances_and_fates():
    array = snapshot(X, TOA).to_xarray()

    assert (array.values == snapshot(X, TOA).values()).all()
    assert (array["variances"].values == array.values).all()
    assert array["toa"].values.tolist() == TOA.centers.tolist()
    assert array["toa_low"].values.tolist() == TOA.edges[:-1].tolist()
    assert array["toa_high"].values.tolist() == TOA.edges[1:].tolist()
    assert array["toa"].attrs["units"] == "ms"
    assert array.attrs["units"] == "counts"
    assert array.attrs["ledger"]["overflow"] == 2
    assert array.sel(toa=7, method="nearest").dims == ("x",)


def test_scipp_has_bin_edges_and_variances():
    array = (counts(X, ODD) / counts(X, ODD, seed=2).sum()).to_scipp()

    assert array.dims == ("x", "wavelength")
    assert array.coords.is_edges("wavelength")
    assert array.coords["wavelength"].unit == sc.Unit("angstrom")
    assert array.coords["x"].unit is None
    assert (array.variances == (counts(X, ODD) / counts(X, ODD, seed=2).sum()).variances()).all()
    assert array.unit == sc.Unit("one")


def test_scipp_takes_counts_and_rates_and_single_values():
    assert counts().to_scipp().unit == sc.Unit("counts")
    assert counts().rate(2).to_scipp().unit == sc.Unit("counts/s")
    assert counts().sum().to_scipp().value == counts().total


@pytest.mark.parametrize("unit", ["ns", "us", "µs", "ms", "s", "K", "mm", "deg", "Å", "1/angstrom", "meV", "m**2"])
def test_scipp_knows_the_units_of_axes(unit):
    assert made([1], ld.edges([0, 1], unit).named("q")).to_scipp().coords["q"].unit == sc.Unit(unit.replace("**", "^"))


def test_a_unit_unknown_to_scipp_is_an_error_of_ours():
    with pytest.raises(ld.ArgumentError, match="no unit 'zorkmid'"):
        made([1], ld.edges([0, 1], "zorkmid").named("x")).to_scipp()


def test_pandas_has_a_row_for_each_bin():
    frame = counts(X, ODD).to_pandas()

    assert frame["value"].tolist() == counts(X, ODD).values().ravel().tolist()
    assert frame["error"].to_numpy() == pytest.approx(np.sqrt(frame["value"]))
    assert frame.index.names == ["x", "wavelength"]
    assert 0.05 in frame.index.levels[1][0]
    assert counts().to_pandas().loc[7.0, "value"] == counts().values()[0]
    assert frame.attrs == {"unit": "counts", "units": {"x": None, "wavelength": "angstrom"}}


def test_categories_are_labels_everywhere():
    shutter = made([7, 8], categories(["open", "closed"]).named("shutter"))

    assert shutter.to_pandas().loc["closed", "value"] == 8
    assert shutter.to_xarray().sel(shutter="open") == 7
    assert list(shutter.to_scipp().coords["shutter"].values) == ["open", "closed"]


@pytest.mark.parametrize("library", ["hist", "boost_histogram", "xarray", "scipp"])
def test_a_missing_library_says_how_to_install_it(monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    method = {"boost_histogram": "to_boost"}.get(library, f"to_{library}")

    with pytest.raises(ld.MissingExtra, match=r"pip install 'livedata\["):
        getattr(counts(), method)()


def test_missing_matplotlib_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)

    with pytest.raises(ld.MissingExtra, match=r"livedata\[lab\]"):
        counts().plot()
