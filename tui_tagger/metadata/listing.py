"""An XMP packet as lines of a table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from tui_tagger.metadata.packet import PREFIXES, RDF, XML, Element, Name, Packet, array_of, items_of

MAX_ENTRIES = 500


def flattened(packet: Packet) -> list[tuple[str, str]]:
    """Names and values of all properties, members of structures by path ("mwg-rs:Regions/RegionList[1]/Name")."""
    return list(islice(_lines(packet), MAX_ENTRIES))


def _lines(packet: Packet) -> Iterator[tuple[str, str]]:
    for description in packet.descriptions():
        yield from _attributes(description, "")
        for element in description.children:
            yield from _element(element, _qualified(element, element.name))


def _attributes(element: Element, path: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attributes.items():
        if name[0] not in (RDF, XML, ""):
            yield path + (name[1] if path else _qualified(element, name)), value


def _element(element: Element, path: str) -> Iterator[tuple[str, str]]:
    items = items_of(array_of(element))
    if items:
        if all(not each.children and not _has_members(each) for each in items):
            yield path, "; ".join(each.text for each in items)
            return
        for number, each in enumerate(items, 1):
            yield from _element(each, f"{path}[{number}]")
        return
    yield from _attributes(element, f"{path}/")
    if not element.children:
        if element.text:
            yield path, element.text
        return
    for child in element.children:
        yield from _element(child, path if child.name[0] == RDF else f"{path}/{child.name[1]}")


def _has_members(element: Element) -> bool:
    return any(name[0] not in (RDF, XML, "") for name in element.attributes)


def _qualified(element: Element, name: Name) -> str:
    if name[0] in PREFIXES:
        return f"{PREFIXES[name[0]]}:{name[1]}"
    prefix = next((prefix for prefix, uri in element.namespaces.items() if uri == name[0]), "")
    return f"{prefix}:{name[1]}" if prefix else name[1]
