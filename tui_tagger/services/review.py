"""The review queue: which face is asked about next, and every answer a human can give, each of them undoable."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from tui_tagger.errors import UsageError
from tui_tagger.services.clustering import Clusters
from tui_tagger.services.facts import LAST_WAITING, Facts
from tui_tagger.services.facts import NOBODY as NO_ROW
from tui_tagger.services.groups import PAGE, Groups, GroupView
from tui_tagger.services.library import face_view
from tui_tagger.services.orders import Order
from tui_tagger.services.query import WAITING
from tui_tagger.services.queue import Faces, Plan, Queue, planned
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.views import FaceState, HistoryRow, Outcome, ReviewItem
from tui_tagger.storage import bulk, journal
from tui_tagger.storage.journal import Recorder
from tui_tagger.storage.models import Decision, Face, Person, Photo, Rejection, now

DEFAULT_ORDER = Order.PERSON  # no order needed fewer keys (benchmarks/reviewer.py)
NOBODY = {"person": None, "probability": None, "recommendation": "none"}


class TwiceInPhoto(UsageError):
    """The same person twice in one photo: rare enough to ask."""

    title = "Twice in one photo"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a thread made of the suggestions."""

    groups: Groups
    plan: Plan


class ReviewService:
    def __init__(
        self, recognition: Recognition, undo_write: Callable[[Decision], str], redo_write: Callable[[Decision], str]
    ) -> None:
        self.recognition = recognition
        self._undo_write = undo_write
        self._redo_write = redo_write
        self._clusters = Clusters()
        self._queue: Queue | None = None
        self._groups: tuple[int, Groups] | None = None  # made by a thread after so many scorings: they take 0.1 s

    def queue(self, order: Order | None = None) -> Faces:
        """The waiting faces in the order to ask; queue.Queue says when it changes. Another `order` plans it anew."""
        if self._queue is None or (order is not None and order is not self._queue.order):
            self.replan(order)
        self.recognition.follow()
        assert self._queue is not None
        return self._queue.faces()

    def replan(self, order: Order | None = None) -> None:
        """Plans the queue anew from all decisions so far, as when a review begins."""
        self.recognition.follow()
        if self._queue is None:
            self._queue = Queue(self.recognition, order or DEFAULT_ORDER)
        else:
            self._queue.plan(order=order)

    def catch_up(self, face: int | None = None) -> None:
        """Plans anew what comes after `face` if that was waiting for the scores."""
        if self._queue is not None:
            self._queue.catch_up(face)

    def foresee(self, facts: Facts) -> Foreseen:
        """The groups and the plan of the queue as they follow from `facts`; work for a thread, on a copy of them."""
        order = DEFAULT_ORDER if self._queue is None else self._queue.order
        return Foreseen(Groups(facts, self._clusters, now=self.recognition.facts), planned(facts, order))

    def take(self, foreseen: Foreseen) -> None:
        """Asks about these groups from now on. What was decided meanwhile is left out of them when they are asked."""
        self._groups = self.recognition.scored, foreseen.groups
        if self._queue is not None:
            self._queue.foreseen = foreseen.plan

    @property
    def outdated(self) -> bool:
        """Whether there are faces that the groups made by a thread know nothing of."""
        return self._groups is not None and self._groups[1].size < len(self.recognition.facts)

    @property
    def settled(self) -> bool:
        """Whether the suggestions follow from all decisions up to now."""
        return self.recognition.settled

    def waits(self, face_id: int) -> bool:
        """Whether this face waits and can be shown."""
        return bool(self.waiting([face_id]))

    def waiting(self, face_ids: Collection[int]) -> set[int]:
        """Those of the faces that wait and can be shown."""
        rows = self.recognition.facts.rows_of(face_ids)
        table = self.recognition.facts.table
        state = table["state"][rows]
        return set(table["id"][rows[(state >= 0) & (state <= LAST_WAITING) & table["shown"][rows]]].tolist())

    def somebody(self, face_id: int) -> bool:
        """Whether somebody is suggested for this face."""
        row = self.recognition.facts.row(face_id)
        return row is not None and bool(self.recognition.facts.table["person"][row] != NO_ROW)

    def likelihood(self, face_id: int) -> float | None:
        """The probability of what is suggested for this face, if anything is."""
        row, table = self.recognition.facts.row(face_id), self.recognition.facts.table
        return None if row is None or table["person"][row] == NO_ROW else float(table["probability"][row])

    def grouped(self, photos: Collection[int] | None = None, anew: bool = False) -> Groups:
        """The groups as they follow from all decisions up to now; with `photos`, of their faces alone.

        Those that a thread made, where one did, unless they are asked for `anew`.
        """
        self.recognition.follow()
        if photos is None and self._groups is not None and self._groups[0] == self.recognition.scored and not anew:
            return self._groups[1]
        return Groups(self.recognition.facts, self._clusters, photos)

    def faces_in(self, photos: Collection[int]) -> frozenset[int]:
        """The faces of these photos, whatever their state."""
        facts = self.recognition.facts
        return frozenset(facts.table["id"][facts.within(photos)].tolist())

    def groups(self) -> tuple[GroupView, ...]:
        """All groups: those of people first, within a kind the biggest."""
        return self.grouped().views()

    def loners(self, page: int = PAGE) -> tuple[tuple[int, ...], ...]:
        """Pages of faces that are like nobody (groups.Groups.loners)."""
        return self.grouped().loners(page)

    def still(self, group: GroupView) -> GroupView | None:
        """The group without what waits no longer; None when that is all, or when the person is gone."""
        self.recognition.follow()
        left = group.without(set(group.face_ids) - self.waiting(group.face_ids))
        if group.person_id is None or not left.count:
            return left if left.count else None
        person = Person.get_or_none(Person.id == group.person_id)
        return None if person is None else replace(left, person=person.name)

    def item(self, face_id: int) -> ReviewItem:
        """The question about one face. Raises UsageError when it is gone."""
        view = face_view(face_id)
        photo = Photo.get_by_id(view.photo_id)
        suggestion = self.recognition.suggestion(face_id)
        return ReviewItem(
            face=view,
            candidates=suggestion.candidates,
            recommendation=suggestion.recommendation,
            reasons=suggestion.reasons,
            taken_at=photo.taken_at,
            place=photo.place,
        )

    def accept(self, face_ids: Sequence[int], person_id: int, allow_twice: bool = False) -> Outcome:
        """These faces are that person. Raises TwiceInPhoto, and UsageError for an unknown person."""
        person = Person.get_or_none(Person.id == person_id)
        if person is None:
            raise UsageError("This person is no longer in the database.", "Undo brings back who was deleted or merged.")
        return self._confirm(face_ids, lambda _: (person.id, person.name), allow_twice)

    def name(self, face_ids: Sequence[int], name: str, allow_twice: bool = False) -> Outcome:
        """These faces are the person of exactly this name, who is added if need be."""
        clean = clean_name(name)

        return self._confirm(face_ids, lambda record: (_person_named(record, clean), clean), allow_twice)

    def add_present(self, photo_id: int, name: str, allow_twice: bool = False) -> Outcome:
        """A person is in a photo without a visible face. Raises TwiceInPhoto, and UsageError for an empty name."""
        clean = clean_name(name)
        if not Photo.select().where(Photo.id == photo_id).exists():
            raise UsageError("This photo is no longer in the database.", "Go on with another one.")
        with journal.decision("present") as (decision, record):
            person_id = _person_named(record, clean)
            person = {**NOBODY, "state": FaceState.CONFIRMED, "person": person_id}
            face_id = record.insert(Face, photo=photo_id, source="present", **person)
            if not allow_twice:
                refuse_twice([face_id], person_id, clean)
            Person.update(used_at=now()).where(Person.id == person_id).execute()
            decision.message = f"{clean} is in the photo, without a face"
        self.recognition.update()
        return Outcome(decision.id, decision.message, (face_id,))

    def reject(self, face_id: int, person_id: int) -> Outcome:
        """This face is not that person, who is never offered for it again."""
        return self.reject_all([face_id], person_id)

    def reject_all(self, face_ids: Sequence[int], person_id: int) -> Outcome:
        """None of these faces is that person."""
        person = Person.get_by_id(person_id)

        def change(record: Recorder) -> str:
            for face_id in face_ids:
                known = (Rejection.face == face_id) & (Rejection.person == person_id)
                if not Rejection.select().where(known).exists():
                    record.insert(Rejection, face=face_id, person=person_id)
                if Face.get_by_id(face_id).person_id == person_id:
                    record.update(Face, face_id, state=FaceState.UNKNOWN, **NOBODY)
            return f"not {person.name}" if len(face_ids) == 1 else f"{_count(face_ids)}: not {person.name}"

        return self._decide("reject", face_ids, change)

    def ignore(self, face_ids: Sequence[int]) -> Outcome:
        """Strangers, never asked about again."""
        return self._set(face_ids, "ignore", FaceState.IGNORED, "ignored")

    def ignore_rest(self, photo_id: int) -> Outcome:
        """All that still wait in this photo are strangers."""
        waiting = Face.select(Face.id).where((Face.photo == photo_id) & Face.state.in_(WAITING)).tuples()
        return self.ignore([face for (face,) in waiting])

    def not_a_face(self, face_ids: Sequence[int]) -> Outcome:
        return self._set(face_ids, "not a face", FaceState.NOT_A_FACE, "marked as not a face")

    def reset(self, face_ids: Sequence[int]) -> Outcome:
        """Back to unknown."""
        return self._set(face_ids, "reset", FaceState.UNKNOWN, "unknown again")

    def skip(self, face_id: int) -> None:
        """Asks about this face last; not a decision, so nothing to undo."""
        if self._queue is None:
            self.replan()
        assert self._queue is not None
        self._queue.skip(face_id)

    def undo(self) -> Outcome | None:
        """Takes the last decision back, file writes included; None when there is none. Raises MetadataError."""
        decision = journal.latest()
        if decision is None:
            return None
        message = self._undo_write(decision) if decision.kind == "write" else ""
        journal.revert(decision)
        self.recognition.update()
        return Outcome(decision.id, message or f"Undone: {decision.message}", journal.touched(decision, Face))

    def redo(self) -> Outcome | None:
        """Repeats the decision that was undone last; None when there is none. Raises MetadataError."""
        decision = journal.next_undone()
        if decision is None:
            return None
        message = self._redo_write(decision) if decision.kind == "write" else ""
        journal.repeat(decision)
        self.recognition.update()
        return Outcome(decision.id, message or f"Redone: {decision.message}", journal.touched(decision, Face))

    def history(self, limit: int = 100) -> tuple[HistoryRow, ...]:
        """The latest decisions, newest first."""
        rows = Decision.select().order_by(Decision.id.desc()).limit(limit)
        return tuple(HistoryRow(row.id, row.at, row.message, row.undone) for row in rows)

    def _confirm(
        self, face_ids: Sequence[int], find: Callable[[Recorder], tuple[int, str]], allow_twice: bool
    ) -> Outcome:
        def change(record: Recorder) -> str:
            person, name = find(record)
            if not allow_twice:
                refuse_twice(face_ids, person, name)
            record.update_all(Face, face_ids, **NOBODY | {"state": FaceState.CONFIRMED, "person": person})
            for rejection in rejections(person, face_ids):
                record.delete(Rejection, rejection)
            Person.update(used_at=now()).where(Person.id == person).execute()
            return f"{_count(face_ids)}: {name}"

        return self._decide("confirm", face_ids, change)

    def _set(self, face_ids: Sequence[int], kind: str, state: FaceState, words: str) -> Outcome:
        def change(record: Recorder) -> str:
            record.update_all(Face, face_ids, state=state, **NOBODY)
            return f"{_count(face_ids)} {words}"

        return self._decide(kind, face_ids, change)

    def _decide(self, kind: str, face_ids: Sequence[int], change: Callable[[Recorder], str]) -> Outcome:
        if not face_ids:
            raise UsageError("No face is selected.", "Select a face first.")
        with journal.decision(kind) as (decision, record):
            decision.message = change(record)
        self.recognition.update()
        if self._queue is not None:
            self._queue.decided(face_ids)
        return Outcome(decision.id, decision.message, tuple(face_ids))


def clean_name(name: str) -> str:
    """A name fit for the database and for files: no control characters, single spaces. Raises UsageError when empty."""
    clean = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    if not clean:
        raise UsageError("A name needs at least one visible character.", "Type a name, or press esc.")
    return clean


def _person_named(record: Recorder, name: str) -> int:
    """The person of exactly this name, who is added if need be."""
    person = Person.get_or_none(Person.name == name)
    return int(person.id) if person else record.insert(Person, name=name)


def refuse_twice(face_ids: Sequence[int], person_id: int, name: str) -> None:
    """Raises TwiceInPhoto if a photo would show the person twice once these faces are theirs."""
    photos = bulk.photos_of(face_ids)
    if len(set(photos)) < len(photos) or bulk.confirmed_in(photos, person_id) - set(face_ids):
        raise TwiceInPhoto(f"{name} would be in one photo twice", "Say yes only if that is so: a mirror, a collage.")


def rejections(person_id: int, face_ids: Collection[int]) -> list[int]:
    """The ids of what was said against these faces being that person."""
    said = Rejection.select(Rejection.id, Rejection.face).where(Rejection.person == person_id).tuples()
    faces = set(face_ids)
    return [number for number, face in said if face in faces]


def _count(face_ids: Sequence[int]) -> str:
    return "1 face" if len(face_ids) == 1 else f"{len(face_ids)} faces"
