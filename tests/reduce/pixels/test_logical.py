"""Logical views: the same as doing it to the counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedata.errors import ArgumentError
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.projection import logical
from livedata.reduce.pixels.screen import OFF
from livedata.reduce.pixels.screens import make_screen, pixel_weights


def seen(view, held, counts):
    """The picture that counts of the layout's places make on a screen."""
    screen = make_screen(view, held, None)
    cells = screen.cells[0]
    return np.bincount(cells[cells >= 0], counts[cells >= 0], minlength=int(np.prod(screen.shape))).reshape(
        screen.shape
    )


COUNTS = np.random.default_rng(1).integers(0, 100, 24).astype(float)


def test_without_steps_pixels_stand_as_in_the_layout():
    held = layout((4, 6))
    screen = make_screen(logical(), held, None)

    assert [(a.name, a.n, a.unit) for a in screen.axes] == [("y", 4, None), ("x", 6, None)]
    assert screen.cells.tolist() == [list(range(24))]


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (logical().transpose(), COUNTS.reshape(4, 6).T),
        (logical().transpose("x", "y"), COUNTS.reshape(4, 6).T),
        (logical().flip("x"), COUNTS.reshape(4, 6)[:, ::-1]),
        (logical().flip("x", "y"), COUNTS.reshape(4, 6)[::-1, ::-1]),
        (logical().sum("y"), COUNTS.reshape(4, 6).sum(axis=0)),
        (logical().slice(y=2), COUNTS.reshape(4, 6)[2]),
        (logical().slice(y=-1), COUNTS.reshape(4, 6)[3]),
        (logical().fold("x", {"column": 3, "fine": 2}), COUNTS.reshape(4, 3, 2)),
        (logical().fold("x", {"column": -1, "fine": 2}).sum("fine"), COUNTS.reshape(4, 3, 2).sum(axis=2)),
        (logical().sum("y").fold("x", {"a": 2, "b": 3}).transpose(), COUNTS.reshape(4, 2, 3).sum(axis=0).T),
        (logical().flatten(["x", "y"], "all"), COUNTS.reshape(4, 6).T.ravel()),
        (logical().flatten(["y", "x"], "all"), COUNTS),
    ],
)
def test_steps_do_what_they_say(view, expected):
    assert np.array_equal(seen(view, layout((4, 6)), COUNTS), expected)


def test_flattened_dimensions_stand_where_the_first_of_them_stood():
    held = layout((2, 3, 4), dims=("tube", "straw", "pixel"))
    screen = make_screen(logical().flatten(["straw", "tube"], "row"), held, None)
    cube = COUNTS.reshape(2, 3, 4)

    assert [a.name for a in screen.axes] == ["row", "pixel"]
    assert np.array_equal(
        seen(logical().flatten(["straw", "tube"], "row"), held, COUNTS), cube.transpose(1, 0, 2).reshape(6, 4)
    )


def test_a_large_detector_is_made_small():
    held = layout((256, 256))
    small = logical().fold("y", {"y0": -1, "fy": 8}).fold("x", {"x0": -1, "fx": 8}).sum("fy", "fx")
    screen = make_screen(small, held, None)

    assert screen.shape == (32, 32)
    assert np.array_equal(pixel_weights(screen), np.full((32, 32), 64.0))


def test_pixels_that_are_cut_away_are_off_the_screen():
    cells = make_screen(logical().slice(y=1), layout((3, 2)), None).cells[0]

    assert cells.tolist() == [OFF, OFF, 0, 1, OFF, OFF]


def test_places_without_a_pixel_are_off_the_screen():
    screen = make_screen(logical(), layout(detector_number=[[1, -1], [-1, 2]]), None)

    assert screen.cells[0].tolist() == [0, OFF, OFF, 3]
    assert pixel_weights(screen).tolist() == [[1, 0], [0, 1]]


def test_a_layout_of_its_own_rearranges_pixels_by_number():
    stream = layout((6,), first_id=1)
    view = logical(layout(detector_number=[[6, 5], [4, 3]]))

    assert make_screen(view, stream, None).cells[0].tolist() == [OFF, OFF, 3, 2, 1, 0]


def test_everything_may_be_summed():
    screen = make_screen(logical().sum("x", "y"), layout((2, 2)), None)

    assert screen.shape == ()
    assert screen.cells[0].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (logical().sum("tube"), r"no dimension 'tube' in this view; it has y \(4\), x \(6\)"),
        (logical().sum("x").sum("x"), r"no dimension 'x'.*y \(4\)"),
        (logical().fold("x", {"a": 4, "b": 2}), "length 6, which does not fold into 4 × 2"),
        (logical().fold("x", {"a": -1, "b": 4}), r"length 6, which does not fold into \? × 4"),
        (logical().fold("x", {"y": 3, "b": 2}), "a dimension 'y' already"),
        (logical().slice(y=4), "no index 4"),
        (logical().transpose("x"), "leaves dimensions out"),
    ],
)
def test_steps_that_do_not_fit_are_refused_with_what_there_is(view, says):
    with pytest.raises(ArgumentError, match=says):
        make_screen(view, layout((4, 6)), None)


@pytest.mark.parametrize(
    "make",
    [
        lambda: logical().fold("x", {}),
        lambda: logical().fold("x", {"a": -1, "b": -1}),
        lambda: logical().fold("x", {"a": 0}),
        lambda: logical().slice(x=1.5),
        lambda: logical().sum("a", "a"),
        lambda: logical().flatten([], "a"),
    ],
)
def test_steps_that_make_no_sense_are_refused_at_once(make):
    with pytest.raises(ArgumentError, match="expected"):
        make()


def test_views_are_values():
    a = logical().fold("x", {"c": 2, "f": 3}).sum("f")

    assert a == logical().fold("x", {"c": 2, "f": 3}).sum("f")
    assert hash(a) == hash(logical().fold("x", {"c": 2, "f": 3}).sum("f"))
    assert a != logical().fold("x", {"c": 3, "f": 2}).sum("f")


@given(st.data())
def test_any_steps_conserve_counts_and_agree_with_numpy(data):
    array, dims = COUNTS.reshape(2, 3, 4), ["a", "b", "c"]
    view, made = logical(), 0
    for _ in range(data.draw(st.integers(0, 6))):
        if not dims:
            break
        dim = data.draw(st.sampled_from(dims))
        at = dims.index(dim)
        kind = data.draw(st.sampled_from(["flip", "transpose", "fold", "flatten", "sum"]))
        if kind == "flip":
            view, array = view.flip(dim), np.flip(array, at)
        elif kind == "transpose":
            order = data.draw(st.permutations(range(len(dims))))
            view, array, dims = (
                view.transpose(*(dims[i] for i in order)),
                array.transpose(order),
                [dims[i] for i in order],
            )
        elif kind == "fold":
            n = data.draw(st.sampled_from([d for d in range(1, array.shape[at] + 1) if array.shape[at] % d == 0]))
            names = [f"n{made}", f"n{made + 1}"]
            made += 2
            view = view.fold(dim, {names[0]: n, names[1]: -1})
            array = array.reshape(*array.shape[:at], n, -1, *array.shape[at + 1 :])
            dims[at : at + 1] = names
        elif kind == "flatten" and at + 1 < len(dims):
            name, made = f"n{made}", made + 1
            view = view.flatten([dim, dims[at + 1]], name)
            array = array.reshape(*array.shape[:at], -1, *array.shape[at + 2 :])
            dims[at : at + 2] = [name]
        elif kind == "sum":
            view, array = view.sum(dim), array.sum(axis=at)
            del dims[at]
    picture = seen(view, layout((2, 3, 4), dims=("a", "b", "c")), COUNTS)

    assert picture.sum() == COUNTS.sum()
    assert np.array_equal(picture, array)
