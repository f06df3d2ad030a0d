"""What is missing is named, and where it is missing."""

import dataclasses

import numpy as np
import pytest

from livedata.errors import ArgumentError
from livedata.reduce.physics.coordinates import COORDINATES, evaluate, formula_of
from livedata.reduce.physics.flight import ARRIVAL, Flight
from livedata.reduce.physics.geometry import Geometry

from .instruments import NOTHING, compute, monitor, right_angle

FULL = right_angle(l1=20.0, l2=5.0)


def without(**parts):
    """Return the full geometry with some of it taken away."""
    return dataclasses.replace(FULL, **parts)


def complaint(name, geometry, flight=ARRIVAL, n_pixels=1):
    """Return the text of the error."""
    with pytest.raises(ArgumentError) as caught:
        formula_of(name, geometry, flight, n_pixels)
    return str(caught.value)


def test_a_missing_source_is_named_with_its_file():
    assert complaint("wavelength", without(source=None)) == (
        "wavelength needs the distance from source to sample; run.nxs has no NXsource position (give flight l1=… in m)"
    )


def test_the_length_of_the_flight_stands_in_for_a_missing_source():
    given = Flight(l1=20.0)
    for name in ("wavelength", "q", "two_theta"):
        assert compute(name, without(source=None), 10_000_000, given) == compute(name, FULL, 10_000_000)


def test_the_length_of_the_flight_overrules_the_geometry():
    assert compute("ltotal", FULL, 1, Flight(l1=30.0))[0] == 35.0


def test_an_angle_needs_a_direction():
    text = complaint("two_theta", without(source=None))
    assert text.startswith("two_theta needs the direction from source to sample; run.nxs has no NXsource position")


def test_a_missing_sample_is_named():
    assert complaint("dspacing", without(sample=None)).startswith("dspacing needs the position of the sample; run.nxs")


def test_missing_pixels_are_named():
    assert complaint("q", without(positions=None)).startswith("q needs the positions of pixels; run.nxs has no pixel")


def test_no_geometry_at_all_is_said():
    for name in COORDINATES:
        assert f"{name} needs to know where" in complaint(name, None, Flight(incident_energy=25.0))


def test_a_geometry_of_another_detector_is_refused():
    text = complaint("wavelength", FULL, n_pixels=100)
    assert "one position for each of 100 pixels; run.nxs has an array of shape (1, 3)" in text


@pytest.mark.parametrize("name", ["two_theta", "wavelength"])
def test_a_source_at_the_place_of_the_sample_is_no_source(name):
    geometry = without(source=(0.0, 0.0, 0.0))
    assert "in run.nxs they are 0.0 m apart (give flight l1=… in m)" in complaint(name, geometry)
    assert compute(name, geometry, 10_000_000, Flight(l1=20.0)) == compute(name, FULL, 10_000_000)


def test_a_length_that_is_none_is_refused():
    assert "flight l1=-1.0 m; expected a positive length" in complaint("wavelength", FULL, Flight(l1=-1.0))


@pytest.mark.parametrize("name", ["two_theta", "q", "dspacing", "l2", "energy_transfer", "time_at_sample"])
def test_monitors_do_not_scatter(name):
    geometry = dataclasses.replace(monitor(15.0), sample=(0.0, 0.0, 0.0))
    assert "run.nxs is a monitor" in complaint(name, geometry, Flight(incident_energy=25.0))


def test_monitors_know_the_straight_line_from_the_source():
    assert compute("ltotal", monitor(15.0), 1)[0] == 15.0
    off_axis = dataclasses.replace(monitor(15.0), positions=np.array([[3.0, 0.0, -16.0]]))
    assert compute("ltotal", off_axis, 1)[0] == 5.0


def test_the_place_of_a_monitor_serves_all_its_pixels():
    assert compute("ltotal", monitor(15.0), [1, 1], pixels=[0, 3], n_pixels=4).tolist() == [15.0, 15.0]


def test_monitors_of_a_file_without_a_source_take_the_length_of_the_flight():
    geometry = dataclasses.replace(monitor(15.0), source=None, sample=(0.0, 0.0, 0.0))
    assert compute("ltotal", geometry, 1, Flight(l1=20.0))[0] == 15.0


@pytest.mark.parametrize(
    ("flight", "says"),
    [
        (Flight(), "neither is given"),
        (Flight(incident_energy=1.0, final_energy=2.0), "both are given"),
        (Flight(incident_energy=-1.0), "expected a positive number"),
        (Flight(final_energy=float("nan")), "expected a positive number"),
    ],
)
@pytest.mark.parametrize("name", ["energy_transfer", "q_inelastic"])
def test_spectrometers_need_one_fixed_energy(name, flight, says):
    assert says in complaint(name, FULL, flight)


@pytest.mark.parametrize(
    ("flight", "says"),
    [
        (Flight(min_wavelength=1.0), "flight min_wavelength needs the pulse period"),
        (Flight(wrap_offset=1.0), "flight wrap_offset needs the pulse period"),
        (Flight(stride=2), "flight stride=2 needs the pulse period"),
        (Flight(period=1e8, min_wavelength=1.0, wrap_offset=1.0), "min_wavelength and wrap_offset"),
        (Flight(period=-1.0), "expected a positive time"),
        (Flight(stride=0), "flight stride=0"),
    ],
)
def test_settings_that_do_not_suffice_or_contradict_are_refused(flight, says):
    assert says in complaint("wavelength", FULL, flight)


def test_a_time_of_arrival_does_not_pass_for_a_time_of_flight_without_a_path():
    assert "tof needs to know where" in complaint("tof", None)
    assert "tof needs the distance from source to sample" in complaint("tof", without(source=None))


def test_a_wrap_offset_needs_no_path_for_the_time_of_flight():
    formula = formula_of("tof", None, Flight(period=100.0, wrap_offset=30.0), 1)
    out = np.empty(3)
    evaluate(formula, np.zeros(3, np.int32), np.array([29, 30, 99], np.int32), NOTHING, out)
    assert out.tolist() == [129, 30, 99]


def test_the_formula_says_what_it_takes_for_the_time_of_flight():
    assert "t is the time of arrival" in formula_of("wavelength", FULL, ARRIVAL, 1).text
    unwrapped = formula_of("wavelength", FULL, Flight(period=1e8, min_wavelength=2.0), 1)
    assert "t is unwrapped" in unwrapped.text
    assert "2 Å" in unwrapped.text
    skipped = formula_of("wavelength", FULL, Flight(period=1e8, wrap_offset=3.0, stride=2), 1)
    assert "frames begin 3 ns after the pulse; number 0 of every 2 pulses, counted from 1970" in skipped.text


def test_a_wrong_name_lists_the_near_miss():
    assert "did you mean 'wavelength'?" in complaint("wavelenght", FULL)
    assert "there are tof, wavelength" in complaint("temperature", FULL)


def test_arrays_of_different_lengths_are_refused():
    formula = formula_of("wavelength", FULL, ARRIVAL, 1)
    with pytest.raises(ArgumentError, match="expected as many of each"):
        evaluate(formula, np.zeros(2, np.int32), np.zeros(3, np.int32), NOTHING, np.empty(3))


def test_skipped_pulses_need_the_shift_of_each_event():
    formula = formula_of("wavelength", FULL, Flight(period=1e8, stride=2), 1)
    with pytest.raises(ArgumentError, match="the shift of its entry"):
        evaluate(formula, np.zeros(1, np.int32), np.zeros(1, np.int32), NOTHING, np.empty(1))


def test_geometry_of_pixels_needs_no_source():
    geometry = Geometry(np.array([[1.0, 2.0, 3.0]]), where="cut.nxs")
    assert [compute(name, geometry, 1)[0] for name in "xyz"] == [1.0, 2.0, 3.0]
