"""The demo without a screen: a reviewer who knows the truth confirms a few faces, and the rest is counted."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tui_tagger.demo.library import DrawnFace, GroundTruth
from tui_tagger.services.library import faces_of
from tui_tagger.services.review import ReviewService
from tui_tagger.services.tagging import TaggingService
from tui_tagger.services.views import FaceState, FaceView, PhotoStatus
from tui_tagger.storage.models import Photo

SAME_FACE = 0.4  # least overlap (IoU) of a found box with a drawn one
ROUNDS = (1, 2, 3)  # confirmations a person


@dataclass(frozen=True, slots=True)
class DemoReport:
    photos: int
    faces_drawn: int
    faces_found: int
    right_after: Mapping[int, float]  # share of the named people's waiting faces whose suggestion is right
    strangers_taken: float  # share of the strangers' faces suggested to be somebody, after the last round
    written: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Truth:
    drawn: int
    names: Mapping[int, str | None]  # per found face: who was drawn there


def rehearse(
    folder: Path, truth: GroundTruth, review: ReviewService, tagging: TaggingService, began: float
) -> DemoReport:
    """Confirms one, two and three faces of each person, counts right suggestions, accepts them, writes the names.

    `began` is the time.monotonic() at which the demo started.
    """
    known = match(folder, truth)
    right: dict[int, float] = {}
    for confirmations in ROUNDS:
        confirm_up_to(confirmations, known.names, review)
        right[confirmations] = _share_right(known.names)
    taken = _share_taken(known.names)
    _accept_right(known.names, review)
    results = tagging.write()
    return DemoReport(
        photos=len(truth.photos),
        faces_drawn=known.drawn,
        faces_found=len(known.names),
        right_after=right,
        strangers_taken=taken,
        written=sum(result.result in ("written", "sidecar") for result in results),
        seconds=round(time.monotonic() - began, 1),
    )


def match(folder: Path, truth: GroundTruth) -> Truth:
    """Which found face is which drawn one. What was drawn on photos that cannot be read at all does not count."""
    photos = {photo.path: photo for photo in Photo.select().where(Photo.status == PhotoStatus.READY)}
    names: dict[int, str | None] = {}
    drawn = 0
    for name, drawn_faces in truth.photos.items():
        photo = photos.get(folder.absolute() / name)
        if photo is not None:
            drawn += len(drawn_faces)
            names |= _match_photo(list(faces_of([photo.id])[photo.id]), drawn_faces)
    return Truth(drawn, names)


def _match_photo(found: list[FaceView], drawn: tuple[DrawnFace, ...]) -> dict[int, str | None]:
    names: dict[int, str | None] = {}
    for face in drawn:
        best = max((view for view in found if view.box), key=lambda view: view.box.iou(face.box), default=None)  # type: ignore[union-attr]
        if best is not None and best.box is not None and best.box.iou(face.box) >= SAME_FACE:
            names[best.id] = face.name
            found.remove(best)
    return names


def _views(names: Mapping[int, str | None]) -> list[FaceView]:
    photos = [photo for (photo,) in Photo.select(Photo.id).tuples()]
    return [view for views in faces_of(photos).values() for view in views if view.id in names]


def confirm_up_to(count: int, names: Mapping[int, str | None], review: ReviewService) -> None:
    """Confirms faces drawn by lot until each person has `count` of them."""
    faces: dict[str, list[FaceView]] = defaultdict(list)
    for view in _views(names):
        if (name := names[view.id]) is not None:
            faces[name].append(view)
    for name, views in sorted(faces.items()):
        random.Random(name).shuffle(views)  # noqa: S311  a lot, not a secret
        for view in views[:count]:
            if view.state != FaceState.CONFIRMED:
                review.name([view.id], name, allow_twice=True)


def _share_right(names: Mapping[int, str | None]) -> float:
    waiting = [view for view in _views(names) if names[view.id] is not None and view.state != FaceState.CONFIRMED]
    right = sum(view.person == names[view.id] for view in waiting)
    return round(right / len(waiting), 4) if waiting else 0.0


def _share_taken(names: Mapping[int, str | None]) -> float:
    strangers = [view for view in _views(names) if names[view.id] is None]
    return round(sum(view.person is not None for view in strangers) / len(strangers), 4) if strangers else 0.0


def _accept_right(names: Mapping[int, str | None], review: ReviewService) -> None:
    for view in _views(names):
        if view.state == FaceState.SUGGESTED and view.person == names[view.id] and view.person_id is not None:
            review.accept([view.id], view.person_id, allow_twice=True)
