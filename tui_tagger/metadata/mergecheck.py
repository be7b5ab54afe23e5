"""Reading a changed XMP packet again: nothing foreign may differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from tui_tagger.metadata import people
from tui_tagger.metadata.merge import DESCRIPTION, items_in
from tui_tagger.metadata.packet import TIFF, Name, Packet, array_of, items_of, parse
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
    if any(item.field == "description" and item in said for item in remove):
        raise Refused("its XMP did not let go of the old description")
    _check_entries(before, after, add, [item for item in remove if item.field != "description"])


def _check_entries(before: Packet, after: Packet, add: Sequence[Item], remove: Sequence[Item]) -> None:
    """Exactly the items to be removed are gone, and nothing came that is not to be added."""
    lost, gained = _entries(before) - _entries(after), _entries(after) - _entries(before)
    if not _matched(lost, remove) or lost.total() != len(remove):
        raise Refused("its XMP would lose entries of other programs, or keep old names")
    if not _matched(gained, add):
        raise Refused("its XMP would gain entries that nobody asked for")


Entry = tuple[Item | None, object]  # what it says to us, and all that it says


def _entries(packet: Packet) -> Counter[Entry]:
    """All entries of the lists and regions that we manage."""
    found: list[Entry] = [
        (Item(field, each.text), each.canonical())
        for field, name in people.LISTS.items()
        for each in items_of(array_of(packet.find(*name)))
    ]
    found += [(people.mwg_item(each), each.canonical()) for each in people.mwg_elements(packet)]
    found += [(people.mp_item(each), each.canonical()) for each in people.mp_elements(packet)]
    return Counter(found)


def _matched(entries: Counter[Entry], items: Sequence[Item]) -> bool:
    """Whether each entry is one of the items, no item twice."""
    left = list(items)
    for item, _ in entries.elements():
        found = next((each for each in left if item is not None and item.means(each)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _check_foreign(before: Mapping[Name, object], after: Mapping[Name, object], ours: Set[Name]) -> None:
    changed = [name for name, value in before.items() if name not in ours and after.get(name) != value]
    appeared = [name for name in after if name not in before and name not in ours | {(TIFF, "Orientation")}]
    if changed or appeared:
        raise Refused("its XMP would change in places that are not ours")
