"""A description in EXIF's ImageDescription and UserComment, by piexif, only where nothing else can change.

piexif drops what it does not know, loses maker notes, and writes big-endian. So it is used only on JPEG files without
a maker note, and what it wrote is compared with what was there, tag by tag, by a reader of our own.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from tui_tagger.metadata import exifblock, jpeg
from tui_tagger.metadata.splice import Refused, Splice, apply_splices

HEAD = b"Exif\0\0"
MAX_SEGMENT = 65_533
IMAGE_DESCRIPTION, USER_COMMENT, MAKER_NOTE = 0x010E, 0x9286, 0x927C
EXIF_POINTER, GPS_POINTER, INTEROP_POINTER, THUMBNAIL, THUMBNAIL_LENGTH = 0x8769, 0x8825, 0xA005, 0x0201, 0x0202
POINTERS = {EXIF_POINTER: "Exif", GPS_POINTER: "GPS", INTEROP_POINTER: "Interop"}
OFFSETS = frozenset({0x0111, 0x0144, 0x014A, 0x0190})  # strips, tiles, further directories: piexif would not follow
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
UNDEFINED = 7
# Of type "undefined" but the same in either byte order: versions, components, file source, scene, GPS method and area.
ORDERLESS = frozenset({0x9000, 0xA000, 0x9101, 0xA300, 0xA301, 0x0002, 0x001B, 0x001C})

Tag = tuple[str, int]  # directory, number


@dataclass(frozen=True, slots=True)
class Exif:
    """All tags as type, count and big-endian value; the thumbnail; whether the block is little-endian."""

    tags: dict[Tag, tuple[int, int, bytes]]
    thumbnail: bytes
    little: bool

    def foreign(self) -> dict[Tag, tuple[int, int, bytes]]:
        ours = (("0th", IMAGE_DESCRIPTION), ("Exif", USER_COMMENT))
        return {tag: value for tag, value in self.tags.items() if tag not in ours}

    def says(self, text: str) -> bool:
        """Whether both fields hold exactly this text; "" stands for fields that are absent or blank."""
        description = self.tags.get(("0th", IMAGE_DESCRIPTION), (0, 0, b""))[2].rstrip(b"\0 ")
        comment = self.tags.get(("Exif", USER_COMMENT), (0, 0, b""))[2]
        comment_says = comment == exifblock.comment(text) if text else not comment[8:].strip(b"\0 ")
        return description == text.encode() and comment_says


def describe(data: bytes, old: str, new: str) -> Splice | None:
    """The change of a JPEG's EXIF block that makes its description `new` where it was `old`.

    None where the file has no EXIF or says something else. Raises Refused where the block cannot be written without
    risk to its other tags.
    """
    walked = jpeg.segments(data)
    blocks = [each for each in walked if each.marker == jpeg.APP1 and each.payload(data).startswith(HEAD)]
    if len(blocks) != 1:
        return None
    segment = blocks[0]
    block = segment.payload(data)
    before = read(block)
    if not before.says(old):
        return None
    changed = _rewritten(block, before, new)
    if len(changed) > MAX_SEGMENT:
        raise Refused("its EXIF would be too large")
    splice = Splice(segment.start + 2, segment.end - segment.start - 2, (len(changed) + 2).to_bytes(2, "big") + changed)
    if len(splice.new) != splice.length:
        jpeg.check_offsets(data, walked, segment.start)
    return splice


def _rewritten(block: bytes, before: Exif, text: str) -> bytes:
    if ("Exif", MAKER_NOTE) in before.tags:
        raise Refused("its EXIF holds a maker note")
    try:
        _same(before, read(exifblock.dumped(block)))
        changed = _closed(exifblock.dumped(block, text))
    except Refused:
        raise
    except Exception as error:  # piexif raises nearly anything on blocks that it does not understand
        raise Refused("its EXIF cannot be written anew") from error
    after = read(changed)
    _same(before, after)
    if not after.says(text):
        raise Refused("its EXIF did not take the description")
    return changed


def _closed(block: bytes) -> bytes:
    """What piexif dumped, with the end marks of the inner directories that it leaves out and exiv2 misses."""
    reader = _Reader(block[len(HEAD) :])
    reader.run()
    data = bytearray(reader.data)
    for field in reader.fields:
        offset = int.from_bytes(data[field : field + 4], "big")
        data[field : field + 4] = (offset + 4 * sum(end <= offset for end in reader.ends)).to_bytes(4, "big")
    for end in sorted(reader.ends, reverse=True):
        data[end:end] = bytes(4)
    return HEAD + data


def _same(before: Exif, after: Exif) -> None:
    if before.foreign() != after.foreign() or before.thumbnail != after.thumbnail:
        raise Refused("its EXIF holds tags that writing it anew would change")
    if before.little != after.little and any(
        kind == UNDEFINED and tag[1] not in ORDERLESS for tag, (kind, _, _) in before.foreign().items()
    ):
        raise Refused("its EXIF holds tags that depend on its byte order")


def verify(old: bytes, new: bytes) -> None:
    """Everything but the EXIF block is as it was, and in it everything but the description. Raises Refused."""
    blocks = []
    rest = []
    for data in (old, new):
        found = [each for each in jpeg.segments(data) if each.payload(data).startswith(HEAD)]
        blocks.append(read(found[0].payload(data)))
        rest.append(apply_splices(data, [Splice(found[0].start, found[0].end - found[0].start, b"")]))
    _same(*blocks)
    if rest[0] != rest[1]:
        raise Refused("the file would change outside of its EXIF")


def read(block: bytes) -> Exif:
    """The tags of an EXIF block ("Exif", two zeros, a TIFF header). Raises Refused for a broken one."""
    return _Reader(block[len(HEAD) :]).run()


class _Reader:
    """Walks the five directories of an EXIF block (TIFF 6.0 section 2; CIPA DC-008)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        if data[:4] not in (b"II*\0", b"MM\0*"):
            raise Refused("its EXIF is broken")
        self.order = "little" if data[:2] == b"II" else "big"
        self.tags: dict[Tag, tuple[int, int, bytes]] = {}
        self.seen: set[int] = set()
        self.fields: list[int] = []  # where offsets stand
        self.ends: list[int] = []  # of the inner directories

    def run(self) -> Exif:
        following = self._directory("0th", self._number(4, 4))
        if following and self._directory("1st", following):
            raise Refused("its EXIF has more than two directories")
        thumbnail = self._thumbnail()
        return Exif(self.tags, thumbnail, self.order == "little")

    def _number(self, at: int, size: int) -> int:
        if at + size > len(self.data):
            raise Refused("its EXIF is broken")
        return int.from_bytes(self.data[at : at + size], "little" if self.order == "little" else "big")

    def _directory(self, name: str, at: int) -> int:
        """Reads a directory; the offset of the one that follows it."""
        if at in self.seen:
            raise Refused("its EXIF is broken")
        self.seen.add(at)
        count = self._number(at, 2)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            self._entry(name, entry)
        end = at + 2 + 12 * count
        if name not in ("0th", "1st"):
            self.ends.append(end)
            return 0
        self.fields.append(end)
        return self._number(end, 4) if end + 4 <= len(self.data) else 0

    def _entry(self, name: str, at: int) -> None:
        number, kind, count = self._number(at, 2), self._number(at + 2, 2), self._number(at + 4, 4)
        if number in (*POINTERS, THUMBNAIL) or SIZES.get(kind, 0) * count > 4:
            self.fields.append(at + 8)
        if number in POINTERS and POINTERS[number] != name:
            self._directory(POINTERS[number], self._number(at + 8, 4))
            return
        if kind not in SIZES or number in OFFSETS or (name, number) in self.tags:
            raise Refused("its EXIF holds tags that cannot be compared")
        size = SIZES[kind] * count
        start = at + 8 if size <= 4 else self._number(at + 8, 4)
        value = self.data[start : start + size]
        if len(value) != size:
            raise Refused("its EXIF is broken")
        self.tags[name, number] = (kind, count, self._big_endian(kind, value))

    def _big_endian(self, kind: int, value: bytes) -> bytes:
        unit = {3: 2, 8: 2, 4: 4, 9: 4, 5: 4, 10: 4, 11: 4, 12: 8}.get(kind, 1)
        if self.order == "big" or unit == 1:
            return value
        source = io.BytesIO(value)
        return b"".join(source.read(unit)[::-1] for _ in range(len(value) // unit))

    def _thumbnail(self) -> bytes:
        """Takes the thumbnail's place out of the tags: it may move."""
        place = self.tags.pop(("1st", THUMBNAIL), None)
        length = self.tags.get(("1st", THUMBNAIL_LENGTH))
        if place is None or length is None:
            return b""
        start, size = int.from_bytes(place[2], "big"), int.from_bytes(length[2], "big")
        if start + size > len(self.data):
            raise Refused("its EXIF is broken")
        return self.data[start : start + size]
