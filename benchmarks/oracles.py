"""What exiftool and exiv2 see in files, and what of it may differ after names were written."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Tags = dict[str, list[Any]]  # "Group:Tag" -> every value under this name, in order

FIELDS = re.compile(  # what METADATA.md lists, in exiftool's words
    r"XMP-dc:Subject|XMP-iptcExt:PersonInImage|XMP-lr:HierarchicalSubject|XMP-digiKam:TagsList"
    r"|XMP-microsoft:LastKeywordXMP|XMP-mwg-rs:.*|XMP-MP:.*|XMP-dc:Description|RIFF:WebP_Flags"
)
DESCRIPTION = re.compile(r"IFD0:ImageDescription|ExifIFD:UserComment")  # where there was none
BYTE_ORDER = "File:ExifByteOrder"
FILE = re.compile(r"System:.*|ExifTool:ExifToolVersion|SourceFile")  # of the file system
EXTENDED_WEBP = re.compile(r"File:FileType|RIFF:(VP8.*|Image(Width|Height)|.*Scale|AlphaIsUsed)")


def exiftool_tags(paths: Sequence[Path]) -> dict[Path, Tags]:
    """`exiftool -json -G1 -a -struct -n` of many files in one process. Files it cannot read are left out."""
    command = ["exiftool", "-json", "-G1", "-a", "-struct", "-n", "-@", "-"]
    names = "\n".join(map(str, paths))
    result = subprocess.run(command, input=names.encode(), capture_output=True, check=False, timeout=550)
    rows = json.loads(result.stdout or "[]", object_pairs_hook=_every_value)
    return {Path(tags["SourceFile"][0]): tags for tags in rows}


def _every_value(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    """JSON's objects with doubled keys, as exiftool writes them; the structures inside look the same."""
    found: dict[str, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def differences(before: Tags, after: Tags, growth: int) -> list[str]:
    """Tags that differ and must not, in words; `growth` in bytes is what offsets into the file may have moved by.

    A description may have been added; an EXIF block that got one may have another byte order,
    and its own offsets moved.
    """
    added = [key for key in after if DESCRIPTION.fullmatch(key) and not str(before.get(key, [""])[0]).strip()]
    if added:
        moved = {key for key in before if re.fullmatch(r"IFD[01]:.*(Offset|Start)", key)}
        skipped = {*added, *moved, BYTE_ORDER}
        before = {key: value for key, value in before.items() if key not in skipped}
        after = {key: value for key, value in after.items() if key not in skipped}
    plain_webp = before.get("File:FileType") == ["WEBP"]
    return [
        f"{key}: {before.get(key)} -> {after.get(key)}"
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
        and not (FIELDS.fullmatch(key) or FILE.fullmatch(key) or (plain_webp and EXTENDED_WEBP.fullmatch(key)))
        and not _moved(before.get(key, []), after.get(key, []), growth)
    ]


def _moved(old: list[Any], new: list[Any], growth: int) -> bool:
    """Whether values are offsets, which exiftool gives from the start of the file, that moved with the file."""
    pairs = list(zip(old, new, strict=False))
    numbers = all(isinstance(value, int) for pair in pairs for value in pair)
    return len(old) == len(new) and numbers and all(after - before in (0, growth) for before, after in pairs)


def exiv2_complaints(path: Path) -> set[str]:
    """exiv2's warnings and errors about a file, without the numbers (offsets move) and the file's name."""
    result = subprocess.run(["exiv2", "-pa", str(path)], capture_output=True, check=False, timeout=60)
    text = result.stderr.decode("utf-8", "replace").replace(str(path), "FILE")
    return {re.sub(r"0x[0-9a-fA-F]+|\d+", "#", line) for line in text.splitlines() if line.strip()}
