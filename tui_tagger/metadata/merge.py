"""Adding items to an XMP packet and taking items out, by inserting and deleting bytes: nothing is serialised anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from tui_tagger.metadata import people
from tui_tagger.metadata.fragments import (
    Writer,
    dimensions_xml,
    list_property,
    region_xml,
    regions_property,
    text_property,
)
from tui_tagger.metadata.packet import (
    DC,
    DIMENSIONS,
    MP_INFO,
    MWG_REGIONS,
    RDF,
    TIFF,
    XML,
    Element,
    Name,
    Packet,
    array_of,
    body_of,
    items_of,
    nested,
    parse,
)
from tui_tagger.metadata.people import Field, Item
from tui_tagger.metadata.regions import Frame
from tui_tagger.metadata.splice import Refused, Splice, apply_splices

PADDING = 3072  # bytes of white space in a new packet, so that later edits need not move the rest of the file
DESCRIPTION: Name = (DC, "description")
_WHITE = b" \t\r\n"

EMPTY_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
).encode()
PACKET_END = b'<?xpacket end="w"?>'


def new_packet(padding: int = PADDING) -> bytes:
    """A packet that says nothing yet."""
    return EMPTY_PACKET + (b" " * 63 + b"\n") * (padding // 64) + PACKET_END


def described(packet: Packet) -> bool:
    """Whether there is a description, in whichever form and language."""
    found = packet.find(*DESCRIPTION)
    return bool(packet.simple(*DESCRIPTION)) or (found is not None and _has_text(found))


def _has_text(element: Element) -> bool:
    return bool(element.text) or any(_has_text(child) for child in element.children)


def items_in(packet: Packet) -> list[Item]:
    """What the packet says about people, and its description for every language."""
    entries = items_of(array_of(packet.find(*DESCRIPTION)))
    default = [each for each in entries if each.attributes.get((XML, "lang")) == "x-default" and each.text]
    return people.items_in(packet) + [Item("description", each.text) for each in default]


def change(data: bytes, add: Sequence[Item], remove: Sequence[Item], frame: Frame, orientation: bool = False) -> bytes:
    """The packet with some items more and some fewer; its length stays where its padding allows.

    `frame` gives the size that new regions apply to; `orientation` adds tiff:Orientation where it is absent, as
    sidecars need. Raises Refused for packets that cannot be edited without risk.
    """
    packet = parse(data)
    packet.properties()
    edit = _Edit(packet, frame)
    for field in people.LISTS:
        edit.change_list(field, [item for item in add if item.field == field], _of(remove, field))
    edit.change_description(_of(add, "description"), _of(remove, "description"))
    edit.change_regions("mwg", _of(add, "mwg"), _of(remove, "mwg"))
    edit.change_regions("mp", _of(add, "mp"), _of(remove, "mp"))
    if orientation and frame.orientation != 1 and not packet.simple(TIFF, "Orientation"):
        edit.add_orientation()
    changed = apply_splices(data, edit.finish())
    return _padded(data, packet.root_end, changed)


def _of(items: Iterable[Item], field: Field) -> list[Item]:
    return [item for item in items if item.field == field]


def _padded(old: bytes, root_end: int, new: bytes) -> bytes:
    """The new packet at the old one's length if the white space before its end mark can give or take."""
    tail = old[root_end:]
    mark = tail.find(b"<?xpacket end=")
    if mark < 0 or tail[:mark].strip(_WHITE):
        return new
    growth = len(new) - len(old)
    if growth <= 0:
        end = len(new) - len(tail) + mark
        return new[:end] + b" " * -growth + new[end:]
    start = len(new) - len(tail)
    return new[:start] + new[start + growth :] if growth < mark else new


class _Edit:
    """Collects the splices of one change."""

    def __init__(self, packet: Packet, frame: Frame) -> None:
        self.packet = packet
        self.frame = frame
        self.splices: list[Splice] = []
        self.gone: list[Element] = []  # properties that lose their last entry
        self.description = Writer(packet.rdf)
        self.properties: list[str] = []  # new ones, for one new rdf:Description

    # Lists of keywords and names

    def change_list(self, field: Field, add: Sequence[Item], remove: Sequence[Item]) -> None:
        name = people.LISTS[field]
        existing = self.packet.find(*name)
        if self._has_attribute(name):
            raise Refused(f"its XMP has {name[1]} in a form that is not a list")
        if existing is None:
            if add and field != "last_keyword":  # only Windows' own files have it
                kind = "Seq" if field == "tags_list" else "Bag"
                self.properties.append(list_property(self.description, name, kind, [item.value for item in add]))
            return
        array = array_of(existing)
        if array is None:
            if add:
                raise Refused(f"its XMP has {name[1]} in a form that is not a list")
            return
        doomed = _one_each([(each, Item(field, each.text)) for each in items_of(array)], remove)
        self._change_array(array, [existing], add, doomed)

    def _change_array(self, array: Element, owner: list[Element], add: Sequence[Item], doomed: list[Element]) -> None:
        if doomed and len(doomed) == len(array.children) and not add:
            self.gone += owner
            return
        for element in doomed:
            self._delete(element)
        if add:
            writer = Writer(array)
            self._insert(array, [writer.item(escape(item.value)) for item in add])

    def change_description(self, add: Sequence[Item], remove: Sequence[Item]) -> None:
        """Adds one where there is none, or takes out the one for every language; a translation stays."""
        existing = self.packet.find(*DESCRIPTION)
        if add and self._has_attribute(DESCRIPTION):
            raise Refused("its XMP has a description in a form that is not a list")
        array = array_of(existing)
        entries = items_of(array)
        texts = {item.value for item in remove}
        doomed = [each for each in entries if each.text in texts]
        rest = [each for each in entries if each not in doomed and each.text]
        if add and rest:
            raise Refused("its XMP has a description of its own")
        if existing is not None and (doomed or add) and not rest:
            self.gone.append(existing)
        else:
            for element in doomed:
                self._delete(element)
        if add:
            self.properties.append(text_property(self.description, DESCRIPTION, add[0].value))

    # Regions

    def change_regions(self, field: Field, add: Sequence[Item], remove: Sequence[Item]) -> None:
        name = people.MWG_PROPERTY if field == "mwg" else people.MP_PROPERTY
        existing = self.packet.find(*name)
        if self._has_attribute(name):
            raise Refused(f"its XMP has {name[1]} in a form that is not a structure")
        if existing is None:
            if add:
                self.properties.append(regions_property(self.description, field, add, self.frame))
            return
        array = people.mwg_list(self.packet) if field == "mwg" else people.mp_list(self.packet)
        if array is None:
            self._add_list(existing, field, add)
        else:
            doomed = self._matching_regions(field, items_of(array), remove)
            whole = doomed and len(doomed) == len(array.children) and not add and _only_ours(existing)
            if whole:
                self.gone.append(existing)
                return
            self._change_region_array(array, field, add, doomed)
        if (
            field == "mwg"
            and add
            and nested(existing, MWG_REGIONS, "AppliedToDimensions") is None
            and array is not None
        ):
            body = body_of(existing)
            self._insert(body, [dimensions_xml(Writer(body), self.frame)])

    def _add_list(self, existing: Element, field: Field, add: Sequence[Item]) -> None:
        """Fills a structure that exists without its list of regions."""
        if not add:
            return
        body = body_of(existing)
        list_name = (MWG_REGIONS, "RegionList") if field == "mwg" else (MP_INFO, "Regions")
        if body.closed_on_itself or nested(existing, *list_name) is not None or body.text:
            raise Refused("its XMP has face regions in a form that is not a list")
        writer = Writer(body)
        texts = [writer.regions(field, add)]
        if field == "mwg" and nested(existing, MWG_REGIONS, "AppliedToDimensions") is None:
            texts.append(dimensions_xml(writer, self.frame))
        self._insert(body, texts)

    def _change_region_array(
        self, array: Element, field: Field, add: Sequence[Item], doomed: Sequence[Element]
    ) -> None:
        for element in doomed:
            self._delete(element)
        if add:
            texts = [region_xml(Writer(array), item) for item in add]
            # digiKam stops reading Microsoft's list at the first entry without a rectangle.
            before = None if field == "mwg" else _first_without_rectangle(items_of(array))
            self._insert(array, texts, before)

    def _matching_regions(self, field: Field, elements: Sequence[Element], remove: Sequence[Item]) -> list[Element]:
        read = people.mwg_item if field == "mwg" else people.mp_item
        found = [(element, read(element)) for element in elements]
        return _one_each(found, remove)

    # Bytes

    def add_orientation(self) -> None:
        qualified = self.description.qualified((TIFF, "Orientation"))
        self.properties.append(f"<{qualified}>{self.frame.orientation}</{qualified}>")

    def finish(self) -> list[Splice]:
        """All splices, with emptied properties and descriptions taken out whole."""
        for description in self.packet.descriptions():
            gone = [each for each in description.children if any(each is other for other in self.gone)]
            plain = all(name[0] == RDF for name in description.attributes)
            if gone and len(gone) == len(description.children) and plain:
                self._delete(description)
            else:
                for element in gone:
                    self._delete(element)
        if self.properties:
            about = next((each.attributes.get((RDF, "about")) for each in self.packet.descriptions()), "") or ""
            self._insert(self.packet.rdf, [self.description.description(quoteattr(about), self.properties)])
        return self.splices

    def _delete(self, element: Element) -> None:
        start = self._lead(element.start)
        self.splices.append(Splice(start, element.end - start, b""))

    def _lead(self, position: int) -> int:
        """Where the white space before an element begins."""
        while position and self.packet.data[position - 1] in _WHITE:
            position -= 1
        return position

    def _insert(self, parent: Element, texts: Sequence[str], before: Element | None = None) -> None:
        """Inserts elements as the parent's last, or before another one, each indented as its neighbour is."""
        data = self.packet.data
        if parent.closed_on_itself:
            raw = _raw_name(data, parent)
            text = "".join(texts).encode()
            self.splices.append(Splice(parent.end - 2, 2, b">" + text + b"</" + raw + b">"))
            return
        neighbour = before or (parent.children[-1] if parent.children else None)
        if neighbour is None:
            position, indent = parent.inner, b"\n  "
        else:
            start = self._lead(neighbour.start)
            indent = data[start : neighbour.start]
            position = start if before else neighbour.end
        self.splices.append(Splice(position, 0, b"".join(indent + text.encode() for text in texts)))

    def _has_attribute(self, name: Name) -> bool:
        return any(name in description.attributes for description in self.packet.descriptions())


def _raw_name(data: bytes, element: Element) -> bytes:
    tag = data[element.start + 1 : element.inner]
    return tag.rstrip(b">").rstrip(b"/").split(None, 1)[0]


def _one_each(found: Sequence[tuple[Element, Item | None]], remove: Sequence[Item]) -> list[Element]:
    """For each item the last entry that means it: what others wrote a second time is theirs."""
    doomed: list[Element] = []
    for each in remove:
        means = [one for one, item in found if item is not None and item.means(each) and one not in doomed]
        doomed += means[-1:]
    return doomed


def _first_without_rectangle(elements: Sequence[Element]) -> Element | None:
    return next((each for each in elements if (item := people.mp_item(each)) is None or item.area is None), None)


def _only_ours(existing: Element) -> bool:
    """Whether a structure of regions has no members beyond those that are written here."""
    known = {(MWG_REGIONS, "AppliedToDimensions"), (MWG_REGIONS, "RegionList"), (MP_INFO, "Regions")}
    body = body_of(existing)
    members = {each.name for each in body.children} | {
        name for name in (*body.attributes, *existing.attributes) if name[0] not in (RDF, DIMENSIONS)
    }
    return members - {(RDF, "Description")} <= known
