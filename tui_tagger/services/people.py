"""The persons that the human named."""

from __future__ import annotations

from builtins import list as List  # the service has a method of that name
from collections.abc import Sequence

from peewee import fn

from tui_tagger.errors import UsageError
from tui_tagger.services.birth import clean_birth_date
from tui_tagger.services.library import face_views, unwritten
from tui_tagger.services.query import fold
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.review import NOBODY, clean_name
from tui_tagger.services.views import FaceState, FaceView, Outcome, PersonRow, SuspiciousFace
from tui_tagger.storage import journal
from tui_tagger.storage.models import Decision, Face, Person, Photo, Rejection
from tui_tagger.text import percent

SUSPICIOUS = 0.5  # probability of being the person's, by their other faces: below it somebody else is likelier


class PeopleService:
    def __init__(self, recognition: Recognition) -> None:
        self._recognition = recognition

    def list(self, filter: str = "") -> tuple[PersonRow, ...]:  # noqa: A002
        """Persons by name, those whose name holds `filter` (without case and accents)."""
        confirmed, suggested = (_per_person(state) for state in (FaceState.CONFIRMED, FaceState.SUGGESTED))
        dates = _dates()
        behind = _unwritten_per_person()
        persons = Person.select().where(fn.instr(fn.fold(Person.name), fold(filter)) > 0) if filter else Person.select()
        return tuple(
            PersonRow(
                id=person.id,
                name=person.name,
                keyface_id=confirmed.get(person.id, (0, None))[1],
                confirmed=confirmed.get(person.id, (0, None))[0],
                suggested=suggested.get(person.id, (0, None))[0],
                first=dates.get(person.id, (None, None))[0],
                last=dates.get(person.id, (None, None))[1],
                unwritten=behind.get(person.id, 0),
                birth_date=person.birth_date,
            )
            for person in sorted(persons, key=lambda person: fold(person.name))
        )

    def faces(self, person_id: int) -> tuple[FaceView, ...]:
        """The confirmed faces, least likely first by the others of them, so that wrong ones float to the top."""
        rows = Face.select(Face.id).where((Face.person == person_id) & (Face.state == FaceState.CONFIRMED)).tuples()
        ids = [face for (face,) in rows]
        fit = self._recognition.fit(person_id)
        return face_views(sorted(ids, key=lambda face: fit.get(face, 1.0)))

    def suspicious(self, limit: int = 100) -> tuple[SuspiciousFace, ...]:
        """Confirmed faces that are more likely not the person's, of all people, least likely first; at most `limit`."""
        people = {person.id: person.name for person in Person.select()}
        fits = {person: self._recognition.fit(person) for person in people}
        found = [(chance, face, person) for person, fit in fits.items() for face, chance in _doubtful(fit)]
        worst = sorted(found)[:limit]
        views = {view.id: view for view in face_views([face for _, face, _ in worst])}
        return tuple(
            SuspiciousFace(views[face], chance, self._doubt(face, person, people[person], len(fits[person])))
            for chance, face, person in worst
            if face in views
        )

    def doubts(self, person_id: int) -> dict[int, str]:
        """The suspicious faces of one person, each with the reason."""
        fit, name = self._recognition.fit(person_id), _person(person_id).name
        return {face: self._doubt(face, person_id, name, len(fit)) for face, _ in _doubtful(fit)}

    def _doubt(self, face: int, person_id: int, name: str, faces: int) -> str:
        other = self._recognition.other(face, person_id)
        if other is not None and other.probability > SUSPICIOUS:
            return f"looks more like {_person(other.person).name}, {percent(other.probability)}"
        return f"unlike {name}'s other {'face' if faces == 2 else f'{faces - 1} faces'}"

    def complete(self, prefix: str, limit: int = 8) -> tuple[str, ...]:
        """Names for type-ahead, recently used first; those that begin with the text before those that contain it."""
        text = fold(prefix)
        names = [
            name for (name,) in Person.select(Person.name).order_by(Person.used_at.desc(), Person.id.desc()).tuples()
        ]
        found = [name for name in names if text in fold(name)]
        return tuple(sorted(found, key=lambda name: not fold(name).startswith(text))[:limit])

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
        with journal.decision("rename") as (decision, record):
            record.update(Person, person_id, name=clean)
            decision.message = f"{person.name} is now {clean}"
        return _outcome(decision)

    def set_birth_date(self, person_id: int, text: str | None) -> Outcome:
        """Sets a birth date, "1978", "1978-03" or "1978-03-05", or removes it (None). Raises UsageError.

        A person is not recommended for photos from before their birth.
        """
        person, birth_date = _person(person_id), None if text is None else clean_birth_date(text)
        with journal.decision("birth date") as (decision, record):
            record.update(Person, person_id, birth_date=birth_date)
            decision.message = f"{person.name}: " + (f"born {birth_date}" if birth_date else "birth date removed")
        self._recognition.update()
        return _outcome(decision)

    def merge(self, sources: Sequence[int], target: int) -> Outcome:
        """All faces of `sources` become the target's; the sources are removed."""
        into, others = _person(target), [_person(person) for person in sources if person != target]
        if not others:
            raise UsageError("Merging needs at least two persons.")
        ids = [person.id for person in others]
        with journal.decision("merge") as (decision, record):
            for (face,) in Face.select(Face.id).where(Face.person.in_(ids)).tuples():
                record.update(Face, face, person=target)
            for rejection in Rejection.select().where(Rejection.person.in_(ids)):
                record.delete(Rejection, rejection.id)
            for person in others:
                record.delete(Person, person.id)
            decision.message = f"Merged {', '.join(person.name for person in others)} into {into.name}"
        self._recognition.update()
        return _outcome(decision)

    def delete(self, person_id: int) -> Outcome:
        """The person goes; the faces are unknown again."""
        person = _person(person_id)
        with journal.decision("delete") as (decision, record):
            for (face,) in Face.select(Face.id).where(Face.person == person_id).tuples():
                record.update(Face, face, state=FaceState.UNKNOWN, **NOBODY)
            for rejection in Rejection.select().where(Rejection.person == person_id):
                record.delete(Rejection, rejection.id)
            record.delete(Person, person_id)
            decision.message = f"Deleted {person.name}"
        self._recognition.update()
        return _outcome(decision)

    def find(self, name: str) -> int:
        """The id of the person of this name, exact or but for case and accents. Raises UsageError."""
        exact = Person.get_or_none(Person.name == name)
        alike = [exact] if exact else [person for person in Person.select() if fold(person.name) == fold(name)]
        if len(alike) != 1:
            raise UsageError(f"There is no person {name!r}", "`tui-tagger people list` shows the names.")
        return int(alike[0].id)


def _doubtful(fit: dict[int, float]) -> List[tuple[int, float]]:
    return [(face, chance) for face, chance in fit.items() if chance < SUSPICIOUS]


def _outcome(decision: Decision) -> Outcome:
    return Outcome(decision.id, decision.message, journal.touched(decision, Face))


def _person(person_id: int) -> Person:
    person: Person | None = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise UsageError("This person is no longer in the database.")
    return person


def _refuse_taken(name: str) -> None:
    if Person.select().where(Person.name == name).exists():
        raise UsageError(f"There is a person {name} already", "Merge the two if they are the same.")


def _per_person(state: FaceState) -> dict[int, tuple[int, int | None]]:
    """Per person: how many faces, and the id of the one that shows it best."""
    rows = (
        Face.select(Face.person, fn.COUNT(Face.id), Face.id, fn.MAX(fn.COALESCE(Face.width, 0) * Face.score))
        .where((Face.state == state) & Face.person.is_null(False))
        .group_by(Face.person)
        .tuples()
    )
    return {person: (count, face) for person, count, face, _ in rows}


def _dates() -> dict[int, tuple[str | None, str | None]]:
    rows = (
        Face.select(Face.person, fn.MIN(Photo.taken_at), fn.MAX(Photo.taken_at))
        .join(Photo)
        .where(Face.state == FaceState.CONFIRMED)
        .group_by(Face.person)
        .tuples()
    )
    return {person: (first, last) for person, first, last in rows}


def _unwritten_per_person() -> dict[int, int]:
    photos = unwritten()  # compared here: SQLite takes only so many ids at once
    rows = (
        Face.select(Face.person, Face.photo, Person.name, Photo.written).join_from(Face, Person).join_from(Face, Photo)
    )
    rows = rows.where(Face.state == FaceState.CONFIRMED).distinct().tuples()
    found: dict[int, int] = {}
    for person, photo, name, written in rows:
        if photo in photos and name not in {entry["name"] for entry in written}:
            found[person] = found.get(person, 0) + 1
    return found
