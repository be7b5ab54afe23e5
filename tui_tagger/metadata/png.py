"""PNG files as chunks: where the XMP packet is, and where a new one goes (W3C PNG, XMP part 3)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from tui_tagger.metadata.splice import Refused, Splice

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"XML:com.adobe.xmp\0"
IMAGE_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT"})
MAX_INFLATED = 16_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    kind: bytes
    start: int
    end: int

    def payload(self, data: bytes) -> bytes:
        return data[self.start + 8 : self.end - 4]


def chunks(data: bytes) -> list[Chunk]:
    """The chunks up to IEND, each with a right checksum. Raises Refused."""
    if not data.startswith(SIGNATURE):
        raise Refused("it is not a PNG file")
    found: list[Chunk] = []
    position = len(SIGNATURE)
    while not found or found[-1].kind != b"IEND":
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        if position + 12 > len(data) or end > len(data):
            raise Refused("the PNG is truncated")
        if zlib.crc32(data[position + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise Refused("the PNG has a chunk with a wrong checksum")
        found.append(Chunk(data[position + 4 : position + 8], position, end))
        position = end
    if found[0].kind != b"IHDR":
        raise Refused("the PNG does not begin with its header")
    return found


def is_xmp(data: bytes, chunk: Chunk) -> bool:
    return chunk.kind == b"iTXt" and data.startswith(KEYWORD, chunk.start + 8)


def packets(data: bytes) -> list[bytes]:
    """Every XMP packet. Raises Refused where the file cannot be walked."""
    return [_text(each.payload(data)) for each in chunks(data) if is_xmp(data, each)]


def _text(payload: bytes) -> bytes:
    compressed = payload[len(KEYWORD) : len(KEYWORD) + 1] == b"\1"
    fields = payload[len(KEYWORD) + 2 :].split(b"\0", 2)
    if len(fields) < 3:
        raise Refused("the PNG has an XMP chunk without text")
    if not compressed:
        return fields[2]
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(fields[2], MAX_INFLATED)
    except zlib.error as error:
        raise Refused("the PNG has an XMP chunk that cannot be unpacked") from error
    if inflater.unconsumed_tail:
        raise Refused("the PNG has an XMP chunk that unpacks to too much")
    return text


def embed(data: bytes, packet: bytes) -> tuple[Splice, ...]:
    """The splice that makes `packet` the file's XMP, uncompressed. Raises Refused."""
    walked = chunks(data)
    if any(_is_legacy(data, each) for each in walked):
        raise Refused("the PNG keeps metadata in a text form of ImageMagick's")
    existing = [each for each in walked if is_xmp(data, each)]
    if len(existing) > 1:
        raise Refused("the PNG has more than one XMP packet")
    body = b"iTXt" + KEYWORD + b"\0\0\0\0" + packet
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    if existing:
        return (Splice(existing[0].start, existing[0].end - existing[0].start, chunk),)
    return (Splice(walked[0].end, 0, chunk),)


def _is_legacy(data: bytes, chunk: Chunk) -> bool:
    if chunk.kind not in (b"tEXt", b"zTXt", b"iTXt"):
        return False
    keyword = chunk.payload(data).split(b"\0", 1)[0].lower()
    return keyword in (b"raw profile type xmp", b"raw profile type app1")


def is_signed(data: bytes) -> bool:
    """Whether it holds Content Credentials (C2PA 2.1, A.3.2), which sign all bytes of the file."""
    return any(each.kind == b"caBX" for each in chunks(data))


def remainder(data: bytes) -> bytes:
    """Everything but the XMP packet."""
    kept = bytearray(data)
    for chunk in reversed([each for each in chunks(data) if is_xmp(data, each)]):
        del kept[chunk.start : chunk.end]
    return bytes(kept)


def image_data(data: bytes) -> bytes:
    """The chunks that make up the picture, animation included. Raises Refused."""
    return b"".join(each.kind + each.payload(data) for each in chunks(data) if each.kind in IMAGE_CHUNKS)
