"""Working out what a write of names would change, and in which file, without touching anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tui_tagger.errors import MetadataError, PhotoError
from tui_tagger.formats import open_image, read_bytes
from tui_tagger.metadata import container, exiftext, jpeg, merge, mergecheck, people, safewrite, sidecar, tags
from tui_tagger.metadata.exif import read_info
from tui_tagger.metadata.frame import frame_at, read_frame
from tui_tagger.metadata.packet import Packet, parse
from tui_tagger.metadata.people import Item
from tui_tagger.metadata.regions import Frame, NamedRegion
from tui_tagger.metadata.safewrite import digest
from tui_tagger.metadata.splice import Refused, Splice, apply_splices, narrowed

Target = Literal["auto", "file", "sidecar"]

MAX_GROWTH = 65_536  # bytes; more than names can need
KEPT = "It has a description of its own, which stays."


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """The people who must be in a photo's metadata.

    `regions` are those confirmed now; `withdrawn` are names that this program wrote before and that must go, or,
    where `regions` has the name too, must go from other faces. `own` are the single entries and regions that it wrote,
    which go where they are not wanted any more. Nothing else is ever removed. `description` is for a
    photo that has none; one that is there stays, unless it is in `own` and a human `typed` the new one.
    """

    path: Path
    regions: tuple[NamedRegion, ...]
    withdrawn: tuple[str, ...] = ()
    description: str = ""
    own: tuple[Item, ...] = ()
    typed: bool = False


@dataclass(frozen=True, slots=True)
class WritePlan:
    """What a write would do to which file.

    `kind` is "none" where nothing would change and "refused" where nothing can be written; `reason` says why not, or
    why a sidecar is used; `notes` are warnings. `added` and `removed` are names, `description` the text that is added.
    `splices` turn the file with the hash `sha256_old` into that with `sha256_new`; `sha256_old` is empty for a sidecar
    that is not there yet.
    """

    path: Path
    target_path: Path
    kind: Literal["file", "sidecar", "none", "refused"]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    description: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    sha256_old: str = ""
    sha256_new: str = ""
    splices: tuple[Splice, ...] = ()
    items_added: tuple[Item, ...] = ()
    items_removed: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    add: tuple[Item, ...]
    remove: tuple[Item, ...]
    notes: tuple[str, ...] = ()


Decide = Callable[[bytes, Frame], Difference]  # what to change in a packet


def plan(request: WriteRequest, to: Target = "auto") -> WritePlan:
    """Works out a write without touching anything.

    "auto" writes into the file, or into the sidecar where there is one or where the file cannot be written without
    risk. Raises MetadataError if the photo cannot be read.
    """
    notes = _name_notes(request.regions)
    description = people.clean_name(request.description)
    if (description or request.typed) and _has_description(request):
        notes += [KEPT] if request.typed else []
        request = replace(request, typed=False)
        description = ""
    request = replace(request, description=description)

    def decide(packet: bytes, frame: Frame) -> Difference:
        return _difference(packet, request, frame)

    planned = _planned(request.path, to, decide)
    return replace(planned, notes=tuple(dict.fromkeys((*planned.notes, *notes))))


def _has_description(request: WriteRequest) -> bool:
    """Whether the file has a description in any dialect that may not be replaced; also where that cannot be told."""
    mine = {item.value for item in request.own if item.field == "description"} if request.typed else set()
    try:
        return read_info(request.path).description not in ("", *mine) or _comment(request.path) not in ("", *mine)
    except PhotoError:
        return True


def _comment(path: Path) -> str:
    """EXIF's UserComment, which the quick reading leaves out. Raises PhotoError."""
    try:
        with open_image(path) as image:
            comment = tags.pillow_groups(image)["EXIF"].get("UserComment")
    except Exception as error:  # decoders raise nearly anything on damaged files
        raise PhotoError(f"{path}: is not a photo that can be read") from error
    return tags.comment({"UserComment": comment}) if isinstance(comment, bytes) else ""


def _planned(path: Path, to: Target, decide: Decide) -> WritePlan:
    real = path.resolve()
    data = read(real)
    existing = sidecar.find(real)
    reason = ""
    if to == "file" or (to == "auto" and existing is None):
        try:
            return plan_file(path, real, data, decide)
        except Refused as refusal:
            reason = str(refusal)
            if to == "file":
                return WritePlan(path, real, "refused", reason=reason)
    target = sidecar.new_path(real) if existing is None else existing.resolve()  # a link stays one
    try:
        planned = plan_sidecar(path, target, existing is not None, data, decide)
    except Refused as refusal:
        return WritePlan(path, target, "refused", reason="; ".join(dict.fromkeys(filter(None, (reason, str(refusal))))))
    return replace(planned, reason=reason or ("it has a sidecar" if existing and to == "auto" else ""))


def plan_file(path: Path, real: Path, data: bytes, decide: Decide) -> WritePlan:
    kind = container.writable_kind(real, data)
    packets = container.packets(data)
    if len(packets) > 1:
        raise Refused("it has more than one XMP packet")
    frame = read_frame(data)
    packet = packets[0] if packets else b""
    difference = decide(packet or merge.new_packet(), frame)
    if kind == "jpeg":
        _check_extended(data)
    if not difference.add and not difference.remove:
        return WritePlan(path, real, "none", notes=difference.notes)
    container.check_unsigned(kind, data)
    safewrite.check_writable(real)
    changed = merge.change(packet or merge.new_packet(), difference.add, difference.remove, frame)
    mergecheck.check(packet or merge.new_packet(), changed, difference.add, difference.remove)
    text = _exif_splice(kind, data, difference)
    embedded = container.embed(kind, data, changed)
    splices = tuple(narrowed(data, each) for each in (*text, *embedded))
    new, described = apply_splices(data, splices), apply_splices(data, text)
    if text:
        exiftext.verify(data, described)
    _verify_file(kind, described, new, changed)
    return _described(WritePlan(path, real, "file"), difference, data, new, splices)


def _exif_splice(kind: container.Kind, data: bytes, difference: Difference) -> tuple[Splice, ...]:
    """EXIF's description in step with XMP's, where that can be done without risk; else it stays as it is."""
    old = "".join(item.value for item in difference.remove if item.field == "description")
    new = "".join(item.value for item in difference.add if item.field == "description")
    if kind != "jpeg" or old == new:
        return ()
    try:
        splice = exiftext.describe(data, old, new)
    except Refused:
        return ()
    return () if splice is None else (splice,)


def _verify_file(kind: container.Kind, old: bytes, new: bytes, packet: bytes) -> None:
    """The written file says what it should, and everything else in it is as it was. Raises Refused."""
    if container.packets(new) != [packet]:
        raise Refused("the written XMP could not be read back")
    if container.remainder(kind, old) != container.remainder(kind, new):
        raise Refused("the file would change outside of its XMP")
    if container.image_data(old) != container.image_data(new):
        raise Refused("the picture would change")
    if read_frame(new) != read_frame(old):
        raise Refused("the written file does not open as before")
    if len(new) - len(old) > MAX_GROWTH:
        raise Refused("the file would grow by more than names need")


def _check_extended(data: bytes) -> None:
    """Refuses files whose Extended XMP may hold a property that we would write into the main packet."""
    extension = jpeg.extended(data)
    if any(name[1].encode() in extension for name in (*people.MANAGED, merge.DESCRIPTION)):
        raise Refused("its Extended XMP holds keywords, regions or a description of its own")


def plan_sidecar(path: Path, target: Path, exists: bool, photo: bytes, decide: Decide) -> WritePlan:
    frame = read_frame(photo) if container.sniff(photo) != "other" else _frame_or_none(path)
    old = read(target) if exists else b""
    packet = old or sidecar.seed(photo)
    difference = decide(packet, frame)
    if not difference.add and not difference.remove:
        return WritePlan(path, target, "none", notes=difference.notes)
    if exists:
        safewrite.check_writable(target)
    else:
        safewrite.check_free(target)
    new = merge.change(packet, difference.add, difference.remove, frame, orientation=True)
    mergecheck.check(packet, new, difference.add, difference.remove)
    splices = (narrowed(old, Splice(0, len(old), new)),)
    return _described(WritePlan(path, target, "sidecar"), difference, old, new, splices, created=not exists)


def _frame_or_none(path: Path) -> Frame:
    """The frame, or one without size for formats that only an extra could decode: names then go without regions."""
    try:
        return frame_at(path)
    except Refused:
        return Frame(0, 0)


def _described(
    planned: WritePlan,
    difference: Difference,
    old: bytes,
    new: bytes,
    splices: tuple[Splice, ...],
    created: bool = False,
) -> WritePlan:
    return replace(
        planned,
        added=names_of(difference.add),
        removed=names_of(difference.remove),
        description="".join(item.value for item in difference.add if item.field == "description"),
        notes=difference.notes,
        sha256_old="" if created else digest(old),
        sha256_new=digest(new),
        splices=splices,
        items_added=difference.add,
        items_removed=difference.remove,
    )


def names_of(items: Iterable[Item]) -> tuple[str, ...]:
    """The people that items speak of, each once."""
    items = [item for item in items if item.field != "description"]
    plain = [item.value for item in items if item.field not in ("hierarchical", "tags_list", "last_keyword")]
    leaves = [item.value.replace("|", "/").rpartition("/")[2] for item in items]
    return tuple(dict.fromkeys(plain or leaves))


def _difference(data: bytes, request: WriteRequest, frame: Frame) -> Difference:
    """The items that are missing, and those of withdrawn names that are too many."""
    packet = parse(data)
    packet.properties()
    present = people.items_in(packet)
    regions = request.regions if frame.width else tuple(NamedRegion(each.name, None) for each in request.regions)
    wanted = people.wanted_items(regions, frame)
    withdrawn = {people.clean_name(name) for name in request.withdrawn}
    values = {item.value for name in withdrawn if name for item in people.name_items(name)}
    unwanted = [item for item in present if not any(item.means(each) for each in wanted)]
    named = [item for item in unwanted if item.value in values]
    doomed = [*named, *standing(request.own, [item for item in unwanted if item not in named])]
    missing = [item for item in wanted if not any(item.means(each) for each in present)]
    more, less = _description_change(packet, request)
    missing, doomed = [*missing, *more], [*doomed, *less]
    if packet.find(*people.LISTS["last_keyword"]) is None:
        missing = [item for item in missing if item.field != "last_keyword"]
    kept = request.typed and request.description and not more and merge.described(packet) and not _says(packet, request)
    difference = Difference(tuple(missing), tuple(doomed), (KEPT,) if kept else ())
    return _without_foreign_regions(difference, people.applied_dimensions(packet), frame)


def standing(items: Iterable[Item], present: Iterable[Item]) -> tuple[Item, ...]:
    """Those present that are the given ones, as they stand there, each once: what others wrote again is theirs."""
    left, found = list(present), []
    for item in items:
        same = next((each for each in reversed(left) if each.means(item)), None)
        if same is not None:
            left.remove(same)
            found.append(same)
    return tuple(found)


def _says(packet: Packet, request: WriteRequest) -> bool:
    return Item("description", request.description) in merge.items_in(packet)


def _description_change(packet: Packet, request: WriteRequest) -> tuple[list[Item], list[Item]]:
    """The description to add, and the one of ours that a typed one replaces."""
    new = [Item("description", request.description)] if request.description else []
    if not merge.described(packet):
        return new, []
    present = [item for item in merge.items_in(packet) if item.field == "description"]
    replaced = request.typed and present and all(item in request.own for item in present) and present != new
    return (new, present) if replaced else ([], [])


def _without_foreign_regions(difference: Difference, applied: tuple[int, int] | None, frame: Frame) -> Difference:
    """Leaves regions alone that were made for an image of another size."""
    if applied in (None, (frame.width, frame.height), frame.upright_size):
        return difference
    note = "Its face regions were made for another image size and are left alone; names are written as keywords."
    add = tuple(item for item in difference.add if item.field not in ("mwg", "mp"))
    remove = tuple(item for item in difference.remove if item.field not in ("mwg", "mp"))
    return Difference(add, remove, (*difference.notes, note))


def _name_notes(regions: Sequence[NamedRegion]) -> list[str]:
    """Warnings about names that some programs would split."""
    splitting = [(",", "gThumb"), (";", "Windows")]
    return [
        f'{program} splits "{people.clean_name(region.name)}" at "{sign}"'
        for region in regions
        for sign, program in splitting
        if sign in region.name
    ]


def read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except PhotoError as error:
        raise MetadataError(error.message, error.hint) from error
    except OSError as error:
        raise MetadataError(f"{path}: cannot be read ({error.strerror})", "Is its disk connected?") from error
