"""Pieces of XML for insertion into a packet, with the prefixes in force there.

Structures are written with rdf:parseType="Resource" and child elements: the one form that exiv2, exiftool, Adobe's
toolkit and exifr all read.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from tui_tagger.metadata.packet import (
    AREA,
    DIMENSIONS,
    MP_INFO,
    MP_REGION,
    MWG_REGIONS,
    PREFIXES,
    RDF,
    Element,
    Name,
)
from tui_tagger.metadata.people import MP_PROPERTY, MWG_PROPERTY, Field, Item
from tui_tagger.metadata.regions import Frame, mp_rectangle, mwg_fields


class Writer:
    """Writes elements for one place, and remembers which namespaces they need declared."""

    def __init__(self, place: Element) -> None:
        self._in_force = place.namespaces
        self._declare: dict[str, str] = {}

    def qualified(self, name: Name) -> str:
        return f"{self._prefix(name[0])}:{name[1]}"

    def _prefix(self, namespace: str) -> str:
        for prefix, uri in {**self._in_force, **self._declare}.items():
            if uri == namespace and prefix:
                return prefix
        prefix = PREFIXES[namespace]
        self._declare[prefix] = namespace
        return prefix

    def declarations(self) -> str:
        """The declarations that what was written so far needs; they are asked for once."""
        text = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in self._declare.items())
        self._declare = {}
        return text

    def element(self, name: Name, content: str) -> str:
        qualified = self.qualified(name)
        return f"<{qualified}>{content}</{qualified}>"

    def structure(self, name: Name, content: str) -> str:
        qualified, parse_type = self.qualified(name), self.qualified((RDF, "parseType"))
        return f'<{qualified} {parse_type}="Resource">{content}</{qualified}>'

    def item(self, content: str, structure: bool = False) -> str:
        """An rdf:li for an array that stands in the packet already; it declares what its content needs."""
        name = self.qualified((RDF, "li"))
        resource = f' {self.qualified((RDF, "parseType"))}="Resource"' if structure else ""
        return f"<{name}{self.declarations()}{resource}>{content}</{name}>"

    def regions(self, field: Field, items: Sequence[Item]) -> str:
        """The list of regions for a structure that stands in the packet already."""
        name = (MWG_REGIONS, "RegionList") if field == "mwg" else (MP_INFO, "Regions")
        return self._declared(self.element(name, _region_bag(self, items)))

    def description(self, about: str, properties: Sequence[str]) -> str:
        """One rdf:Description with new properties. `about` is quoted already."""
        name, attribute = self.qualified((RDF, "Description")), self.qualified((RDF, "about"))
        lines = "".join(f"\n   {text}" for text in properties)
        return f"<{name} {attribute}={about}{self.declarations()}>{lines}\n  </{name}>"

    def _declared(self, element: str) -> str:
        """The element with the pending declarations on its start tag."""
        end = element.index(">")
        return element[:end] + self.declarations() + element[end:]


def list_property(writer: Writer, name: Name, kind: str, values: Sequence[str]) -> str:
    """A property with an array (`kind`: Bag or Seq) of texts."""
    entries = "".join(writer.element((RDF, "li"), escape(value)) for value in values)
    return writer.element(name, writer.element((RDF, kind), entries))


def text_property(writer: Writer, name: Name, text: str) -> str:
    """A property with one text for every language."""
    item = writer.qualified((RDF, "li"))
    entry = f'<{item} xml:lang="x-default">{escape(text)}</{item}>'
    return writer.element(name, writer.element((RDF, "Alt"), entry))


def regions_property(writer: Writer, field: Field, items: Sequence[Item], frame: Frame) -> str:
    """mwg-rs:Regions or MP:RegionInfo, complete."""
    if field == "mp":
        return writer.structure(MP_PROPERTY, writer.element((MP_INFO, "Regions"), _region_bag(writer, items)))
    bag = writer.element((MWG_REGIONS, "RegionList"), _region_bag(writer, items))
    return writer.structure(MWG_PROPERTY, _dimensions(writer, frame) + bag)


def region_xml(writer: Writer, item: Item) -> str:
    """One region as an rdf:li for a list that stands in the packet already."""
    return writer.item(_region_members(writer, item), structure=True)


def dimensions_xml(writer: Writer, frame: Frame) -> str:
    """mwg-rs:AppliedToDimensions for a structure that stands in the packet already."""
    return writer._declared(_dimensions(writer, frame))


def _dimensions(writer: Writer, frame: Frame) -> str:
    parts = {"w": str(frame.width), "h": str(frame.height), "unit": "pixel"}
    content = "".join(writer.element((DIMENSIONS, name), value) for name, value in parts.items())
    return writer.structure((MWG_REGIONS, "AppliedToDimensions"), content)


def _region_bag(writer: Writer, items: Sequence[Item]) -> str:
    entries = [writer.structure((RDF, "li"), _region_members(writer, item)) for item in items]
    return writer.element((RDF, "Bag"), "".join(entries))


def _region_members(writer: Writer, item: Item) -> str:
    assert item.area is not None
    if item.field == "mp":
        name = writer.element((MP_REGION, "PersonDisplayName"), escape(item.value))
        return name + writer.element((MP_REGION, "Rectangle"), mp_rectangle(item.area))
    parts = {**mwg_fields(item.area), "unit": "normalized"}
    area = "".join(writer.element((AREA, part), value) for part, value in parts.items())
    name = writer.element((MWG_REGIONS, "Name"), escape(item.value))
    kind = writer.element((MWG_REGIONS, "Type"), "Face")
    return name + kind + writer.structure((MWG_REGIONS, "Area"), area)
