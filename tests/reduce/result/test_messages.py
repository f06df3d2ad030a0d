"""Histograms go out as messages that others read, and those of others come in as the same object."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from streaming_data_types import dataarray_da00, histogram_hs00, histogram_hs01

import livedata as ld
from livedata import schemas
from livedata.reduce.axis import categories, integers
from livedata.reduce.result.publish import to_da00, to_hs00, to_hs01
from livedata.reduce.result.receive import from_arrays, from_message
from livedata.streams.batch import ArraySet, Variable

from .samples import ODD, TOA, X, counts, made, snapshot

NAMED = counts(X, TOA, name="detector")


@pytest.fixture
def shared_vectors(request):
    folder = Path(os.environ.get("LIVEDATA_SHARED", request.config.rootpath.parent / "shared")) / "vectors"
    if not folder.is_dir():
        pytest.skip(f"no shared messages in {folder}; set LIVEDATA_SHARED")
    return folder


def signal(values, dims=None, unit="counts", **others):
    values = np.asarray(values)
    dims = dims or tuple("xyz"[: values.ndim])
    return ArraySet({"signal": Variable(values, dims, unit), **others})


@pytest.mark.parametrize("histogram", [counts(), NAMED, counts(X, TOA, ODD), made([5], integers(0, 1).named("y"))])
@pytest.mark.parametrize("encode", [to_da00, to_hs00, to_hs01])
def test_counts_come_back_as_they_went(histogram, encode):
    found = from_message(encode(histogram, "detector", 17))

    assert [a.edges.tolist() for a in found.axes] == [a.edges.tolist() for a in histogram.axes]
    assert [(a.name, a.unit) for a in found.axes] == [(a.name, a.unit) for a in histogram.axes]
    assert found.values().dtype == np.int64
    assert (found.values() == histogram.values()).all()
    assert found.spread is None


@pytest.mark.parametrize("encode", [to_da00, to_hs01])
def test_even_bins_stay_even_so_that_results_can_be_computed_with(encode):
    found = from_message(encode(NAMED, "detector", 17))

    assert found.same_as(NAMED)
    assert (found - NAMED).total == 0


def test_quotients_keep_their_variances_and_their_missing_values():
    quotient = counts() / made([0, *range(1, 10)], TOA)
    found = from_message(to_da00(quotient, "q", 0))

    np.testing.assert_array_equal(found.values(), quotient.values())
    assert found.variances() == pytest.approx(quotient.variances(), rel=1e-14, nan_ok=True)
    assert found.unit == "dimensionless"


@given(st.lists(st.integers(0, 2**60), min_size=1, max_size=6))
def test_counts_are_told_from_weights_by_their_errors(values):
    weighted = made(values, spread=np.asarray(values) * 2 + 1)

    assert from_message(to_da00(made(values), "h", 0)).spread is None
    assert from_message(to_da00(weighted, "h", 0)).variances() == pytest.approx(weighted.variances().astype(float))


def test_negative_differences_go_as_doubles_where_there_are_no_signed_integers():
    found = from_message(to_hs00(made([1, 2]) - made([3, 1]), "h", 0))

    assert found.values().tolist() == [-2, 1]
    assert found.variances() == pytest.approx([4, 3])


def test_categories_go_as_points_or_as_json():
    texts = made([7, 8], categories(["open", "closed"]).named("shutter"))

    assert from_message(to_da00(texts, "h", 0)).same_as(texts)
    with pytest.raises(ld.EncodeError, match="use da00"):
        to_hs01(texts, "h", 0)


def test_da00_is_read_by_others():
    theirs = dataarray_da00.deserialise_da00(to_da00(snapshot(X, TOA), "detector", 42))
    arrays = {v.name: v for v in theirs.data}

    assert (theirs.source_name, theirs.timestamp_ns) == ("detector", 42)
    assert (arrays["signal"].data == snapshot(X, TOA).values()).all()
    assert list(arrays["signal"].axes) == ["x", "toa"]
    assert (arrays["signal"].unit, arrays["signal"].label) == ("counts", "detector")
    assert arrays["errors"].data == pytest.approx(np.sqrt(snapshot(X, TOA).values()))
    assert arrays["toa"].data.tolist() == TOA.edges.tolist()
    assert arrays["toa"].unit == "ms"
    assert arrays["start_time"].unit == "datetime64[ns]"
    assert int(arrays["start_time"].data) == 1_000_000_000
    assert int(arrays["time"].data) == 11_000_000_000


@pytest.mark.parametrize(("encode", "module"), [(to_hs00, histogram_hs00), (to_hs01, histogram_hs01)])
def test_older_histograms_are_read_by_others(encode, module):
    read = getattr(module, f"deserialise_{module.__name__[-4:]}")
    theirs = read(encode(snapshot(X, TOA), "detector", 42))

    assert (theirs["source"], theirs["timestamp"]) == ("detector", 42)
    assert (theirs["data"] == snapshot(X, TOA).values()).all()
    assert theirs["errors"] == pytest.approx(np.sqrt(snapshot(X, TOA).values()))
    assert theirs["dim_metadata"][1]["bin_boundaries"].tolist() == TOA.edges.tolist()
    assert theirs["dim_metadata"][1]["unit"] == "ms"
    assert json.loads(theirs["info"])["ledger"]["seen"] == snapshot(X, TOA).ledger.seen


def test_messages_of_others_are_read():
    variable = dataarray_da00.Variable
    payload = dataarray_da00.serialise_da00(
        "monitor",
        123,
        [
            variable(name="signal", data=np.array([4, 6], np.int32), axes=["frame_time"], unit="counts"),
            variable(name="frame_time", data=np.array([0, 2, 4], np.float32), axes=["frame_time"], unit="ms"),
            variable(name="reference_time", data=np.array([7, 8, 9]), axes=["frame"], unit="ns"),
            variable(name="frame_total", data=np.array([1, 2, 3]), axes=["frame"]),
        ],
    )
    found = from_message(payload)

    assert found.same_as(made([4, 6], ld.bins(0, 4, n=2, unit="ms").named("frame_time")))
    assert found.rebin(frame_time=[0, 1, 3, 5]).values().tolist() == [2, 5, 3]
    assert found.name == "monitor"


def test_histograms_of_just_bin_it_are_read():
    payload = histogram_hs00.serialise_hs00(
        {
            "source": "just-bin-it",
            "timestamp": 5,
            "current_shape": [3],
            "dim_metadata": [{"length": 3, "unit": "", "label": "", "bin_boundaries": np.array([0, 1, 2, 3.5])}],
            "data": np.array([1.0, 2.0, 3.0]),
            "info": '{"state": "COUNTING"}',
        }
    )
    found = from_message(payload)

    assert found.axes[0] == ld.edges([0, 1, 2, 3.5]).named("dim_0")
    assert found.values().tolist() == [1, 2, 3]


def test_boundaries_as_many_as_bins_are_taken_for_points():
    found = from_arrays(signal([1, 2, 3], x=Variable(np.array([10, 20, 40]), ("x",), "mm")))

    assert found.axes["x"].edges.tolist() == [5, 15, 30, 50]


@pytest.mark.parametrize(
    "limits", [[0, 1, np.nan, 3], [0, 2, 1, 3], [0, 1, 1, 3], [0, 1], [0, 1, 2, 3, 4], ["a", "b", "c", "d"]]
)
def test_edges_that_make_no_sense_leave_bins_counted_from_zero(limits):
    found = from_arrays(signal([1, 2, 3], x=Variable(np.array(limits), ("x",), "mm")))

    assert found.axes["x"] == ld.bins(0, 3, n=3).named("x")
    assert found.values().tolist() == [1, 2, 3]


def test_coordinates_of_other_dimensions_are_left_aside():
    found = from_arrays(signal([1, 2], x=Variable(np.array([0, 1, 2]), ("frame",), "mm")))

    assert found.axes["x"] == ld.bins(0, 2, n=2).named("x")
    assert from_arrays(signal([1, 2])).axes["x"] == ld.bins(0, 2, n=2).named("x")


def test_descending_edges_are_turned_round_with_the_values():
    errors = Variable(np.array([[4.0, 5, 6]]), ("x", "y"), "counts")
    found = from_arrays(signal([[1, 2, 3]], y=Variable(np.array([3, 2, 1, 0]), ("y",), "mm"), errors=errors))

    assert found.values().tolist() == [[3, 2, 1]]
    assert found.variances().tolist() == [[36, 25, 16]]
    assert found.axes["y"] == ld.bins(0, 3, n=3, unit="mm").named("y")


def test_a_part_of_a_histogram_has_the_edges_of_that_part():
    part = ArraySet(
        {
            "signal": Variable(np.array([5, 6]), ("x",), "counts"),
            "x": Variable(np.arange(6.0), ("x",), "mm"),
        },
        offset=(2,),
        whole=(5,),
    )

    assert from_arrays(part).axes["x"] == ld.bins(2, 4, n=2, unit="mm").named("x")


def test_what_is_known_of_variances_is_told():
    assert from_arrays(signal([1, 2])).spread is None
    assert np.isnan(from_arrays(signal([1.5, 2], unit="counts/s")).variances()).all()
    assert np.isnan(from_arrays(signal([1.5, 2], unit=None)).variances()).all()


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "int64", "uint64", "float32", "float64", "bool"])
def test_numbers_of_every_kind_are_taken(dtype):
    found = from_arrays(signal(np.array([0, 1], dtype)))

    assert found.values().tolist() == [0, 1]
    assert found.values().dtype == (np.float64 if "float" in dtype else np.int64)


def test_what_is_no_histogram_is_refused():
    with pytest.raises(ld.ArgumentError, match="called 'signal', only counts"):
        from_arrays(ArraySet({"counts": Variable(np.arange(3), ("x",))}))
    with pytest.raises(ld.ArgumentError, match="schema 'x5f2'; expected one of da00"):
        from_message(schemas.encode(schemas.x5f2(software_name="a", process_id=1, update_interval=1)))
    with pytest.raises(ld.DecodeError):
        from_message(to_da00(counts(), "h", 0)[:40])


values = st.one_of(
    nps.arrays(st.sampled_from(["int8", "uint64", "float32", "float64", "bool", "U3"]), nps.array_shapes(min_side=0)),
    nps.arrays(np.float64, st.integers(0, 5)),
)
names = st.sampled_from(["x", "y", "signal", "errors", "time", "start_time", "frame"])
variables = st.builds(
    lambda v, dims, unit: Variable(v, tuple(dims[: v.ndim]), unit),
    values,
    st.permutations(["x", "y", "z", "frame"]),
    st.sampled_from([None, "", "counts", "ns", "datetime64[ns]", "no such unit"]),
)


@settings(max_examples=300)
@given(st.dictionaries(names, variables), st.dictionaries(st.just("x_categories"), st.sampled_from(["[1", "3", "[]"])))
def test_whatever_comes_is_a_histogram_or_refused(found, told):
    try:
        histogram = from_arrays(ArraySet(found, told), 5)
    except ld.ArgumentError:
        return
    assert histogram.values().shape == tuple(len(axis) for axis in histogram.axes) == histogram.variances().shape
    assert repr(histogram)
    assert histogram.values().dtype in (np.int64, np.float64)


@pytest.mark.shared
def test_real_messages_are_histograms_or_refused(shared_vectors):
    paths = [p for schema in ("da00", "hs00", "hs01", "ad00") for p in sorted((shared_vectors / schema).glob("*.bin"))]
    held = {}
    for path in paths:
        try:
            held[path.stem] = from_message(path.read_bytes())
        except (ld.ArgumentError, ld.DecodeError):
            continue
    assert len(held) > 30
    assert held["histogram_with_axis"].axes[0].unit == "ns"
    assert all(repr(histogram) and histogram.values().size for histogram in held.values())


def test_axes_with_the_name_of_another_variable_are_refused():
    with pytest.raises(ld.EncodeError, match="expected axes of other names"):
        to_da00(made([1, 2], ld.bins(0, 2, n=2).named("signal")), "h", 0)


def test_a_series_goes_with_the_times_of_its_slots_alone():
    slots = ld.bins(0, 5_000_000_000, n=5, unit="ns").named("time")
    series = snapshot(slots)
    assert series.span is not None

    back = from_message(to_da00(series, "det", 5))

    assert back.axes["time"].edges.tolist() == slots.edges.tolist()
    assert np.array_equal(back.array, series.array)
    assert [len(axis) for axis in back.axes] == [5]


def test_the_span_of_time_comes_along():
    assert from_message(to_da00(snapshot(), "d", 0)).span == snapshot().span
    assert from_message(to_da00(snapshot(), "d", 0)).rate().same_as(snapshot().rate())
