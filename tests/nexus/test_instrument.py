import json

import pytest

from livedata.errors import SettingsError
from livedata.nexus import load_instrument
from livedata.nexus.writer import FileWriter
from livedata.reduce.pixels.layout import layout
from livedata.streams.key import StreamKey

from .conftest import DETECTOR, event_message


@pytest.fixture
def save(tmp_path):
    def write(content):
        path = tmp_path / "instrument.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def group(name, nx_class, *children):
    attributes = [{"name": "NX_class", "values": nx_class}]
    return {"type": "group", "name": name, "attributes": attributes, "children": list(children)}


def module(kind, /, **config):
    return {"module": kind, "config": config}


TEMPLATE = {
    "children": [
        group(
            "entry",
            "NXentry",
            "$SAMPLE$",
            group(
                "instrument",
                "NXinstrument",
                module("dataset", name="name", values="DEMO", dtype="string"),
                group(
                    "bank",
                    "NXdetector",
                    module("dataset", name="detector_number", values=[[1, 2], [3, 4]], dtype="int32"),
                    group("events", "NXevent_data", module("ev44", topic="d_events", source="bank0")),
                ),
                group("monitor", "NXmonitor", module("ev44", topic="d_events", source="mon")),
            ),
            group("temperature", "NXlog", module("f144", topic="d_env", source="T1", dtype="double")),
        )
    ]
}


def test_a_template_gives_name_topics_streams_and_layouts(save):
    told = load_instrument(save(TEMPLATE))
    assert (told.name, told.topics) == ("DEMO", ("d_events", "d_env"))
    assert told.streams == {
        "bank0": (StreamKey("d_events", "bank0", "events"), layout((2, 2), first_id=1)),
        "mon": (StreamKey("d_events", "mon", "events"), None),
        "T1": (StreamKey("d_env", "T1", "log"), None),
    }
    assert "$SAMPLE$" in told.remarks[0]


def test_facets_of_one_variable_and_arrays_are_streams_of_a_template(save):
    modules = [module(kind, topic="t", source="T1") for kind in ("f144", "al00", "ep01")]
    hist = group("histogram", "NXdata", module("da00", topic="m", source="mon"))
    camera = group("camera", "NXlog", module("ad00", topic="c", source="cam"))
    told = load_instrument(save({"children": [group("T1", "NXlog", *modules), hist, camera]}))
    assert {key for key, _ in told.streams.values()} == {
        StreamKey("t", "T1", "log"),
        StreamKey("m", "mon", "arrays"),
        StreamKey("c", "cam", "frames"),
    }


def test_the_older_form_with_stream_nodes_is_understood(save):
    stream = {"type": "stream", "stream": {"topic": "X_events", "source": "e", "writer_module": "ev44"}}
    numbers = {"type": "dataset", "name": "detector_number", "values": [5, 6]}
    detector = {"type": "group", "name": "det", "attributes": {"NX_class": "NXdetector"}, "children": [numbers, stream]}
    told = load_instrument(save({"children": [detector]}))
    assert told.streams["e"] == (StreamKey("X_events", "e", "events"), layout((2,), first_id=5))


def test_panels_fed_by_one_source_are_stacked(save):
    panels = [
        group(
            f"panel{i}",
            "NXdetector",
            module("dataset", name="detector_number", values=[[1 + 4 * i, 2 + 4 * i], [3 + 4 * i, 4 + 4 * i]]),
            module("ev44", topic="t", source="all"),
        )
        for i in range(3)
    ]
    assert load_instrument(save({"children": panels})).streams["all"][1] == layout((6, 2), first_id=1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{ not json", "is no valid JSON"),
        ({"children": [group("a", "NXentry")]}, "no stream in it; expected a module of ev44"),
        ({"children": [group("a", "NXentry", module("ev44", topic="t"))]}, "/a: ev44 needs a topic and a source"),
        ({"children": 3}, "children is int; expected a list"),
        ({"children": [7, group("a", "NXentry", module("ev44", topic="t", source="s"))]}, "child 0 is int"),
        ([], "Expected a NeXus file"),
    ],
)
def test_broken_templates_say_where(save, content, told):
    with pytest.raises(SettingsError, match=told):
        load_instrument(save(content))


def test_our_own_form_gives_the_same(save):
    streams = {
        "det": {"topic": "t", "source": "s", "schema": "ev44", "shape": [4, 8], "first_id": 0},
        "T": {"topic": "u", "source": "T1", "schema": "f144"},
        "mon": {"topic": "m", "source": "M1", "schema": "da00"},
    }
    told = load_instrument(save({"name": "X", "streams": streams}))
    assert (told.name, told.topics) == ("X", ("t", "u", "m"))
    assert told.streams["det"] == (StreamKey("t", "s", "events"), layout((4, 8), first_id=0))
    assert told.streams["T"] == (StreamKey("u", "T1", "log"), None)
    assert told.streams["mon"] == (StreamKey("m", "M1", "arrays"), None)


def test_every_problem_of_our_own_form_is_told_at_once(save):
    broken = {"streams": {"a": {"topic": "", "source": "s", "schema": "xx00"}, "b": {"source": "s", "colour": 1}}}
    with pytest.raises(SettingsError) as caught:
        load_instrument(save(broken))
    for place in ("name:", "streams.a.topic:", "streams.a.schema:", "streams.b.topic:", "streams.b.colour:"):
        assert place in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SettingsError, match="no instrument file"):
        load_instrument(tmp_path / "absent.json")


def test_a_nexus_file_describes_its_instrument(tmp_path):
    writer = FileWriter(tmp_path / "run.nxs", instrument="X", layouts={DETECTOR: layout((8, 8))})
    writer.accept(DETECTOR, event_message(0))
    writer.finish()
    told = load_instrument(tmp_path / "run.nxs")
    assert (told.name, told.topics) == ("X", ("X_events",))
    assert told.streams["detector"] == (DETECTOR, layout((8, 8)))
