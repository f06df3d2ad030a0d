"""Raw bytes on the wire are shaped arrays and texts in a message, and the other way round."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livedata import schemas
from livedata.errors import EncodeError
from livedata.schemas.meaning import NOTHING
from livedata.schemas.write import encode_as
from livedata.testing import message, message_bytes

Variable = schemas.da00.da00_Variable
NUMBERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
NOW = 1_767_225_600_000_000_000


def data_array(*variables):
    return schemas.da00(source_name="s", timestamp=NOW, data=variables)


def image(data, **fields):
    return schemas.ad00(source_name="s", timestamp=NOW, data=data, **fields)


def attribute(data):
    return schemas.ad00.Attribute(name="a", data=data)


def wire_variable(**fields):
    """Return the variable that is read from a message with these fields exactly."""
    return schemas.decode(raw_bytes("da00", "data", fields)).data[0]


def raw_bytes(schema_id, table_field, fields):
    """Encode one table of raw bytes without looking at what it means."""
    schema = replace(schemas.SCHEMAS[schema_id], meaning=NOTHING)
    inner = schema.layout.tables[schema.fields[table_field].type.of.table]
    table = schema.classes[inner.name](**({"name": "v", "axes": (), "shape": np.array([], np.int64)} | fields))
    return encode_as(schema, schema.message_class(source_name="s", timestamp=NOW, **{table_field: (table,)}))


def told_array(told):
    values = told.get("values")
    if values is None:
        return np.frombuffer(base64.b64decode(told["base64"]), told["dtype"]).reshape(told["shape"])
    special = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
    array = np.array([special.get(v, v) if isinstance(v, str) else v for v in values], told["dtype"])
    return array.reshape(told.get("shape", -1))


def assert_is(data, told):
    if told["dtype"] == "c_string":
        assert data == told["text"]
    elif told["dtype"] == "none":
        assert data.size == 0
    else:
        array = told_array(told)
        assert data.dtype == array.dtype
        if "shape" in told:
            assert data.shape == array.shape
        np.testing.assert_array_equal(np.ravel(data), array.ravel())


@pytest.mark.shared
def test_arrays_of_other_programs_are_what_they_are_said_to_be(vectors: Path):
    cases = sorted((vectors / "da00").glob("*.bin"))
    assert len(cases) > 25
    for case in cases:
        decoded = schemas.decode(case.read_bytes())
        told = json.loads(case.with_suffix(".json").read_text())["interpreted"]["variables"]
        assert len(decoded.data) == len(told)
        for variable, expected in zip(decoded.data, told, strict=True):
            assert (variable.name, list(variable.axes)) == (expected["name"], expected["dims"])
            assert_is(variable.data, expected["value"])


@pytest.mark.shared
@pytest.mark.parametrize("schema_id", ["ad00", "ADAr", "NDAr"])
def test_images_of_other_programs_are_what_they_are_said_to_be(vectors: Path, schema_id):
    payload, attributes = ("pData", "pAttributeList") if schema_id == "NDAr" else ("data", "attributes")
    name, inner = ("pName", "pData") if schema_id == "NDAr" else ("name", "data")
    cases = sorted((vectors / schema_id).glob("*.bin"))
    assert len(cases) >= 5
    for case in cases:
        decoded = schemas.decode(case.read_bytes())
        told = json.loads(case.with_suffix(".json").read_text())["interpreted"]
        assert_is(getattr(decoded, payload), told["array"])
        assert len(getattr(decoded, attributes)) == len(told["attributes"])
        for found, expected in zip(getattr(decoded, attributes), told["attributes"], strict=True):
            assert getattr(found, name) == expected["name"]
            assert_is(getattr(found, inner), expected["value"])


@pytest.mark.shared
def test_every_message_of_other_programs_survives_our_encoder(vectors: Path):
    n = 0
    for case in sorted(vectors.glob("????/*.bin")):
        decoded = schemas.decode(case.read_bytes())
        schema = schemas.SCHEMAS[decoded.SCHEMA]
        data = encode_as(schema, decoded) if schema.is_read_only else schemas.encode(decoded)
        assert schemas.decode(data) == decoded, case
        n += 1
    assert n == 409


@pytest.mark.parametrize("dtype", NUMBERS)
def test_an_array_needs_neither_type_nor_shape(dtype):
    array = np.arange(12).reshape(3, 4).astype(dtype)
    decoded = schemas.decode(schemas.encode(data_array(Variable(name="signal", data=array, axes=("y", "x"))))).data[0]
    assert decoded.data.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(decoded.data, array)
    assert decoded.shape.tolist() == [3, 4]
    assert schemas.SCHEMAS["da00"].layout.enums["livedata.da00.da00_dtype"].members[dtype] == decoded.data_type


def test_an_array_that_is_not_contiguous_or_of_another_byte_order_is_written_by_its_elements():
    array = np.arange(24, dtype=">i4").reshape(4, 6)[::2, ::3]
    decoded = schemas.decode(schemas.encode(data_array(Variable(name="v", data=array)))).data[0]
    assert decoded.data.tolist() == [[0, 3], [12, 15]]
    assert decoded.data.dtype == np.int32


def test_arrays_are_views_on_the_message_even_where_it_is_not_aligned():
    data = message_bytes("da00", data=[{"name": "v", "data": np.arange(1000.0)}])
    for start in range(8):
        memory = bytearray(start) + data
        array = schemas.decode(memoryview(memory)[start:]).data[0].data
        assert array.tolist() == list(range(1000))
        assert not array.flags.writeable
        memory[:] = bytes(len(memory))
        assert not array.any()


@pytest.mark.parametrize("number", [5, 2.5, np.int8(5), np.float32(0.5), np.uint64(2**63)])
def test_a_number_is_an_array_without_dimensions(number):
    decoded = schemas.decode(schemas.encode(data_array(Variable(name="n", data=number)))).data[0]
    assert decoded.data.shape == ()
    assert decoded.data == number
    assert decoded.data.dtype == np.asarray(number).dtype
    assert decoded.shape.tolist() == []


def test_the_byte_count_for_a_shape_means_a_number_when_there_are_no_axes():
    fields = {"data_type": 7, "shape": np.array([8]), "data": np.array([12345]).view(np.uint8)}
    assert wire_variable(**fields).data.shape == ()
    assert wire_variable(**fields).data == 12345
    assert isinstance(wire_variable(**fields, axes=("t",)).data, np.ndarray)
    assert wire_variable(**fields, axes=("t",)).data.dtype == np.uint8


def test_a_shape_of_one_with_one_axis_is_an_array_of_one():
    fields = {"data_type": 10, "shape": np.array([1]), "axes": ("t",), "data": np.array([2.5]).view(np.uint8)}
    assert wire_variable(**fields).data.tolist() == [2.5]


def test_texts_are_texts():
    decoded = schemas.decode(schemas.encode(data_array(Variable(name="title", data="détecteur"))))
    assert decoded.data[0].data == "détecteur"
    assert decoded.data[0].shape.tolist() == [10]


def test_a_type_of_none_has_no_data():
    decoded = wire_variable(data_type=0, data=np.zeros(0, np.uint8))
    assert (decoded.data_type, decoded.data.size) == (0, 0)
    made = Variable(name="v", data_type=0, data=np.zeros(0, np.uint8))
    assert schemas.decode(schemas.encode(data_array(made))).data[0].data_type == 0


ABSURD = {
    "too few elements": {"data_type": 10, "shape": np.array([1000, 4]), "data": np.arange(12.0).view(np.uint8)},
    "negative length": {"data_type": 10, "shape": np.array([-1, -12]), "data": np.arange(12.0).view(np.uint8)},
    "product beyond 64 bits": {"data_type": 2, "shape": np.array([2**62, 2**62, 4]), "data": np.zeros(0, np.uint8)},
    "product that wraps to the right one": {"data_type": 2, "shape": np.array([2**32, 2**32, 1]), "data": b"abcd"},
    "no element and huge lengths": {"data_type": 10, "shape": np.array([0, 2**62, 2**62]), "data": b""},
    "a million dimensions": {"data_type": 2, "shape": np.ones(10**6, np.int64), "data": b"a"},
    "a million huge dimensions": {"data_type": 2, "shape": np.full(10**6, 2**62), "data": b"a"},
    "a part of an element": {"data_type": 10, "shape": np.array([1]), "data": b"abcdefghi"},
    "a text that is not UTF-8": {"data_type": 11, "shape": np.array([2]), "data": b"\xff\xfe"},
    "data of type none": {"data_type": 0, "shape": np.array([2]), "data": b"ab"},
}


@pytest.mark.parametrize("name", ABSURD)
def test_content_that_contradicts_itself_stays_bytes_is_remarked_upon_and_passed_on(name):
    fields = dict(ABSURD[name])
    fields["data"] = np.frombuffer(fields["data"], np.uint8)
    data = raw_bytes("da00", "data", fields)
    decoded = schemas.decode(data)
    assert decoded.data[0].data.dtype == np.uint8
    assert decoded.data[0].data.tobytes() == fields["data"].tobytes()
    assert len(schemas.check(decoded)) == 1
    assert schemas.encode(decoded) == data


def test_an_unknown_element_type_stays_bytes():
    decoded = schemas.decode(raw_bytes("da00", "data", {"data_type": 99, "data": np.arange(3, dtype=np.uint8)}))
    assert decoded.data[0].data.tolist() == [0, 1, 2]
    assert "data[0].data_type is 99, which has no name" in schemas.check(decoded)[0]


@pytest.mark.parametrize(
    ("array", "advice"),
    [
        (np.zeros(2, bool), "astype('uint8')"),
        (np.zeros(2, np.float16), "astype('float32')"),
        (np.zeros(2, complex), ".real and .imag"),
        (np.zeros(2, "datetime64[s]"), "astype('datetime64[ns]')"),
        (np.zeros(2, "timedelta64[s]"), "astype('timedelta64[ns]')"),
        (np.array(["a", "b"]), "one text"),
        (np.array([1, "a", None], object), "an array of numbers"),
        ([[1, 2], [3]], "not an array of numbers"),
        (None, "an array of numbers"),
    ],
)
def test_what_the_wire_has_no_element_type_for_is_refused_with_advice(array, advice):
    for made, path in (
        (data_array(Variable(name="v", data=array)), "data[0]"),
        (image(array), ""),
        (image(np.zeros((2, 2)), attributes=(attribute(array),)), "attributes[0]"),
    ):
        with pytest.raises(EncodeError) as refused:
            schemas.encode(made)
        assert advice in str(refused.value)
        assert refused.value.path == path


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"data": np.zeros((2, 3)), "shape": (3, 2)}, "shape is [3, 2], but data has shape (2, 3)"),
        ({"data": np.zeros(6), "shape": (2, 3)}, "shape is [2, 3], but data has shape (6,)"),
        ({"data": np.zeros(2), "shape": 2}, "shape is 2, but data has shape (2,)"),
        ({"data": np.zeros(2), "data_type": 5}, "data_type 5 means int32, but data is float64"),
        ({"data": np.zeros(2), "data_type": 77}, "data_type 77 means None, but data is float64"),
        ({"data": "text", "shape": (3,)}, "shape is [3], but data has shape (4,)"),
        ({"data": np.zeros((2, 3)), "axes": ("x",)}, "axes: 1 elements, but 2 in shape; expected as many or none"),
        ({"data": np.zeros((1,) * 33)}, "33 dimensions, at most 32"),
        ({"data": "\ud800"}, "not Unicode"),
    ],
)
def test_type_and_shape_that_are_not_those_of_the_data_are_refused(fields, problem):
    with pytest.raises(EncodeError) as refused:
        schemas.encode(data_array(Variable(name="v", **fields)))
    assert problem in str(refused.value)


def test_type_and_shape_that_are_those_of_the_data_may_be_given():
    made = Variable(name="v", data=np.zeros((2, 3)), data_type=10, shape=[2, 3], axes=["y", "x"])
    assert schemas.decode(schemas.encode(data_array(made))).data[0].shape.tolist() == [2, 3]


def test_a_changed_copy_of_a_decoded_message_can_be_encoded():
    decoded = schemas.decode(raw_bytes("da00", "data", {"data_type": 7, "shape": np.array([8]), "data": bytes_of(5)}))
    again = schemas.decode(schemas.encode(replace(decoded, timestamp=NOW + 1)))
    assert again.data == decoded.data


def bytes_of(number):
    return np.array([number]).view(np.uint8)


def test_images_are_shaped_by_their_dimensions_as_they_stand():
    pixels = np.arange(24, dtype=np.uint16).reshape(2, 4, 3)
    decoded = schemas.decode(schemas.encode(image(pixels)))
    np.testing.assert_array_equal(decoded.data, pixels)
    assert decoded.dimensions.tolist() == [2, 4, 3]
    assert decoded.data_type == 3


@pytest.mark.parametrize("value", [np.float64(2.5), np.int8(-1), np.arange(3, dtype=np.uint16), "text", "", "zero\0"])
def test_attributes_are_numbers_arrays_or_texts(value):
    decoded = schemas.decode(schemas.encode(image(np.zeros((2, 2)), attributes=(attribute(value),))))
    found = decoded.attributes[0].data
    assert type(found) is type(value)
    np.testing.assert_array_equal(found, value)


def test_an_attribute_array_of_one_number_is_that_number():
    decoded = schemas.decode(schemas.encode(image(np.zeros((2, 2)), attributes=(attribute(np.array([7])),))))
    assert isinstance(decoded.attributes[0].data, np.int64)


def test_the_terminator_of_an_attribute_text_is_taken_off():
    decoded = schemas.decode(raw_bytes_of_attribute(b"ColorMode\0"))
    assert decoded.attributes[0].data == "ColorMode"


def raw_bytes_of_attribute(data):
    schema = replace(schemas.SCHEMAS["ad00"], meaning=NOTHING)
    told = schema.message_class.Attribute(name="a", data_type=10, data=np.frombuffer(data, np.uint8))
    fields = {"dimensions": [1], "data_type": 1, "data": np.zeros(1, np.uint8)}
    return encode_as(schema, schema.message_class(source_name="s", timestamp=NOW, attributes=(told,), **fields))


def test_an_attribute_array_of_two_dimensions_is_refused():
    with pytest.raises(EncodeError, match=r"give array.ravel\(\)"):
        schemas.encode(image(np.zeros((2, 2)), attributes=(attribute(np.zeros((2, 2))),)))


def test_odd_images_are_remarked_upon():
    made = raw_image(dimensions=[5, 5], data_type=3, data=np.zeros(12, np.uint8))
    assert schemas.check(made) == [
        "dimensions is [5, 5], but data holds 6 elements of uint16; expected the product of the lengths"
    ]


def raw_image(**fields):
    schema = replace(schemas.SCHEMAS["ad00"], meaning=NOTHING)
    return schemas.decode(encode_as(schema, schema.message_class(source_name="s", timestamp=NOW, **fields)))


@pytest.mark.parametrize("schema_id", ["hs00", "hs01"])
def test_histograms_have_the_shape_told_for_them(schema_id):
    counts = np.arange(6, dtype=np.float32).reshape(2, 3)
    decoded = schemas.decode(message_bytes(schema_id, data=counts, errors=np.sqrt(counts)))
    assert decoded.data.shape == decoded.errors.shape == (2, 3)
    assert decoded.data.dtype == decoded.errors.dtype == np.float32
    assert decoded.current_shape.tolist() == [2, 3]


def test_a_histogram_whose_counts_do_not_fit_its_shape_stays_flat():
    odd = message("hs01", data=np.arange(6), current_shape=[2, 2], dim_metadata=[])
    decoded = schemas.decode(encode_as(schemas.SCHEMAS["hs01"], odd))
    assert decoded.data.tolist() == [0, 1, 2, 3, 4, 5]
    assert schemas.check(decoded) == ["data holds 6 numbers; expected the product of current_shape [2, 2]"]
    assert schemas.decode(schemas.encode(decoded)) == decoded
    with pytest.raises(EncodeError, match=r"data has shape \(6,\), but current_shape is \[2, 2\]"):
        schemas.encode(odd)


@pytest.mark.parametrize("shape", [[-2, -3], [2**31 - 1] * 40, [0, 2**31 - 1, 2**31 - 1, 2**31 - 1]])
def test_absurd_histograms_are_read_all_the_same(shape):
    odd = message("hs01", data=np.zeros(0), current_shape=shape, dim_metadata=[])
    decoded = schemas.decode(encode_as(schemas.SCHEMAS["hs01"], odd))
    assert decoded.data.size == 0
    assert schemas.check(decoded)


def test_a_histogram_without_counts_needs_its_shape():
    with pytest.raises(EncodeError, match="no data that tells it"):
        schemas.encode(schemas.hs01(timestamp=NOW))


def test_bins_and_slices_of_histograms_are_compared():
    whole = {"length": 10, "label": "x", "bin_boundaries": np.arange(11.0)}
    part = {"data": np.zeros(4), "dim_metadata": [whole]}
    assert schemas.check(message("hs01", **part, offset=[6])) == []
    assert "6 to 11; expected inside" in schemas.check(message("hs01", **part | {"data": np.zeros(5)}, offset=[6]))[0]
    short = whole | {"bin_boundaries": np.arange(10.0)}
    assert "10 bins and 10 boundaries" in schemas.check(message("hs01", **part | {"dim_metadata": [short]}))[0]
    falling = whole | {"bin_boundaries": np.arange(11.0)[::-1]}
    assert "do not increase" in schemas.check(message("hs01", **part | {"dim_metadata": [falling]}))[0]
    two = schemas.check(message("hs01", **part | {"dim_metadata": [whole, whole]}))
    assert two == ["2 dim_metadata for 1 dimensions; expected as many"]


def test_arrays_beside_the_signal_are_compared_with_it():
    signal = {"name": "signal", "data": np.zeros((2, 3)), "axes": ("y", "x")}

    def remarks(**other):
        return schemas.check(message("da00", data=[signal, other]))

    assert remarks(name="errors", data=np.zeros((2, 3)), axes=("y", "x")) == []
    assert remarks(name="x", data=np.zeros(4), axes=("x",)) == []
    assert remarks(name="frame_total", data=np.zeros(9), axes=("reference_time",)) == []
    assert "shape (3, 2), the signal (2, 3)" in remarks(name="errors", data=np.zeros((3, 2)), axes=("y", "x"))[0]
    assert "length 5 along 'x', the signal 3" in remarks(name="x", data=np.zeros(5), axes=("x",))[0]
    assert "the name 'signal' of an earlier one" in remarks(name="signal", data=np.zeros((2, 3)))[0]
