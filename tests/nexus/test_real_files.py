"""Every real file: the numbers that were measured when it was collected."""

import json

import h5py
import numpy as np
import pytest

from livedata.nexus import open_file
from livedata.nexus.hdf import text_of
from livedata.nexus.moment import parse_moment

pytestmark = pytest.mark.shared

EVENT_FILES = (
    "EQSANS_1466_event.nxs",
    "REF_L_188300.nxs.h5",
    "SANS2D_reduced_with_geometry.nxs",
    "SANS_test_reduced.hdf5",
    "amor2025n004107.hdf",
    "minimal_example_with_geometry.nxs",
)


@pytest.mark.parametrize("name", EVENT_FILES)
def test_ids_offsets_and_entries_are_those_of_the_arrays(real_files, name):
    manifest = json.loads((real_files / "manifest.json").read_text())["files"]
    groups = next(row["events"] for row in manifest if row["path"] == f"events/{name}")
    path = real_files / "events" / name
    file = open_file(path)
    compared = 0
    with h5py.File(path) as raw:
        for hdf_path, told in groups.items():
            stream = file.stream(hdf_path)
            batches = list(file.batches(hdf_path))
            assert sum(b.n_events for b in batches) == stream.n_events
            assert sum(b.n_entries for b in batches) == stream.n_entries
            if not stream.n_events:
                continue
            ids = np.concatenate([b.event_id for b in batches]).view(np.uint32)
            assert int(ids.sum(dtype=np.uint64)) == told["event_id"]["sum"]
            assert len(ids) == told["event_id"]["n"]
            stored = raw[hdf_path]["event_time_offset"]
            scale = 1 if stored.dtype.kind == "u" else 1000
            expected = np.rint(stored[:].astype(np.float64) * scale).astype(np.int64)
            assert np.array_equal(np.concatenate([b.event_time_offset for b in batches]), expected)
            assert stream.n_entries == told["event_time_zero"]["n"]
            compared += len(ids)
    assert compared == {
        "EQSANS_1466_event.nxs": 20_400,
        "REF_L_188300.nxs.h5": 23_101,
        "amor2025n004107.hdf": 86_866,
    }.get(name, 7 if "minimal" in name else 237_078)


def test_amor_has_several_messages_per_pulse_and_its_streams_are_called_by_their_source(real_files):
    file = open_file(real_files / "events" / "amor2025n004107.hdf")
    stream = file.stream("multiblade")
    assert (stream.n_events, stream.n_entries, stream.n_pulses) == (84_620, 3_352, 1_122)
    assert (stream.key.topic, stream.key.source) == ("amor_ev44", "multiblade")
    assert len(file.stream("ttlmon0").aliases) >= 1


def test_eqsans_images_of_each_bank_are_the_stored_ones(real_files):
    path = real_files / "events" / "EQSANS_1466_event.nxs"
    file = open_file(path)
    layouts = file.layouts()
    assert len(layouts) == 48
    with h5py.File(path) as raw:
        for number in range(1, 49):
            held = layouts[f"bank{number}_events"]
            batch = file.read(f"bank{number}_events")
            ids = np.zeros(0, np.int32) if batch.event_id is None else batch.event_id
            pixels = held.detector_number()
            image = np.bincount(ids, minlength=int(pixels.max()) + 1)[pixels]
            assert np.array_equal(image, raw[f"entry/instrument/bank{number}/data_x_y"][:])


def test_the_minimal_example_counts_pixels_from_zero(real_files):
    file = open_file(real_files / "events" / "minimal_example_with_geometry.nxs")
    assert file.layouts()["event_data"].first_id == 0
    assert file.read("event_data").event_time_zero.view(np.uint64).max() == 15_957_411_269_133_089_792


def test_ref_l_has_all_its_logs_and_the_late_pulses(real_files):
    file = open_file(real_files / "events" / "REF_L_188300.nxs.h5")
    kinds = [s.kind for s in file.streams.values()]
    assert (kinds.count("log"), kinds.count("text")) == (91, 31 + 5)
    assert np.count_nonzero(np.diff(file.read("bank1_events").event_time_zero) < 0) == 1


@pytest.mark.parametrize(
    ("name", "path", "total"),
    [
        ("poldi2014n019881.hdf", "/entry1/POLDI/detector/counts", 134_170),
        ("focus2007n001335.hdf", "/entry1/FOCUS/merged/counts", 550_085),
        ("chopper.nxs", "/entry/data/data", 2_666_912),
        ("minimal_histogram_example.nxs", "/raw_data_1/instrument/detector_1/counts", 3_565),
    ],
)
def test_histograms_are_arrays_with_the_counts_measured(real_files, name, path, total):
    file = open_file(real_files / "histograms" / name)
    assert int(np.sum(file.read(path), dtype=np.int64)) == total


def logs_of(raw):
    """All groups with values and times, each under its first path."""
    found = {}

    def visit(path, item):
        if isinstance(item, h5py.Group) and "value" in item and "time" in item:
            found[f"/{path}"] = item

    raw.visititems(visit)
    return found


def test_every_log_of_ref_l_is_read_with_its_values_times_unit_and_texts(real_files):
    path = real_files / "events" / "REF_L_188300.nxs.h5"
    file, n_texts, n_enums = open_file(path), 0, 0
    with h5py.File(path) as raw:
        logs = logs_of(raw)
        for hdf_path, group in logs.items():
            stream, batch = file.stream(hdf_path), file.read(hdf_path)
            values = group["value"][:].reshape(len(group["time"]), -1)[:, 0]
            is_text = values.dtype.kind == "S"
            n_texts += is_text
            expected = [v.decode() for v in values.tolist()] if is_text else values.tolist()
            assert batch.value.tolist() == expected
            assert batch.value.dtype == (object if is_text else values.dtype)
            told = group["time"].attrs
            start = parse_moment(text_of(told.get("offset", told.get("start"))))
            assert np.array_equal(batch.time, np.rint(group["time"][:] * 1e9).astype(np.int64) + start)
            unit = group["value"].attrs.get("units")
            assert stream.unit == (None if unit is None else text_of(unit))
            if "value_strings" in group:
                n_enums += 1
                texts = file.read(f"{hdf_path}/value_strings")
                assert texts.value.tolist() == [t.decode() for t in group["value_strings"][:, 0].tolist()]
                assert np.array_equal(texts.time, batch.time)
    assert (len(logs), n_texts, n_enums) == (122, 31, 5)


def test_amor_tells_alarms_and_connections_of_its_variables(real_files):
    path = real_files / "events" / "amor2025n004107.hdf"
    file, compared = open_file(path), 0
    with h5py.File(path) as raw:
        for name, stream in file.streams.items():
            for facet, value in (("alarm", "alarm_severity"), ("connection", "connection_status")):
                if facet not in stream.facets:
                    continue
                group, batch = raw[stream.path], file.read(name, facet=facet)
                assert batch.value.tolist() == group[value][:].tolist()
                assert (
                    batch.time.tolist()
                    == group[f"{value.split('_s')[0] if facet == 'alarm' else value}_time"][:].tolist()
                )
                compared += batch.n_samples
    assert compared > 0
