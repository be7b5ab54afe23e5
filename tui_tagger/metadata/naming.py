"""Who is in a photo, by everything that any program wrote: each person once, with where it is said.

Regions: MWG, Microsoft's, Picasa's. Names alone: PersonInImage and hierarchical keywords below "People".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from tui_tagger.geometry import Box
from tui_tagger.metadata import people, picasa
from tui_tagger.metadata.frame import frame_at
from tui_tagger.metadata.hierarchies import names_under_roots
from tui_tagger.metadata.packet import texts_of
from tui_tagger.metadata.people import Item
from tui_tagger.metadata.regions import SAME_FACE, Frame, to_box
from tui_tagger.metadata.sources import Source, read_sources
from tui_tagger.metadata.splice import Refused

SAME_SHAPE = 0.02  # regions made for another size still fit where the aspect ratio differs by no more than this share
MOST_PEOPLE = 500  # in one photo; a file that names more is not about people
LONGEST_NAME = 200  # characters

PROGRAMS = {"mwg": "MWG region", "mp": "Microsoft region"}


@dataclass(frozen=True, slots=True)
class Named:
    """A person that metadata names; `box` in upright pixels, None where no rectangle is known.

    `source` says where, such as "MWG region in photo.jpg.xmp"; `in_xmp` whether that is the photo or its sidecar.
    `name` has no control characters and is in NFC.
    """

    name: str
    box: Box | None
    source: str
    in_xmp: bool = True


@dataclass(frozen=True, slots=True)
class Naming:
    """`people`: those with a box first. `notes`: what could not be taken as it stands, for the user."""

    people: tuple[Named, ...]
    notes: tuple[str, ...] = ()


def read_naming(path: Path) -> Naming:
    """The people named in a photo, in its sidecar and in Picasa's file beside it.

    What a sidecar says replaces what the photo says, regions and names each for themselves: programs that write
    sidecars leave the photo alone, so it may be out of date. Broken metadata gives what can be read. Raises PhotoError
    only if the file cannot be read.
    """
    sources, older = read_sources(path)
    try:
        frame = frame_at(path)
    except Refused:
        frame = Frame(0, 0)
    notes: list[str] = []
    regions = _first([_regions(source, frame, notes) for source in sources])
    regions += [_of_picasa(face, path, frame) for face in picasa.faces_of(path)]
    names = _first([_names(source, older.keywords) for source in sources])
    if not sources:
        names = [Named(_clean(name), None, "IPTC keywords", False) for name in names_under_roots(None, older.keywords)]
    return _united(_bounded([*regions, *names], notes), notes)


def _first(found: Sequence[list[Named]]) -> list[Named]:
    return next((each for each in found if each), [])


def _clean(name: str) -> str:
    return normalize("NFC", people.clean_name(name))


def _of_picasa(face: picasa.PicasaFace, path: Path, frame: Frame) -> Named:
    box = picasa.located(face, path, frame) if frame.width else None
    return Named(_clean(face.name), box, "Picasa", in_xmp=False)


def _regions(source: Source, frame: Frame, notes: list[str]) -> list[Named]:
    items = [item for item in people.items_in(source.packet) if item.field in PROGRAMS]
    applied = people.applied_dimensions(source.packet)
    if items and frame.width and applied is not None and not _same_shape(applied, frame):
        size = f"{applied[0]}x{applied[1]}"
        notes.append(f"the regions in {source.name} were made for {size} pixels and no longer fit; only names are used")
        frame = Frame(0, 0)
    return [_located(item, frame, source.name) for item in items]


def _same_shape(applied: tuple[int, int], frame: Frame) -> bool:
    ratio = applied[0] / applied[1]
    sizes = ((frame.width, frame.height), frame.upright_size)  # some programs give the size of the upright photo
    return any(abs(ratio * height / width - 1) <= SAME_SHAPE for width, height in sizes)


def _located(item: Item, frame: Frame, where: str) -> Named:
    box = to_box(item.area, frame) if item.area is not None and frame.width else None
    source = f"{PROGRAMS[item.field]} in {where}"
    return Named(_clean(item.value), box if box is not None and box.area > 0 else None, source)


def _names(source: Source, keywords: Iterable[str]) -> list[Named]:
    shown = texts_of(source.packet.find(*people.LISTS["person_in_image"]))
    found = [Named(_clean(name), None, f"PersonInImage in {source.name}") for name in shown]
    respelled = {people.level_name(each.name).casefold() for each in found}
    below = [_clean(name) for name in names_under_roots(source.packet, keywords)]
    return found + [
        Named(name, None, f"keywords in {source.name}") for name in below if name.casefold() not in respelled
    ]


def _bounded(found: list[Named], notes: list[str]) -> list[Named]:
    kept = [each for each in found if _is_name(each.name)]
    if any(len(each.name) > LONGEST_NAME for each in found):
        notes.append(f"a name longer than {LONGEST_NAME} characters is left out")
    if len(kept) > MOST_PEOPLE:
        notes.append(f"more than {MOST_PEOPLE} people are named; only the first are used")
    return kept[:MOST_PEOPLE]


def _is_name(name: str) -> bool:
    """Programs also write words of their own for faces that nobody has named."""
    placeholder = name.casefold() in people.NOT_PEOPLE or name == people.PICASA_UNNAMED
    return 0 < len(name) <= LONGEST_NAME and not placeholder


def _united(found: list[Named], notes: list[str]) -> Naming:
    """Each face once, though several dialects name it; a name without a face only where no face has it."""
    located: list[Named] = []
    for each in found:
        if each.box is not None and (known := _same_place(each, located)) is None:
            located.append(each)
        elif each.box is not None and known is not None and known.name.casefold() != each.name.casefold():
            notes.append(f"one face has two names, {known.name} and {each.name}; the first is used")
    names = {key for each in located for key in _spellings(each.name)}
    alone: list[Named] = []
    for each in found:
        if each.box is None and each.name.casefold() not in names:
            names.update(_spellings(each.name))
            alone.append(each)
    return Naming((*located, *alone), tuple(dict.fromkeys(notes)))


def _spellings(name: str) -> set[str]:
    """The name as it is compared, also as one level of a hierarchical keyword."""
    return {name.casefold(), people.level_name(name).casefold()}


def _same_place(named: Named, others: Iterable[Named]) -> Named | None:
    assert named.box is not None
    return next((each for each in others if each.box is not None and named.box.iou(each.box) >= SAME_FACE), None)
