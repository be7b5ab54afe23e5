from __future__ import annotations

import pytest

from tui_tagger.metadata.hierarchies import assigned_categories, leaves, names_under_roots
from tui_tagger.metadata.packet import Packet, parse

CATEGORIES = (
    '<Categories><Category Assigned="0">People<Category Assigned="1">Anna</Category>'
    '<Category Assigned="0">Family<Category Assigned="1">Bo &amp; Li</Category></Category></Category>'
    '<Category Assigned="1">Places</Category></Categories>'
)


def packet(body: str) -> Packet:
    return parse(
        (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"'
            ' xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/"'
            ' xmlns:mediapro="http://ns.iview-multimedia.com/mediapro/1.0/" xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/">'
            f"{body}</rdf:Description></rdf:RDF>"
        ).encode()
    )


def bag(name: str, *items: str) -> str:
    return f"<{name}><rdf:Bag>{''.join(f'<rdf:li>{item}</rdf:li>' for item in items)}</rdf:Bag></{name}>"


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("digiKam:TagsList", "People/Family/Anna"),
        ("MicrosoftPhoto:LastKeywordXMP", "PEOPLE/Anna"),
        ("lr:hierarchicalSubject", "Personnes|Anna"),
        ("mediapro:CatalogSets", "Personen|Anna"),
        ("dc:subject", "people|Anna"),
        ("dc:subject", "People/Anna"),
    ],
)
def test_every_program_s_spelling(name: str, item: str) -> None:
    assert names_under_roots(packet(bag(name, item, "Places/Anna", "Other"))) == ["Anna"]


def test_acdsee_s_categories() -> None:
    text = CATEGORIES.replace("&", "&amp;").replace("<", "&lt;")
    found = packet(f"<acdsee:categories>{text}</acdsee:categories>")
    assert names_under_roots(found) == ["Anna", "Bo & Li"]


def test_flat_keywords_of_older_programs_count_too() -> None:
    assert names_under_roots(None, ["People/Anna", "beach", "a/b"]) == ["Anna"]


def test_levels_above_others_and_digikam_s_own_tags_are_no_names() -> None:
    paths = [("People",), ("People", "Family"), ("People", "Family", "Emil"), ("People", "Unknown"), ("People", " ")]
    assert leaves(paths) == ["Emil"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no XML",
        "<Categories>",
        '<!DOCTYPE x [<!ENTITY a "b">]><Categories><Category Assigned="1">&a;</Category></Categories>',
        "<c>" * 100 + "</c>" * 100,
    ],
)
def test_categories_that_are_broken_or_hostile_are_none(text: str) -> None:
    assert assigned_categories(text) == []


def test_a_category_that_is_the_root_is_no_path_below_a_root() -> None:
    assert (
        names_under_roots(packet('<acdsee:categories>&lt;Category Assigned="1">x&lt;/Category></acdsee:categories>'))
        == []
    )
