"""Masks in files: Mantid's XML, plain text, JSON and NeXus, there and back."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from livedata.errors import ArgumentError, FileError, OutputExists
from livedata.nexus.maskfile import read_mask, write_mask
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.mask import Mask
from livedata.reduce.pixels.masking import mask

ENDINGS = [".xml", ".txt", ".json", ".nxs", ".h5"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("ids", ["1-5,7,100-20000", "9", ""])
def test_what_is_written_is_read(tmp_path: Path, ending: str, ids: str) -> None:
    made = mask(ids, name='edge & <beam> "stop"')
    path = write_mask(made, tmp_path / f"mask{ending}")
    assert read_mask(path, name=made.name) == made
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", [".xml", ".json", ".nxs"])
def test_the_name_stays_with_the_mask(tmp_path: Path, ending: str) -> None:
    assert read_mask(write_mask(mask([1], name="beam stop"), tmp_path / f"m{ending}")).name == "beam stop"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_there_stays_unless_asked_for(tmp_path: Path, ending: str) -> None:
    path = write_mask(mask([1]), tmp_path / f"m{ending}")
    before = path.read_bytes()
    with pytest.raises(OutputExists, match="overwrite=True"):
        write_mask(mask([2]), path)
    assert path.read_bytes() == before
    assert read_mask(write_mask(mask([2]), path, overwrite=True)).ids.tolist() == [2]


def test_masks_of_mantid_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sans.xml"
    path.write_text(
        '<?xml version="1.0" ?>\n<!-- by hand -->\n<detector-masking>\n <group>\n'
        "  <detids>3,34-44,47</detids>\n </group><group><detids> 100 - 102\n,110</detids></group>\n</detector-masking>"
    )
    assert read_mask(path).ids.tolist() == [3, *range(34, 45), 47, 100, 101, 102, 110]
    assert read_mask(path).name == "sans"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.xml", "<detector-masking><group><component>bank1</component></group></detector-masking>", "<component>"),
        ("m.xml", "<detector-masking><group><ids>1-4</ids></group></detector-masking>", "<ids>"),
        ("m.xml", "<detector-masking><group>", "no sound XML"),
        ("m.xml", "<other/>", "<other> is no mask"),
        ("m.xml", '<!DOCTYPE a [<!ENTITY b "c">]><detector-masking/>', "document type"),
        ("m.xml", "<detector-masking><group><detids>1-x</detids></group></detector-masking>", "'1-x'"),
        ("m.json", "{", "no sound JSON"),
        ("m.json", '{"pixels": [1]}', "has pixels; expected 'ids'"),
        ("m.json", "5.5", "expected integers"),
        ("m.txt", "1\n2\nthree", "'three'"),
        ("m.txt", "99999999999", "expected 0"),
        ("m.nxs", "no HDF5", "is not an HDF5 file"),
    ],
)
def test_a_file_without_a_mask_of_pixels_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FileError, match=said) as error:
        read_mask(path)
    assert str(path) in str(error.value)


def test_a_missing_file_and_an_impossible_place_are_named(tmp_path: Path) -> None:
    for ending in ENDINGS:
        with pytest.raises(FileError, match="absent"):
            read_mask(tmp_path / f"absent{ending}")
        with pytest.raises(FileError, match="nowhere"):
            write_mask(mask([1]), tmp_path / "nowhere" / f"m{ending}")


def test_a_nexus_file_holds_the_whole_detector_where_its_layout_is_known(tmp_path: Path) -> None:
    path = write_mask(mask([2, 99]), tmp_path / "m.nxs", layout=layout((2, 2)))
    with h5py.File(path) as file:
        group = file["entry/instrument/detector"]
        assert group.attrs["NX_class"] == "NXdetector"
        assert group["detector_number"][()].tolist() == [[1, 2], [3, 4]]
        assert group["pixel_mask"][()].tolist() == [[0, 256], [0, 0]]
        assert group["pixel_mask"].dtype == np.uint32
    assert read_mask(path).ids.tolist() == [2]


def test_all_detectors_of_a_nexus_file_are_read_by_their_lower_bits(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    with h5py.File(path, "w") as file:
        for bank, first in (("a", 1), ("b", 11)):
            file[f"entry/{bank}/detector_number"] = np.arange(first, first + 3)
            file[f"entry/{bank}/pixel_mask"] = np.array([0, 2, 1 << 31], np.uint32)
        file["entry/c/detector_number"] = np.arange(50)
    assert read_mask(path).ids.tolist() == [2, 12]


def test_a_pixel_mask_without_numbers_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    with h5py.File(path, "w") as file:
        file["entry/a/pixel_mask"] = np.zeros(3, np.uint32)
    with pytest.raises(FileError, match=r"/entry/a has a pixel_mask, but no detector_number"):
        read_mask(path)
    with h5py.File(path, "w") as file:
        file["entry/a/detector_number"] = np.zeros(3, np.uint32)
    with pytest.raises(FileError, match="no pixel_mask in any detector"):
        read_mask(path)


def test_the_mask_of_the_file_itself_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="no pixel numbers yet"):
        write_mask(Mask("own"), tmp_path / "m.xml")
