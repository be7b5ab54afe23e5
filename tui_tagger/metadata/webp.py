"""WebP files as RIFF chunks: where the XMP packet is, and where a new one goes (RFC 9649)."""

from __future__ import annotations

from dataclasses import dataclass

from tui_tagger.metadata.splice import Refused, Splice

XMP_FLAG, ALPHA_FLAG = 0x04, 0x10
IMAGE_CHUNKS = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})


@dataclass(frozen=True, slots=True)
class Chunk:
    kind: bytes
    start: int
    size: int  # of the payload

    @property
    def end(self) -> int:
        return self.start + 8 + self.size + self.size % 2

    def payload(self, data: bytes) -> bytes:
        return data[self.start + 8 : self.start + 8 + self.size]


def chunks(data: bytes) -> list[Chunk]:
    """All chunks. Raises Refused where sizes do not add up."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise Refused("it is not a WebP file")
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        raise Refused("the WebP's size field does not match the file")
    found: list[Chunk] = []
    position = 12
    while position < len(data):
        chunk = Chunk(
            data[position : position + 4], position, int.from_bytes(data[position + 4 : position + 8], "little")
        )
        if chunk.end > len(data):
            raise Refused("the WebP has a chunk longer than the file")
        found.append(chunk)
        position = chunk.end
    if not any(each.kind in IMAGE_CHUNKS for each in found):
        raise Refused("the WebP holds no picture")
    return found


def packets(data: bytes) -> list[bytes]:
    """Every XMP packet. Raises Refused where the file cannot be walked."""
    return [each.payload(data) for each in chunks(data) if each.kind == b"XMP "]


def embed(data: bytes, packet: bytes) -> tuple[Splice, ...]:
    """The splices that make `packet` the file's XMP: RIFF size, header with the XMP flag, chunk. Raises Refused."""
    walked = chunks(data)
    existing = [each for each in walked if each.kind == b"XMP "]
    if len(existing) > 1:
        raise Refused("the WebP has more than one XMP packet")
    chunk = b"XMP " + len(packet).to_bytes(4, "little") + packet + b"\0" * (len(packet) % 2)
    start, length = (existing[0].start, existing[0].end - existing[0].start) if existing else (len(data), 0)
    splices = [_header(data, walked[0]), Splice(start, length, chunk)]
    growth = sum(len(each.new) - each.length for each in splices)
    size = (len(data) - 8 + growth).to_bytes(4, "little")
    return (Splice(4, 4, size), *splices)


def _header(data: bytes, first: Chunk) -> Splice:
    if first.kind == b"VP8X":
        if first.size < 10:
            raise Refused("the WebP has a header that is too short")
        return Splice(first.start + 8, 1, bytes([data[first.start + 8] | XMP_FLAG]))
    width, height, alpha = _simple_size(first, first.payload(data))
    flags = bytes([XMP_FLAG | (ALPHA_FLAG if alpha else 0), 0, 0, 0])
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return Splice(first.start, 0, b"VP8X" + (10).to_bytes(4, "little") + flags + canvas)


def _simple_size(chunk: Chunk, payload: bytes) -> tuple[int, int, bool]:
    if chunk.kind == b"VP8 " and payload[3:6] == b"\x9d\x01\x2a" and len(payload) >= 10:
        width = int.from_bytes(payload[6:8], "little") & 0x3FFF
        height = int.from_bytes(payload[8:10], "little") & 0x3FFF
        if width and height:
            return width, height, False
    if chunk.kind == b"VP8L" and payload[:1] == b"\x2f" and len(payload) >= 5:
        bits = int.from_bytes(payload[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    raise Refused("the WebP's picture header cannot be read")


def is_signed(data: bytes) -> bool:
    """Whether it holds Content Credentials (C2PA 2.1, A.3.4), which sign all bytes of the file."""
    return any(each.kind == b"C2PA" for each in chunks(data))


def remainder(data: bytes) -> bytes:
    """Everything but the XMP packet and what the format makes follow from it (size, header)."""
    kept: list[bytes] = []
    for chunk in chunks(data):
        payload = chunk.payload(data)
        if chunk.kind == b"VP8X":
            flags = payload[0] & ~XMP_FLAG
            # A plain file becomes an extended one: the header then says only what the picture says itself.
            if flags & ~ALPHA_FLAG or len(payload) > 10:
                kept.append(bytes([flags]) + payload[1:])
        elif chunk.kind != b"XMP ":
            kept.append(data[chunk.start : chunk.end])
    return b"".join(kept)


def image_data(data: bytes) -> bytes:
    """The chunks that make up the picture, animation included. Raises Refused."""
    return b"".join(each.kind + each.payload(data) for each in chunks(data) if each.kind in IMAGE_CHUNKS)
