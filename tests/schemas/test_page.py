"""The documentation page of the schemas says what the texts say."""

import re
from pathlib import Path

import pytest

from livedata.schemas import SCHEMAS
from livedata.schemas.page import schema_page

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "schemas.md"


@pytest.fixture(scope="module")
def page() -> str:
    return schema_page()


def test_the_committed_page_is_what_the_texts_give(page):
    renew = "docs/schemas.md is not up to date; renew it: python -m livedata.schemas.page > docs/schemas.md"
    assert COMMITTED.read_text(encoding="utf-8") == page, renew


@pytest.mark.parametrize("schema_id", SCHEMAS)
def test_every_table_enum_union_and_struct_has_its_place(page, schema_id):
    layout = SCHEMAS[schema_id].layout
    start = page.index(f"\n## {schema_id}\n")
    section = page[start : page.find("\n## ", start + 1)]
    names = [*layout.tables, *layout.enums, *layout.unions, *layout.structs]
    shown = [name for name in names if name != layout.root]
    assert all(f"`{name.rpartition('.')[2]}`" in section for name in shown)


@pytest.mark.parametrize("schema_id", SCHEMAS)
def test_every_field_of_the_root_table_is_described(page, schema_id):
    for field in SCHEMAS[schema_id].root.fields:
        assert f"| `{field.name}` |" in page
        assert " ".join(field.doc.split()).replace("*", "\\*") in page


def test_links_lead_to_headings(page):
    headings = {h.lower().replace(":", "").replace(" ", "-") for h in re.findall(r"^#+ (.*)$", page, re.MULTILINE)}
    assert set(re.findall(r"\(#([^)]*)\)", page)) <= headings
