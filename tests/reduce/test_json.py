"""Descriptions as JSON: what is written is read back the same, and what is wrong is told with its place."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livedata.errors import SettingsError
from livedata.reduce.asjson import description_from_json, description_to_json
from livedata.reduce.asjsonread import DescriptionForm, FlightForm
from livedata.reduce.axis import Axis, bins, categories, edges, integers, log_bins
from livedata.reduce.condition import Both, Compare, Either, Not
from livedata.reduce.conditiontext import parse_condition
from livedata.reduce.description import Description, Normalise
from livedata.reduce.physics.flight import Flight
from livedata.reduce.pixels.layout import layout
from livedata.reduce.pixels.mask import Mask
from livedata.reduce.pixels.projection import SURFACES, Geometric, Logical, Step
from livedata.reduce.pixels.region import Combined, Ellipse, PixelList, Polygon, Rectangle, Span, has_span
from livedata.reduce.quantity import bind_axes
from livedata.reduce.window import Window

FINITE = st.one_of(
    st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6), st.floats(allow_nan=False, allow_infinity=False, width=32)
)
POSITIVE = st.one_of(st.integers(1, 1000), st.floats(0.001, 1e6))
UNITS = st.sampled_from([None, "mm", "m", "deg"])
WORDS = st.text("abcxyz/_ äöü", min_size=1, max_size=8)


def pairs(numbers=FINITE):
    """Two numbers, the smaller one first."""
    return st.tuples(numbers, numbers).map(sorted).filter(lambda p: p[0] < p[1]).map(tuple)


@st.composite
def axes(draw) -> Axis:
    name, unit = draw(
        st.sampled_from([("toa", "ms"), ("toa", None), ("wavelength", "nm"), ("temperature", "K"), ("period", None)])
    )
    match draw(st.integers(0, 5)):
        case 0:
            low, high = draw(pairs())
            made = bins(low, high, n=draw(st.integers(1, 1000)), unit=unit)
        case 1:
            low, high = draw(pairs(POSITIVE).filter(lambda p: p[1] > p[0] * 1.01))
            made = log_bins(low, high, n=draw(st.integers(1, 50)), unit=unit)
        case 2:
            made = edges(draw(st.lists(FINITE, min_size=2, max_size=9, unique=True).map(sorted)), unit)
        case 3:
            start = draw(st.integers(-100, 100))
            made, name = integers(start, start + draw(st.integers(1, 20))), "period"
        case 4:
            made, name = bins(Fraction(1, 3), Fraction(draw(st.integers(1, 9))), n=7, unit=unit), name
        case _:
            values = draw(st.one_of(st.lists(st.integers(), min_size=1), st.lists(WORDS, min_size=1)))
            made, name = categories(dict.fromkeys(values)), draw(st.sampled_from(["door", "shutter/state"]))
    return bind_axes(**{name: made})[0]


LAYOUTS = st.one_of(
    st.builds(layout, st.tuples(st.integers(1, 9), st.integers(1, 9)), first_id=st.integers(0, 100)),
    st.permutations(range(1, 13)).map(lambda ids: layout((3, 4), detector_number=np.array(ids))),
    st.lists(st.integers(1, 500) | st.integers(2**29, 2**30), min_size=4, max_size=4, unique=True).map(
        lambda ids: layout((2, 2), detector_number=np.array([*ids[:3], -1]), dims=("tube", "pixel"))
    ),
)
STEPS = st.one_of(
    st.builds(Step, st.just("fold"), st.just("x"), st.just(("a", "b")), st.just((-1, 2))),
    st.builds(Step, st.just("flatten"), WORDS, st.just(("x", "y"))),
    st.builds(Step, st.just("slice"), WORDS, index=st.integers(-3, 3)),
    st.builds(Step, st.sampled_from(["transpose", "sum", "flip"]), dims=st.just(("y", "x"))),
    st.just(Step("transpose")),
)
PROJECTIONS = st.one_of(
    st.builds(Logical, st.none() | LAYOUTS, st.lists(STEPS, max_size=3).map(tuple)),
    st.builds(
        Geometric,
        st.sampled_from(SURFACES),
        st.tuples(st.integers(1, 500), st.integers(1, 500)),
        st.integers(0, 8),
        st.booleans(),
    ),
)
IDS = st.lists(st.integers(0, 40), max_size=20)
MASKS = st.builds(Mask, WORDS, st.none() | IDS.map(lambda ids: np.array(ids, np.int64)))
SPANS = st.builds(
    lambda quantity, bounds, unit: Span(quantity, *bounds, unit),
    st.sampled_from(["toa", "wavelength", "temperature"]),
    pairs(),
    UNITS,
)
SHAPES = st.one_of(
    st.builds(Rectangle, pairs(), pairs(), UNITS),
    st.builds(Ellipse, st.tuples(FINITE, FINITE), st.tuples(POSITIVE, POSITIVE), FINITE, UNITS),
    st.lists(st.tuples(FINITE, FINITE), min_size=3, max_size=6).flatmap(
        lambda corners: st.builds(
            Polygon, st.just(tuple(x for x, _ in corners)), st.just(tuple(y for _, y in corners)), UNITS
        )
    ),
    st.builds(PixelList, IDS.map(tuple), st.lists(pairs(st.integers(0, 99)), max_size=3).map(tuple)),
)
REGIONS = st.recursive(
    SHAPES | SPANS,
    lambda inner: (
        st.tuples(st.sampled_from(["or", "and", "minus"]), inner, inner)
        .map(lambda c: ("and" if has_span(c[1]) or has_span(c[2]) else c[0], c[1], c[2]))
        .map(lambda c: Combined(*c))
    ),
    max_leaves=5,
)
COMPARISONS = st.builds(
    Compare,
    st.sampled_from(["temperature", "sample temp", "period", "charge"]),
    st.sampled_from(["<", ">=", "==", "!="]),
    FINITE,
    st.sampled_from([None, "K", "mm/s"]),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.builds(Both, inner, inner) | st.builds(Either, inner, inner) | st.builds(Not, inner),
    max_leaves=4,
)
WINDOWS = st.one_of(
    st.just(Window()),
    st.builds(Window, st.just("pulses"), n=st.integers(1, 10**6)),
    st.builds(Window, st.just("seconds"), length_ns=st.integers(1, 10**15)),
    st.just(Window("run")),
    st.builds(Window, st.just("log"), log=WORDS),
)
FLIGHTS = st.builds(
    Flight,
    period=st.none() | POSITIVE,
    min_wavelength=st.none() | POSITIVE,
    wrap_offset=st.none() | FINITE,
    stride=st.integers(1, 4),
    stride_offset=st.integers(0, 3),
    emission_offset=FINITE,
    incident_energy=st.none() | POSITIVE,
    final_energy=st.none() | POSITIVE,
    l1=st.none() | POSITIVE,
    gravity=st.booleans(),
    table=st.none() | WORDS,
    max_wavelength=st.none() | POSITIVE,
    reference=st.none() | st.integers(0, 2**62),
    sample_tilt=st.none() | FINITE,
)
NORMALISE = st.builds(
    Normalise,
    st.sampled_from(["monitor", "charge", "time", "pulses", "region", "run"]),
    st.just("") | WORDS,
    st.none() | axes(),
    st.none() | REGIONS,
    st.just("") | WORDS,
)
DESCRIPTIONS = st.builds(
    Description,
    axes=st.lists(axes(), max_size=3, unique_by=lambda axis: axis.name).map(tuple),
    projection=st.none() | PROJECTIONS,
    is_summed=st.booleans(),
    masks=st.lists(MASKS, max_size=2).map(tuple),
    region=st.none() | REGIONS,
    filters=st.lists(CONDITIONS, max_size=2).map(tuple),
    window=WINDOWS,
    flight=FLIGHTS,
    normalise=st.lists(NORMALISE, max_size=2).map(tuple),
    every_ns=st.just(0) | st.integers(1, 10**12),
    frames=st.sampled_from(["", "sum", "mean", "newest", "max"]),
    sparse=st.booleans(),
)


@settings(deadline=None, max_examples=200)
@given(DESCRIPTIONS)
def test_a_description_is_read_back_as_it_was_written(description):
    text = json.dumps(description_to_json(description), allow_nan=False)

    again = description_from_json(text)

    assert again == description
    assert json.dumps(description_to_json(again)) == text
    assert description_from_json(json.loads(text)) == description


def test_equal_numbers_of_different_type_give_one_text():
    def written(number):
        description = Description(
            axes=bind_axes(toa=bins(number(0), number(20), n=10, unit="ms")),
            region=Rectangle((number(1), number(2)), (number(3), number(4))) & Span("toa", number(1), number(2), "ms"),
            filters=(Compare("t", "<", number(5), "K"), Compare("t", "in", (number(1), number(2)))),
            flight=Flight(period=number(20_000_000)),
        )
        return json.dumps(description_to_json(description))

    assert written(int) == written(float)


def test_what_is_as_usual_is_left_out():
    assert description_to_json(Description()) == {"format": 1}


def test_a_description_is_plain_to_read():
    description = Description(
        axes=bind_axes(toa=bins(0, 71.43, n=1000, unit="ms"), wavelength=log_bins(0.5, 20, n=100, unit="angstrom")),
        projection=Logical(
            layout((448, 64)), (Step("fold", "x", ("tube", "fine"), (-1, 8)), Step("sum", dims=("fine",)))
        ),
        masks=(Mask("dead", np.array([17, 1, 2, 3])), Mask("pixel_mask")),
        region=Rectangle((10, 40), (5, 60)) & Span("toa", 5, 20, "ms"),
        filters=(Compare("temperature", "<", 5, "K") & ~Compare("period", "in", (1, 2)),),
        window=Window("seconds", length_ns=60_000_000_000),
        flight=Flight(period=71_428_571.5, gravity=True),
    )

    assert description_to_json(description) == {
        "format": 1,
        "axes": [
            {"name": "toa", "bins": {"start": 0, "stop": 71.43, "n": 1000}, "unit": "ms"},
            {"name": "wavelength", "log_bins": {"start": 0.5, "stop": 20, "n": 100}, "unit": "angstrom"},
        ],
        "projection": {
            "logical": {
                "layout": {"shape": [448, 64], "first_id": 1},
                "steps": [{"fold": {"dim": "x", "into": {"tube": -1, "fine": 8}}}, {"sum": ["fine"]}],
            }
        },
        "masks": [{"name": "dead", "pixels": [[1, 3], 17]}, {"name": "pixel_mask", "of_file": True}],
        "region": {"and": [{"rectangle": {"x": [10, 40], "y": [5, 60]}}, {"span": {"toa": ["5 ms", "20 ms"]}}]},
        "where": ["temperature < 5 K and not period in (1, 2)"],
        "window": {"last": "60 s"},
        "flight": {"period": "71428571.5 ns", "gravity": True},
    }


def test_a_person_may_choose_other_units():
    read = description_from_json(
        {
            "format": 1,
            "flight": {"l1": "1500 cm", "sample_tilt": "0 deg"},
            "window": {"last": "2 min"},
            "every": "0.5 s",
        }
    )

    assert read.flight == Flight(l1=15.0, sample_tilt=0.0)
    assert read.window == Window("seconds", length_ns=120_000_000_000)
    assert read.every_ns == 500_000_000


def test_every_setting_has_its_place_in_the_form():
    assert {f.name for f in fields(Flight)} == set(FlightForm.model_fields)
    renamed = {"is_summed": "sum_pixels", "filters": "where", "every_ns": "every"}
    # What is counted together for several views is told apart by something that no view has.
    names = {renamed.get(f.name, f.name) for f in fields(Description) if f.name != "apart"}
    assert names | {"format"} == set(DescriptionForm.model_fields)


def test_all_problems_are_told_at_once_with_their_places():
    with pytest.raises(SettingsError) as raised:
        description_from_json(
            {
                "format": 1,
                "axis": [],
                "axes": [
                    {"name": "toa", "bins": {"start": 0, "stop": "x", "n": 0}},
                    {"name": "toa", "unit": "K", "edges": [0, 1]},
                    {"name": "t", "edges": [1, 0]},
                ],
                "where": ["temperature < 5 K", "temperature ="],
                "region": {"rectangle": {"x": [5, 1], "y": [0, 1]}, "polygon": None, "circle": 1},
                "flight": {"l1": 5, "period": "14"},
                "window": {"last": "5"},
                "masks": [{"name": "a", "pixels": [[5, 1]]}],
            },
            where="view.json",
        )

    said = str(raised.value)
    for part in (
        "view.json: ",
        "axis: no such key; did you mean 'axes'",
        "axes[0].bins.stop: 'x'; expected a number",
        "axes[0].bins.n: Input should be greater than 0",
        "axes[1]: axis 'toa' is in 'ns': cannot convert 'K'",
        "axes[2]: edges must increase",
        "where[1]: condition 'temperature ='",
        "region.circle: no such key",
        "flight.l1: Input should be a valid string",
        "window.last: '5'; expected a length of time",
        "masks[0]: pixels [5, 1]",
    ):
        assert part in said, part


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "EOF"),
        ("[]", "object"),
        ({}, "format: Field required"),
        ({"format": 2}, "format: Input should be 1"),
        ({"format": 1, "axes": {}}, "axes: Input should be a valid array"),
        ({"format": 1, "axes": [{"name": "toa"}]}, "exactly one of bins, log_bins, edges, integers, categories"),
        ({"format": 1, "axes": [{"name": "period", "integers": {"start": 0, "stop": 5}, "unit": "K"}]}, "no unit"),
        (
            {"format": 1, "axes": [{"name": "period", "integers": {"start": 0, "stop": 5}}] * 2},
            "two axes lie on 'period'",
        ),
        ({"format": 1, "region": {}}, "region: nothing given"),
        ({"format": 1, "region": {"or": [{"span": {"toa": [0, 1]}}, {"pixels": {"ids": [1]}}]}}, "joined by"),
        ({"format": 1, "region": {"span": {"toa": ["5 ms", 20]}}}, "same unit"),
        ({"format": 1, "projection": {"logical": {"layout": {"shape": [0]}}}}, "projection.logical.layout: shape"),
        ({"format": 1, "projection": {"logical": {"layout": {"shape": 5}}}}, "projection.logical.layout"),
        (
            {"format": 1, "projection": {"logical": {"steps": [{"fold": {"dim": "x", "into": {"a": -1, "b": -1}}}]}}},
            "fold",
        ),
        ({"format": 1, "normalise": [{"by": "magic"}]}, r"normalise\[0\].by"),
        ({"format": 1, "window": {"pulses": 0}}, "window.pulses"),
        ({"format": 1, "sparse": "yes"}, "sparse"),
        ({"format": 1, "every": "1/3 s"}, "every"),
        ({"format": 1, "flight": {"period": "14 parsecs"}}, "cannot convert"),
        ({"format": 1, "flight": {"reference": "noon"}}, "flight.reference"),
        ({"format": 1, "where": {1, 2}}, "no plain JSON"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(content, says):
    with pytest.raises(SettingsError, match=says):
        description_from_json(content)


def examples(language: str) -> list[str]:
    """Return the blocks of the page on descriptions that are written in one language."""
    page = (Path(__file__).parents[2] / "docs" / "descriptions.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_the_examples_of_the_page_are_descriptions():
    written = examples("json")

    assert len(written) == 2
    for text in written:
        assert description_to_json(description_from_json(text)) == json.loads(text)


def test_the_conditions_of_the_page_are_conditions():
    (written,) = examples("condition")

    assert len(written.splitlines()) == 5
    for text in written.splitlines():
        assert parse_condition(str(parse_condition(text))) == parse_condition(text)


def test_the_page_names_every_key():
    page = (Path(__file__).parents[2] / "docs" / "descriptions.md").read_text(encoding="utf-8")

    assert [key for key in DescriptionForm.model_fields if f"`{key}`" not in page] == []


def test_a_region_too_deep_is_refused_and_nothing_worse():
    region = {"pixels": {"ids": [1]}}
    for _ in range(5000):
        region = {"or": [region, {"pixels": {"ids": [1]}}]}

    with pytest.raises(SettingsError):
        description_from_json({"format": 1, "region": region})


def test_a_misspelt_key_of_a_description_is_compared_with_those_that_stand_there():
    with pytest.raises(SettingsError, match="axs: no such key; did you mean 'axes'"):
        description_from_json({"format": 1, "axs": []})
