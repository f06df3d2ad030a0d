"""Schemas show themselves: in a terminal as text, in a notebook as tables."""

from html.parser import HTMLParser

import pytest

from livedata.schemas import SCHEMAS


class Cells(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.first = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] == "code":
            self.first.append(data)


@pytest.mark.parametrize("schema_id", SCHEMAS)
def test_a_schema_shows_every_field(schema_id):
    schema = SCHEMAS[schema_id]
    text, cells = repr(schema), Cells(schema._repr_html_())
    assert text.startswith(f"{schema_id}: ")
    assert all(f"  {name} " in text for name in schema.fields)
    assert cells.open == []
    assert cells.first[: len(schema.fields)] == list(schema.fields)
    assert len(text) < 8000


def test_a_schema_tells_types_tables_inside_and_what_is_required():
    text = repr(SCHEMAS["da00"])
    assert "source_name  text, required" in text
    assert "data         [da00_Variable], required" in text
    assert "data_type  da00_dtype" in text
    assert "shape      [int64], required" in text


def test_a_schema_that_is_only_read_tells_what_to_write():
    assert "only read; write pl72 and 6s4t" in repr(SCHEMAS["ba57"])
    assert "only read; write ad00" in SCHEMAS["ADAr"]._repr_html_()
    assert "only read)" in repr(SCHEMAS["ns10"])
    assert "only read" not in repr(SCHEMAS["ad00"])


def test_all_schemas_are_told_in_one_table():
    assert Cells(SCHEMAS._repr_html_()).first == list(SCHEMAS)
