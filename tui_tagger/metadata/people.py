"""What an XMP packet says about people, as items: the unit in which names are added to it and taken out again."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tui_tagger.metadata.packet import (
    AREA,
    DC,
    DIGIKAM,
    DIMENSIONS,
    IPTC_EXT,
    LIGHTROOM,
    MICROSOFT,
    MP,
    MP_INFO,
    MP_REGION,
    MWG_REGIONS,
    Element,
    Name,
    Packet,
    array_of,
    items_of,
    member,
    nested,
    texts_of,
)
from tui_tagger.metadata.regions import Area, Frame, NamedRegion, from_mp, from_mwg, same_face, to_area

Field = Literal["subject", "person_in_image", "hierarchical", "tags_list", "last_keyword", "mwg", "mp", "description"]

LISTS: dict[Field, Name] = {
    "subject": (DC, "subject"),
    "person_in_image": (IPTC_EXT, "PersonInImage"),
    "hierarchical": (LIGHTROOM, "hierarchicalSubject"),
    "tags_list": (DIGIKAM, "TagsList"),
    "last_keyword": (MICROSOFT, "LastKeywordXMP"),
}
MWG_PROPERTY: Name = (MWG_REGIONS, "Regions")
MP_PROPERTY: Name = (MP, "RegionInfo")
MANAGED = frozenset({*LISTS.values(), MWG_PROPERTY, MP_PROPERTY})

ROOT = "People"
NOT_PEOPLE = frozenset({"unknown", "unconfirmed", "ignored"})  # digiKam's own tags beside the people
PICASA_UNNAMED = "ffffffffffffffff"


@dataclass(frozen=True, slots=True)
class Item:
    """One list entry or one region; `area` only for regions."""

    field: Field
    value: str
    area: Area | None = None

    def means(self, other: Item) -> bool:
        """Whether both say the same: equal entries, or regions of one name on one face."""
        return self.field == other.field and self.value == other.value and same_face(self.area, other.area)


def clean_name(name: str) -> str:
    """A name without control characters and outer or doubled white space."""
    kept = "".join(" " if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") else each for each in name)
    return " ".join(kept.replace("\ufffe", "").replace("\uffff", "").split())


def hierarchical(name: str, separator: str) -> str:
    """A keyword such as "People|Anna": characters that separate levels in one of the dialects give way to a hyphen."""
    return ROOT + separator + level_name(name)


def level_name(name: str) -> str:
    """The name as one level of a hierarchical keyword."""
    return name.replace("/", "-").replace("|", "-")


def wanted_items(regions: Iterable[NamedRegion], frame: Frame) -> list[Item]:
    """All that must be in the packet for these people."""
    wanted: list[Item] = []
    for region in regions:
        name = clean_name(region.name)
        if name:
            wanted += name_items(name) + _region_items(name, region, frame)
    return list(dict.fromkeys(wanted))


def name_items(name: str) -> list[Item]:
    return [
        Item("subject", name),
        Item("person_in_image", name),
        Item("hierarchical", hierarchical(name, "|")),
        Item("tags_list", hierarchical(name, "/")),
        Item("last_keyword", hierarchical(name, "/")),
    ]


def _region_items(name: str, region: NamedRegion, frame: Frame) -> list[Item]:
    if region.box is None:
        return []
    area = to_area(region.box, frame)
    if area.width < 1e-5 or area.height < 1e-5:
        return []
    return [Item("mwg", name, area), Item("mp", name, area)]


def items_in(packet: Packet) -> list[Item]:
    """Everything of ours or others' that the packet says in the fields we manage; regions with a name only."""
    found = [Item(field, text) for field, name in LISTS.items() for text in texts_of(packet.find(*name))]
    found += [item for element in mwg_elements(packet) if (item := mwg_item(element)) is not None]
    found += [item for element in mp_elements(packet) if (item := mp_item(element)) is not None]
    return found


def mwg_list(packet: Packet) -> Element | None:
    return array_of(nested(packet.find(*MWG_PROPERTY), MWG_REGIONS, "RegionList"))


def mwg_elements(packet: Packet) -> list[Element]:
    return items_of(mwg_list(packet))


def mwg_item(element: Element) -> Item | None:
    """A region of a face with a name; None for others (Pet, BarCode, Focus, unnamed)."""
    name = clean_name(member(element, MWG_REGIONS, "Name"))
    if not name or member(element, MWG_REGIONS, "Type") not in ("", "Face"):
        return None
    area = nested(element, MWG_REGIONS, "Area")
    if member(area, AREA, "unit") not in ("", "normalized"):
        return Item("mwg", name)
    return Item("mwg", name, from_mwg(*(member(area, AREA, part) for part in ("x", "y", "w", "h"))))


def mp_list(packet: Packet) -> Element | None:
    return array_of(nested(packet.find(*MP_PROPERTY), MP_INFO, "Regions"))


def mp_elements(packet: Packet) -> list[Element]:
    return items_of(mp_list(packet))


def mp_item(element: Element) -> Item | None:
    name = clean_name(member(element, MP_REGION, "PersonDisplayName"))
    if not name or name == PICASA_UNNAMED:
        return None
    return Item("mp", name, from_mp(member(element, MP_REGION, "Rectangle")))


def applied_dimensions(packet: Packet) -> tuple[int, int] | None:
    """The size of the image that the MWG regions were made for."""
    dimensions = nested(packet.find(*MWG_PROPERTY), MWG_REGIONS, "AppliedToDimensions")
    try:
        width, height = (int(float(member(dimensions, DIMENSIONS, side))) for side in ("w", "h"))
    except (ValueError, OverflowError):
        return None
    return (width, height) if width > 0 and height > 0 else None
