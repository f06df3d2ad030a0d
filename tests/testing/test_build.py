"""Messages for tests: what is given is kept, the rest is made up to agree with it."""

import subprocess
import sys

import numpy as np
import pytest

from livedata import schemas, testing
from livedata.errors import ArgumentError, EncodeError


@pytest.mark.parametrize("schema_id", schemas.SCHEMAS)
def test_a_message_of_any_schema_is_what_its_bytes_decode_to(schema_id):
    made = testing.message(schema_id)
    assert schema_id == made.SCHEMA
    assert schemas.decode(testing.message_bytes(schema_id)) == made


def test_lists_that_are_not_given_are_as_long_as_those_that_are():
    events = testing.message("ev44", pixel_id=[5, 6, 7, 7])
    assert events.pixel_id.tolist() == [5, 6, 7, 7]
    assert len(events.time_of_flight) == 4
    assert events.reference_time_index.tolist() == [0]
    pulses = testing.message("ev44", reference_time=[10**18, 2 * 10**18, 3 * 10**18])
    assert len(pulses.reference_time_index) == 3
    assert testing.message("se00", timestamps=[1, 2]).values.shape == (2,)
    assert testing.message("df12", detector_id=[4, 5, 6, 7]).spectrum.shape == (4,)


def test_lists_given_are_kept_even_when_they_contradict_each_other():
    odd = testing.message("ev44", pixel_id=[1], time_of_flight=[1, 2])
    assert (len(odd.pixel_id), len(odd.time_of_flight)) == (1, 2)
    assert len(schemas.decode(testing.message_bytes("ev44", pixel_id=[1], time_of_flight=[1, 2])).pixel_id) == 1
    with pytest.raises(EncodeError):
        schemas.encode(odd)


def test_tables_inside_may_be_given_as_dictionaries():
    made = testing.message(
        "da00", data=[{"name": "signal", "data": np.zeros((2, 3), np.int32)}, {"name": "title", "data": "t"}]
    )
    assert [v.name for v in made.data] == ["signal", "title"]
    assert (made.data[0].axes, made.data[0].data_type, made.data[0].shape.tolist()) == (("y", "x"), 5, [2, 3])
    assert testing.message("pl72", detector_spectrum_map={"n_spectra": 7}).detector_spectrum_map.n_spectra == 7
    assert testing.message("dat2", metadata={"timestamp": {"year": 26}}).metadata.timestamp.year == 26


def test_an_array_is_all_that_a_histogram_or_an_image_needs():
    histogram = testing.message("hs01", data=np.ones((2, 5)))
    assert [d.length for d in histogram.dim_metadata] == [2, 5]
    assert testing.message("ad00", data=np.ones((4, 6), np.uint8)).dimensions.tolist() == [4, 6]


def test_values_are_of_the_types_of_the_wire():
    assert testing.message("f144", value=5).value.dtype == np.int64
    assert testing.message("f144", value=[1.5, 2.5]).value.tolist() == [1.5, 2.5]
    assert testing.message("ev42", detector_id=[1]).detector_id.dtype == np.uint32
    assert testing.message("f142", value="text").value == "text"


def test_times_and_units_are_plausible_and_json_is_json():
    assert testing.message("pl72").start_time == 1_767_225_600_000
    assert testing.message("f144").timestamp == 1_767_225_600_000_000_000
    assert testing.message("x5f2").status_json == "{}"
    assert testing.message("un00").units == "m"


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ArgumentError, match=r"no schema 'ev99'; known are .*ev44"):
        testing.message("ev99")
    with pytest.raises(ArgumentError, match=r"has no field 'pixels'; it has source_name, .*pixel_id"):
        testing.message("ev44", pixels=[1])
    with pytest.raises(ArgumentError, match=r"da00_Variable has no field 'dims'"):
        testing.message("da00", data=[{"name": "v", "dims": ["x"]}])


def test_values_that_do_not_fit_are_refused():
    with pytest.raises(EncodeError, match="pixel_id"):
        testing.message("ev44", pixel_id=[2**31])


def test_public_names_exist_and_load_nothing_before_they_are_used():
    assert sorted(testing.__all__) == dir(testing)
    assert all(callable(getattr(testing, name)) for name in testing.__all__)
    code = "import sys; import livedata.testing; assert not {'hypothesis', 'numpy', 'pytest'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_without_hypothesis_messages_can_be_made_and_strategies_say_what_is_missing():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from livedata import testing\n"
        "from livedata.errors import MissingExtra\n"
        "assert testing.message('x5f2').process_id == 0\n"
        "try: testing.messages('x5f2')\n"
        "except MissingExtra as error: assert 'livedata[test]' in str(error)\n"
        "else: raise SystemExit('no error')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
