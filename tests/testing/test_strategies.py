"""Strategies for other people's tests: any schema, sensible content, damage of every kind."""

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from livedata import schemas, testing
from livedata.errors import ArgumentError, DecodeError

quick = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])


def example_where(strategy, condition):
    return find(strategy, condition, settings=settings(max_examples=2000, deadline=None, database=None))


@given(testing.messages())
@settings(quick, max_examples=60)
def test_messages_are_of_known_schemas_and_sensible(made):
    assert made.SCHEMA in schemas.SCHEMAS
    assert schemas.check(made) == []


def test_messages_vary_in_what_matters():
    assert example_where(testing.messages("ev44"), lambda m: len(m.reference_time) > 1)
    assert example_where(testing.messages("ev44"), lambda m: len(m.time_of_flight) and not len(m.pixel_id))
    assert example_where(testing.messages("f144"), lambda m: m.value.ndim == 1)
    assert example_where(testing.messages("pu00"), lambda m: m.vetos is None and m.period_number is not None)
    assert example_where(testing.messages("da00"), lambda m: any(v.data.ndim == 2 for v in m.data))


@given(testing.encoded_messages("se00"))
@quick
def test_encoded_messages_are_sound(data):
    assert schemas.decode(data).SCHEMA == "se00"


def is_refused(data):
    try:
        schemas.decode(data)
    except DecodeError:
        return True
    return False


def test_malformed_messages_are_mostly_refused_but_some_are_sound():
    refused = []

    @given(testing.malformed("al00"))
    @settings(quick, max_examples=100)
    def look(data):
        refused.append(is_refused(data))

    look()
    assert 0.3 < sum(refused) / len(refused) < 1


@pytest.mark.parametrize("make", [testing.messages, testing.encoded_messages])
def test_an_unknown_schema_is_refused(make):
    with pytest.raises(ArgumentError, match="no schema 'ev99'"):
        make("ev99")
