"""Reading a changed XMP packet again: nothing foreign may differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from tui_tagger.metadata import people
from tui_tagger.metadata.merge import DESCRIPTION, items_in
from tui_tagger.metadata.packet import TIFF, Element, Name, Packet, array_of, items_of, parse
from tui_tagger.metadata.people import Item
from tui_tagger.metadata.splice import Refused


def check(old: bytes, new: bytes, add: Sequence[Item], remove: Sequence[Item]) -> None:
    """Reads the new packet again: everything foreign as before, what was added there, what was removed gone.

    Raises Refused otherwise.
    """
    before, after = parse(old), parse(new)
    ours = people.MANAGED | ({DESCRIPTION} if any(item.field == "description" for item in (*add, *remove)) else set())
    _check_foreign(before.properties(), after.properties(), ours)
    said, wanted = items_in(after), [item for item in add if item.field != "last_keyword"]
    if not all(any(each.means(item) for each in said) for item in wanted):
        raise Refused("its XMP did not take the new names")
    if any(each.means(item) for each in said for item in remove):
        raise Refused("its XMP did not let go of old names")
    for read in (_entries, people.mwg_elements, people.mp_elements):
        kept = Counter(each.canonical() for each in read(before))
        lost = kept - Counter(each.canonical() for each in read(after))
        if lost.total() > len(remove):
            raise Refused("its XMP would lose entries of other programs")


def _entries(packet: Packet) -> list[Element]:
    return [entry for name in people.LISTS.values() for entry in items_of(array_of(packet.find(*name)))]


def _check_foreign(before: Mapping[Name, object], after: Mapping[Name, object], ours: Set[Name]) -> None:
    changed = [name for name, value in before.items() if name not in ours and after.get(name) != value]
    appeared = [name for name in after if name not in before and name not in ours | {(TIFF, "Orientation")}]
    if changed or appeared:
        raise Refused("its XMP would change in places that are not ours")
