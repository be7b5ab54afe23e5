"""Where to see what was decided, and how far an undo up to there goes."""

from __future__ import annotations

from dataclasses import dataclass

from tui_tagger.storage import journal
from tui_tagger.storage.models import Decision, Face, FileWrite


@dataclass(frozen=True, slots=True)
class Touched:
    """The faces that a decision changed and that are there, and the photos of these or of the files it wrote."""

    face_ids: tuple[int, ...]
    photo_ids: tuple[int, ...]


def touched(decision_id: int) -> Touched:
    """What a decision changed, in the order in which it did."""
    row = Decision.get_or_none(Decision.id == decision_id)
    if row is None:
        return Touched((), ())
    wanted = journal.touched(row, Face)
    photos = dict(Face.select(Face.id, Face.photo).where(Face.id.in_(wanted)).tuples())
    faces = tuple(face for face in wanted if face in photos)
    written = FileWrite.select(FileWrite.photo).where(FileWrite.decision == decision_id).order_by(FileWrite.id).tuples()
    found = [*(photos[face] for face in faces), *(photo for (photo,) in written)]
    return Touched(faces, tuple(dict.fromkeys(found)))


def later(decision_id: int) -> tuple[int, int]:
    """How many decisions stand that were made after this one, and how many of them wrote files."""
    kinds = [
        kind
        for (kind,) in Decision.select(Decision.kind).where((Decision.id > decision_id) & ~Decision.undone).tuples()
    ]
    return len(kinds), kinds.count("write")
