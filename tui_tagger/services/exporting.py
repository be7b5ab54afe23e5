"""Every face with what was decided about it, for other programs, and for this one (services/from_export.py)."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from peewee import JOIN

from tui_tagger.errors import UsageError
from tui_tagger.geometry import Box
from tui_tagger.private import new_file
from tui_tagger.services.library import face_box
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Decision, Face, Person, Photo
from tui_tagger.text import visible

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
        numbers = None if box is None else [round(part, 2) or part for part in (box.x, box.y, box.width, box.height)]
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
