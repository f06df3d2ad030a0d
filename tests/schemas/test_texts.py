"""Every schema text is complete: described throughout, attributes that mean something, standing alone."""

import re

import pytest

from livedata.schemas import RETIRED, SCHEMAS
from livedata.schemas.layout import Scalar, Struct, Text, Union, Vector
from livedata.schemas.registry import folder

FIELD_WORDS = {"required", "source", "time", "may_be_zero", "json", "as_long_as", "elide_defaults"}
ROOT_WORDS = {"elide_defaults", "read_only", "meaning"}


@pytest.fixture(params=SCHEMAS)
def schema(request):
    return SCHEMAS[request.param]


@pytest.fixture
def text(schema) -> str:
    return (folder() / f"{schema.id}.fbs").read_text(encoding="utf-8")


def fields_with(schema, word):
    tables = schema.layout.tables.values()
    return [(t, f) for t in tables for f in t.fields if word in (f.attributes or {})]


def test_a_text_begins_with_what_it_is_about(text):
    assert re.match(r"// [^\n]+\.\n\nnamespace ", text)
    assert all(len(line) <= 120 for line in text.splitlines())
    assert "include" not in re.sub(r"//[^\n]*", "", text)


def test_everything_is_described(schema):
    layout = schema.layout
    members = {m.table for union in layout.unions.values() for m in union.members}
    wrappers = {name for name in members if len(layout.tables[name].fields) == 1}
    things = [t for t in (*layout.tables.values(), *layout.structs.values()) if t.name not in wrappers]
    assert all(thing.doc for thing in (*things, *layout.enums.values(), *layout.unions.values()))
    assert [f"{t.name}.{f.name}" for t in things for f in t.fields if not f.doc] == []


def test_attributes_are_known_and_declared(schema, text):
    tables = schema.layout.tables.values()
    on_fields = {word for t in tables for f in t.fields for word in f.attributes or {}}
    on_tables = {word for t in tables for word in t.attributes or {}}
    assert on_fields <= FIELD_WORDS
    assert on_tables <= ROOT_WORDS
    assert set(re.findall(r'attribute "(\w+)";', text)) == (on_fields | on_tables) - {"required"}
    assert all(t.name == schema.layout.root for t in tables if t.attributes)


def test_one_text_of_the_root_table_at_most_names_the_stream(schema):
    named = fields_with(schema, "source")
    assert all(table is schema.root and isinstance(field.type, Text) for table, field in named)
    assert len(named) <= 1


def test_times_have_a_unit_that_their_description_tells(schema):
    for table, field in fields_with(schema, "time"):
        inner = field.type.of if isinstance(field.type, Vector) else field.type
        assert isinstance(inner, Scalar)
        assert f"{field.attributes['time']} since 1970" in " ".join(field.doc.split()), (table.name, field.name)


def test_whatever_is_described_as_a_time_since_1970_is_marked(schema):
    unmarked = [
        f"{t.name}.{f.name}"
        for t in schema.layout.tables.values()
        for f in t.fields
        if "since 1970" in f.doc and "time" not in (f.attributes or {}) and isinstance(f.type, Scalar | Vector)
    ]
    assert [name for name in unmarked if ".fwdinfo_" not in name and name != "livedata.NDAr.NDArray.timeStamp"] == []


def test_json_is_text(schema):
    assert all(isinstance(field.type, Text) for _, field in fields_with(schema, "json"))


def test_equally_long_is_said_of_lists(schema):
    for table, field in fields_with(schema, "as_long_as"):
        other = next(f for f in table.fields if f.name == field.attributes["as_long_as"])
        assert isinstance(field.type, Vector | Union)
        assert isinstance(other.type, Vector | Union)


def test_structs_are_few_and_plain(schema):
    assert all(isinstance(f.type, Scalar | Struct) for s in schema.layout.structs.values() for f in s.fields)


def test_what_follows_a_schema_that_is_only_read_is_a_schema():
    for schema in SCHEMAS.values():
        if schema.is_read_only:
            followers = (schema.root.attributes["read_only"] or "").split()
            assert all(not SCHEMAS[follower].is_read_only for follower in followers)


def test_no_schema_is_among_the_identifiers_that_are_none():
    assert not set(RETIRED) & set(SCHEMAS)
