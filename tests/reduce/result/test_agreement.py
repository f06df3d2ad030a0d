"""Arithmetic, rebinning and slices give what scipp gives."""

import operator

import numpy as np
import pytest
import scipp as sc
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

import livedata as ld

from .samples import edge_lists, made

POSITIVE = nps.arrays(np.float64, 5, elements=st.floats(0.01, 1e6))
OPERATIONS = (operator.add, operator.sub, operator.mul, operator.truediv)


@pytest.mark.parametrize("operation", OPERATIONS)
@given(POSITIVE, POSITIVE, POSITIVE, POSITIVE)
def test_values_and_variances_are_those_of_scipp(operation, x, y, u, v):
    a, b = made(x, spread=u, unit="dimensionless"), made(y, spread=v, unit="dimensionless")
    ours, theirs = operation(a, b), operation(a.to_scipp(), b.to_scipp())

    assert ours.values() == pytest.approx(theirs.values, rel=1e-14)
    assert ours.variances() == pytest.approx(theirs.variances, rel=1e-13)


@given(edge_lists, edge_lists, st.data())
def test_other_bins_are_those_of_scipp(old, new, data):
    values = data.draw(st.lists(st.floats(0, 1e6), min_size=len(old) - 1, max_size=len(old) - 1))
    h = made(values, ld.edges(old, "mm").named("x"))
    ours = h.rebin(x=ld.edges(new, "mm"))
    theirs = h.to_scipp().rebin(x=sc.array(dims=["x"], values=new, unit="mm", dtype="float64"))

    assert ours.values() == pytest.approx(theirs.values, rel=1e-12, abs=1e-9)
    assert ours.variances() == pytest.approx(theirs.variances, rel=1e-12, abs=1e-9)


@given(st.integers(0, 99), st.integers(1, 40))
def test_spans_of_values_are_those_of_scipp(tenths, length):
    h = made(np.arange(10), ld.bins(0, 10, n=10, unit="mm").named("x"))
    stop = min(tenths + length, 100)
    ours = h[f"{tenths / 10} mm" : f"{stop / 10} mm"]
    low, high = (sc.scalar(v / 10, unit="mm") for v in (tenths, stop))
    theirs = h.to_scipp()["x", low:high]

    assert ours.values().tolist() == theirs.values.tolist()
    assert ours.axes["x"].edges.tolist() == theirs.coords["x"].values.tolist()


def test_units_of_quotients_are_those_of_scipp():
    h = made([1.0, 2.0])

    assert (h / h).to_scipp().unit == (h.to_scipp() / h.to_scipp()).unit
    assert h.density().to_scipp().unit == sc.Unit("counts/ms")
    assert (h * h).to_scipp().unit == sc.Unit("counts^2")
