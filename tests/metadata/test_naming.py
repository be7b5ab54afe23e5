"""Who is in a photo, by several programs at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.metadata.photos import saved
from tui_tagger.geometry import Box
from tui_tagger.metadata.naming import Named, read_naming

MWG = """<mwg-rs:Regions rdf:parseType="Resource">
<mwg-rs:AppliedToDimensions stDim:w="{width}" stDim:h="{height}" stDim:unit="pixel"/>
<mwg-rs:RegionList><rdf:Bag>{items}</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"""
REGION = """<rdf:li rdf:parseType="Resource"><mwg-rs:Name>{name}</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type>
<mwg-rs:Area stArea:x="{x}" stArea:y="0.5" stArea:w="0.2" stArea:h="0.2" stArea:unit="normalized"/></rdf:li>"""
MP = """<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>
<rdf:li MPReg:PersonDisplayName="{name}" MPReg:Rectangle="{x}, 0.4, 0.2, 0.2"/></rdf:Bag></MPRI:Regions>
</MP:RegionInfo>"""
SHOWN = "<Iptc4xmpExt:PersonInImage><rdf:Bag>{items}</rdf:Bag></Iptc4xmpExt:PersonInImage>"
TAGS = "<digiKam:TagsList><rdf:Seq>{items}</rdf:Seq></digiKam:TagsList>"


def packet(*properties: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:digiKam="http://www.digikam.org/ns/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
        ' xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'
        ' xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"'
        f' xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#">{"".join(properties)}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def mwg(*people: tuple[str, float], width: int = 160, height: int = 120) -> str:
    return MWG.format(width=width, height=height, items="".join(REGION.format(name=name, x=x) for name, x in people))


def shown(*names: str) -> str:
    return SHOWN.format(items="".join(f"<rdf:li>{name}</rdf:li>" for name in names))


def tagged(*tags: str) -> str:
    return TAGS.format(items="".join(f"<rdf:li>{tag}</rdf:li>" for tag in tags))


def test_a_person_with_a_region_is_not_named_again_without_one(tmp_path: Path) -> None:
    names = (shown("ANNA", "Dora", "AC/DC"), tagged("People/anna", "People/AC-DC", "People/Emil"))
    found = read_naming(saved(tmp_path, xmp=packet(mwg(("Anna", 0.5), ("AC/DC", 0.2)), *names)))
    assert [(each.name, each.box is not None) for each in found.people] == [
        ("Anna", True),
        ("AC/DC", True),
        ("Dora", False),
        ("Emil", False),
    ]
    assert [each.source for each in found.people] == [
        "MWG region in photo.jpg",
        "MWG region in photo.jpg",
        "PersonInImage in photo.jpg",
        "keywords in photo.jpg",
    ]


def test_dialects_that_agree_are_one_and_that_differ_are_told(tmp_path: Path) -> None:
    agreed = read_naming(saved(tmp_path, xmp=packet(mwg(("Anna", 0.5)), MP.format(name="anna", x=0.41))))
    assert [(each.name, each.source) for each in agreed.people] == [("Anna", "MWG region in photo.jpg")]
    assert agreed.notes == ()
    differing = read_naming(saved(tmp_path, xmp=packet(mwg(("Anna", 0.5)), MP.format(name="Bo", x=0.41))))
    assert [each.name for each in differing.people] == ["Anna"]
    assert differing.notes == ("one face has two names, Anna and Bo; the first is used",)


def test_a_sidecar_replaces_what_the_photo_says_each_kind_for_itself(tmp_path: Path) -> None:
    path = saved(tmp_path, xmp=packet(mwg(("Wrong", 0.5)), shown("Dora")))
    path.with_name("photo.jpg.xmp").write_bytes(packet(mwg(("Right", 0.5))))
    found = read_naming(path)
    assert [(each.name, each.source) for each in found.people] == [
        ("Right", "MWG region in photo.jpg.xmp"),
        ("Dora", "PersonInImage in photo.jpg"),
    ]


def test_a_sidecar_by_the_bare_name_counts_unless_a_sibling_may_own_it(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.with_suffix(".xmp").write_bytes(packet(mwg(("Anna", 0.5))))
    assert [each.source for each in read_naming(path).people] == ["MWG region in photo.xmp"]
    path.with_suffix(".cr2").write_bytes(b"")
    assert read_naming(path).people == ()


@pytest.mark.parametrize(
    ("orientation", "width", "height", "fits"),
    [
        (1, 160, 120, True),
        (1, 320, 240, True),  # made for a larger copy of the same shape
        (6, 160, 120, True),
        (6, 120, 160, True),  # the size of the upright photo, as some programs write it
        (1, 160, 160, False),  # cropped since
        (1, 120, 160, False),  # turned since
    ],
)
def test_regions_made_for_another_shape_only_say_who_is_there(
    tmp_path: Path, orientation: int, width: int, height: int, fits: bool
) -> None:
    regions = mwg(("Anna", 0.5), width=width, height=height)
    found = read_naming(saved(tmp_path, orientation=orientation, xmp=packet(regions, MP.format(name="Bo", x=0.0))))
    assert [each.name for each in found.people] == ["Anna", "Bo"]
    assert all((each.box is not None) is fits for each in found.people)
    assert bool(found.notes) is not fits


@pytest.mark.parametrize("word", ["Unknown", "unconfirmed", "ffffffffffffffff", " "])
def test_words_for_faces_that_nobody_named_are_no_names(tmp_path: Path, word: str) -> None:
    assert read_naming(saved(tmp_path, xmp=packet(mwg((word, 0.5))))).people == ()


def test_names_are_in_one_unicode_form(tmp_path: Path) -> None:
    (zoe,) = read_naming(saved(tmp_path, xmp=packet(shown("Zoe\u0308")))).people
    assert zoe == Named("Zoë", None, "PersonInImage in photo.jpg")


def test_picasa_s_faces_are_after_the_file_s(tmp_path: Path) -> None:
    path = saved(tmp_path, xmp=packet(mwg(("Anna", 0.5))))
    ini = (
        "[Contacts2]\n12=Bo;;\n34=Cleo;;\n[photo.jpg]\nfaces=rect64(666666669999a666),12;rect64(4000000040004000),34\n"
    )
    (tmp_path / ".picasa.ini").write_text(ini)
    found = read_naming(path)
    assert [(each.name, each.in_xmp) for each in found.people] == [
        ("Anna", True)
    ]  # the second is a rectangle of no width
    assert found.notes == ("one face has two names, Anna and Bo; the first is used",)


def test_extended_xmp_is_read_too(tmp_path: Path) -> None:
    path = saved(tmp_path)
    payload = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + bytes(8) + packet(shown("Anna"))
    segment = b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload
    data = path.read_bytes()
    path.write_bytes(data[:2] + segment + data[2:])
    assert [each.name for each in read_naming(path).people] == ["Anna"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_xmp_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    path = saved(tmp_path)
    text = packet(mwg(("Зоя", 0.5))).decode()
    path.with_name("photo.jpg.xmp").write_bytes(text.encode(encoding))
    (found,) = read_naming(path).people
    assert found.name == "Зоя"
    assert found.box is not None
    assert found.box.iou(Box(64, 48, 32, 24)) > 0.99
