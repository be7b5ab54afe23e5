"""The course of a review: which question comes next, and the one that is under the cursor.

Groups of people come first, then single faces that somebody is suggested for, then groups of unknown faces, pages of
faces like nobody's, and last the unknown faces one by one. Other orders than `Order.PERSON` ask face by face.

The question under the cursor stays what it is until it is answered, skipped or left by a key; then it is one step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from tui_tagger.services.groups import PAGE, GroupKind, Groups, GroupView
from tui_tagger.services.orders import Order
from tui_tagger.services.queue import Faces
from tui_tagger.services.review import DEFAULT_ORDER, ReviewService
from tui_tagger.services.views import Outcome

KEPT = 200  # answered questions that undo brings back as they were


@dataclass(frozen=True, slots=True)
class Question:
    """A group, or the face at a place of the queue; `face` is None when nothing waits.

    In a group, `cursor` and `unticked` are what the human had there when it was answered.
    """

    group: GroupView | None = None
    face: int | None = None
    cursor: int = 0
    unticked: frozenset[int] = field(default=frozenset())

    @property
    def face_ids(self) -> tuple[int, ...]:
        if self.group is not None:
            return self.group.face_ids
        return () if self.face is None else (self.face,)

    def within(self, group: GroupView) -> Question:
        """The same about what is left of the group; the cursor stays on its face, or on the one after it."""
        left = set(group.face_ids)
        above = sum(face in left for face in self.face_ids[: self.cursor])
        return replace(self, group=group, cursor=max(0, min(above, group.count - 1)))


class Course:
    """One walk through what waits. `grouped` says whether groups are asked."""

    def __init__(self, review: ReviewService, order: Order = DEFAULT_ORDER, grouped: bool = True) -> None:
        self._review = review
        self._groups: Groups | None = None  # None: to be found anew
        self._apart: set[int] = set()  # asked one by one: unticked ones, and groups that were skipped
        self._answered: dict[int, Question] = {}  # by decision
        self.grouped = grouped and order is DEFAULT_ORDER
        self.order = order
        self.photos: frozenset[int] | None = None  # only their faces are asked about; None: all
        self._inside: frozenset[int] | None = None  # the faces of these
        self.queue = Faces()
        self.place = 0  # of the single face that is asked about, or was before the group
        self.question = Question()

    @property
    def count(self) -> int:
        """How many faces wait, those in groups among them."""
        return len(self.queue)

    @property
    def groups_left(self) -> int:
        """How many groups there are to be asked, pages of loners not among them."""
        return self._found().left(self._apart) if self.grouped else 0

    @property
    def ahead(self) -> tuple[int, ...]:
        """The first faces of the group that comes after this one, as far as it can be told now."""
        if not self.grouped:
            return ()
        groups, apart = self._found(), self._apart | set(self.question.face_ids)
        group = groups.first(GroupKind.PERSON, apart) or groups.first(GroupKind.UNKNOWN, apart)
        return group.face_ids[:PAGE] if group else ()

    def begin(self, order: Order | None = None) -> None:
        """Plans anew and asks the first question; with an `order`, in that one from now on."""
        if order is not None:
            self.order, self.grouped = order, order is DEFAULT_ORDER
        self._review.replan(self.order)
        self.place = 0
        self._read(anew=True)
        self.question = self._following()

    def restrict(self, photos: Collection[int] | None, begin: bool = True) -> None:
        """Asks only about faces of these photos, or about all again: at once, or when the review begins."""
        self.photos = None if photos is None else frozenset(photos)
        if begin:
            self.begin()

    def reload(self) -> None:
        """After changes from elsewhere, or when the scores have caught up: the question stays as far as it waits."""
        above = self.queue[self.place - 1] if self.place else None
        self._review.catch_up(above if self.question.face is None else self.question.face)
        self._read(anew=True)
        self._ask(self._waiting(self.question))

    def show_groups(self, grouped: bool) -> None:
        """Asks groups, also those that were skipped and faces that were unticked; or single faces only."""
        self.grouped = grouped
        self._apart.clear()
        self._read(anew=True)
        self.question = self._following()

    def move_to(self, place: int) -> None:
        """Asks about the single face at a place of the queue."""
        self._ask(Question(face=self.queue[place]) if self.queue else None)

    def remember(self, cursor: int, unticked: Collection[int]) -> None:
        """What the human has in the group, for when its answer is undone."""
        self.question = replace(self.question, cursor=cursor, unticked=frozenset(unticked))

    def decided(self, outcome: Outcome) -> None:
        """After a decision: a face that still waits, and what is left of a group, stay; else it is one step."""
        asked = self.question
        self._answered[outcome.decision_id] = asked
        if len(self._answered) > KEPT:
            del self._answered[next(iter(self._answered))]
        self._pass(outcome.face_ids)
        if asked.group is not None:
            asked = asked.within(asked.group.without(outcome.face_ids))
        left = self._waiting(asked)
        if left is None:
            self._apart |= asked.unticked
        self._ask(left)

    def skip(self) -> None:
        """Asks about this face last; about the faces of a group one by one."""
        face, at, before = self.question.face, self.place, self.queue
        if face is None:
            self._apart |= set(self.question.face_ids)
        else:
            self._review.skip(face)
            self._read()
            self.place = self.queue.index(before[at + 1] if at + 1 < len(before) else face)
        self.question = self._following()

    def go_back(self, outcome: Outcome) -> None:
        """To the question whose answer was undone or repeated; else to its first face that waits."""
        self._read(anew=True)
        asked = self._answered.get(outcome.decision_id)
        found = self._waiting(asked) if asked else None
        if found is None:
            self.go_to(outcome.face_ids)
        else:
            self._apart -= set(found.face_ids)
            self._ask(found)

    def go_to(self, face_ids: Iterable[int]) -> None:
        """To the first of these faces that waits, if one does: in the group that holds several of them, or alone."""
        faces = tuple(face_ids)
        there = self._askable(faces)
        waiting = [face for face in faces if face in there]
        now = self._waiting(self.question)
        if waiting and not (now and waiting[0] in now.face_ids):
            group = self._holding(waiting[0]) if self.grouped and len(waiting) > 1 else None
            now = Question(group=group) if group else Question(face=waiting[0])
        self._ask(now)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _read(self, anew: bool = False) -> None:
        self.queue = self._review.queue()
        if self.photos is not None:
            self._inside = self._review.faces_in(self.photos)
            self.queue = self.queue.within(self._inside)
        if anew or self._review.settled:
            self._groups = None

    def _found(self) -> Groups:
        """The groups as they were when the scores were up to date; what was decided since is left out when asked."""
        if self._groups is None:
            self._groups = self._review.grouped(self.photos)
        return self._groups

    def _holding(self, face: int) -> GroupView | None:
        """The group that a face is in, be it that it was not waiting when the groups were made."""
        group = self._found().holding(face, self._apart)
        if group is None and not self._review.settled:
            self._groups = self._review.grouped(self.photos, anew=True)
            group = self._groups.holding(face, self._apart)
        return group

    def _pass(self, faces: Collection[int]) -> None:
        """Keeps the place in the queue, of which `faces` were decided or go on waiting."""
        before = self.queue[: self.place]
        self._read()
        gone = set(faces) - self._review.waiting(faces)
        self.place -= sum(face in gone for face in before)
        if self.place == 0 and self.question.group is not None and self._review.settled:
            self._review.replan(self.order)
            self._read()

    def _waiting(self, question: Question) -> Question | None:
        """The question about those of its faces that wait; None when nothing, or only what was unticked, is left."""
        if question.group is None:
            return question if question.face is not None and self._askable([question.face]) else None
        group = self._review.still(question.group)
        if group is not None and self.photos is not None:
            group = group.without(set(group.face_ids) - self._askable(group.face_ids))
            group = group if group.count else None
        if group is None or question.unticked.issuperset(group.face_ids):
            return None
        return question.within(group)

    def _askable(self, faces: Collection[int]) -> set[int]:
        """Those of the faces that wait and may be asked about."""
        waiting = self._review.waiting(faces)
        return waiting if self.photos is None else waiting & (self._inside or set())

    def _ask(self, question: Question | None) -> None:
        self.question = question or self._following()
        if self.question.face is not None:
            self.place = self.queue.index(self.question.face)

    def _following(self) -> Question:
        """What comes at this place: a group where one is to be asked first, else a single face."""
        self.place = min(self.place, max(0, self.count - 1))
        face = self.queue[self.place] if self.queue else None
        if not self.grouped:
            return Question(face=face)
        groups = self._found()
        of_person = groups.first(GroupKind.PERSON, self._apart)
        if of_person is None and face is not None and self._review.somebody(face):
            return Question(face=face)
        group = of_person or groups.first(GroupKind.UNKNOWN, self._apart) or groups.page(PAGE, self._apart)
        return Question(group=group) if group else Question(face=face)
