"""How histograms look in a terminal and in a notebook."""

import numpy as np
import pytest

from livedata.reduce.axis import categories
from livedata.reduce.result.show import sparkline

from .samples import ODD, TOA, X, counts, made, snapshot


def test_a_spectrum_is_one_line_with_its_shape():
    assert repr(made([0, 4, 8, 1200])) == "<Histogram toa 4 bins 0 … 4 ms, 1,212 counts  ▁▁█>"


def test_an_image_tells_its_axes():
    assert repr(counts(X, ODD, name="detector")).startswith(
        "<Histogram detector x 4 bins 0 … 4 × wavelength 4 bins 0 … 10 angstrom, uneven, "
    )


def test_a_snapshot_tells_what_was_seen():
    assert "255 counts of 258 seen, complete" in repr(snapshot())


def test_what_is_no_count_tells_its_range():
    assert "0.5 … 2 counts/s" in repr(made([0.5, 2.0, np.nan], unit="counts/s"))
    assert "no values" in repr(made([np.nan], unit="dimensionless"))
    assert repr(made([8, 8]).sum() / 2) == "<Histogram 8 ± 2 counts>"


def test_blocks_show_the_highest_of_each_column():
    many = np.zeros(1000)
    many[777] = 5

    assert sparkline(many) == " " * 31 + "█" + " " * 8
    assert sparkline(np.zeros(3)) == "   "
    assert sparkline(np.array([-1, np.nan, 1])) == "  █"
    assert len(sparkline(np.arange(1001))) == 40


@pytest.mark.parametrize("histogram", [counts(), counts(X, TOA), snapshot(), made([1.5, np.nan]), made([0])])
def test_a_notebook_gets_a_drawing(histogram):
    bundle = histogram._repr_mimebundle_()

    assert bundle["text/plain"] == repr(histogram)
    assert "<svg" in bundle["text/html"]


def test_values_and_cubes_are_told_in_words():
    assert set(counts().sum()._repr_mimebundle_()) == {"text/plain"}
    assert set(counts(X, TOA, ODD)._repr_mimebundle_()) == {"text/plain"}


def test_names_from_outside_are_escaped():
    html = counts(name="<script>alert(1)</script>")._repr_mimebundle_()["text/html"]

    assert "<script" not in html


def test_categories_are_shown_by_name():
    assert "2 categories 'open', 'closed', 15 counts" in repr(made([7, 8], categories(["open", "closed"]).named("s")))


def test_nothing_that_is_shown_needs_a_library():
    import subprocess
    import sys

    code = (
        "import sys, numpy as np, livedata as ld\n"
        "from livedata.reduce.axis import Axes\n"
        "from livedata.reduce.result.histogram import Histogram\n"
        "h = Histogram(array=np.arange(4), axes=Axes([ld.bins(0, 4, n=4, unit='ms').named('toa')]))\n"
        "(h + h)[1:3].sum(); (h / h).density(); h._repr_mimebundle_(); h.peak()\n"
        "heavy = {'numba', 'h5py', 'bokeh', 'ipywidgets', 'pint', 'confluent_kafka', 'matplotlib', 'scipp', 'xarray'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
