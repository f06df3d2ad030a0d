"""Geometric projections: pixels are seen where lines from the sample meet the surface."""

import numpy as np
import pytest
import scipp as sc
from ess.reduce.live import raw
from hypothesis import given
from hypothesis import strategies as st

from livedata.errors import ArgumentError
from livedata.reduce.physics.geometry import Geometry
from livedata.reduce.pixels.geometric import noise
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.projection import angles, cylinder, plane
from livedata.reduce.pixels.readout import describe_pixel
from livedata.reduce.pixels.screen import NOWHERE, OFF
from livedata.reduce.pixels.screens import make_screen, pixel_weights


def panel(rows=8, columns=6, *, z=5.0, step=0.01, sample=(0.0, 0.0, 0.0)):
    """A flat panel across the beam: x along columns, y along rows."""
    y, x = np.mgrid[0:rows, 0:columns].astype(float)
    points = np.stack([(x - (columns - 1) / 2) * step, (y - (rows - 1) / 2) * step, 0 * x + z], axis=-1).reshape(-1, 3)
    sizes = np.array([[step, step, 0.0]])
    source = (sample[0], sample[1], sample[2] - 20.0)
    return layout((rows, columns)), Geometry(points + np.asarray(sample), source, sample, "x.nxs", sizes=sizes)


def cloud(n=500, seed=0):
    """Pixels anywhere downstream."""
    rng = np.random.default_rng(seed)
    points = rng.uniform((-1, -1, 0.5), (1, 1, 3), (n, 3))
    return layout((n,)), Geometry(points, (0.0, 0.0, -20.0), (0.0, 0.0, 0.0), "x.nxs")


def cells_of(screen, vertical, horizontal):
    """Cells by plain binning on the screen's own edges."""
    rows, columns = (
        np.searchsorted(axis.edges, values, side="right") - 1
        for axis, values in zip(screen.axes, (vertical, horizontal), strict=True)
    )
    return rows * screen.axes[1].n + columns


def test_a_regular_panel_falls_on_as_many_cells_one_to_one():
    held, geometry = panel()
    screen = make_screen(plane((8, 6)), held, geometry)

    assert screen.cells.tolist() == [list(range(48))]
    assert [(a.name, a.unit, a.n) for a in screen.axes] == [("y", "m", 8), ("x", "m", 6)]
    assert screen.axes[1].edges[[0, -1]] == pytest.approx([-0.03, 0.03])
    assert np.array_equal(pixel_weights(screen), np.ones((8, 6)))


def test_a_plane_shows_pixels_as_a_central_projection_from_the_sample():
    held, geometry = cloud()
    screen = make_screen(plane((40, 50)), held, geometry)
    theirs = raw.project_xy(sc.vectors(dims=["p"], values=geometry.positions, unit="m"))

    assert np.array_equal(screen.cells[0], cells_of(screen, theirs["y"].values, theirs["x"].values))
    assert (screen.cells >= 0).all()


@pytest.mark.parametrize("axis", ["z", "y"])
def test_a_cylinder_shows_arc_and_height(axis):
    held, geometry = cloud()
    screen = make_screen(cylinder((40, 50), axis=axis), held, geometry)
    theirs = raw.project_onto_cylinder(sc.vectors(dims=["p"], values=geometry.positions, unit="m"), axis=axis)
    arc, height = theirs["arc_length"].values, theirs[axis].values

    assert [a.name for a in screen.axes] == (["arc_length", "z"] if axis == "z" else ["y", "arc_length"])
    vertical, horizontal = (arc, height) if axis == "z" else (height, arc)
    assert np.mean(screen.cells[0] == cells_of(screen, vertical, horizontal)) > 0.99  # the rest lies on an edge
    assert (screen.cells >= 0).all()


def test_angles_are_those_of_the_scattered_beam():
    points = np.array([[0, 0, 1.0], [1, 0, 1], [0, 2, 0], [-1, 0, -1]])
    screen = make_screen(angles((180, 180)), layout((4,)), Geometry(points, (0.0, 0.0, -5.0), (0.0, 0.0, 0.0)))
    rows, columns = np.divmod(screen.cells[0], 180)

    assert [(a.name, a.unit) for a in screen.axes] == [("phi", "deg"), ("two_theta", "deg")]
    assert screen.axes[1].centers[columns] == pytest.approx([0, 45, 90, 135], abs=1)
    assert screen.axes[0].centers[rows[1:]] == pytest.approx([0, 90, 180], abs=2)


def test_angles_count_from_the_beam_wherever_it_goes():
    points = np.array([[1.0, 0, 0], [2.0, 0, 0.0], [0, 0, 1.0]])
    screen = make_screen(angles((4, 90)), layout((3,)), Geometry(points, (-5.0, 0.0, 0.0), (0.0, 0.0, 0.0)))

    assert screen.axes[1].centers[screen.cells[0] % 90] == pytest.approx([0, 0, 90], abs=1)


def test_the_sample_is_where_one_looks_from():
    held, here = panel()
    _, there = panel(sample=(1.0, 2.0, 3.0))

    for view in (plane((9, 7)), cylinder((9, 7)), angles((9, 7))):
        assert np.array_equal(make_screen(view, held, here).cells, make_screen(view, held, there).cells)


def test_the_nearest_plane_is_taken_on_either_side():
    points = np.array([[0.1, 0.0, 2.0], [0.2, 0.0, 4.0], [-0.1, 0.1, 2.0]])
    downstream = make_screen(plane((2, 2)), layout((3,)), Geometry(points))
    upstream = make_screen(plane((2, 2)), layout((3,)), Geometry(points * [1, 1, -1]))

    assert downstream.cells.tolist() == upstream.cells.tolist() == [[1, 1, 2]]


def test_what_lies_behind_the_sample_is_off_the_plane():
    points = np.array([[0.1, 0.0, 2.0], [-0.1, 0.0, -2.0], [0.2, 0.1, 2.0], [0.0, 0.0, 0.0]])

    assert make_screen(plane((2, 2)), layout((4,)), Geometry(points)).cells[0].tolist() == [0, OFF, 3, OFF]


def test_pixels_without_a_position_are_nowhere_and_places_without_a_pixel_are_off():
    points = np.array([[0.1, 0.0, 2.0], [np.nan] * 3, [-0.1, 0.1, 2.0], [np.nan] * 3])
    held = layout(detector_number=[1, 2, 3, -1])

    assert make_screen(plane((2, 2)), held, Geometry(points)).cells[0].tolist() == [1, NOWHERE, 2, OFF]


def test_a_turned_picture_is_the_mirror_image_and_says_so():
    held, geometry = panel()
    plain = make_screen(plane((8, 6)), held, geometry)
    turned = make_screen(plane((8, 6), flip_x=True), held, geometry)

    assert np.array_equal(turned.cells.reshape(8, 6), plain.cells.reshape(8, 6)[:, ::-1])
    assert turned.axes[1].name == "-x"
    assert turned.looking == "seen from the sample, looking downstream: x to the left, y up"
    assert plain.looking == "seen from behind the detector, looking upstream: x to the right, y up"


def test_replicas_lie_inside_the_pixel_and_depend_on_its_number_alone():
    held, geometry = panel(rows=20, columns=20)
    again = layout(detector_number=held.detector_number()[::-1])
    mirrored = Geometry(geometry.positions.reshape(20, 20, 3)[::-1].reshape(-1, 3), sizes=geometry.sizes)
    view = plane((60, 60), smooth=4)
    a, b = make_screen(view, held, geometry), make_screen(view, again, mirrored)

    assert a.n_replicas == 4
    assert (a.cells >= 0).all()
    assert np.array_equal(a.cells.reshape(4, 20, 20), b.cells.reshape(4, 20, 20)[:, ::-1])
    assert a.axes == make_screen(view, held, geometry).axes
    assert len(np.unique(a.cells, axis=0)) == 4
    assert pixel_weights(a).sum() == 400


@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=50), st.integers(0, 63))
def test_noise_is_the_same_every_time(ids, replica):
    array = np.array(ids, np.int32)
    values = noise(array, replica)

    assert np.array_equal(values, np.stack([noise(array[i : i + 1], replica)[0] for i in range(len(array))]))
    assert ((values >= -0.5) & (values < 0.5)).all()


def test_noise_is_spread_evenly():
    values = noise(np.arange(100_000, dtype=np.int32), 2)

    assert np.abs(values.mean(axis=0)).max() < 0.005
    assert values.std(axis=0) == pytest.approx(np.full(3, 12**-0.5), rel=0.01)
    assert np.abs(np.corrcoef(values.T) - np.eye(3)).max() < 0.01


def test_without_a_size_pixels_are_as_large_as_they_are_apart():
    held, geometry = panel(rows=20, columns=20)
    bare = Geometry(geometry.positions)
    a, b = (make_screen(plane((60, 60), smooth=2), held, g) for g in (geometry, bare))

    assert np.array_equal(a.cells, b.cells)


@pytest.mark.parametrize(
    ("geometry", "says"),
    [
        (None, "needs the positions of pixels, and what describes this stream tells none"),
        (Geometry(None, where="run.nxs, bank1"), "run.nxs, bank1 tells none"),
        (Geometry(np.zeros((3, 3)), where="run.nxs"), "3 positions for a layout of 48"),
        (Geometry(np.full((48, 3), np.nan), where="run.nxs"), "no pixel of run.nxs has a position"),
    ],
)
def test_what_is_missing_is_named(geometry, says):
    with pytest.raises(ArgumentError, match=says):
        make_screen(plane((8, 6)), layout((8, 6)), geometry)


@pytest.mark.parametrize(
    "arguments", [{"shape": (0, 4)}, {"shape": 5}, {"smooth": -1}, {"smooth": 1.5}, {"smooth": 65}]
)
def test_views_that_make_no_sense_are_refused(arguments):
    with pytest.raises(ArgumentError, match="expected"):
        plane(**arguments)


def test_a_single_pixel_can_be_looked_at():
    screen = make_screen(plane((3, 3)), layout((1,)), Geometry(np.array([[0.0, 0.0, 1.0]])))

    assert screen.cells.tolist() == [[4]]


def test_a_pixel_tells_its_bank_position_and_angle():
    geometry = Geometry(
        np.array([[0.0, 1.0, 1.0], [np.nan] * 3]), (0.0, 0.0, -9.0), (0.0, 0.0, 0.0), names=("a", "b"),
        bank=np.array([1, 0], np.int32), excluded=np.array([True, False]),
    )  # fmt: skip
    held = layout(detector_number=[[4711], [4712]])
    note = describe_pixel(held, geometry, 0)

    assert (note.id, note.bank, note.position, note.index) == (4711, "b", (0.0, 1.0, 1.0), (0, 0))
    assert (note.two_theta, note.phi, note.l2) == pytest.approx((45.0, 90.0, 2**0.5))
    assert note.text == "pixel 4711, b, y 0, x 0, at (0, 1, 1) m, 2θ 45°, masked in the file"
    assert describe_pixel(held, geometry, 1).text == "pixel 4712, a, y 1, x 0"
    assert describe_pixel(held, None, 1).text == "pixel 4712, y 1, x 0"
    assert describe_pixel(layout(detector_number=[5, -1]), geometry, 1).text == "no pixel"
    with pytest.raises(ArgumentError, match="place 2 is not in a layout of 2 pixels"):
        describe_pixel(held, geometry, 2)
