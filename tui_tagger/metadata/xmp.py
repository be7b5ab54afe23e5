"""Reading people and keywords from a photo and its sidecar."""

from __future__ import annotations

from pathlib import Path

from tui_tagger.errors import PhotoError
from tui_tagger.metadata import container, iptc, people, sidecar
from tui_tagger.metadata.frame import read_frame
from tui_tagger.metadata.packet import DC, Packet, parse, texts_of
from tui_tagger.metadata.people import Item
from tui_tagger.metadata.regions import SAME_FACE, Frame, NamedRegion, to_box
from tui_tagger.metadata.splice import Refused

SAME_SHAPE = 0.02  # regions made for another size still fit where the aspect ratio differs by no more than this share


def read_people(path: Path) -> tuple[NamedRegion, ...]:
    """The people named in a photo's metadata or sidecar, each face once; without a box where no region is known.

    The union of MWG and Microsoft face regions, PersonInImage, and hierarchical keywords below "People". Broken
    metadata gives what can be read. Raises PhotoError only if the file cannot be read.
    """
    data = _bytes(path)
    try:
        frame = read_frame(data)
    except Refused:
        frame = Frame(0, 0)
    packets = _packets(path, data)
    regions = [region for packet in packets for region in _regions(packet, frame)]
    located = _distinct([region for region in regions if region.box is not None])
    seen = {region.name for region in located}
    names = [region.name for region in regions] + [name for packet in packets for name in _plain_names(packet)]
    respelled = {people.level_name(name) for name in names}
    names += [name for packet in packets for name in people.names_under_roots(packet) if name not in respelled]
    return (*located, *(NamedRegion(name, None) for name in dict.fromkeys(names) if name and name not in seen))


def read_keywords(path: Path) -> tuple[str, ...]:
    """The keywords of a photo and its sidecar: dc:subject and IPTC, each once. Raises PhotoError like `read_people`."""
    data = _bytes(path)
    found = [text for packet in _packets(path, data) for text in texts_of(packet.find(DC, "subject"))]
    return tuple(dict.fromkeys([*found, *iptc.keywords(data)]))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read ({error.strerror})", "Is its disk connected?") from error


def embedded(data: bytes) -> list[Packet]:
    """The packets inside of a photo that can be parsed."""
    try:
        found = container.packets(data)
    except Refused:
        try:
            found = [sidecar.seed(data)]
        except Refused:
            found = []
    return [packet for each in found if (packet := _parsed(each)) is not None]


def _packets(path: Path, data: bytes) -> list[Packet]:
    beside = sidecar.find(path.resolve())
    if beside is None:
        return embedded(data)
    try:
        packet = _parsed(beside.read_bytes())
    except OSError:
        packet = None
    return [*embedded(data), *([] if packet is None else [packet])]


def _parsed(data: bytes) -> Packet | None:
    try:
        return parse(data)
    except Refused:
        return None


def _regions(packet: Packet, frame: Frame) -> list[NamedRegion]:
    applied = people.applied_dimensions(packet)
    fits = applied is None or _same_shape(applied, frame)
    items = [item for item in people.items_in(packet) if item.field == "mwg"]
    found = [_located(item, frame if fits else Frame(0, 0)) for item in items]
    return found + [_located(item, frame) for item in people.items_in(packet) if item.field == "mp"]


def _same_shape(applied: tuple[int, int], frame: Frame) -> bool:
    if not frame.width or not frame.height:
        return False
    ratio = applied[0] / applied[1]
    sizes = ((frame.width, frame.height), frame.upright_size)  # some programs give the size of the upright photo
    return any(abs(ratio * height / width - 1) <= SAME_SHAPE for width, height in sizes)


def _located(item: Item, frame: Frame) -> NamedRegion:
    if item.area is None or not frame.width:
        return NamedRegion(item.value, None)
    box = to_box(item.area, frame)
    return NamedRegion(item.value, box if box.area > 0 else None)


def _plain_names(packet: Packet) -> list[str]:
    return [people.clean_name(text) for text in texts_of(packet.find(*people.LISTS["person_in_image"]))]


def _distinct(regions: list[NamedRegion]) -> list[NamedRegion]:
    """Each face once, though several dialects name it."""
    kept: list[NamedRegion] = []
    for region in regions:
        if not any(region.name == each.name and _overlap(region, each) for each in kept):
            kept.append(region)
    return kept


def _overlap(first: NamedRegion, second: NamedRegion) -> bool:
    assert first.box is not None
    assert second.box is not None
    return first.box.iou(second.box) >= SAME_FACE
