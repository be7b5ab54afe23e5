"""Decisions taken back in from an export, after the database was lost or on another machine.

All of the file is read before anything changes: an entry that is not as `export --json` writes it refuses the whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_tagger.errors import UsageError
from tui_tagger.geometry import Box
from tui_tagger.services.claims import Claim
from tui_tagger.services.importing import ImportReport, Names, Weighed, carry_out, report, weighed
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.review import clean_name
from tui_tagger.services.views import FaceState, Failure, PhotoStatus
from tui_tagger.storage.models import Photo

LONGEST_LINE = 200_000  # bytes; what is longer is no face, and may have no end
FARTHEST = 1e7  # pixels: storage/rules.py holds a box with more for wrong
DECIDED = frozenset({FaceState.CONFIRMED, FaceState.IGNORED, FaceState.NOT_A_FACE})
HINT = "Nothing was changed. Exports are made by `tui-tagger export --json`."


@dataclass(frozen=True, slots=True)
class Entry:
    """A face of an export; without a `claim` nobody decided about it. `hash`: of its photo's pixels."""

    photo: Path
    hash: str
    claim: Claim | None


def restore(file: Path, recognition: Recognition) -> ImportReport:
    """Takes the decisions of an export (JSON lines) back in, for the photos that are in the library now.

    Photos are found by their pixels, so they may have moved since. Raises UsageError for a file that is no export, and
    names the line.
    """
    claims: dict[int, dict[Claim, None]] = {}  # what two exports in one file both say is there once
    photos = _by_hash()
    skipped: list[Failure] = []
    for entry in list(read_export(file, Names())):
        if entry.claim is None:
            continue
        known = photos.get(entry.hash, [])
        photo = next((photo for photo in known if photo.path == entry.photo), known[0] if known else None)
        if photo is None:
            skipped.append(Failure(entry.photo, "its photo is not in the library; scan its folder first"))
        elif entry.claim.box is not None and _outside(entry.claim.box, photo):
            skipped.append(Failure(entry.photo, f"{entry.claim}: the face lies outside of the photo"))
        else:
            claims.setdefault(photo.id, {})[entry.claim] = None
    found: list[Weighed] = [weighed(Photo.get_by_id(photo), list(each)) for photo, each in claims.items()]
    carry_out(found, "restore", recognition)
    return report(found, skipped, ())


def read_export(file: Path, names: Names) -> Iterator[Entry]:
    """The entries of an export, persons in the spelling of `names`. Raises UsageError with the number of the line."""
    try:
        with file.open("rb") as lines:
            number = 0
            while line := lines.readline(LONGEST_LINE):
                number += 1
                if not line.strip():
                    continue
                try:
                    yield as_entry(_json(line), names)
                except ValueError as error:
                    raise UsageError(f"{file}: line {number}: {error}", HINT) from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror})", "Check its name and rights.") from error


def _json(line: bytes) -> object:
    """Raises ValueError, which says so in our words."""
    if len(line) == LONGEST_LINE:
        raise ValueError(f"more than {LONGEST_LINE:,} bytes")
    try:
        return json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None


def as_entry(row: object, names: Names) -> Entry:
    """One line of an export, as JSON gave it. Raises ValueError, which says what of it is wrong.

    Fields that nothing uses are not looked at.
    """
    if not isinstance(row, dict):
        raise ValueError("not a face of an export")
    photo, identity, source = _text(row, "photo"), _text(row, "hash"), _text(row, "source")
    if not photo or "\0" in photo:
        raise ValueError("its photo is no path")
    if not source.isprintable():
        raise ValueError("its source cannot be printed")
    state = _state(row)
    if state not in DECIDED:
        return Entry(Path(photo), identity, None)
    box, name = _box(row), _name(row, names) if state == FaceState.CONFIRMED else None
    if box is None and name is None:
        raise ValueError(f"{state}, but no box says where")
    return Entry(Path(photo), identity, Claim(name, box, source, state, standing=False))


def _field(row: dict[str, Any], field: str) -> Any:
    if field not in row:
        raise ValueError(f"it has no {field}: not a face of an export")
    return row[field]


def _text(row: dict[str, Any], field: str) -> str:
    value = _field(row, field)
    if not isinstance(value, str):
        raise ValueError(f"its {field} is no text")
    return value


def _state(row: dict[str, Any]) -> FaceState:
    try:
        return FaceState(_text(row, "state"))
    except ValueError:
        raise ValueError(f"its state is none of {', '.join(FaceState)}") from None


def _name(row: dict[str, Any], names: Names) -> str:
    try:
        return names.known(clean_name(_text(row, "person")))
    except UsageError:
        raise ValueError("its person has no visible name") from None


def _box(row: dict[str, Any]) -> Box | None:
    parts = _field(row, "box")
    if parts is None:
        return None
    if not isinstance(parts, list) or len(parts) != 4 or not all(type(part) in (int, float) for part in parts):
        raise ValueError("its box is not [x, y, width, height] in pixels")
    if not all(-FARTHEST <= part <= FARTHEST for part in parts):  # false for what is no number
        raise ValueError(f"its box has a number that is not from {-FARTHEST:.0f} to {FARTHEST:.0f}")
    if min(parts[2:]) < 1e-6:
        raise ValueError("its box has no area")
    return Box(*map(float, parts))


def _outside(box: Box, photo: Photo) -> bool:
    return box.clipped(photo.width, photo.height).area <= 0


def _by_hash() -> dict[str, list[Photo]]:
    found: dict[str, list[Photo]] = {}
    for photo in Photo.select().where(Photo.status == PhotoStatus.READY).order_by(Photo.path):
        found.setdefault(photo.image_hash, []).append(photo)
    return found
