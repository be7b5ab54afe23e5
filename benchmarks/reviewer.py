#!/usr/bin/env python3
"""Human effort: a reviewer who knows the truth names 2,000 faces with the keys of Review, starting from nothing.

    OMP_NUM_THREADS=1 python -m benchmarks.reviewer --data ../shared/data [--quick]
    OMP_NUM_THREADS=1 python -m benchmarks.reviewer --embeddings V.npy --names V.txt

The real services on a real database. A few people have hundreds of faces, most have few, and a quarter of the faces are
strangers' met once or twice. Those met most are called by their first names, the others in full. The validation set has
some 14 faces a person: further ones are the person's mean plus the deviation of somebody else's face from their mean.

Keys are counted as UX has them: accept or choose a candidate 1, name n + letters (until the type-ahead's first hit is
right) + enter, ignore i or I, group enter 1 and 2 for each face unticked (move, space); a face unticked from a person's
group is not that person. The careful reviewer looks at everything; the careless one takes single faces that are
"strong" without looking. Clusters are made at the end of the scan, and again when no group is left; groups come before
single faces, and faces like nobody's are looked at by the page: 2 keys for each known one, 1 to ignore the rest.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.cast import cast
from benchmarks.database import Floats, library
from tools import faces as crops
from tui_tagger.faces.weights import COMPACT_ID
from tui_tagger.services import Services
from tui_tagger.services.clustering import cluster
from tui_tagger.services.groups import GroupKind, GroupView
from tui_tagger.services.orders import Order
from tui_tagger.services.review import DEFAULT_ORDER, TwiceInPhoto
from tui_tagger.services.views import ReviewItem
from tui_tagger.storage.models import Face

MOST = 0.95  # of the faces to be named: the strangers that are left then need no answer
PER = 200  # wrong acceptances are told to so many accepted


@dataclass(frozen=True)
class Figures:
    """What one review came to."""

    named: int  # faces that are confirmed as who they are
    wrong: int  # acceptances of somebody else
    keys: int
    questions: int  # single faces and groups asked about
    strong: int  # acceptances of a strong recommendation
    strong_wrong: int
    keys_for_most: float  # keys a face when MOST of the known people's faces were named

    @property
    def keys_per_face(self) -> float:
        return self.keys / max(self.named, 1)

    @property
    def wrong_per_200(self) -> float:
        """Wrong ones among 200 acceptances of "strong"."""
        return PER * self.strong_wrong / max(self.strong, 1)


# --- the reviewer ---------------------------------------------------------------------------------------------------


class Reviewer:
    """Answers questions and counts the keys."""

    def __init__(self, services: Services, truth: Sequence[str | None], careless: bool) -> None:
        self.services, self.truth, self.careless = services, truth, careless
        self.passed: set[int] = set()  # faces of groups that were skipped
        self.named = 0
        self.most: float | None = None  # keys a face when MOST were named
        self.keys = self.questions = self.strong = self.strong_wrong = self.wrong = 0

    def who(self, face: int) -> str | None:
        return self.truth[face - 1]

    def answer(self, item: ReviewItem) -> None:
        """One single face."""
        self.questions += 1
        face, name = item.face.id, self.who(item.face.id)
        names = [candidate.person for candidate in item.candidates]
        if item.recommendation == "strong":
            self.strong += 1
            self.strong_wrong += names[0] != name
            if self.careless:
                self.wrong += names[0] != name
                self.accept(face, item.candidates[0].person_id)
                self.named_right(names[0] == name)
                return
        if name is None:
            self.ignore(item)
        elif name in names:
            self.accept(face, item.candidates[names.index(name)].person_id)
            self.named_right(1)
        else:
            self.name([face], name)

    def answer_group(self, group: GroupView) -> None:
        """Names or ignores what belongs together, and unticks the rest; looks at the faces one by one where few do."""
        self.questions += 1
        self.count_strong(group)
        name, faces = group.person, list(group.face_ids)
        if group.kind is GroupKind.UNKNOWN:
            name = Counter(self.who(face) for face in faces).most_common(1)[0][0]
        odd = [face for face in faces if self.who(face) != name]
        if 2 * len(odd) >= len(faces):
            self.keys += 1  # skip
            self.passed |= set(faces)
            return
        right = [face for face in faces if self.who(face) == name]
        self.keys += 2 * len(odd)
        if group.person_id is not None:
            self.keys += 1
            self.services.review.accept(right, group.person_id)
            self.named_right(len(right))
            for face in odd:
                self.services.review.reject(face, group.person_id)
        elif name is None:
            self.keys += 1
            self.services.review.ignore(right)
        else:
            self.name(right, name)

    def answer_page(self) -> bool:
        """Unticks the faces of known people on the next page of those who are like nobody, and ignores the rest."""
        page = next(
            (left for one in self.services.review.loners() if (left := [f for f in one if f not in self.passed])), None
        )
        if page is None:
            return False
        self.questions += 1
        known = [face for face in page if self.who(face) is not None]
        self.keys += 2 * len(known) + 1
        self.passed |= set(known)
        if strangers := [face for face in page if self.who(face) is None]:
            self.services.review.ignore(strangers)
        return True

    def count_strong(self, group: GroupView) -> None:
        rows = Face.select(Face.id, Face.person).where(Face.id.in_(group.face_ids) & (Face.recommendation == "strong"))
        names = {person.id: person.name for person in self.services.people.list()}
        strong = [(face, names[person]) for face, person in rows.tuples()]
        self.strong += len(strong)
        self.strong_wrong += sum(self.who(face) != name for face, name in strong)

    def next_group(self) -> GroupView | None:
        """The first group with at least two faces that were not passed over."""
        return next((one for one in self.services.review.groups() if len(set(one.face_ids) - self.passed) > 1), None)

    def named_right(self, count: int) -> None:
        self.named += count
        if self.most is None and self.named >= MOST * sum(name is not None for name in self.truth):
            self.most = self.keys / self.named

    def accept(self, face: int, person: int) -> None:
        self.keys += 1
        try:
            self.services.review.accept([face], person)
        except TwiceInPhoto:
            self.keys += 1
            self.services.review.accept([face], person, allow_twice=True)

    def ignore(self, item: ReviewItem) -> None:
        """All the rest of the photo at once, where nobody known is among it."""
        self.keys += 1
        rows = Face.select(Face.id).where((Face.photo == item.face.photo_id) & Face.state.in_(("unknown", "suggested")))
        if any(self.who(face) for (face,) in rows.tuples()):
            self.services.review.ignore([item.face.id])
        else:
            self.services.review.ignore_rest(item.face.photo_id)

    def name(self, faces: Sequence[int], name: str) -> None:
        self.keys += 2 + self.letters(name)
        try:
            self.services.review.name(faces, name)
        except TwiceInPhoto:
            self.keys += 1
            self.services.review.name(faces, name, allow_twice=True)
        self.named_right(len(faces))

    def letters(self, name: str) -> int:
        """How many letters of `name` are typed before it is the first hit; all of a new one."""
        first = (self.services.people.complete(name[:n], limit=1) for n in range(1, len(name)))
        return next((n for n, found in enumerate(first, 1) if found and found[0].name == name), len(name))


def reviewer(
    embeddings: Floats,
    people: Sequence[str],
    *,
    model: str = COMPACT_ID,
    order: Order | None = None,
    careless: bool = False,
    grouped: bool = True,
    faces: int = 2000,
    seed: int = 0,
) -> Figures:
    """One whole review of a library drawn from `embeddings` [n, d] of `people` [n]; order None is the default."""
    drawn = cast(embeddings, people, faces, seed)
    with library(drawn.faces, drawn.embeddings, model) as services:
        services.database.execute_sql("PRAGMA synchronous = off")
        services.recognition.update()
        human = Reviewer(services, drawn.truth, careless)
        if grouped:
            _answer_groups(human)
        queue = services.review.queue(order)
        while queue:
            item = services.review.item(queue[0])
            if grouped and item.face.person_id is None and human.answer_page():
                queue = services.review.queue()
                continue
            human.answer(item)
            while grouped and (group := human.next_group()):
                human.answer_group(group)
            queue = services.review.queue()
        return _figures(human)


def _answer_groups(human: Reviewer) -> None:
    asked = -1
    while cluster() and asked != human.questions:
        asked = human.questions
        while group := human.next_group():
            human.answer_group(group)


def _figures(human: Reviewer) -> Figures:
    rows = Face.select(Face.id, Face.person).where(Face.state == "confirmed").tuples()
    names = {person.id: person.name for person in human.services.people.list()}
    named = sum(names[person] == human.who(face) for face, person in rows)
    most = human.keys / max(named, 1) if human.most is None else human.most
    return Figures(named, human.wrong, human.keys, human.questions, human.strong, human.strong_wrong, most)


# --- printing -------------------------------------------------------------------------------------------------------


def table(results: Mapping[str, Sequence[Figures]]) -> str:
    """Markdown, a row a way of reviewing: mean and spread (standard deviation) over the libraries."""
    columns = ("keys a face", "for 95 % of them", "questions", "wrong in 200 strong", "named", "wrong")
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, figures in results.items():
        values: tuple[Sequence[float], ...] = (
            [one.keys_per_face for one in figures],
            [one.keys_for_most for one in figures],
            [one.questions for one in figures],
            [one.wrong_per_200 for one in figures],
            [one.named for one in figures],
            [one.wrong for one in figures],
        )
        lines.append(f"| {name} | " + " | ".join(map(_spread, values)) + " |")
    return "\n".join(lines)


def _spread(values: Sequence[float]) -> str:
    mean = statistics.fmean(values)
    digits = 3 if mean < 10 else 0
    return f"{mean:.{digits}f} ± {statistics.pstdev(values):.{digits}f}"


def ways(orders: Sequence[Order]) -> dict[str, dict[str, Any]]:
    """The ways of reviewing that are compared, by name, as arguments of `reviewer`."""
    found: dict[str, dict[str, Any]] = {f"one by one, {one}": {"order": one, "grouped": False} for one in orders}
    found |= {f"groups, {one}": {"order": one} for one in orders}
    careless = {"order": DEFAULT_ORDER, "careless": True, "grouped": False}
    return found | {f"one by one, {DEFAULT_ORDER}, careless": careless}


def report(
    embeddings: Floats,
    people: Sequence[str],
    quick: bool = False,
    model: str = COMPACT_ID,
    faces: int = 2000,
    seeds: int = 2,
    orders: Sequence[Order] = (DEFAULT_ORDER,),
) -> str:
    """Every way of reviewing, in Markdown."""
    faces, seeds = (400, 1) if quick else (faces, seeds)
    results = {
        name: [reviewer(embeddings, people, model=model, faces=faces, seed=seed, **way) for seed in range(seeds)]
        for name, way in ways(orders).items()
    }
    return f"{faces} faces, {seeds} libraries, {model}.\n\n{table(results)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    crops.add_options(parser)
    parser.add_argument("--model-id", default=COMPACT_ID)
    parser.add_argument("--poses", choices=["all", "frontal"], default="all")
    parser.add_argument("--faces", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--orders", default=",".join(Order), help="of: " + ", ".join(Order))
    parser.add_argument("--quick", action="store_true", help="400 faces, one library, the default order")
    options = parser.parse_args()
    asked = crops.of(options)
    if options.poses == "frontal":
        asked = asked.where(crops.is_frontal)
    orders = [DEFAULT_ORDER] if options.quick else [Order(order) for order in options.orders.split(",")]
    size = {"model": options.model_id, "faces": options.faces, "seeds": options.seeds, "orders": orders}
    print(report(asked.embeddings, asked.people, options.quick, **size))


if __name__ == "__main__":
    main()
