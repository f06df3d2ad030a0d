"""What users type: names, classes made from the schema texts, schema texts that are not sound."""

import dataclasses
import pickle
import subprocess
import sys

import pytest

from livedata import schemas
from livedata.errors import EncodeError, SettingsError
from livedata.schemas.fbs import load_layout
from livedata.schemas.registry import Registry, folder

IDS = ["6s4t", "ev44", "f144", "pl72", "wrdn", "x5f2"]


def test_public_names_exist_and_are_listed_once():
    assert sorted(schemas.__all__) == sorted(set(schemas.__all__))
    assert all(hasattr(schemas, name) for name in schemas.__all__)


def test_every_schema_text_is_a_schema():
    assert sorted(schemas.SCHEMAS) == sorted(p.stem for p in folder().glob("*.fbs"))
    assert set(IDS) <= set(schemas.SCHEMAS)
    assert all(schemas.SCHEMAS[name].id == name for name in schemas.SCHEMAS)


@pytest.mark.parametrize("schema_id", IDS)
def test_every_field_and_table_is_described(schema_id):
    schema = schemas.SCHEMAS[schema_id]
    assert schema.doc
    assert all(field.doc for field in schema.fields.values())


@pytest.mark.parametrize("given", [schemas.Ev44, schemas.F144])
def test_classes_written_by_hand_follow_the_schema_text(given):
    schema = schemas.SCHEMAS[given.SCHEMA]
    assert schema.message_class is given
    assert [f.name for f in dataclasses.fields(given)] == list(schema.fields)
    assert schema.layout.root == given.TABLE


def test_messages_are_made_by_field_names():
    stop = schemas.message_class("6s4t")(stop_time=5, job_id="j")
    assert (stop.stop_time, stop.run_name) == (5, None)
    assert schemas.x5f2(software_name="s").process_id == 0


def test_unknown_fields_and_missing_required_ones_are_refused():
    with pytest.raises(TypeError, match="file_name"):
        schemas.wrdn(service_id="s", job_id="j")
    with pytest.raises(TypeError, match="nonsense"):
        schemas.wrdn(service_id="s", job_id="j", file_name="f", nonsense=1)


def test_messages_cannot_be_changed():
    with pytest.raises(AttributeError):
        schemas.x5f2().process_id = 5


def test_messages_can_be_pickled():
    message = schemas.pl72(detector_spectrum_map=schemas.pl72.SpectraDetectorMapping(n_spectra=2))
    assert pickle.loads(pickle.dumps(message)) == message


def test_a_part_of_a_message_cannot_be_encoded_alone():
    with pytest.raises(EncodeError, match="only a part"):
        schemas.encode(schemas.pl72.SpectraDetectorMapping())


def test_an_unknown_name_is_told_with_the_known_ones():
    with pytest.raises(AttributeError, match=r"schemas are .*ev44"):
        schemas.ev99


def test_the_default_of_a_number_is_that_of_the_schema_text():
    assert schemas.pl72().n_periods == 1


def test_producers_habits_are_followed():
    assert len(schemas.encode(schemas.x5f2(process_id=0))) > 20
    assert len(schemas.encode_f144("pv", 1, 5)) - len(schemas.encode_f144("pv", 1, 0)) >= 8


def test_no_schema_text_is_read_at_import():
    code = (
        "import sys; from livedata import schemas; s = schemas.SCHEMAS; "
        "assert not s._loaded and s._ids is None; "
        "assert not {'h5py', 'numba', 'bokeh', 'confluent_kafka', 'flatbuffers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_schema_is_added_by_adding_its_text(tmp_path):
    (tmp_path / "zz01.fbs").write_text('table T { n: int; }\nroot_type T;\nfile_identifier "zz01";\n')
    (tmp_path / "part.fbs").write_text("table Part { n: int; }\n")
    registry = Registry(tmp_path)
    assert list(registry) == ["zz01"]
    assert registry["zz01"].message_class(n=3).n == 3


@pytest.mark.parametrize("name", ["zz99", "../a", "EV44", "", 5])
def test_an_id_without_text_is_no_schema(name):
    assert name not in schemas.SCHEMAS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("table T { a: nothing; }", "line 1: unknown type 'nothing'"),
        ("table T { a: int }", "line 1: found '}', expected ;"),
        ("table T { a: int; }\ntable T { b: int; }", "line 2: 'T' is declared twice"),
        ("table T { a: int (required); }", "a: a scalar cannot be required"),
        ("table T { a: string = 5; }", "a: only scalars can have a default"),
        ("table T { a: int = x; }", "a: 'x' is not a value of int"),
        ("table T { a: int (id: 1); }", "a has id 1, expected 0"),
        ("table T { a: int; a: int; }", "two fields of one name"),
        ("struct S { a: string; }", "a struct cannot hold 'string'"),
        ("struct S { a: S; }", "contains itself"),
        ("struct S (force_align: 16) { a: int; }", "'force_align' is not supported"),
        ("enum E : float { A }", "cannot be the base of an enum"),
        ("union U { int }", "union member 'int' is not a table"),
        ("rpc_service R { }", "'rpc_service' is not supported"),
        ('file_identifier "abc";', "not four ASCII characters"),
        ("root_type T;", "the root type 'T' is not a table"),
        ('include "missing.fbs";', "missing.fbs"),
        ("table T { a: int; } $", "cannot read '$'"),
    ],
)
def test_an_unsound_schema_text_is_refused_with_its_line(tmp_path, text, problem):
    path = tmp_path / "bad.fbs"
    path.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load_layout(path)
    assert problem in str(refused.value)
    assert ".fbs" in str(refused.value)
