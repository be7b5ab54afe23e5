from __future__ import annotations

from pathlib import Path

import pytest

from tests.metadata.photos import saved
from tests.shared import SHARED_DATA, needs_shared_data
from tui_tagger.errors import PhotoError
from tui_tagger.metadata import iptc
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.xmp import read_keywords, read_people

PEOPLE = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
 xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
 xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
 xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#">
<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Dora</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>
<lr:hierarchicalSubject><rdf:Bag><rdf:li>Personen</rdf:li><rdf:li>Personen|Familie</rdf:li>
<rdf:li>Personen|Familie|Emil</rdf:li><rdf:li>Places|Rome</rdf:li></rdf:Bag></lr:hierarchicalSubject>
<digiKam:TagsList><rdf:Seq><rdf:li>People/Unknown</rdf:li><rdf:li>People/Anna</rdf:li></rdf:Seq></digiKam:TagsList>
<mwg-rs:Regions><rdf:Description><mwg-rs:RegionList><rdf:Bag>
<rdf:li><rdf:Description mwg-rs:Name="Anna" mwg-rs:Type="Face"><mwg-rs:Area stArea:x="0.5" stArea:y="0.5" stArea:w="0.2"
 stArea:h="0.2" stArea:unit="normalized"/></rdf:Description></rdf:li>
<rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet"><mwg-rs:Area stArea:x="0.1" stArea:y="0.1" stArea:w="0.1"
 stArea:h="0.1"/></rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList></rdf:Description></mwg-rs:Regions>
<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>
<rdf:li MPReg:PersonDisplayName="Anna" MPReg:Rectangle="0.41, 0.4, 0.2, 0.2"/>
<rdf:li MPReg:PersonDisplayName="Bob" MPReg:Rectangle="0, 0, 0.25, 0.5"/>
<rdf:li MPReg:PersonDisplayName="ffffffffffffffff" MPReg:Rectangle="0.7, 0.7, 0.2, 0.2"/>
</rdf:Bag></MPRI:Regions></MP:RegionInfo></rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_people_are_the_union_of_all_dialects_each_once(tmp_path: Path) -> None:
    people = read_people(saved(tmp_path, xmp=PEOPLE))
    assert [region.name for region in people] == ["Anna", "Bob", "Dora", "Emil"]
    anna, bob = people[0].box, people[1].box
    assert anna is not None
    assert bob is not None
    assert (anna.x, anna.y, anna.width, anna.height) == pytest.approx((64, 48, 32, 24))
    assert bob.rounded() == [0, 0, 40, 60]
    assert people[2] == NamedRegion("Dora", None)


def test_a_sidecar_counts_too(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.with_name("photo.jpg.xmp").write_bytes(PEOPLE)
    assert [region.name for region in read_people(path)] == ["Anna", "Bob", "Dora", "Emil"]


def test_a_photo_that_is_not_there_is_a_photo_error(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="gone"):
        read_people(tmp_path / "gone.jpg")


@needs_shared_data
@pytest.mark.parametrize("orientation", ["", ".3", ".6", ".8"])
def test_regions_of_another_program_turn_with_the_photo(orientation: str) -> None:
    """The same picture, stored four ways: the faces lie in the same places once it is upright."""
    folder = SHARED_DATA / "metadata" / "regions+orientation"
    name = f"photo{orientation}.embedded.jpg" if orientation else "photo.jpg"
    plain = {region.name: region.box for region in read_people(folder / "photo.jpg")}
    turned = {region.name: region.box for region in read_people(folder / name)}
    assert set(turned) == {"Marie Curie", "Pierre Curie"}
    for person, box in turned.items():
        other = plain[person]
        assert box is not None
        assert other is not None
        assert box.iou(other) > 0.9


@needs_shared_data
def test_iptc_keywords_are_keywords() -> None:
    found = sorted((SHARED_DATA / "metadata" / "exiftool-test").glob("PhotoMechanic*"))
    assert iptc.read(found[0].read_bytes()).keywords == ("Keywords", "one", "three", "two")
    assert set(read_keywords(found[0])) == {"Keywords", "one", "three", "two"}
