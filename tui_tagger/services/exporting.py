"""Every face with what was decided about it, for other programs, and for this one after the database was lost."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from peewee import JOIN

from tui_tagger.errors import UsageError
from tui_tagger.geometry import Box
from tui_tagger.private import new_file
from tui_tagger.services.claims import Claim
from tui_tagger.services.importing import ImportReport, Names, Weighed, carry_out, report, weighed
from tui_tagger.services.library import face_box
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.review import clean_name
from tui_tagger.services.views import FaceState, Failure, PhotoStatus
from tui_tagger.storage.models import Decision, Face, Person, Photo
from tui_tagger.text import visible

DECIDED = (FaceState.CONFIRMED, FaceState.IGNORED, FaceState.NOT_A_FACE)
FIELDS = ("photo", "hash", "box", "state", "person", "probability", "decided", "source")


@dataclass(frozen=True, slots=True)
class ExportedFace:
    """One face; `hash` is the identity of its photo's pixels, `decided` when its state was last decided (UTC)."""

    photo: Path
    hash: str
    box: Box | None
    state: FaceState
    person: str | None
    probability: float | None  # of a suggestion
    decided: str | None
    source: str

    def row(self) -> dict[str, Any]:
        """The fields as JSON holds them; the box as [x, y, width, height] in pixels of the upright photo."""
        box = self.box
        numbers = None if box is None else [round(part, 2) for part in (box.x, box.y, box.width, box.height)]
        return {field: numbers if field == "box" else getattr(self, field) for field in FIELDS}


def export_faces(person_id: int | None = None) -> Iterator[ExportedFace]:
    """All faces by photo and from left to right, those marked "not a face" among them; or the confirmed of a person."""
    decided = _decided_at()
    rows = (
        Face.select(Face, Photo, Person)
        .join_from(Face, Photo)
        .join_from(Face, Person, JOIN.LEFT_OUTER)
        .order_by(Photo.path, Face.x.is_null(), Face.x, Face.id)
    )
    if person_id is not None:
        rows = rows.where((Face.person == person_id) & (Face.state == FaceState.CONFIRMED))
    for face in rows.iterator():
        yield ExportedFace(
            photo=face.photo.path,
            hash=face.photo.image_hash,
            box=face_box(face),
            state=FaceState(face.state),
            person=face.person.name if face.person_id is not None else None,
            probability=face.probability,
            decided=decided.get(face.id),
            source=face.source,
        )


def write_rows(faces: Iterable[ExportedFace], file: TextIO, as_csv: bool) -> int:
    """Writes JSON lines, in ASCII so that any name of a file can be written, or a table; says how many faces."""
    table, count = csv.writer(file, lineterminator="\n"), 0
    if as_csv:
        table.writerow(FIELDS)
    for count, face in enumerate(faces, 1):  # noqa: B007
        row = face.row()
        if as_csv:
            table.writerow([_cell(row[field], file.encoding or "utf-8") for field in FIELDS])
        else:
            file.write(json.dumps(row, default=str) + "\n")
    return count


def _cell(value: Any, encoding: str) -> str:
    """A cell for people and spreadsheets: control characters made visible, a box as four numbers."""
    if value is None:
        return ""
    text = visible(" ".join(map(str, value)) if isinstance(value, list) else str(value))
    return text.encode(encoding, "backslashreplace").decode(encoding)


def export_person(person_id: int, path: Path) -> int:
    """Writes the confirmed faces of a person to a new .json or .csv file; says how many. Raises UsageError."""
    if path.suffix.lower() not in (".json", ".csv"):
        raise UsageError(f"{path}: neither .json nor .csv", "The ending says which of the two to write.")
    try:
        with os.fdopen(new_file(path), "w", encoding="utf-8", newline="") as file:
            return write_rows(export_faces(person_id), file, path.suffix.lower() == ".csv")
    except FileExistsError:
        raise UsageError(f"{path} is there already", "Choose another name.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})", "Choose another place.") from error


def _decided_at() -> dict[int, str]:
    """When the state or the person of each face was last decided, by the journal."""
    found: dict[int, str] = {}
    for decision in Decision.select().where(~Decision.undone).order_by(Decision.id).iterator():
        for table, face, _, after in decision.changes:
            if table == "face" and after is not None and after.keys() & {"state", "person"}:
                found[face] = decision.at
    return found


def restore(file: Path, recognition: Recognition) -> ImportReport:
    """Takes the decisions of an export (JSON lines) back in, for the photos that are in the library now.

    Photos are found by their pixels, so they may have moved since. Raises UsageError for a file that is no export.
    """
    names = Names()
    claims: dict[int, list[Claim]] = {}
    photos = _by_hash()
    skipped: list[Failure] = []
    for number, row in enumerate(_rows(file), 1):
        try:
            path, identity, claim = _claim(row, names)
        except (KeyError, TypeError, ValueError, UsageError):
            raise UsageError(f"{file}: line {number} is not a face of an export", _HINT) from None
        if claim is None:
            continue
        known = photos.get(identity, [])
        photo = next((photo for photo in known if photo.path == path), known[0] if known else None)
        if photo is None:
            skipped.append(Failure(path, "its photo is not in the library; scan its folder first"))
        else:
            claims.setdefault(photo.id, []).append(claim)
    found: list[Weighed] = [weighed(Photo.get_by_id(photo), each) for photo, each in claims.items()]
    carry_out(found, "restore", recognition)
    return report(found, skipped, ())


_HINT = "Exports are made by `tui-tagger export --json`."


def _by_hash() -> dict[str, list[Photo]]:
    found: dict[str, list[Photo]] = {}
    for photo in Photo.select().where(Photo.status == PhotoStatus.READY).order_by(Photo.path):
        found.setdefault(photo.image_hash, []).append(photo)
    return found


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        lines = file.read_text("utf-8").splitlines()
        yield from (json.loads(line) for line in lines if line.strip())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror})", "Check its name and rights.") from error
    except ValueError as error:
        raise UsageError(f"{file}: is not made of JSON lines", _HINT) from error


def _claim(row: Mapping[str, Any], names: Names) -> tuple[Path, str, Claim | None]:
    """The photo's path and hash, and what a human decided there; None for faces that nobody decided."""
    path, identity, state = Path(row["photo"]), str(row["hash"]), FaceState(row["state"])
    if state not in DECIDED:
        return path, identity, None
    box = None if row["box"] is None else Box(*(float(part) for part in row["box"]))
    name = names.known(clean_name(row["person"])) if state == FaceState.CONFIRMED else None
    if name is None and box is None:
        raise ValueError("neither a person nor a place")
    return path, identity, Claim(name, box, str(row["source"]), state, standing=False)
