"""Saved histograms read back equal, and never take another file's place."""

import json
from dataclasses import fields, replace
from fractions import Fraction

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

import livedata as ld
from livedata.reduce.axis import categories, integers, log_bins
from livedata.reduce.result import nexusfile
from livedata.reduce.result.load import from_record, load_histogram
from livedata.reduce.result.record import to_record

from .samples import ODD, TOA, X, counts, made, snapshot

SUFFIXES = (".nxs", ".csv", ".npz", ".h5")
KINDS = {
    "counts": counts(X, TOA, name="detector"),
    "snapshot": snapshot(TOA, ODD),
    "quotient": counts() / made([0, *range(1, 10)], TOA),
    "weighted": made([4, 6], spread=np.array([10, 12]), span_ns=(5, 9)),
    "value": snapshot().sum(),
    "logarithmic": made([1, 2, 3], log_bins(0.01, 10, n=3, unit="angstrom").named("wavelength")),
    "integers": made([1, 2, 3], integers(0, 3).named("event_id")),
    "categories": made([7, 8], categories(["open, wide", 'half "shut"']).named("a/shutter")),
    "periods": made([7, 8], categories([1, 3]).named("period")),
    "named values": made([7, 8], ld.bins(0, 2, n=2).named("values")),
}


def assert_equal(found, expected):
    assert type(found) is type(expected)
    for field in fields(expected):
        a, b = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(b, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        else:
            assert a == b, field.name


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_is_read_back_equal(tmp_path, kind, suffix):
    path = KINDS[kind].save(tmp_path / f"one{suffix}")

    assert_equal(load_histogram(path), KINDS[kind])
    assert load_histogram(path).same_as(KINDS[kind])
    assert [p.name for p in tmp_path.iterdir()] == [f"one{suffix}"]


@given(nps.arrays(np.float64, st.integers(1, 9)), st.booleans(), st.text(max_size=8))
def test_a_record_is_the_histogram(values, has_spread, name):
    h = made(values, spread=values[::-1] if has_spread else None, name=name)

    assert_equal(from_record(to_record(h)), h)


def test_edges_stay_exact(tmp_path):
    h = made([1, 2, 3], ld.bins(0, 71.43, n=3, unit="ms").named("toa"))

    exact = load_histogram(h.save(tmp_path / "h.csv")).axes["toa"].exact
    assert exact == (Fraction(0), Fraction(7143, 100))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_is_never_replaced_unless_asked_to(tmp_path, suffix):
    path = counts().save(tmp_path / f"h{suffix}")
    with pytest.raises(ld.OutputExists, match="overwrite=True"):
        counts(seed=2).save(path)
    assert load_histogram(path).same_as(counts())

    counts(seed=2).save(path, overwrite=True)
    assert load_histogram(path).same_as(counts(seed=2))


def test_a_file_that_appears_in_the_meantime_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "h.nxs"
    write = nexusfile.write

    def write_while_another_does(draft, histogram, record):
        write(draft, histogram, record)
        path.write_text("precious")

    monkeypatch.setattr(nexusfile, "write", write_while_another_does)
    with pytest.raises(ld.OutputExists, match="appeared"):
        counts().save(path)
    assert path.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["h.nxs"]


def test_what_does_not_read_back_is_not_kept(tmp_path, monkeypatch):
    old = counts().save(tmp_path / "h.nxs")
    write = nexusfile.write

    def spoil(draft, histogram, record):
        write(draft, histogram, record)
        with h5py.File(draft, "r+") as file:
            file["entry/histogram/values"][3] += 1

    monkeypatch.setattr(nexusfile, "write", spoil)
    with pytest.raises(ld.FileError, match="did not read back"):
        counts(seed=2).save(old, overwrite=True)
    assert load_histogram(old).same_as(counts())
    assert [p.name for p in tmp_path.iterdir()] == ["h.nxs"]


def test_other_names_and_missing_folders_are_errors_of_ours(tmp_path):
    with pytest.raises(ld.ArgumentError, match=r"'\.txt'; expected one of \.nxs"):
        counts().save(tmp_path / "h.txt")
    with pytest.raises(ld.FileError, match="cannot write"):
        counts().save(tmp_path / "none" / "h.csv")
    with pytest.raises(ld.FileError, match="cannot write"):
        counts().save(tmp_path / "none" / "h.nxs")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_files_are_refused_with_their_name(tmp_path, suffix):
    path = tmp_path / f"other{suffix}"
    with pytest.raises(ld.FileError, match="no file"):
        load_histogram(path)
    path.write_bytes(b"a,b\n1,2\n\x00\xff")
    with pytest.raises(ld.FileError, match="other"):
        load_histogram(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_cut_short_are_refused(tmp_path, suffix):
    path = snapshot(X, TOA).save(tmp_path / f"h{suffix}")
    content = path.read_bytes()
    for n in range(0, len(content) - 8, max(len(content) // 40, 1)):
        path.write_bytes(content[:n])
        with pytest.raises(ld.FileError):
            load_histogram(path)


def test_a_later_format_is_refused(tmp_path):
    path = counts().save(tmp_path / "h.csv")
    path.write_text(path.read_text().replace('"format": 1', '"format": 2').replace('"span_ns"', '"time"'))

    with pytest.raises(ld.FileError, match="format 2, this version knows 1"):
        load_histogram(path)


def test_nexus_files_draw_themselves_elsewhere(tmp_path):
    with h5py.File(snapshot(X, TOA).save(tmp_path / "h.nxs", about={"description": {"axes": 2}})) as file:
        entry = file[file.attrs["default"]]
        data = entry[entry.attrs["default"]]
        assert data.attrs["NX_class"] == "NXdata"
        assert list(data.attrs["axes"]) == ["x", "toa"]
        assert (data[data.attrs["signal"]][()] == snapshot(X, TOA).values()).all()
        assert data["toa"][()].tolist() == TOA.edges.tolist()
        assert data["toa"].attrs["units"] == "ms"
        assert data["values_errors"][()] == pytest.approx(np.sqrt(snapshot(X, TOA).values()))
        assert entry["ledger/overflow"][()] == 2
        assert json.loads(entry["process/note/data"][()])["about"] == {"description": {"axes": 2}}


def test_nexus_files_are_read_by_scippnexus(tmp_path):
    import scippnexus as snx

    with snx.File(counts(X, TOA).save(tmp_path / "h.nxs"), "r") as file:
        array = file["entry/histogram"][()]

    assert (array.values == counts(X, TOA).values()).all()
    assert array.coords["toa"].values.tolist() == TOA.edges.tolist()
    assert array.variances == pytest.approx(counts(X, TOA).values())


def test_tables_are_read_by_pandas(tmp_path):
    import pandas as pd

    frame = pd.read_csv(snapshot().save(tmp_path / "h.csv"), comment="#")

    assert list(frame.columns) == ["toa_low [ms]", "toa_high [ms]", "value [counts]", "error [counts]"]
    assert frame["value [counts]"].tolist() == snapshot().values().tolist()
    assert "2 overflow" in (tmp_path / "h.csv").read_text().splitlines()[1]


def test_what_is_no_json_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ld.ArgumentError, match="JSON"):
        counts().save(tmp_path / "h.nxs", about={"when": object()})
    assert list(tmp_path.iterdir()) == []


def test_large_arrays_are_packed(tmp_path):
    large = made(np.arange(100_000) % 7, replace(TOA, n=100_000))

    path = large.save(tmp_path / "h.nxs")
    assert path.stat().st_size < 1_000_000
    assert load_histogram(path).same_as(large)
