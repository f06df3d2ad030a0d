"""Mantid's instrument definition files, written here for the purpose."""

import numpy as np
import pytest

from livedata.errors import ArgumentError, SettingsError
from livedata.nexus import load_instrument
from livedata.nexus.idf.definition import geometry_from_idf, read_idf

HEAD = '<instrument xmlns="http://www.mantidproject.org/IDF/1.0" name="MINE" valid-from="1900-01-31 23:59:59">'
FRAME = """
<component type="moderator"><location z="-10"/></component> <type name="moderator" is="Source"/>
<component type="place"><location/></component> <type name="place" is="SamplePos"/>
<type name="pixel" is="detector">
  <cuboid id="s">
  <left-front-bottom-point x="-0.01" y="-0.02" z="0"/> <left-front-top-point x="-0.01" y="0.02" z="0"/>
  <left-back-bottom-point x="-0.01" y="-0.02" z="-0.001"/> <right-front-bottom-point x="0.01" y="-0.02" z="0"/>
  </cuboid>
</type>
<type name="monitor" is="monitor"/>
"""


def idf(body, defaults=""):
    return read_idf(f"{HEAD}{defaults}{FRAME}{body}</instrument>".encode(), where="MINE.xml")


def tube(location, pixels='<locations y="-1" y-end="1" n-elements="3"/>', ids='<id start="11" end="13"/>'):
    return f"""
    <component type="tube" idlist="ids">{location}</component>
    <type name="tube"><component type="pixel">{pixels}</component></type>
    <idlist idname="ids">{ids}</idlist>"""


def positions(definition, ids):
    return definition.geometry(ids).positions


def test_pixels_stand_where_their_tube_puts_them():
    found = idf(tube('<location x="1" z="5" rot="90" axis-z="1"/>'))

    assert (found.name, found.source, found.sample) == ("MINE", (0, 0, -10), (0, 0, 0))
    assert positions(found, [11, 12, 13]) == pytest.approx(np.array([[2, 0, 5], [1, 0, 5], [0, 0, 5.0]]))


def test_sizes_turn_with_the_pixel():
    found = idf(tube('<location x="1" z="5" rot="90" axis-z="1"/>'))

    assert found.geometry([12]).sizes == pytest.approx(np.array([[0.04, 0.02, 0.001]]))


def test_spherical_places_turn_from_z_to_x():
    found = idf(tube('<location r="2" t="90" p="0"/>', '<location r="1" t="90" p="90"/>', '<id val="7"/>'))

    assert positions(found, [7]) == pytest.approx(np.array([[2, 1, 0.0]]))


def test_rotations_and_translations_nest():
    inner = '<location x="10"><rot val="90"><trans x="-8"/></rot></location>'
    found = idf(tube(inner, '<location x="1"/>', '<id val="7"/>'))

    assert positions(found, [7]) == pytest.approx(np.array([[10, -7, 0.0]]))


def test_the_outermost_rotation_is_first():
    twice = '<location rot="90" axis-x="0" axis-y="1" axis-z="0"><rot val="90"/></location>'
    found = idf(tube(twice, '<location x="1"/>', '<id val="7"/>'))

    # the inner frame is turned about y, then about its own z, which points along x by then
    assert positions(found, [7]) == pytest.approx(np.array([[0, 1, 0.0]]), abs=1e-12)


def test_ids_run_through_the_list_in_the_order_of_the_file():
    found = idf(
        tube('<location name="a"/><location name="b" x="1"/>', ids='<id start="30" step="-10" end="10"/><id val="5"/>'
             '<id start="6" end="7"/>')
    )  # fmt: skip
    (bank,) = found.banks

    assert bank.ids.tolist() == [[30, 20, 10], [5, 6, 7]]
    assert positions(found, [20, 6]).tolist() == [[0, 0, 0], [1, 0, 0]]
    assert bank.layout().shape == (2, 3)


def test_ids_the_file_does_not_have_are_nowhere_and_told():
    found = idf(tube("<location/>")).geometry([11, 99, -1])

    assert np.isnan(found.positions[1:]).all()
    assert found.bank.tolist() == [0, -1, -1]
    assert found.remarks == ("MINE.xml does not have 1 of 2 detector ids",)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ('idstart="100"', [[100, 102, 104], [101, 103, 105]]),
        ('idstart="100" idfillbyfirst="x"', [[100, 101, 102], [103, 104, 105]]),
        ('idstart="100" idfillbyfirst="y" idstepbyrow="10"', [[100, 110, 120], [101, 111, 121]]),
        ('idstart="2000000" idfillbyfirst="y" idstep="1000" idstepbyrow="1"', [[2000000, 2000001, 2000002],
                                                                              [2001000, 2001001, 2001002]]),
    ],
)  # fmt: skip
def test_rectangular_detectors_count_along_y_or_x(ids, expected):
    found = idf(
        f'<component type="panel" {ids}><location z="4" name="front"/></component>'
        '<type name="panel" is="RectangularDetector" type="pixel" xpixels="3" xstart="-0.1" xstep="0.1"'
        ' ypixels="2" ystart="-1" ystep="2"/>'
    )
    (bank,) = found.banks

    assert bank.name == "front"
    assert bank.ids.tolist() == expected
    assert bank.positions == pytest.approx(
        np.array([[-0.1, -1, 4], [0, -1, 4], [0.1, -1, 4], [-0.1, 1, 4], [0, 1, 4], [0.1, 1, 4]])
    )
    assert bank.sizes[0] == pytest.approx([0.02, 0.04, 0.001])


def test_voxels_count_in_the_order_that_is_told():
    found = idf(
        '<component type="block" idstart="1" idfillorder="zxy"><location name="b"/></component>'
        '<type name="block" is="GridDetector" type="pixel" xpixels="2" xstart="0" xstep="1" ypixels="2" ystart="0"'
        ' ystep="1" zpixels="3" zstart="0" zstep="1"/>'
    )

    assert positions(found, [1, 2, 3, 4, 7]).tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [1, 0, 0], [0, 1, 0]]


def test_structured_detectors_have_their_pixels_between_the_vertices():
    vertices = "".join(f'<vertex x="{x}" y="{y}"/>' for y in (0, 1) for x in (0, 1, 3))
    found = idf(
        '<component type="fan" idstart="5" idfillbyfirst="x"><location z="2"/></component>'
        f'<type name="fan" is="StructuredDetector" type="pixel" xpixels="2" ypixels="1">{vertices}</type>'
    )

    assert positions(found, [5, 6]).tolist() == [[0.5, 0.5, 2], [2, 0.5, 2]]


def test_monitors_are_apart_from_detectors():
    found = idf(
        tube("<location/>") + '<component type="mons" idlist="m"><location/></component><type name="mons">'
        '<component type="monitor"><location z="-3" name="first"/><location z="-1" name="second"/></component></type>'
        '<idlist idname="m"><id start="1" end="2"/></idlist>'
    )

    assert found.layout().detector_number().tolist() == [11, 12, 13]
    assert found.monitor("second").positions.tolist() == [[0, 0, -1]]
    assert found.geometry([1]).is_monitor
    assert not found.geometry([11, 1]).is_monitor
    with pytest.raises(ArgumentError, match="no monitor 'third'; it has first, second"):
        found.monitor("third")


def test_units_and_axes_of_the_file_become_ours():
    defaults = (
        '<defaults><length unit="mm"/><angle unit="radian"/><reference-frame><along-beam axis="x"/>'
        '<pointing-up axis="z"/><handedness val="right"/></reference-frame></defaults>'
    )
    found = idf(tube('<location x="1000" y="2000" z="3000"/>', "<location/>", '<id val="7"/>'), defaults)

    # x along the beam, z up: y points to the left of who looks downstream, as our x does
    assert positions(found, [7]).tolist() == [[2, 3, 1]]
    radians = '<defaults><length unit="mm"/><angle unit="radian"/></defaults>'
    turned = idf(tube('<location rot="1.5707963267948966"/>', '<location x="1"/>', '<id val="7"/>'), radians)
    assert positions(turned, [7]) == pytest.approx(np.array([[0, 0.001, 0]]), abs=1e-12)


def test_fixed_parameters_move_and_logs_are_told():
    body = tube('<location name="arm" x="9"><parameter name="z"><value val="2"/></parameter></location>')
    found = idf(
        body + '<component-link name="arm"><parameter name="x"><logfile id="arm_x"/></parameter>'
        '<parameter name="y"><value val="4"/></parameter></component-link>'
    )

    assert positions(found, [12]).tolist() == [[9, 4, 2]]
    assert found.remarks == ("x of 'arm' follows the log 'arm_x', which is not looked at",)


def test_parts_may_be_excluded():
    found = idf(
        '<component type="door" idlist="ids"><location><exclude sub-part="one"/></location>'
        '<location x="1"/></component>'
        '<type name="door"><component type="tube"><location y="1" name="one"/>'
        '<location y="2" name="two"/></component></type>'
        '<type name="tube"><component type="pixel"><location/></component></type>'
        '<idlist idname="ids"><id start="1" end="3"/></idlist>'
    )

    assert positions(found, [1, 2, 3]).tolist() == [[0, 2, 0], [1, 1, 0], [1, 2, 0]]


def test_a_component_can_face_a_point():
    found = idf(tube('<location x="3"><facing x="0" y="0" z="0"/></location>', '<location x="1"/>', '<id val="7"/>'))

    # its z points along x now, so its x points against z
    assert positions(found, [7]) == pytest.approx(np.array([[3, 0, -1.0]]), abs=1e-12)


def test_places_may_be_added_to_those_of_what_holds_them():
    delta = '<defaults><offsets spherical="delta"/></defaults>'
    found = idf(tube('<location r="1" t="30"/>', '<location r="1" t="60"/>', '<id val="7"/>'), delta)

    assert positions(found, [7]) == pytest.approx(np.array([[2, 0, 0.0]]), abs=1e-12)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<instrument", "is no valid XML"),
        ("<other/>", "begins with <other>; expected an instrument definition"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><instrument/>', "has a document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><instrument/>', "has a document type"),
        ("<a>" * 300 + "</a>" * 300, "nested deeper than 200"),
        ('<instrument><component type="a"><location/></component></instrument>', "of type 'a', which is not defined"),
        ('<instrument><type name="a"><component type="a"><location/></component></type><component type="a"><location/>'
         "</component></instrument>", "hold itself"),
        ('<instrument><type name="a"/><component type="a"><location x="far"/></component></instrument>',
         "x of a <location> is 'far'; expected a number"),
        ('<instrument><type name="a" is="monitor"/><component type="a" idlist="b"><location/></component></instrument>',
         "no idlist 'b'"),
        ('<instrument><type name="a" is="monitor"/><component type="a" idlist="b"><location/></component>'
         '<idlist idname="b"><id start="1" end="2"/></idlist></instrument>', "2 ids for the 1 detectors"),
        ('<instrument><type name="a"/><component type="a"><locations n-elements="1e9"/></component></instrument>',
         "stands for 1000000000 elements"),
    ],
)  # fmt: skip
def test_what_is_no_sound_definition_is_refused(text, says):
    with pytest.raises(SettingsError, match=says):
        read_idf(text.encode(), where="MINE.xml")


def test_an_instrument_can_be_loaded_from_one(tmp_path):
    path = tmp_path / "MINE_Definition.xml"
    path.write_text(HEAD + FRAME + tube('<location z="5"/>') + "</instrument>")
    told = load_instrument(path)

    assert (told.name, told.topics) == ("MINE", ())
    assert told.streams["tube"][1].detector_number().tolist() == [11, 12, 13]
    assert told.geometries["tube"]().positions.tolist() == [[0, -1, 5], [0, 0, 5], [0, 1, 5]]
    assert told.geometries["MINE"]().positions.tolist() == told.geometries["tube"]().positions.tolist()
    assert geometry_from_idf(path, [[13], [11]]).positions.tolist() == [[0, 1, 5], [0, -1, 5]]


def test_a_missing_file_is_told():
    with pytest.raises(SettingsError, match="cannot read /nowhere/x"):
        geometry_from_idf("/nowhere/x.xml", [1])


def test_ids_must_be_integers():
    with pytest.raises(ArgumentError, match="expected integers"):
        idf(tube("<location/>")).geometry([1.5])
