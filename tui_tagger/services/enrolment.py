"""Enrolling from folders: each sub-folder is a person, each photo in it shows that person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tui_tagger.errors import TaggerError, UsageError
from tui_tagger.services.library import faces_of
from tui_tagger.services.review import ReviewService
from tui_tagger.services.views import FaceState, FaceView, Failure, PhotoStatus
from tui_tagger.storage.models import Photo

CLEARLY_LARGER = 1.5  # times the area of the next face: then it is clear whom the photo is meant to show


@dataclass(frozen=True, slots=True)
class EnrolReport:
    people: int
    photos: int
    enrolled: int
    no_face: tuple[Path, ...]
    failed: tuple[Failure, ...]


def enrol(folder: Path, review: ReviewService) -> EnrolReport:
    """Confirms the main face of each scanned photo below `folder`/<Name>/ as the person <Name>.

    Photos whose main face cannot be told are listed as failed. Faces that a human decided otherwise are left alone.
    Raises UsageError when the folder has no sub-folders.
    """
    folder = folder.absolute()
    people = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    if not people:
        raise UsageError(
            f"{folder} has no sub-folders", "Put each person's photos into a folder with the person's name."
        )
    no_face: list[Path] = []
    failed: list[Failure] = []
    enrolled: dict[str, int] = defaultdict(int)
    photos = 0
    for person in people:
        for photo in _photos_below(person):
            photos += 1
            try:
                face = _main_face(photo)
                if face is None:
                    no_face.append(photo.path)
                elif _confirm(face, person.name, review):
                    enrolled[person.name] += 1
            except TaggerError as error:
                failed.append(Failure(photo.path, error.message))
    return EnrolReport(len(enrolled), photos, sum(enrolled.values()), tuple(no_face), tuple(failed))


def _photos_below(folder: Path) -> list[Photo]:
    rows = Photo.select().where(Photo.status != PhotoStatus.OFFLINE).order_by(Photo.path)
    return [photo for photo in rows if photo.path.is_relative_to(folder)]


def _main_face(photo: Photo) -> FaceView | None:
    if photo.status == PhotoStatus.FAILED:
        raise UsageError(photo.failure, "The folder's other photos are taken.")
    faces = [face for face in faces_of([photo.id])[photo.id] if face.box is not None]
    by_size = sorted(faces, key=lambda face: face.box.area if face.box else 0.0, reverse=True)
    areas = [face.box.area for face in by_size if face.box is not None]
    if len(areas) > 1 and areas[0] < CLEARLY_LARGER * areas[1]:
        raise UsageError(f"{photo.path}: shows {len(faces)} faces of similar size", "Name them in Review.")
    return by_size[0] if by_size else None


def _confirm(face: FaceView, name: str, review: ReviewService) -> bool:
    if face.state == FaceState.CONFIRMED and face.person == name:
        return True
    if face.state not in (FaceState.UNKNOWN, FaceState.SUGGESTED):
        raise UsageError(
            f"{face.photo_path}: its face was decided otherwise before ({face.person or face.state})",
            "Your decision stays; change it in the app.",
        )
    review.name([face.id], name)
    return True
