"""The library: photos by page, folder and filter, one photo in full, and its pictures."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peewee import JOIN, ModelSelect, fn
from PIL import Image

from tui_tagger.errors import UsageError
from tui_tagger.geometry import Box
from tui_tagger.imaging import crop_upright, load_upright
from tui_tagger.metadata.exif import ExifEntry, read_entries
from tui_tagger.metadata.regions import SAME_FACE
from tui_tagger.services.query import WAITING, condition
from tui_tagger.services.views import (
    FaceState,
    FaceView,
    FolderRow,
    Page,
    PhotoDetail,
    PhotoRow,
    PhotoStatus,
)
from tui_tagger.storage.models import Face, Person, Photo, proxy

SORTS = ("date", "name", "waiting", "people")
GONE = "A scan or another program removed it; go on with another one."  # a hint

Named = tuple[str, tuple[float, ...] | None]  # a name, and the box that has it
# What stands in a photo's file, as Photo.written keeps it: {"name": str, "ours": whether we added it, "box": [x, y,
# width, height] in upright pixels, or None}; without "box" where it is not known.
Written = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Counts:
    photos: int
    people: int
    waiting: int
    unwritten: int
    offline: int
    failed: int


class LibraryService:
    def page(
        self, query: str = "", sort: str = "date", offset: int = 0, limit: int = 100, folder: Path | None = None
    ) -> Page:
        """A part of the photos that fit. Raises UsageError for a query or an order that is not known."""
        photos = _selected(query, folder)
        rows = list(_ordered(photos, sort).offset(offset).limit(limit))
        return Page(photo_rows(rows), offset, photos.count())

    def photo_ids(self, query: str = "", sort: str = "date", folder: Path | None = None) -> list[int]:
        rows = _ordered(_selected(query, folder).select(Photo.id), sort).tuples()
        return [photo_id for (photo_id,) in rows]

    def ids_below(self, paths: Sequence[Path]) -> list[int]:
        """The photos that are these files or lie below these folders. Raises UsageError for a path without any."""
        rows = Photo.select(Photo.id, Photo.path).order_by(Photo.path).tuples()
        known = [(photo_id, Path(path)) for photo_id, path in rows]
        for wanted in paths:
            if not any(path == wanted or path.is_relative_to(wanted) for _, path in known):
                raise UsageError(f"{wanted}: no photo of the library is there", "tui-tagger scan takes photos in.")
        return [i for i, path in known if any(path == wanted or path.is_relative_to(wanted) for wanted in paths)]

    def folders(self) -> tuple[FolderRow, ...]:
        waiting = dict(
            Face.select(Photo.folder, fn.COUNT(Face.id))
            .join(Photo)
            .where(Face.state.in_(WAITING))
            .group_by(Photo.folder)
            .tuples()
        )
        rows = Photo.select(Photo.folder, fn.COUNT(Photo.id)).group_by(Photo.folder).order_by(Photo.folder).tuples()
        return tuple(FolderRow(Path(folder), photos, waiting.get(folder, 0)) for folder, photos in rows)

    def photo(self, photo_id: int) -> PhotoDetail:
        """Everything about one photo. Raises UsageError when there is none with this id."""
        photo = _photo(photo_id)
        return PhotoDetail(
            row=photo_rows([photo])[0],
            width=photo.width,
            height=photo.height,
            orientation=photo.orientation,
            offset=photo.utc_offset,
            date_source=photo.date_source,
            camera=photo.camera,
            latitude=photo.latitude,
            longitude=photo.longitude,
            direction=photo.direction,
            description=photo.description,
            faces=faces_of([photo_id])[photo_id],
            failure=photo.failure,
        )

    def entries(self, photo_id: int) -> tuple[ExifEntry, ...]:
        """The whole EXIF table, read from the file now."""
        return read_entries(_photo(photo_id).path)

    def picture(self, photo_id: int, side: int) -> Image.Image:
        """The upright photo, RGB, at most `side` pixels long. Raises PhotoError."""
        return load_upright(_photo(photo_id).path, side).pixels

    def face_picture(self, face_id: int, side: int) -> Image.Image:
        """A face with some of its surroundings. Raises PhotoError; UsageError for a person without a visible face."""
        face = Face.select(Face, Photo).join(Photo).where(Face.id == face_id).first()
        box = None if face is None else face_box(face)
        if box is None:
            raise UsageError("There is no face to show.", "Scan photos that show people.")
        return crop_upright(face.photo.path, box, side)

    def counts(self) -> Counts:
        by_status = dict(Photo.select(Photo.status, fn.COUNT(Photo.id)).group_by(Photo.status).tuples())
        return Counts(
            photos=sum(by_status.values()),
            people=Person.select().count(),
            waiting=Face.select().where(Face.state.in_(WAITING)).count(),
            unwritten=len(unwritten()),
            offline=by_status.get(PhotoStatus.OFFLINE, 0),
            failed=by_status.get(PhotoStatus.FAILED, 0),
        )


def faces_of(photo_ids: Sequence[int]) -> dict[int, tuple[FaceView, ...]]:
    """The faces of each photo, left to right; those marked "not a face" left out."""
    rows = (
        Face.select(Face, Photo.id, Photo.path, Person.id, Person.name)
        .join_from(Face, Photo)
        .join_from(Face, Person, JOIN.LEFT_OUTER)
        .where(Face.photo.in_(photo_ids) & (Face.state != FaceState.NOT_A_FACE))
        .order_by(Face.photo, Face.x.is_null(), Face.x, Face.id)
    )
    found: dict[int, list[FaceView]] = {photo_id: [] for photo_id in photo_ids}
    for face in rows:
        there = found[face.photo_id]
        there.append(_view(face, len(there) + 1))
    return {photo_id: tuple(faces) for photo_id, faces in found.items()}


def face_view(face_id: int) -> FaceView:
    """One face, with its number within its photo. Raises UsageError when there is none with this id."""
    face = Face.get_or_none(Face.id == face_id)
    if face is None:
        raise UsageError("This face is no longer in the database.", GONE)
    for view in faces_of([face.photo_id])[face.photo_id]:
        if view.id == face_id:
            return view
    return _view(face, 0)  # marked "not a face": it has no number


def face_views(face_ids: Iterable[int]) -> tuple[FaceView, ...]:
    """Several faces in the order asked for; those that are gone are left out."""
    ids = list(face_ids)
    photos = [photo for (photo,) in Face.select(Face.photo).where(Face.id.in_(ids)).distinct().tuples()]
    known = {view.id: view for views in faces_of(photos).values() for view in views}
    return tuple(known[i] for i in ids if i in known)


def face_box(face: Face) -> Box | None:
    return None if face.x is None else Box(face.x, face.y, face.width, face.height)


def photo_rows(photos: Sequence[Photo]) -> tuple[PhotoRow, ...]:
    ids = [photo.id for photo in photos]
    people: dict[int, list[str]] = defaultdict(list)
    faces: dict[int, int] = defaultdict(int)
    waiting: dict[int, int] = defaultdict(int)
    rows = (
        Face.select(Face.photo, Face.state, Person.name)
        .join(Person, JOIN.LEFT_OUTER)
        .where(Face.photo.in_(ids) & (Face.state != FaceState.NOT_A_FACE))
        .order_by(Face.photo, Face.x.is_null(), Face.x)
        .tuples()
    )
    for photo_id, state, name in rows:
        faces[photo_id] += 1
        waiting[photo_id] += state in WAITING
        if state == FaceState.CONFIRMED and name is not None:
            people[photo_id].append(name)
    different = unwritten(ids)
    return tuple(
        PhotoRow(
            id=photo.id,
            path=photo.path,
            taken_at=photo.taken_at,
            place=photo.place,
            people=tuple(dict.fromkeys(people[photo.id])),
            faces=faces[photo.id],
            waiting=waiting[photo.id],
            status=PhotoStatus(photo.status),
            unwritten=photo.id in different,
        )
        for photo in photos
    )


def unwritten(photo_ids: Sequence[int] | None = None) -> set[int]:
    """Photos whose confirmed names are not those that were written, or with a description that was typed since.

    Of the given ones, or of all.
    """
    place = (Face.x, Face.y, Face.width, Face.height)
    confirmed = Face.select(Face.photo, Person.name, *place).join(Person).where(Face.state == FaceState.CONFIRMED)
    photos = Photo.select(Photo.id, Photo.written)
    typed = Photo.select(Photo.id).where(Photo.typed.is_null(False) & (Photo.status == PhotoStatus.READY))
    if photo_ids is None:
        photos = photos.where((fn.json_array_length(Photo.written) > 0) & (Photo.status == PhotoStatus.READY))
    else:
        confirmed = confirmed.where(Face.photo.in_(photo_ids))
        photos = photos.where(Photo.id.in_(photo_ids))
        typed = typed.where(Photo.id.in_(photo_ids))
    wanted: dict[int, set[Named]] = defaultdict(set)
    for photo, name, *box in _plain(confirmed):
        wanted[photo].add((name, None if box[0] is None else tuple(box)))
    stand = {photo: json.loads(written) for photo, written in _plain(photos)}
    differ = {photo for photo in wanted.keys() | stand.keys() if not _agree(wanted[photo], stand.get(photo, []))}
    return differ | {photo for (photo,) in _plain(typed)}


def _plain(query: ModelSelect) -> Iterator[Any]:
    """The rows as SQLite gives them: the object mapper takes most of the time for 100,000 faces."""
    return iter(proxy.execute_sql(*query.sql()))


def _agree(wanted: set[Named], written: Written) -> bool:
    """Whether the names are the same, and on the same faces as far as it is known where they were written."""
    placed = {(entry["name"], entry["box"] and tuple(entry["box"])) for entry in written if "box" in entry}
    if placed == wanted and len(placed) == len(written):
        return True
    if {name for name, _ in wanted} != {entry["name"] for entry in written}:
        return False
    anywhere = {entry["name"] for entry in written if "box" not in entry}
    here = [each for each in wanted if each[0] not in anywhere]
    return _all_alike(here, placed) and _all_alike(placed, wanted)


def _all_alike(first: Iterable[Named], second: Iterable[Named]) -> bool:
    return all(any(_alike(each, other) for other in second) for each in first)


def _alike(first: Named, second: Named) -> bool:
    if first[0] != second[0] or first[1] is None or second[1] is None:
        return first == second
    return Box(*first[1]).iou(Box(*second[1])) >= SAME_FACE


def _view(face: Face, number: int) -> FaceView:
    machine = face.state in WAITING
    return FaceView(
        id=face.id,
        photo_id=face.photo_id,
        photo_path=face.photo.path,
        number=number,
        box=face_box(face),
        score=face.score,
        state=FaceState(face.state),
        person_id=face.person_id,
        person=face.person.name if face.person_id is not None else None,
        probability=face.probability if machine else None,
        recommendation=face.recommendation if machine else "none",
    )


def _photo(photo_id: int) -> Photo:
    photo: Photo | None = Photo.get_or_none(Photo.id == photo_id)
    if photo is None:
        raise UsageError("This photo is no longer in the database.", GONE)
    return photo


def _selected(query: str, folder: Path | None) -> ModelSelect:
    photos = Photo.select()
    wanted = condition(query)
    if wanted is not None:
        photos = photos.where(wanted)
    if folder is not None:
        photos = photos.where((Photo.folder == folder) | fn.instr(Photo.folder, f"{folder}/") == 1)
    return photos


def _ordered(photos: ModelSelect, sort: str) -> ModelSelect:
    if sort not in SORTS:
        raise UsageError(f"The order {sort!r} is not known", "Orders are: " + ", ".join(SORTS) + ".")
    if sort == "name":
        return photos.order_by(Photo.name, Photo.id)
    if sort == "date":
        return photos.order_by(Photo.taken_at.is_null(), Photo.taken_at, Photo.name, Photo.id)
    states = WAITING if sort == "waiting" else (FaceState.CONFIRMED,)
    counted = Face.select(fn.COUNT(Face.id)).where((Face.photo == Photo.id) & Face.state.in_(states))
    return photos.order_by(fn.COALESCE(counted, 0).desc(), Photo.taken_at, Photo.name, Photo.id)


def all_faces(state: str | None = None) -> tuple[FaceView, ...]:
    """Every face that is one, by photo and from left to right. Raises UsageError for a state that is not known."""
    if state is not None and state not in set(FaceState):
        raise UsageError(f"{state!r} is not a state", "States are: " + ", ".join(FaceState) + ".")
    rows = Face.select(Face.id).join(Photo).order_by(Photo.path, Face.x.is_null(), Face.x, Face.id)
    if state is not None:
        rows = rows.where(Face.state == state)
    ids = [face for (face,) in rows.tuples()]
    if state == FaceState.NOT_A_FACE:
        return tuple(face_view(face) for face in ids)
    return face_views(ids)
