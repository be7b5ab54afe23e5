"""Photo formats: which files are photos, and opening them, with optional libraries where a format needs one."""

from __future__ import annotations

import io
import logging
import os
import stat
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image, features

from tui_tagger.config import MAX_BYTES
from tui_tagger.errors import PhotoError

# Pillow tells of broken metadata by log and warning, both of which would be printed over the screen.
logging.getLogger("PIL").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module=r"PIL\.")

ALWAYS = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff"})
HEIF = frozenset({".heic", ".heif", ".hif"})
AVIF = frozenset({".avif"})
RAW = frozenset({".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"})
EXTENSIONS = ALWAYS | HEIF | AVIF | RAW

ORIENTATION_TAG = 0x0112
OPTIONAL = "need an optional part"  # in the reason why a photo cannot be opened yet
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})  # ISO/IEC 23008-12
_FLIPS = {3: 3, 5: 8, 6: 6}  # LibRaw's "flip" (dcraw's) as EXIF orientation: half turn, quarter left, quarter right


def lacking() -> str:
    """What to add to OPTIONAL in the standalone program, to which nothing can be added."""
    return " that the standalone program lacks; with Python" if getattr(sys, "frozen", False) else ""


def install(extra: str) -> str:
    return f"pip install 'tui-tagger[{extra}]'"


@dataclass(frozen=True, slots=True)
class Extra:
    """An optional part of the installation: the photos that it is for, and whether they can be opened now."""

    name: str
    photos: str
    extensions: frozenset[str]
    installed: Callable[[], bool]

    @property
    def need(self) -> str:
        """What to tell of a photo that cannot be opened without it."""
        return f"{self.photos} photos {OPTIONAL}{lacking()}: {install(self.name)}"


EXTRAS = (
    Extra("heif", "HEIC", HEIF, lambda: find_spec("pillow_heif") is not None),
    Extra("heif", "AVIF", AVIF, lambda: bool(features.check("avif"))),
    Extra("raw", "RAW", RAW, lambda: find_spec("rawpy") is not None),
)


def missing_extra(path: Path) -> Extra | None:
    """What has to be installed before this photo can be opened, by its extension; None if nothing."""
    wanted = (extra for extra in EXTRAS if path.suffix.lower() in extra.extensions)
    return next((extra for extra in wanted if not extra.installed()), None)


def read_bytes(path: Path) -> bytes:
    """All of a photo's or a sidecar's file. Raises PhotoError for what is no regular file or too large, and OSError."""
    status = path.stat()
    _check_regular(path, status)
    if status.st_size > MAX_BYTES:
        raise PhotoError(f"{path}: {status.st_size / 1e9:,.0f} GB are more than a photo has", "Move it elsewhere.")
    return path.read_bytes()


def _check_regular(path: Path, status: os.stat_result) -> None:
    """Reading a pipe or a device may never end."""
    if not stat.S_ISREG(status.st_mode):
        raise PhotoError(f"{path}: is no regular file", "Only files are photos: no folders, pipes or devices.")


def open_image(path: Path) -> Image.Image:
    """A photo that is open but not decoded; a RAW file gives the preview that its camera made, with its orientation.

    HEIC comes upright already, `info["original_orientation"]` says how it is stored. Raises PhotoError where an
    optional part is missing, and what the decoders raise: nearly anything on damaged files.
    """
    _check_regular(path, path.stat())
    with path.open("rb") as file:
        head = file.read(12)
    try:
        if path.suffix.lower() in RAW and not head.startswith(b"\xff\xd8\xff"):
            return _raw_preview(path)
        if _is_heif(head):
            _register_heif()
        return Image.open(path)
    except Exception:
        if (extra := missing_extra(path)) is not None:
            raise PhotoError(f"{path}: {extra.need}") from None
        raise


def open_bytes(data: bytes) -> Image.Image:
    """Like `open_image`, of what a file holds; RAW photos cannot be opened so. Raises what the decoders raise."""
    if _is_heif(data[:12]):
        _register_heif()
    return Image.open(io.BytesIO(data))


def _is_heif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


@cache
def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()


def _raw_preview(path: Path) -> Image.Image:
    import rawpy

    with rawpy.imread(str(path)) as raw:
        preview: Any = raw.extract_thumb()
        sizes = raw.sizes
    if preview.format == rawpy.ThumbFormat.JPEG:
        image: Image.Image = Image.open(io.BytesIO(preview.data))
    else:
        image = Image.fromarray(preview.data)
    exif = image.getexif()
    turned_already = (image.width < image.height) != (sizes.raw_width < sizes.raw_height)
    exif[ORIENTATION_TAG] = 1 if turned_already else exif.get(ORIENTATION_TAG) or _FLIPS.get(sizes.flip, 1)
    return image
