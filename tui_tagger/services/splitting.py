"""Splitting a person who turned out to be two: a few faces are picked, the rest is divided by likeness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui_tagger.errors import UsageError
from tui_tagger.services.aliases import drop_aliases
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.review import NOBODY, clean_name, refuse_twice, rejections
from tui_tagger.services.scoring import GoOn
from tui_tagger.services.views import FaceState, Outcome
from tui_tagger.storage import journal
from tui_tagger.storage.models import Face, Person, Rejection, now

SURE = 0.95  # a face that is less likely to be where it was put is shown as borderline


@dataclass(frozen=True, slots=True)
class DividedFace:
    """A face of the person that is split: `chance` is the probability that it is the new person's."""

    id: int
    chance: float
    goes: bool
    seed: bool = False
    compared: bool = True  # False: there is no embedding to go by, so it stays

    @property
    def borderline(self) -> bool:
        return self.compared and not self.seed and max(self.chance, 1 - self.chance) < SURE


def planning(
    recognition: Recognition, person_id: int, seeds: Collection[int]
) -> Callable[[GoOn], tuple[DividedFace, ...] | None]:
    """Where each confirmed face of a person would go if `seeds` were somebody else, the least sure first.

    As work for a thread, None where it was ended; the faces are read now. Of two faces of one photo at most one goes.
    Raises UsageError without seeds, and if a seed is not the person's.
    """
    photo_of = _photos(person_id)
    if not seeds:
        raise UsageError("Mark faces of the other person first.", "One is enough; three are better.")
    if not set(seeds) <= photo_of.keys():
        raise UsageError("A face to begin with is not this person's.", "Select one of their confirmed faces.")
    divide = recognition.division(person_id, seeds)
    chosen = frozenset(seeds)

    def plan(go_on: GoOn) -> tuple[DividedFace, ...] | None:
        known = divide(go_on)
        return None if known is None else _planned(photo_of, chosen, known)

    return plan


def _planned(
    photo_of: Mapping[int, int], seeds: Collection[int], known: Mapping[int, float]
) -> tuple[DividedFace, ...]:
    divided = [
        DividedFace(face, known.get(face, float(face in seeds)), False, face in seeds, face in known)
        for face in photo_of
    ]
    chosen = _one_a_photo(divided, photo_of)
    placed = (DividedFace(one.id, one.chance, one.id in chosen, one.seed, one.compared) for one in divided)
    return tuple(sorted(placed, key=lambda one: (not one.borderline, abs(one.chance - 0.5), one.id)))


def split(
    recognition: Recognition, person_id: int, faces: Sequence[int], name: str, allow_twice: bool = False
) -> Outcome:
    """These faces of a person become the person called `name`, who is added if need be; one decision.

    Raises TwiceInPhoto; UsageError if no face is given, all are, one is not the person's, or the name is theirs.
    """
    clean, person = clean_name(name), Person.get_by_id(person_id)
    theirs = _photos(person_id).keys()
    if not faces or not set(faces) <= theirs:
        told = "No face is selected." if not faces else "A face is no longer this person's."
        raise UsageError(told, "Select faces anew.")
    if clean == person.name:
        raise UsageError(f"These faces are {clean}'s already", "Type another name.")
    if set(faces) == theirs:
        raise UsageError(f"No face would be left to {person.name}", "Rename the person instead.")
    with journal.decision("split") as (decision, record):
        known = Person.get_or_none(Person.name == clean)
        new = int(known.id) if known else record.insert(Person, name=clean)
        if not allow_twice:
            refuse_twice(faces, new, clean)
        drop_aliases(record, person_id, clean)  # as after a merge that is taken apart again
        move(record, faces, new)
        Person.update(used_at=now()).where(Person.id == new).execute()
        count = "1 face" if len(faces) == 1 else f"{len(faces):,} faces"
        decision.message = f"{count} of {person.name} split off: {clean}"
    recognition.update()
    return Outcome(decision.id, decision.message, tuple(faces))


def move(record: journal.Recorder, faces: Iterable[int], person_id: int) -> None:
    """Faces become a person's, whatever was said of them before."""
    moved = sorted(set(faces))
    record.update_all(Face, moved, **NOBODY | {"state": FaceState.CONFIRMED, "person": person_id})
    for rejection in rejections(person_id, moved):
        record.delete(Rejection, rejection)


def _photos(person_id: int) -> dict[int, int]:
    """The confirmed faces of a person, each with its photo."""
    theirs = (Face.person == person_id) & (Face.state == FaceState.CONFIRMED)
    return dict(Face.select(Face.id, Face.photo).where(theirs).order_by(Face.id).tuples())


def _one_a_photo(faces: Sequence[DividedFace], photo_of: Mapping[int, int]) -> set[int]:
    """The faces that go: those likelier the new person's, of each photo only the likeliest unless both are seeds."""
    going: dict[int, list[DividedFace]] = defaultdict(list)
    for one in faces:
        if one.seed or one.chance > 0.5:
            going[photo_of[one.id]].append(one)
    best = {max(there, key=lambda one: (one.seed, one.chance)).id for there in going.values()}
    return best | {one.id for one in faces if one.seed}
