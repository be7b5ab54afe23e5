"""Merging people who are one: what it would do, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from peewee import fn

from tui_tagger.errors import UsageError
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.views import FaceState, Outcome
from tui_tagger.storage import journal
from tui_tagger.storage.journal import Recorder
from tui_tagger.storage.models import Alias, Face, Person, Photo, Rejection
from tui_tagger.text import folded


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do, and what speaks against it."""

    target: str
    sources: tuple[tuple[str, int], ...]  # names, each with the confirmed faces that move
    together: tuple[Path, ...]  # photos in which at least two of them are confirmed
    denied: int  # moving faces that were said not to be the target
    birth_date: str | None  # the target's afterwards
    dropped: tuple[tuple[str, str], ...]  # names with the birth dates that are lost
    aliases: tuple[str, ...]  # the target's other names afterwards

    @property
    def faces(self) -> int:
        return sum(faces for _, faces in self.sources)


def preview_merge(sources: Sequence[int], target: int) -> MergePreview:
    """Raises UsageError if there is nobody to merge."""
    into, others = _persons(sources, target)
    ids = [person.id for person in others]
    theirs = Face.person.in_(ids) & (Face.state == FaceState.CONFIRMED)
    counts = dict(Face.select(Face.person, fn.COUNT(Face.id)).where(theirs).group_by(Face.person).tuples())
    denied = Rejection.select().join(Face).where((Rejection.person == target) & theirs).count()
    kept = _birth_date(into, others)
    dropped = ((person.name, person.birth_date) for person in others if person.birth_date not in (None, kept))
    return MergePreview(
        target=into.name,
        sources=tuple((person.name, counts.get(person.id, 0)) for person in others),
        together=_together([*ids, target]),
        denied=denied,
        birth_date=kept,
        dropped=tuple(dropped),
        aliases=(*_aliases([target]), *_new_aliases(into, others)),
    )


def merge(recognition: Recognition, sources: Sequence[int], target: int) -> Outcome:
    """All faces of `sources` become the target's, their names other names of the target; the sources are removed.

    The target's own birth date and keyface stay; a birth date is taken over where the target has none.
    """
    into, others = _persons(sources, target)
    ids = [person.id for person in others]
    with journal.decision("merge") as (decision, record):
        names, born = _new_aliases(into, others), _birth_date(into, others)
        moved = [face for (face,) in Face.select(Face.id).where(Face.person.in_(ids)).tuples()]
        _settle_rejections(record, ids, target)
        record.update_all(Face, moved, person=target)
        for alias in Alias.select().where(Alias.person.in_(ids)):
            record.delete(Alias, alias.id)
        for person in others:
            record.delete(Person, person.id)
        for name in names:
            record.insert(Alias, person=target, name=name)
        record.update(Person, target, birth_date=born)
        decision.message = f"Merged {', '.join(person.name for person in others)} into {into.name}"
    recognition.update()
    return Outcome(decision.id, decision.message, journal.touched(decision, Face))


def _persons(sources: Sequence[int], target: int) -> tuple[Person, list[Person]]:
    found = {person.id: person for person in Person.select().where(Person.id.in_([*sources, target]))}
    if target not in found or not set(sources) <= found.keys():
        raise UsageError("This person is no longer in the database.", "Undo brings back who was deleted or merged.")
    others = [found[person] for person in dict.fromkeys(sources) if person != target]
    if not others:
        raise UsageError("Merging needs at least two persons.", "Select them, then merge.")
    return found[target], others


def _together(people: Sequence[int]) -> tuple[Path, ...]:
    """Photos in which at least two of `people` are confirmed."""
    rows = (
        Photo.select(Photo.path)
        .join(Face)
        .where(Face.person.in_(people) & (Face.state == FaceState.CONFIRMED))
        .group_by(Photo.id)
        .having(fn.COUNT(Face.person.distinct()) > 1)
        .order_by(Photo.path)
    )
    return tuple(photo.path for photo in rows)


def _birth_date(into: Person, others: Sequence[Person]) -> str | None:
    dates = (person.birth_date for person in (into, *others) if person.birth_date is not None)
    return next(dates, None)


def _aliases(people: Sequence[int]) -> list[str]:
    rows = Alias.select(Alias.name).where(Alias.person.in_(people)).order_by(Alias.id)
    return [name for (name,) in rows.tuples()]


def _new_aliases(into: Person, others: Sequence[Person]) -> list[str]:
    """The names that the target takes over, those alone that it has not got."""
    known = {folded(name) for name in (into.name, *_aliases([into.id]))}
    names = [*(person.name for person in others), *_aliases([person.id for person in others])]
    fresh = {folded(name): name for name in reversed(names) if folded(name) not in known}
    return list(reversed(fresh.values()))


def _settle_rejections(record: Recorder, sources: Sequence[int], target: int) -> None:
    """Who was said not to be a source is not the target either; what moves to the target was wrongly denied."""
    theirs = Face.person.in_([*sources, target]) & (Face.state == FaceState.CONFIRMED)
    moving = {face for (face,) in Face.select(Face.id).where(theirs).tuples()}
    denied = {face for (face,) in Rejection.select(Rejection.face).where(Rejection.person == target).tuples()}
    for rejection in Rejection.select().where(Rejection.person.in_([*sources, target])).order_by(Rejection.id):
        face, own = rejection.face_id, rejection.person_id == target
        if face in moving or not own:
            record.delete(Rejection, rejection.id)
        if face not in moving and face not in denied:
            record.insert(Rejection, face=face, person=target)
            denied.add(face)
