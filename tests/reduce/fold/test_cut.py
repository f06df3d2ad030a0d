"""A part of what a fold holds is what a fold of its own would have counted, fates and all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from livedata.reduce.description import Description, Part
from livedata.reduce.fold import cells
from livedata.reduce.fold.build import make_fold
from livedata.reduce.fold.cut import cut, serves
from livedata.reduce.fold.judge import make_judge
from livedata.reduce.pixels.mask import Mask
from livedata.reduce.pixels.projection import Geometric, Logical
from livedata.reduce.pixels.region import Ellipse, PixelList, Rectangle, Region, Span
from tests.reduce.fold.model import CONTIGUOUS, POOL, SCATTERED, SPARSE, descriptions, events, setting
from tests.reduce.fold.test_fold import SIZES, folded, same

BY_NAME = {axis.name: axis for axis in POOL}
EVERY_LAYOUT = st.sampled_from([CONTIGUOUS, SCATTERED, SPARSE])
MASK = Mask("m", np.arange(5, 25, 3))  # type: ignore[arg-type]

CUBES = st.sampled_from(
    [
        Description((BY_NAME["toa"],), Logical()),
        Description((BY_NAME["wavelength"],), Logical().flip("x").transpose()),
        Description((BY_NAME["toa"], BY_NAME["period"], BY_NAME["wavelength"]), Logical()),
        Description((BY_NAME["period"], BY_NAME["toa"]), Logical(), masks=(MASK,)),
    ]
)
PARTS = [
    replace(Description(), projection=Logical()),
    Description(projection=Logical(), is_summed=True),
    Description(),
    Description(projection=Logical(), masks=(MASK,)),
    Description(projection=Logical(), masks=(MASK, Mask("n", np.array([3, 4])))),  # type: ignore[arg-type]
    Description(projection=Logical(), region=Rectangle((1, 3), (2, 6))),
    Description(projection=Logical(), region=Rectangle((1, 3), (2, 6)), is_summed=True, masks=(MASK,)),
    Description(region=PixelList((5, 9, 10), ((20, 30),))),
    Description(projection=Geometric("xy_plane", (5, 5)), masks=(MASK,)),
    Description(projection=Logical().fold("y", {"a": 4, "b": 2}).sum("b")),
    Description(projection=Logical().slice(y=2)),
    Description((BY_NAME["two_theta"],), masks=(MASK,)),
]


@settings(deadline=None, max_examples=150)
@given(
    CUBES, st.sampled_from(PARTS), st.data(), EVERY_LAYOUT, SIZES, st.integers(0, 99), st.booleans(), st.booleans()
)  # fmt: skip
def test_a_part_of_a_cube_is_what_its_own_fold_counts(base, part, data, of, sizes, seed, weighted, large) -> None:
    kept = data.draw(st.lists(st.sampled_from(base.axes), unique=True))
    wanted = replace(part, axes=(*kept, *part.axes))
    assume(serves(base, wanted))
    where = setting(of)
    batches = [events(of, sizes, seed, weighted=weighted), events(of, sizes, seed + 1, first=4)]
    with pytest.MonkeyPatch.context() as patch:
        if large:  # sums run along, as they do beside large cubes
            patch.setattr(cells, "DIRECT", 0)
            patch.setattr(cells, "MANY", 1)
        cube = folded(base, where, batches)
    same(cut(cube, wanted, where), folded(wanted, where, batches).counted())


@settings(deadline=None, max_examples=150)
@given(descriptions(), descriptions(), SIZES, st.integers(0, 99))
def test_whatever_is_said_to_be_served_is_served(a, b, sizes, seed) -> None:
    (base, where), (other, _) = a, b
    wanted = replace(
        other,
        axes=tuple(axis for axis in other.axes if axis in base.axes) or base.axes[:1],
        filters=base.filters,
        flight=base.flight,
    )
    for candidate in (wanted, replace(wanted, region=base.region), replace(base, axes=wanted.axes, is_summed=True)):
        if serves(base, candidate):
            batches = [events(where.layout, sizes, seed, weighted=True)]
            same(cut(folded(base, where, batches), candidate, where), folded(candidate, where, batches).counted())


@settings(deadline=None, max_examples=40)
@given(EVERY_LAYOUT, SIZES, st.integers(0, 99))
def test_a_cube_serves_image_spectrum_masked_image_and_the_spectrum_of_a_region(of, sizes, seed) -> None:
    toa, where = BY_NAME["toa"], setting(of)
    base = Description((toa,), Logical())
    cube = make_fold(base, where)
    for wanted in (
        Description((), Logical()),
        Description((toa,)),
        Description((), Logical(), masks=(MASK,)),
        Description((toa,), Logical(), is_summed=True, region=Rectangle((0, 2), (3, 7))),
    ):
        assert serves(base, wanted)
        one = events(of, sizes, seed)
        cube.add(one, make_judge(base, where))
        before = cut(cube, wanted, where)
        cube.remove(one, make_judge(base, where))
        same(before, folded(wanted, where, [one]).counted())


def test_other_filters_or_axes_are_not_served() -> None:
    base = Description((BY_NAME["toa"],), Logical())
    assert not serves(base, Description((BY_NAME["wavelength"],), Logical()))
    assert not serves(Description((BY_NAME["toa"],)), base)
    assert not serves(replace(base, masks=(MASK,)), base)
    assert not serves(base, replace(base, projection=Geometric("xy_plane", (5, 5), smooth=3)))


REGIONS: st.SearchStrategy[Region | None] = st.one_of(
    st.none(),
    st.builds(
        lambda x, y, w, h: Rectangle((x, x + w), (y, y + h)),
        st.integers(-1, 5), st.integers(-1, 8), st.integers(1, 4), st.integers(1, 6),
    ),
    st.builds(lambda x, y, r: Ellipse((x, y), (r, r)), st.integers(0, 5), st.integers(0, 8), st.integers(1, 4)),
    st.just(PixelList((5, 9, 10), ((20, 30),))),
)  # fmt: skip
LEFT = st.builds(
    lambda region, ids: Part((Mask("m", np.array(ids)),) if ids else (), region),  # type: ignore[arg-type]
    REGIONS,
    st.lists(st.integers(0, 60), max_size=6),
)
LOOKS = st.sampled_from([Logical(), Logical().transpose(), Geometric("xy_plane", (5, 5), smooth=3)])
ON_EVENTS = [BY_NAME[name] for name in ("toa", "wavelength", "period")]
SPAN = Span("toa", 10.0, 40.0, "ms")


@settings(deadline=None, max_examples=120)
@given(
    st.lists(LEFT, min_size=1, max_size=25), LOOKS, st.lists(st.sampled_from(ON_EVENTS), unique=True),
    EVERY_LAYOUT, SIZES, st.integers(0, 99), st.booleans(), st.booleans(),
)  # fmt: skip
def test_parts_of_a_picture_that_are_told_apart_are_what_their_own_folds_count(
    parts, look, axes, of, sizes, seed, weighted, ranged
) -> None:
    if ranged:
        parts = [replace(part, region=SPAN if part.region is None else part.region & SPAN) for part in parts]
    plain = Description(tuple(axes), look, is_summed=True)
    base = replace(plain, apart=tuple(parts), region=SPAN if ranged else None)
    where = setting(of)
    batches = [events(of, sizes, seed, weighted=weighted), events(of, sizes, seed + 1, first=4)]
    together = folded(base, where, batches)
    for part in parts:
        wanted = replace(plain, masks=part.masks, region=part.region)
        assert serves(base, wanted)
        same(cut(together, wanted, where), folded(wanted, where, batches).counted())


def test_parts_that_are_not_told_apart_are_not_served() -> None:
    region = Rectangle((1, 3), (2, 6))
    base = Description((BY_NAME["toa"],), Logical(), is_summed=True, apart=(Part((), region), Part((MASK,), region)))
    wanted = replace(base, apart=(), region=region)
    assert serves(base, wanted)
    assert serves(base, replace(wanted, axes=()))
    assert not serves(base, replace(wanted, region=Rectangle((1, 3), (2, 7))))
    assert not serves(base, replace(wanted, region=None, masks=(MASK,)))
    assert not serves(base, replace(wanted, is_summed=False))
    assert not serves(base, replace(wanted, axes=(BY_NAME["two_theta"],)))
    assert not serves(base, replace(base, apart=base.apart[:1]))
    assert not serves(wanted, base)
