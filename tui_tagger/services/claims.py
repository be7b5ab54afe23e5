"""What files or an export claim about the faces of a photo, held against what is known: what should change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from tui_tagger.geometry import Box
from tui_tagger.services.library import face_box
from tui_tagger.services.query import WAITING
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Face, Rejection

SAME_FACE = 0.5  # intersection over union from which two boxes show one face


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody said that this face is `name`, or of a `state` without a name; without a box: the person is there.

    `standing`: the name is written in the photo or its sidecar.
    """

    name: str | None
    box: Box | None
    source: str
    state: FaceState = FaceState.CONFIRMED
    standing: bool = True

    def __str__(self) -> str:
        return self.name or str(self.state)


@dataclass(frozen=True, slots=True)
class Change:
    """A face to confirm (`face_id`), or one to add; `box` where it is new."""

    claim: Claim
    face_id: int | None
    box: Box | None


@dataclass(slots=True)
class Verdict:
    """What follows from the claims about one photo; `agreed` are those that change nothing."""

    changes: list[Change] = field(default_factory=list)
    agreed: list[Claim] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def same_name(first: str, second: str) -> bool:
    """Names are compared without case, in one Unicode form; accents count."""
    return key_of(first) == key_of(second)


def key_of(name: str) -> str:
    return normalize("NFC", name).casefold()


def pairs(wanted: Sequence[Box | None], known: Sequence[Box | None]) -> dict[int, int]:
    """Which of `wanted` is which of `known`, by index: the greatest overlaps first, each at most once."""
    overlaps = [
        (first.iou(second), here, there)
        for here, first in enumerate(wanted)
        for there, second in enumerate(known)
        if first is not None and second is not None
    ]
    found: dict[int, int] = {}
    for overlap, here, there in sorted(overlaps, reverse=True):
        if overlap >= SAME_FACE and here not in found and there not in found.values():
            found[here] = there
    return found


def weigh(claims: Sequence[Claim], faces: Sequence[Face]) -> Verdict:
    """Holds the claims about one photo against its faces (rows joined with their persons), all of them at once.

    What a human decided otherwise stays. A person that is claimed on one face and confirmed on another which no claim
    is about would be there twice: that is refused too.
    """
    verdict = Verdict()
    matched = pairs([claim.box for claim in claims], [face_box(face) for face in faces])
    free = [face for number, face in enumerate(faces) if number not in matched.values()]
    for number, claim in enumerate(claims):
        if number in matched:
            _about_face(claim, faces[matched[number]], verdict)
        elif claim.box is not None:
            _about_place(claim, free, verdict)
        elif _named(claim, faces):
            verdict.agreed.append(claim)
        else:
            verdict.changes.append(Change(claim, None, None))
    return verdict


def _about_face(claim: Claim, face: Face, verdict: Verdict) -> None:
    name = face.person.name if face.person_id is not None else None
    if face.state == claim.state and (claim.name is None or (name is not None and same_name(claim.name, name))):
        verdict.agreed.append(claim)
    elif face.state not in WAITING:
        verdict.refused.append(f"{claim}: this face was decided otherwise before ({name or face.state})")
    elif claim.name is not None and _rejected(face, claim.name):
        verdict.refused.append(f"{claim}: this face was said not to be {claim}")
    else:
        verdict.changes.append(Change(claim, face.id, None))


def _about_place(claim: Claim, free: list[Face], verdict: Verdict) -> None:
    """A box without a known face: the place of a person who was only known to be there, or a new face."""
    others = _named(claim, free)
    unplaced = [face for face in others if face.x is None]
    if others and not unplaced:
        verdict.refused.append(f"{claim}: is confirmed on another face of this photo")
    else:
        verdict.changes.append(Change(claim, unplaced[0].id if unplaced else None, claim.box))
        free[:] = [face for face in free if face not in unplaced[:1]]


def _named(claim: Claim, faces: Sequence[Face]) -> list[Face]:
    confirmed = (face for face in faces if face.state == FaceState.CONFIRMED and face.person_id is not None)
    return [face for face in confirmed if claim.name is not None and same_name(face.person.name, claim.name)]


def _rejected(face: Face, name: str) -> bool:
    rows = Rejection.select().where(Rejection.face == face.id)
    return any(same_name(rejection.person.name, name) for rejection in rows)
