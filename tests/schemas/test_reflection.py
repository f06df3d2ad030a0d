"""The FlatBuffers compiler understands every schema text as we do: names, numbers, types, defaults, codes, places."""

from pathlib import Path

import pytest

from livedata.schemas import SCHEMAS
from livedata.schemas.fbs import load_layout
from livedata.schemas.layout import Enum, Scalar, Struct, TableRef, Text, Union, Vector
from livedata.schemas.message import make_classes
from livedata.schemas.read import decode_as
from livedata.schemas.registry import Schema, folder

KINDS = (
    *("none", "utype", "bool", "byte", "ubyte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double"),
    *("string", "vector", "obj", "union"),
)


@pytest.fixture(scope="module")
def reflection() -> Schema:
    layout = load_layout(Path(__file__).with_name("reflection.fbs"))
    return Schema("BFBS", layout, make_classes(layout, None))


@pytest.fixture(params=SCHEMAS)
def told(request, reflection, flatc, tmp_path):
    """Return our layout of a schema, and what the compiler says of the text."""
    layout = SCHEMAS[request.param].layout
    flatc("--binary", "--schema", "--bfbs-comments", "-o", tmp_path, folder() / f"{request.param}.fbs")
    return layout, decode_as(reflection, (tmp_path / f"{request.param}.bfbs").read_bytes())


def prose(documentation) -> str:
    return "\n".join(line.strip() for line in documentation)


def notes(attributes) -> dict[str, str]:
    return {a.key: a.value for a in attributes if a.key not in ("required", "id")}


def our_notes(attributes) -> dict[str, str]:
    return {k: "0" if v is None else v for k, v in (attributes or {}).items() if k != "required"}


def their_type(type_, told) -> str:
    kind = KINDS[type_.base_type]
    if kind == "vector":
        kind = f"[{KINDS[type_.element]}]"
    if type_.index < 0:
        return kind
    is_object = "obj" in kind
    return f"{kind} {(told.objects if is_object else told.enums)[type_.index].name}"


def our_type(type_) -> str:
    if isinstance(type_, Vector):
        kind, _, name = our_type(type_.of).partition(" ")
        return f"[{kind}] {name}".strip()
    if isinstance(type_, Text):
        return "string"
    if isinstance(type_, Scalar):
        return type_.name
    if isinstance(type_, Enum):
        return f"{type_.base.name} {type_.name}"
    if isinstance(type_, Union):
        return f"union {type_.name}"
    return f"obj {type_.table if isinstance(type_, TableRef) else type_.name}"


def their_default(field) -> float | bool | None:
    kind = KINDS[field.type.base_type]
    if field.optional or kind in ("string", "vector", "obj", "union"):
        return None
    return field.default_real if kind in ("float", "double") else field.default_integer


def test_the_message_itself_is_the_same(told):
    layout, theirs = told
    assert (theirs.file_ident, theirs.root_table.name) == (layout.id, layout.root)


def test_tables_have_the_same_fields(told):
    layout, theirs = told
    tables = {t.name: t for t in theirs.objects if not t.is_struct}
    assert set(tables) == set(layout.tables)
    for name, table in layout.tables.items():
        ours = {f.name: (f.id, our_type(f.type), f.default, f.is_required) for f in table.fields}
        assert ours == {
            f.name: (f.id, their_type(f.type, theirs), their_default(f), f.required)
            for f in tables[name].fields
            if KINDS[f.type.base_type] != "utype"
        }


def test_codes_of_unions_travel_under_the_same_numbers(told):
    layout, theirs = told
    for table in theirs.objects:
        codes = {f.name: f.id for f in table.fields if KINDS[f.type.base_type] == "utype"}
        ours = () if table.is_struct else layout.tables[table.name].fields
        assert codes == {f"{f.name}_type": f.id - 1 for f in ours if isinstance(f.type, Union)}


def test_structs_have_the_same_bytes(told):
    layout, theirs = told
    ours = {
        s.name: (s.size, s.align, {f.name: (f.offset, our_type(f.type)) for f in s.fields})
        for s in layout.structs.values()
    }
    assert ours == {
        s.name: (s.bytesize, s.minalign, {f.name: (f.offset, their_type(f.type, theirs)) for f in s.fields})
        for s in theirs.objects
        if s.is_struct
    }


def test_enums_have_the_same_names(told):
    layout, theirs = told
    assert {e.name: (e.base.name, dict(e.members)) for e in layout.enums.values()} == {
        e.name: (KINDS[e.underlying_type.base_type], {v.name: v.value for v in e.values})
        for e in theirs.enums
        if not e.is_union
    }


def test_unions_have_the_same_kinds(told):
    layout, theirs = told
    assert {u.name: {m.code: m.table for m in u.members} for u in layout.unions.values()} == {
        u.name: {v.value: theirs.objects[v.union_type.index].name for v in u.values if v.value}
        for u in theirs.enums
        if u.is_union
    }


def test_the_same_words_describe_the_same_things(told):
    layout, theirs = told
    for thing in theirs.objects:
        ours: Struct | object = layout.structs[thing.name] if thing.is_struct else layout.tables[thing.name]
        assert prose(thing.documentation) == ours.doc
        docs = {f.name: prose(f.documentation) for f in thing.fields if KINDS[f.type.base_type] != "utype"}
        assert docs == {f.name: f.doc for f in ours.fields}
        if not thing.is_struct:
            assert notes(thing.attributes) == our_notes(ours.attributes)
            assert {f.name: our_notes(f.attributes) for f in ours.fields} == {
                f.name: notes(f.attributes) for f in thing.fields if KINDS[f.type.base_type] != "utype"
            }
    for thing in theirs.enums:
        if not thing.is_union:
            docs = {v.name: prose(v.documentation) for v in thing.values if v.documentation}
            assert (prose(thing.documentation), docs) == (layout.enums[thing.name].doc, layout.enums[thing.name].docs)
