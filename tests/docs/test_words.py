"""What a scientist sees of the things that a view needs: short, and only what was said."""

from __future__ import annotations

import pytest

import livedata as ld


def test_a_flight_shows_what_was_said_and_nothing_else():
    assert repr(ld.flight()) == "Flight()"
    assert repr(ld.flight(pulses="20 Hz", l1="19 m")) == "Flight(period=50000000.0, l1=19.0)"


def test_a_geometry_says_where_things_are_in_a_line(runs):
    run = ld.open(runs / "spectrometer.nxs")

    assert repr(run["detector_events"].geometry) == (
        "<Geometry of spectrometer.nxs, /entry/instrument/detector: 1,920 pixels, source at (0, 0, -20) m, "
        "sample at (0, 0, 0) m>"
    )
    assert "monitor, source at" in repr(run["monitor_events"].geometry)


@pytest.mark.shared
def test_a_geometry_that_is_not_told_says_why(real_runs):
    said = repr(ld.open(real_runs / "amor2025n004107.hdf")["multiblade"].geometry)

    assert "no positions" in said
    assert "has no vector to say in which direction" in said


def test_an_axis_of_no_name_yet_shows_its_bins():
    assert repr(ld.bins(0, 10, n=5, unit="ms")) == "<Axis 5 bins 0 … 10 ms>"


def test_a_region_of_a_picture_that_is_not_there_says_what_to_do(runs):
    spectrum = ld.open(runs / "spectrometer.nxs")["detector_events"].histogram(toa=ld.bins(0, 20, n=5, unit="ms"))

    with pytest.raises(ld.ArgumentError, match=r"there is none here; begin with \.image\(\), or give ld\.pixels"):
        spectrum.region(ld.rectangle(x=(0, 3), y=(0, 1))).values()
