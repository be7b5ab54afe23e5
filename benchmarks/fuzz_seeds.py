"""Whole inputs that fuzzing starts from: photos drawn here with all kinds of metadata, and those of a corpus."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, features

from tui_tagger.geometry import Box
from tui_tagger.metadata import merge, writer
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.writer import WriteRequest, exif_bytes

LARGEST = 150_000  # bytes of a file of the corpus that is taken
PHOTOS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif", ".heic", ".dng", ".nef", ".cr2"})
PEOPLE = (NamedRegion("Zoë & 李", Box(2, 3, 30, 40)), NamedRegion("Bob Test", None))


@dataclass(frozen=True)
class Seed:
    suffix: str
    data: bytes


def photos(corpus: Path, folder: Path) -> list[Seed]:
    """A photo of each format and orientation that the program opens, and those of `corpus` that are small."""
    return [*_drawn(folder), *_of_corpus(corpus, PHOTOS)]


def sidecars(corpus: Path, folder: Path) -> list[Seed]:
    """XMP as this program writes it, with all its dialects, and that of the corpus."""
    path = folder / "seed.jpg"
    Image.effect_noise((64, 48), 60).convert("RGB").save(path)
    writer.apply(writer.plan(WriteRequest(path, PEOPLE, description="A & B"), "sidecar"), lambda _: None)
    own = [Seed(".xmp", path.with_name("seed.jpg.xmp").read_bytes()), Seed(".xmp", merge.new_packet(padding=0))]
    return [*own, *_of_corpus(corpus, frozenset({".xmp"}))]


def _of_corpus(corpus: Path, suffixes: frozenset[str]) -> list[Seed]:
    files = (path for path in corpus.rglob("*") if path.suffix.lower() in suffixes)
    small = sorted(path for path in files if path.stat().st_size <= LARGEST)
    return [Seed(path.suffix.lower(), path.read_bytes()) for path in small]


def _drawn(folder: Path) -> list[Seed]:
    formats = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF"}
    if features.check("avif"):
        formats[".avif"] = "AVIF"
    found = []
    for orientation, (suffix, name) in enumerate(formats.items(), 1):
        target = io.BytesIO()
        exif = exif_bytes(
            taken_at="2019-07-12T14:03:22",
            offset="+02:00",
            make="Acme",
            model="One",
            description="By the sea",
            latitude=38.7,
            longitude=-9.1,
            orientation=orientation,
        )
        Image.effect_noise((160, 120), 60).convert("RGB").save(target, name, exif=exif)
        found.append(Seed(suffix, target.getvalue()))
        path = folder / f"seed{suffix}"
        path.write_bytes(target.getvalue())
        if (plan := writer.plan(WriteRequest(path, PEOPLE), "file")).kind == "file":
            writer.apply(plan, lambda _: None)
            found.append(Seed(suffix, path.read_bytes()))
    jpeg = found[1].data
    return [*found, Seed(".jpg", jpeg[:2] + _photoshop() + jpeg[2:])]


def _photoshop() -> bytes:
    """An APP13 segment with IPTC: two keywords, a caption, a date (IIM 4.2)."""
    records = ((25, b"People/Anna"), (25, b"sea"), (120, b"At the sea"), (55, b"20190712"), (60, b"140322+0200"))
    block = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value for number, value in records)
    body = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(block)) + block + b"\0" * (len(block) % 2)
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body
