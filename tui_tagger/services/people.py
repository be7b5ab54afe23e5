"""The persons that the human named: one door to lists, audit, names, merging and splitting."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from peewee import fn

from tui_tagger.errors import UsageError
from tui_tagger.services import aliases, audit, merging, roster, splitting
from tui_tagger.services.appearances import Appearances, appearances
from tui_tagger.services.birth import clean_birth_date
from tui_tagger.services.merging import MergePreview
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.review import NOBODY, clean_name
from tui_tagger.services.roster import Sort
from tui_tagger.services.scoring import GoOn
from tui_tagger.services.splitting import DividedFace
from tui_tagger.services.views import (
    FaceState,
    KnownName,
    Outcome,
    PersonEntry,
    PersonFace,
    PersonRow,
    SuspiciousFace,
)
from tui_tagger.storage import journal
from tui_tagger.storage.models import Decision, Face, Person, Rejection


@dataclass(frozen=True, slots=True)
class DeletePreview:
    """What deleting a person would do."""

    name: str
    faces: int  # confirmed faces that become unknown
    photos: int  # that they are in
    written: int  # photos whose file holds the name: the next write takes out what we wrote


class PeopleService:
    def __init__(self, recognition: Recognition) -> None:
        self._recognition = recognition

    # --- lists ------------------------------------------------------------------------------------------------------

    def entries(
        self,
        filter: str = "",  # noqa: A002
        sort: Sort = Sort.NAME,
        hidden: bool = False,
    ) -> tuple[PersonEntry, ...]:
        """People with what is counted at once; see roster.entries."""
        return roster.entries(filter, sort, hidden)

    def rows(self, ids: Sequence[int]) -> tuple[PersonRow, ...]:
        """All that is known of a page of people, in the order asked for."""
        return roster.rows(ids)

    def row(self, person_id: int) -> PersonRow:
        """Raises UsageError when there is none with this id."""
        found = roster.rows([person_id])
        if not found:
            raise UsageError("This person is no longer in the database.", "Undo brings back who was deleted or merged.")
        return found[0]

    def list(self, filter: str = "", sort: Sort = Sort.NAME, hidden: bool = True) -> tuple[PersonRow, ...]:  # noqa: A002
        """Everything of all people who fit."""
        return roster.rows([entry.id for entry in roster.entries(filter, sort, hidden)])

    def complete(self, text: str, limit: int = 8) -> tuple[KnownName, ...]:
        """Who may be meant by what was typed; hidden people are not offered."""
        return roster.complete(text, limit)

    def find(self, name: str) -> int:
        """The id of the person of this name, or also called so. Raises UsageError."""
        return roster.find(name)

    # --- one person's faces -----------------------------------------------------------------------------------------

    def fits(self, person_id: int) -> dict[int, float]:
        """How likely each confirmed face of a person is theirs, by their others; some 0.1 s for 1,000 faces."""
        return self._recognition.fit(person_id)

    def comparison(self, person_id: int) -> Callable[[], dict[int, float]]:
        """`fits` as work for a thread: what changed in the database is read now."""
        self._recognition.follow()
        return lambda: self._recognition.audit(person_id)

    def faces(
        self, person_id: int, state: FaceState = FaceState.CONFIRMED, fits: Mapping[int, float] | None = None
    ) -> tuple[PersonFace, ...]:
        """Confirmed faces, least likely first, or suggested ones, strongest first."""
        known = fits if fits is not None or state is not FaceState.CONFIRMED else self.fits(person_id)
        return audit.person_faces(person_id, state, known or {})

    def suspicious(self, limit: int = 100) -> tuple[SuspiciousFace, ...]:
        """Confirmed faces that are more likely not the person's, of all people, least likely first; at most `limit`."""
        return audit.suspicious(self._recognition, limit)

    def doubt(self, face_id: int, person_id: int) -> str:
        """Why a suspicious face does not look like the person's."""
        faces = Face.select().where((Face.person == person_id) & (Face.state == FaceState.CONFIRMED)).count()
        return audit.doubt(self._recognition, face_id, person_id, faces)

    def appearances(self, person_id: int) -> Appearances:
        """When the person was photographed, and with whom."""
        return appearances(person_id)

    # --- decisions --------------------------------------------------------------------------------------------------

    def add(self, name: str) -> Outcome:
        clean = clean_name(name)
        _refuse_taken(clean)
        with journal.decision("add") as (decision, record):
            record.insert(Person, name=clean)
            decision.message = f"Added {clean}"
        return _outcome(decision)

    def rename(self, person_id: int, name: str) -> Outcome:
        """Raises UsageError when somebody else has this name: then merge."""
        clean, person = clean_name(name), _person(person_id)
        if clean != person.name:
            _refuse_taken(clean)
        return self._change(person_id, "rename", f"{person.name} is now {clean}", name=clean)

    def set_birth_date(self, person_id: int, text: str | None) -> Outcome:
        """Sets a birth date, "1978", "1978-03" or "1978-03-05", or removes it (None). Raises UsageError.

        A person is not recommended for photos from before their birth.
        """
        person, birth_date = _person(person_id), None if text is None else clean_birth_date(text)
        message = f"{person.name}: " + (f"born {birth_date}" if birth_date else "birth date removed")
        return self._change(person_id, "birth date", message, birth_date=birth_date)

    def hide(self, person_id: int, hidden: bool = True) -> Outcome:
        """A hidden person is suggested for no face and offered in no list; their faces stay theirs."""
        words = "is hidden: not suggested, not offered" if hidden else "is shown again"
        return self._change(person_id, "hide", f"{_person(person_id).name} {words}", hidden=hidden)

    def reject(self, face_ids: Sequence[int], person_id: int) -> Outcome:
        """These faces are not the person, who is never offered for them again; one decision."""
        person = _person(person_id)
        if not face_ids:
            raise UsageError("No face is selected.", "Select a face first.")
        with journal.decision("reject") as (decision, record):
            for face in face_ids:
                if not Rejection.select().where((Rejection.face == face) & (Rejection.person == person_id)).exists():
                    record.insert(Rejection, face=face, person=person_id)
                if Face.get_by_id(face).person_id == person_id:
                    record.update(Face, face, state=FaceState.UNKNOWN, **NOBODY)
            count = "" if len(face_ids) == 1 else f"{len(face_ids):,} faces are "
            decision.message = f"{count}not {person.name}"
        self._recognition.update()
        return Outcome(decision.id, decision.message, tuple(face_ids))

    def set_keyface(self, person_id: int, face_id: int) -> Outcome:
        """The face that shows the person, as long as it is theirs. Raises UsageError for a face that is not."""
        person, face = _person(person_id), Face.get_or_none(Face.id == face_id)
        if face is None or face.person_id != person_id or face.state != FaceState.CONFIRMED:
            raise UsageError(f"This face is not confirmed as {person.name}", "Confirm it first.")
        return self._change(person_id, "keyface", f"This face shows {person.name} now", keyface=face_id)

    def add_alias(self, person_id: int, name: str) -> Outcome:
        """Another name. Raises UsageError if somebody is called so already."""
        return aliases.add_alias(person_id, name)

    def remove_alias(self, person_id: int, name: str) -> Outcome:
        return aliases.remove_alias(person_id, name)

    def preview_merge(self, sources: Sequence[int], target: int) -> MergePreview:
        """What a merge would do. Raises UsageError if there is nobody to merge."""
        return merging.preview_merge(sources, target)

    def merge(self, sources: Sequence[int], target: int) -> Outcome:
        """All faces of `sources` become the target's; the sources are removed."""
        return merging.merge(self._recognition, sources, target)

    def plan_split(self, person_id: int, seeds: Collection[int]) -> tuple[DividedFace, ...]:
        """Where each face would go if the `seeds` were somebody else, the least sure first. Raises UsageError."""
        return self.planning(person_id, seeds)(lambda: True) or ()

    def planning(self, person_id: int, seeds: Collection[int]) -> Callable[[GoOn], tuple[DividedFace, ...] | None]:
        """The same as work for a thread, of seconds for thousands of faces; None where it was ended."""
        return splitting.planning(self._recognition, person_id, seeds)

    def split(self, person_id: int, faces: Sequence[int], name: str, allow_twice: bool = False) -> Outcome:
        """These faces become the person called `name`. Raises TwiceInPhoto and UsageError."""
        return splitting.split(self._recognition, person_id, faces, name, allow_twice)

    def preview_delete(self, person_id: int) -> DeletePreview:
        person, theirs = _person(person_id), (Face.person == person_id) & (Face.state == FaceState.CONFIRMED)
        faces, photos = Face.select(fn.COUNT(Face.id), fn.COUNT(Face.photo.distinct())).where(theirs).tuples()[0]
        written = photos - self.row(person_id).unwritten
        return DeletePreview(person.name, faces, photos, written)

    def delete(self, person_id: int) -> Outcome:
        """The person goes; the faces are unknown again."""
        person = _person(person_id)
        with journal.decision("delete") as (decision, record):
            faces = [face for (face,) in Face.select(Face.id).where(Face.person == person_id).tuples()]
            record.update_all(Face, faces, state=FaceState.UNKNOWN, **NOBODY)
            for rejection in Rejection.select().where(Rejection.person == person_id):
                record.delete(Rejection, rejection.id)
            aliases.drop_aliases(record, person_id)
            record.delete(Person, person_id)
            decision.message = f"Deleted {person.name}"
        self._recognition.update()
        return _outcome(decision)

    def _change(self, person_id: int, kind: str, message: str, **fields: object) -> Outcome:
        with journal.decision(kind) as (decision, record):
            record.update(Person, person_id, **fields)
            decision.message = message
        self._recognition.update()
        return _outcome(decision)


def _outcome(decision: Decision) -> Outcome:
    return Outcome(decision.id, decision.message, journal.touched(decision, Face))


def _person(person_id: int) -> Person:
    person: Person | None = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise UsageError("This person is no longer in the database.", "Undo brings back who was deleted or merged.")
    return person


def _refuse_taken(name: str) -> None:
    if Person.select().where(Person.name == name).exists():
        raise UsageError(f"There is a person {name} already", "Merge the two if they are the same.")
