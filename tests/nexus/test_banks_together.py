"""Events of several banks in one group, outside of any detector: their pixels are those of all banks of the entry."""

import h5py
import numpy as np
import pytest

import livedata as ld
from tests.nexus.test_geometry import dataset, events, group

FRONT, REAR = (1, 2, 3, 4), (11, 12, 13, 14)


@pytest.fixture
def made(tmp_path):
    """Return a maker of files with two banks of 2 × 2 pixels, and events on some pixels."""

    def make(ids, *, rear=REAR, name="all_events", has_own=False):
        path = tmp_path / "banks.nxs"
        with h5py.File(path, "w") as file:
            entry = group(file, "entry", "NXentry")
            instrument = group(entry, "instrument", "NXinstrument")
            for bank, numbers, z in (("front", FRONT, 2.0), ("rear", rear, 4.0)):
                detector = group(instrument, bank, "NXdetector", depends_on="stand")
                dataset(detector, "detector_number", np.array(numbers, np.int32).reshape(2, 2))
                dataset(detector, "x_pixel_offset", [-0.1, 0.1], units="m")
                dataset(detector, "y_pixel_offset", [-0.2, 0.2], units="m")
                dataset(
                    detector, "stand", z, units="m", transformation_type="translation", vector=[0, 0, 1], depends_on="."
                )
                detector["depends_on"] = f"{detector.name}/stand"
            if has_own:
                events(group(instrument["front"], "front_events", "NXevent_data"))
            events(group(entry, name, "NXevent_data"), ids)
        return ld.open(path)[name]

    return make


def test_a_picture_has_all_banks_upon_each_other(made):
    stream = made((1, 4, 11, 12, 12, 99))

    image = stream.image()

    assert image.values().tolist() == [[1, 0], [0, 1], [1, 2], [0, 0]]
    assert image.ledger.unmapped == 1


def test_pixels_stand_where_their_banks_are(made):
    geometry = made((1, 4, 11, 12)).geometry

    assert geometry.names == ("front", "rear")
    assert geometry.positions[:, 2].tolist() == [2.0] * 4 + [4.0] * 4
    assert geometry.positions[:2, 0].tolist() == geometry.positions[4:6, 0].tolist() == [-0.1, 0.1]


def test_a_group_with_the_name_of_one_bank_may_have_events_on_all(made):
    assert made((1, 2, 3, 11), name="front_events").layout.size == 8
    assert made((1, 2, 3, 99), name="front_events").layout.size == 4


def test_banks_whose_numbers_overlap_are_not_guessed(made):
    assert made((1, 2, 3, 4), rear=(3, 4, 5, 6)).layout is None


def test_events_on_other_numbers_lie_on_none_of_the_banks(made):
    assert made((201, 202, 203, 1)).layout is None


def test_a_bank_with_events_of_its_own_is_left_out(made):
    assert made((1, 2, 11, 12), has_own=True).layout is None
