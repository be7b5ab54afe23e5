"""The library: photos by page, folder and filter, one photo in full, and its pictures."""

from __future__ import annotations

import os
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from peewee import JOIN, ModelSelect, fn
from PIL import Image

from tui_tagger.errors import UsageError
from tui_tagger.geometry import Box
from tui_tagger.imaging import crop_upright
from tui_tagger.metadata.exif import ExifEntry, read_entries
from tui_tagger.services.birth import age_on
from tui_tagger.services.listing import folder_text, refresh, unwritten
from tui_tagger.services.previews import Previews
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
from tui_tagger.storage.models import Face, Listing, Person, Photo, proxy

BY_DATE = ((Listing.taken, False), (Listing.name, False), (Listing.id, False))
SORTS = {  # the columns of an order, each with whether it goes down; each order has an index
    "date": BY_DATE,
    "name": ((Listing.name, False), (Listing.id, False)),
    "waiting": ((Listing.waiting, True), *BY_DATE),
    "people": ((Listing.confirmed, True), *BY_DATE),
}
FACES = """SELECT photo_id, face.id, path, taken_at, date_source, face.x, face.y, face.width, face.height, score, state,
    person_id, person.name, birth_date, probability, recommendation
    FROM face JOIN photo ON photo.id = photo_id LEFT JOIN person ON person.id = person_id WHERE {}
    ORDER BY photo_id, face.x IS NULL, face.x, face.id"""  # past the object mapper: the next question waits for it
AT_ONCE = 1000  # ids in one statement
GONE = "A scan or another program removed it; go on with another one."  # a hint


@dataclass(frozen=True, slots=True)
class Counts:
    photos: int
    people: int
    waiting: int
    unwritten: int
    offline: int
    failed: int


class LibraryService:
    def __init__(self, previews: Previews | None = None) -> None:
        self._previews = previews or Previews()

    def page(
        self,
        query: str = "",
        sort: str = "date",
        offset: int = 0,
        limit: int = 100,
        folder: Path | None = None,
        reverse: bool = False,
    ) -> Page:
        """A part of the photos that fit. Raises UsageError for a query or an order that is not known."""
        refresh()
        listed = _selected(query, folder)
        ids = [photo for (photo,) in _ordered(listed, sort, reverse).offset(offset).limit(limit).tuples()]
        photos = {photo.id: photo for photo in Photo.select().where(Photo.id.in_(ids))}
        return Page(photo_rows([photos[photo] for photo in ids if photo in photos]), offset, listed.count())

    def photo_ids(
        self, query: str = "", sort: str = "date", folder: Path | None = None, reverse: bool = False
    ) -> array[int]:
        """All that fit, in order, eight bytes each."""
        refresh()
        statement = _ordered(_selected(query, folder), sort, reverse).sql()
        return array("q", (photo for (photo,) in proxy.execute_sql(*statement)))

    def ids_below(self, paths: Sequence[Path]) -> list[int]:
        """The photos that are these files or lie below these folders. Raises UsageError for a path without any."""
        rows = Photo.select(Photo.id, Photo.path).order_by(Photo.path).tuples()
        known = [(photo_id, Path(path)) for photo_id, path in rows]
        for wanted in paths:
            if not any(path == wanted or path.is_relative_to(wanted) for _, path in known):
                raise UsageError(f"{wanted}: no photo of the library is there", "tui-tagger scan takes photos in.")
        return [i for i, path in known if any(path == wanted or path.is_relative_to(wanted) for wanted in paths)]

    def folders(self) -> tuple[FolderRow, ...]:
        """The folders that hold photos, by path."""
        refresh()
        columns = (Listing.folder, fn.COUNT(Listing.id), fn.SUM(Listing.waiting))
        rows = Listing.select(*columns).group_by(Listing.folder).order_by(Listing.folder).tuples()
        return tuple(FolderRow(Path(folder), photos, waiting) for folder, photos, waiting in rows)

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
        return self._previews.picture(_photo(photo_id), side)

    def face_picture(self, face_id: int, side: int) -> Image.Image:
        """A face with some of its surroundings. Raises PhotoError; UsageError for a person without a visible face."""
        face = Face.select(Face, Photo).join(Photo).where(Face.id == face_id).first()
        box = None if face is None else face_box(face)
        if box is None:
            raise UsageError("There is no face to show.", "Scan photos that show people.")
        return crop_upright(face.photo.path, box, side)

    def paths(self, photo_ids: Sequence[int]) -> tuple[Path, ...]:
        """Where the photos are, in the order asked for."""
        known: dict[int, Path] = {}
        for ids in _parts(photo_ids):
            known |= dict(Photo.select(Photo.id, Photo.path).where(Photo.id.in_(ids)).tuples())
        return tuple(known[photo] for photo in photo_ids if photo in known)

    def waiting_faces(self, photo_ids: Sequence[int]) -> list[int]:
        """The faces in these photos that nobody decided on."""
        waiting = Face.select(Face.id).where(Face.state.in_(WAITING))
        return [face for ids in _parts(photo_ids) for (face,) in waiting.where(Face.photo.in_(ids)).tuples()]

    def named_faces(self, photo_ids: Sequence[int]) -> int:
        """How many faces of these photos have a confirmed name."""
        named = Face.select().where(Face.state == FaceState.CONFIRMED)
        return sum(named.where(Face.photo.in_(ids)).count() for ids in _parts(photo_ids))

    def remove(self, photo_ids: Sequence[int]) -> None:
        """Forgets photos and all about them; the files stay. Not a decision: undo does not bring them back."""
        with proxy.atomic("IMMEDIATE"):
            for ids in _parts(photo_ids):
                Photo.delete().where(Photo.id.in_(ids)).execute()

    def counts(self) -> Counts:
        refresh()
        by_status = dict(Listing.select(Listing.status, fn.COUNT(Listing.id)).group_by(Listing.status).tuples())
        return Counts(
            photos=sum(by_status.values()),
            people=Person.select().count(),
            waiting=Face.select().where(Face.state.in_(WAITING)).count(),
            unwritten=Listing.select().where(Listing.unwritten).count(),
            offline=by_status.get(PhotoStatus.OFFLINE, 0),
            failed=by_status.get(PhotoStatus.FAILED, 0),
        )


def faces_of(photo_ids: Sequence[int]) -> dict[int, tuple[FaceView, ...]]:
    """The faces of each photo, left to right; those marked "not a face" left out."""
    ids = ",".join(map(str, map(int, photo_ids)))
    found: dict[int, list[FaceView]] = {photo_id: [] for photo_id in photo_ids}
    for photo_id, *columns in proxy.execute_sql(FACES.format(f"photo_id IN ({ids}) AND state != 'not a face'")):
        found[photo_id].append(_view(photo_id, len(found[photo_id]) + 1, *columns))
    return {photo_id: tuple(faces) for photo_id, faces in found.items()}


def face_view(face_id: int) -> FaceView:
    """One face, with its number within its photo. Raises UsageError when there is none with this id."""
    row = proxy.execute_sql(FACES.format(f"face.id = {int(face_id)}")).fetchone()
    if row is None:
        raise UsageError("This face is no longer in the database.", GONE)
    for view in faces_of([row[0]])[row[0]]:
        if view.id == face_id:
            return view
    return _view(row[0], 0, *row[1:])  # marked "not a face": it has no number


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
            failure=photo.failure,
        )
        for photo in photos
    )


def _view(
    photo_id: int,
    number: int,
    face_id: int,
    path: str | bytes,
    taken_at: str | None,
    source: str,
    x: float | None,
    y: float,
    width: float,
    height: float,
    score: float,
    state: str,
    person_id: int | None,
    person: str | None,
    born: str | None,
    probability: float | None,
    recommendation: str,
) -> FaceView:
    """A row of FACES; a file's own time says nothing about an age."""
    machine = state in WAITING
    return FaceView(
        id=face_id,
        photo_id=photo_id,
        photo_path=Path(os.fsdecode(path)),
        number=number,
        box=None if x is None else Box(x, y, width, height),
        score=score,
        state=FaceState(state),
        person_id=person_id,
        person=person,
        probability=probability if machine else None,
        recommendation=recommendation if machine else "none",
        age=None if person_id is None or source in ("", "file") else age_on(born, taken_at),
    )


def _photo(photo_id: int) -> Photo:
    photo: Photo | None = Photo.get_or_none(Photo.id == photo_id)
    if photo is None:
        raise UsageError("This photo is no longer in the database.", GONE)
    return photo


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """SQLite takes only so many values in one statement."""
    return (list(ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE))


def _selected(query: str, folder: Path | None) -> ModelSelect:
    listed = Listing.select(Listing.id)
    wanted = condition(query)
    if wanted is not None:
        listed = listed.where(wanted)
    if folder is not None:
        here = folder_text(folder).rstrip("/")
        below = (Listing.folder > f"{here}/") & (Listing.folder < f"{here}0")  # "0" is what follows "/"
        listed = listed.where((Listing.folder == (here or "/")) | below)
    return listed


def _ordered(listed: ModelSelect, sort: str, reverse: bool) -> ModelSelect:
    if sort not in SORTS:
        raise UsageError(f"The order {sort!r} is not known", "Orders are: " + ", ".join(SORTS) + ".")
    # All columns turn round at once, so that one index serves both directions.
    return listed.order_by(*(one.desc() if down != reverse else one.asc() for one, down in SORTS[sort]))


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
