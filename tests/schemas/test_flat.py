"""Single places of flat messages."""

from livedata import schemas
from livedata.schemas.flat import places


def test_places_are_those_of_the_message(raw):
    assert places(schemas.SCHEMAS["ev44"].root, bytes(raw)) == {
        "source_name": 32,
        "message_id": 36,
        "reference_time": 44,
        "reference_time_index": 48,
        "time_of_flight": 52,
        "pixel_id": 56,
    }
