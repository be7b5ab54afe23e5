"""JPEG files as segments: where the XMP packet is, and where a new one goes (ITU T.81 annex B; XMP part 3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tui_tagger.metadata.splice import Refused, Splice

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
MAX_PACKET = 65_502  # 65,535 less the length field and the XMP signature

APP0, APP1, APP2, APP11, APP13, APP15, COM = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEF, 0xFE
SOI, EOI, SOS = 0xD8, 0xD9, 0xDA

_SCAN_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_HIDDEN_JPEG = re.compile(rb"\xd8\xff[\xdb\xe0\xe1\xc4]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker segment: `start` is the offset of its 0xFF, `end` that of the byte after it."""

    marker: int
    start: int
    end: int

    def payload(self, data: bytes) -> bytes:
        return data[self.start + 4 : self.end]


def segments(data: bytes) -> list[Segment]:
    """The segments from after SOI up to and including SOS. Raises Refused where the file cannot be walked."""
    if data[:2] != b"\xff\xd8":
        raise Refused("it is not a JPEG file")
    found: list[Segment] = []
    position = 2
    while True:
        segment = _segment_at(data, position)
        found.append(segment)
        if segment.marker == SOS:
            return found
        position = segment.end


def _segment_at(data: bytes, position: int) -> Segment:
    if data[position : position + 1] != b"\xff":
        raise Refused("the JPEG has bytes between its segments that belong to none")
    while data[position + 1 : position + 2] == b"\xff":  # fill bytes are legal before a marker
        position += 1
    head = data[position + 1 : position + 4]
    if len(head) < 3 or head[0] in (0, 1, SOI, EOI) or 0xD0 <= head[0] <= 0xD7:
        raise Refused("the JPEG ends or breaks before its image data")
    end = position + 2 + int.from_bytes(head[1:], "big")
    if end < position + 4 or end > len(data):
        raise Refused("a JPEG segment is longer than the file")
    return Segment(head[0], position, end)


def end_of_image(data: bytes, scan: int) -> int:
    """The offset after EOI, from the end of the first SOS header on; the file's size where there is no EOI."""
    position = scan
    while match := _SCAN_MARKER.search(data, position):
        marker, position = data[match.start() + 1], match.end()
        if marker == EOI:
            return position
        if marker not in (SOI, 1):
            position += max(2, int.from_bytes(data[position : position + 2], "big"))
    return len(data)


def is_xmp(data: bytes, segment: Segment) -> bool:
    return segment.marker == APP1 and data.startswith(XMP, segment.start + 4)


def packets(data: bytes) -> list[bytes]:
    """Every XMP packet, as far as the file can be walked."""
    found: list[bytes] = []
    position = 2
    try:
        while (segment := _segment_at(data, position)).marker != SOS:
            if is_xmp(data, segment):
                found.append(segment.payload(data)[len(XMP) :])
            position = segment.end
    except Refused:
        pass  # what came before the break counts
    return found


def extended(data: bytes) -> bytes:
    """The payload of Extended XMP, in file order; empty where there is none."""
    header = len(EXTENDED_XMP) + 40  # GUID, full length, offset
    parts = (each.payload(data) for each in segments(data) if each.marker == APP1)
    return b"".join(part[header:] for part in parts if part.startswith(EXTENDED_XMP))


def embed(data: bytes, packet: bytes) -> tuple[Splice, ...]:
    """The splice that makes `packet` the file's XMP. Raises Refused."""
    if len(packet) > MAX_PACKET:
        raise Refused("the XMP would be larger than a JPEG segment can hold")
    walked = segments(data)
    segment = b"\xff\xe1" + (len(packet) + len(XMP) + 2).to_bytes(2, "big") + XMP + packet
    splice = _place(data, walked, segment)
    grows = len(splice.new) != splice.length
    if grows:
        check_offsets(data, walked, splice.offset)
    return (splice,)


def _place(data: bytes, walked: Sequence[Segment], segment: bytes) -> Splice:
    existing = [each for each in walked if is_xmp(data, each)]
    if len(existing) > 1:
        raise Refused("the JPEG has more than one XMP packet")
    if existing:
        return Splice(existing[0].start, existing[0].end - existing[0].start, segment)
    # Directly after the Exif segment: before it, exifread finds no tags at all in some cameras' files.
    after = [each.end for each in walked if each.marker == APP1 and data.startswith(b"Exif\0", each.start + 4)]
    if not after:
        leading = 2
        for each in walked:
            if each.marker != APP0:
                break
            leading = each.end
        after = [leading]
    return Splice(after[-1], 0, segment)


def check_offsets(data: bytes, walked: Sequence[Segment], offset: int) -> None:
    """Refuses files in which something is addressed by offsets that would go stale when the size changes."""
    multi_picture = [each for each in walked if each.marker == APP2 and data.startswith(b"MPF\0", each.start + 4)]
    if any(each.start < offset for each in multi_picture):
        raise Refused("its multi-picture index comes before the XMP and would point beside the pictures")
    trailer = data[end_of_image(data, walked[-1].end) :]
    if b"AXS!" in trailer or b"AXS*" in trailer:  # other trailers may follow it
        raise Refused("it has an AFCP trailer with absolute offsets")
    if not multi_picture and _HIDDEN_JPEG.search(trailer):
        raise Refused("the camera keeps a preview after the image, and its EXIF points there")


def is_signed(data: bytes) -> bool:
    """Whether it holds Content Credentials (C2PA 2.1, A.3.1), which sign all bytes of the file."""
    return any(each.marker == APP11 and b"c2pa" in each.payload(data)[:128] for each in segments(data))


def remainder(data: bytes) -> bytes:
    """Everything but the XMP packet."""
    gaps = [Splice(each.start, each.end - each.start, b"") for each in segments(data) if is_xmp(data, each)]
    kept = bytearray(data)
    for gap in reversed(gaps):
        del kept[gap.offset : gap.offset + gap.length]
    return bytes(kept)


def image_data(data: bytes) -> bytes:
    """Tables, frame and scans up to EOI, without APPn and COM segments and without a trailer. Raises Refused."""
    walked = segments(data)
    kept = [
        data[each.start : each.end] for each in walked[:-1] if not (APP0 <= each.marker <= APP15 or each.marker == COM)
    ]
    scan = walked[-1]
    return b"".join([*kept, data[scan.start : end_of_image(data, scan.end)]])
