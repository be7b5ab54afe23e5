"""Scanning: find photos, read them, look for faces, embed them. One photo is one transaction, so any stop resumes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from peewee import IntegrityError, fn

from tui_tagger.config import ALIGN_FROM, WORKING_SIDE
from tui_tagger.errors import ModelError, PhotoError, TaggerError
from tui_tagger.faces.alignment import quality
from tui_tagger.faces.protocols import Detection, Detector, Embedder
from tui_tagger.formats import OPTIONAL, missing_extra
from tui_tagger.geometry import Box
from tui_tagger.imaging import EXTENSIONS, UprightImage, load_upright
from tui_tagger.metadata.exif import PhotoInfo, read_info
from tui_tagger.metadata.identity import image_hash
from tui_tagger.metadata.places import place_name
from tui_tagger.services.recognition import FoundFace, to_blob
from tui_tagger.services.views import FaceState, Failure, PhotoStatus, ScanReport
from tui_tagger.storage.models import Embedding, Face, Photo, proxy

Checkpoint = Callable[[int, int, Path | None], bool]  # done, total, the photo that comes next -> whether to go on


@dataclass(frozen=True, slots=True)
class File:
    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Models:
    """The detector and the embedder, loaded when first asked for: a scan without news needs neither."""

    detector: Callable[[], Detector]
    embedder: Callable[[], Embedder]
    embedder_id: str


@dataclass
class _Tally:
    new: int = 0
    unchanged: int = 0
    moved: int = 0
    failed: list[Failure] = field(default_factory=list)


def scan(folders: Sequence[Path], models: Models, go_on: Checkpoint) -> ScanReport:
    """Brings the database up to date with what lies below `folders` (photos may be named themselves).

    `go_on` is asked before each photo and ends the scan by returning False; what was done stays. Raises PhotoError for
    a folder that is not there, and ModelError when a model cannot be loaded.
    """
    began, tally = time.monotonic(), _Tally()
    files = list(find_files(folders))
    known = _known(folders)
    todo = [file for file in files if not _unchanged(known.get(file.path), file, tally)]
    finished = True
    for number, file in enumerate(todo):
        if not go_on(number, len(todo), file.path):
            finished = False
            break
        try:
            _take(file, known.get(file.path), models, tally)
        except ModelError:
            raise  # no photo is to blame
        except IntegrityError:
            tally.unchanged += 1  # another program that scans the same folder was faster
        except TaggerError as error:
            if file.path.exists():  # else it vanished meanwhile, which says nothing about the photo
                _store_failure(file, known.get(file.path), error.message)
            tally.failed.append(Failure(file.path, error.message))
    if finished:
        _mark_offline(known, {file.path for file in files})
    go_on(len(todo), len(todo), None)
    return ScanReport(
        photos=len(files),
        new=tally.new,
        unchanged=tally.unchanged,
        moved=tally.moved,
        faces=_faces_below(folders),
        failed=tuple(tally.failed),
        seconds=round(time.monotonic() - began, 3),
    )


def _faces_below(folders: Sequence[Path]) -> int:
    """The faces of the photos that are there now, without those marked "not a face"."""
    known = {photo.id for photo in _known(folders).values()}
    rows = Face.select(Face.photo, fn.COUNT(Face.id)).where(Face.state != FaceState.NOT_A_FACE).group_by(Face.photo)
    return sum(count for photo, count in rows.tuples() if photo in known)


def find_files(folders: Sequence[Path]) -> Iterator[File]:
    """Photos below the folders, in the order of their names; hidden folders and links to folders are not entered."""
    seen: set[Path] = set()
    for folder in folders:
        start = Path(os.path.abspath(folder))  # noqa: PTH100  resolve() would follow links and rename what the user named
        if not start.exists():
            raise PhotoError(f"{start}: there is no such folder", "Check the name.")
        for file in _walk(start):
            if file.path not in seen:
                seen.add(file.path)
                yield file


def _walk(start: Path) -> Iterator[File]:
    if start.is_file():
        stat = start.stat()
        yield File(start, stat.st_size, stat.st_mtime_ns)
        return
    try:
        entries = sorted(os.scandir(start), key=lambda entry: entry.name)
    except OSError:
        return  # a folder that may not be read is the same as an empty one
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif Path(entry.name).suffix.lower() in EXTENSIONS:
            with suppress(OSError):  # a link that leads back to itself, a file that vanished
                if entry.is_file():
                    stat = entry.stat()
                    yield File(Path(entry.path), stat.st_size, stat.st_mtime_ns)


def below(folders: Sequence[Path], path: Path) -> bool:
    return any(path == folder or path.is_relative_to(folder) for folder in folders)


def _known(folders: Sequence[Path]) -> dict[Path, Photo]:
    """The photos of the database below the folders that are not offline, by path."""
    roots = [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100
    rows = Photo.select().where(Photo.status != PhotoStatus.OFFLINE)
    return {photo.path: photo for photo in rows if below(roots, photo.path)}


def _unchanged(photo: Photo | None, file: File, tally: _Tally) -> bool:
    if photo is None or (photo.size, photo.mtime_ns) != (file.size, file.mtime_ns):
        return False
    if photo.status == PhotoStatus.FAILED:
        if OPTIONAL in photo.failure and missing_extra(file.path) is None:
            return False  # what it lacked was installed since
        tally.failed.append(Failure(file.path, photo.failure))
        return True
    if photo.detector is None:
        return False
    tally.unchanged += 1
    return True


def _take(file: File, photo: Photo | None, models: Models, tally: _Tally) -> None:
    try:
        identity = image_hash(file.path.read_bytes())
    except OSError as error:
        raise PhotoError(f"{file.path}: cannot be read ({error.strerror})") from error
    if photo is not None and photo.image_hash == identity and photo.detector is not None:
        _store_info(photo, file, read_info(file.path))  # only its metadata changed
        tally.unchanged += 1
        return
    moved = _moved_from(identity) if photo is None else None
    if moved is not None:
        _store_info(moved, file, read_info(file.path))
        tally.moved += 1
        return
    info = read_info(file.path)
    image = load_upright(file.path, WORKING_SIDE)
    faces = detect_faces(file.path, image, models)
    with proxy.atomic("IMMEDIATE"):
        if photo is not None and photo.status == PhotoStatus.READY:
            _retire(photo)  # other pixels under the same name: what was decided of the old ones is kept with them
            photo = None
        row = photo or Photo(image_hash=identity, status=PhotoStatus.READY)
        row.image_hash, row.detector = identity, models.detector().model_id
        _store_info(row, file, info)
        store_faces(row.id, faces, models.embedder_id)
    tally.new += 1


def _moved_from(identity: str) -> Photo | None:
    """A photo of the same pixels that has lost its file."""
    for photo in Photo.select().where((Photo.image_hash == identity) & Photo.detector.is_null(False)):
        if photo.status == PhotoStatus.OFFLINE or not photo.path.exists():
            return photo  # type: ignore[no-any-return]
    return None


def _retire(photo: Photo) -> None:
    Photo.update(status=PhotoStatus.OFFLINE).where(Photo.id == photo.id).execute()


def _store_info(photo: Photo, file: File, info: PhotoInfo) -> None:
    photo.path, photo.folder, photo.name = file.path, file.path.parent, _printable(file.path.name)
    photo.size, photo.mtime_ns = file.size, file.mtime_ns
    photo.status, photo.failure = PhotoStatus.READY, ""
    photo.width, photo.height, photo.orientation = info.width, info.height, info.orientation
    photo.taken_at, photo.utc_offset, photo.date_source = info.taken_at, info.offset, info.date_source
    if info.taken_at is None:
        photo.taken_at = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(file.mtime_ns / 1e9))
        photo.date_source = "file"
    photo.camera, photo.description = info.camera, info.description
    photo.latitude, photo.longitude, photo.direction = info.latitude, info.longitude, info.direction
    photo.place = place_name(info.latitude, info.longitude)
    photo.save(only=photo.dirty_fields)  # what a write remembers meanwhile stays


def _store_failure(file: File, photo: Photo | None, reason: str) -> None:
    """Remembers a bad file, so that the next scan does not try it again until it changes."""
    row = photo or Photo(image_hash="", written=[])
    row.path, row.folder, row.name = file.path, file.path.parent, _printable(file.path.name)
    row.size, row.mtime_ns = file.size, file.mtime_ns
    row.status, row.failure = PhotoStatus.FAILED, reason
    row.save()


def mark_crashed(path: Path) -> None:
    """Remembers the photo at which the worker process died."""
    stat = path.stat() if path.exists() else None
    file = File(path, stat.st_size if stat else 0, stat.st_mtime_ns if stat else 0)
    photo = Photo.get_or_none((Photo.path == path) & (Photo.status != PhotoStatus.OFFLINE))
    _store_failure(file, photo, f"{path}: decoding it crashed")


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _mark_offline(known: dict[Path, Photo], found: set[Path]) -> None:
    gone = [photo.id for path, photo in known.items() if path not in found and not path.exists()]
    still = Photo.select(Photo.id, Photo.path).where(Photo.id.in_(gone))  # a moved photo has another path by now
    ids = [photo.id for photo in still if not photo.path.exists()]
    Photo.update(status=PhotoStatus.OFFLINE).where(Photo.id.in_(ids)).execute()


def detect_faces(path: Path, image: UprightImage, models: Models) -> list[FoundFace]:
    """The faces of a photo with their embeddings."""
    found = models.detector().detect(image)
    if not found:
        return []
    source = crop_source(path, image, [detection.box for detection in found])
    return embed_faces(source, found, models.embedder())


def crop_source(path: Path, image: UprightImage, boxes: Sequence[Box]) -> UprightImage:
    """The image to cut faces from: at full size if the working image shows one smaller than the embedder wants."""
    smallest = min((min(box.width, box.height) for box in boxes), default=0.0)
    return load_upright(path) if image.scale < 1 and smallest * image.scale < ALIGN_FROM else image


def embed_faces(image: UprightImage, found: Sequence[Detection], embedder: Embedder) -> list[FoundFace]:
    crops = np.stack([embedder.crop(image, face.box, face.landmarks) for face in found])
    vectors = embedder.embed(crops)
    return [
        FoundFace(face.box, face.landmarks, face.score, quality(crop).sharpness, vector)
        for face, crop, vector in zip(found, crops, vectors, strict=True)
    ]


def store_faces(photo_id: int, faces: Sequence[FoundFace], model: str) -> list[int]:
    ids = []
    for face in faces:
        row = Face.create(
            photo=photo_id,
            x=face.box.x,
            y=face.box.y,
            width=face.box.width,
            height=face.box.height,
            landmarks=None if face.landmarks is None else np.asarray(face.landmarks, np.float32).tobytes(),
            score=face.score,
            sharpness=face.sharpness,
            source=face.source,
        )
        Embedding.create(face=row.id, model=model, vector=to_blob(face.vector))
        ids.append(row.id)
    return ids


def detect_again(photo: Photo, models: Models) -> int:
    """Looks for faces once more: adds what is new, replaces undecided ones, leaves decided faces alone."""
    image = load_upright(photo.path, WORKING_SIDE)
    found = detect_faces(photo.path, image, models)
    undecided = (Face.state.in_((FaceState.UNKNOWN, FaceState.SUGGESTED))) & (Face.source == "detected")
    with proxy.atomic("IMMEDIATE"):
        Face.delete().where((Face.photo == photo.id) & undecided).execute()
        kept = [
            Box(f.x, f.y, f.width, f.height)
            for f in Face.select().where((Face.photo == photo.id) & Face.x.is_null(False))
        ]
        new = [face for face in found if all(face.box.iou(box) < 0.4 for box in kept)]
        store_faces(photo.id, new, models.embedder_id)
    return len(new)


def add_drawn(photo: Photo, box: Box, models: Models) -> int:
    """A face that the human drew a box around; returns its id."""
    image = crop_source(photo.path, load_upright(photo.path, WORKING_SIDE), [box])
    crop = models.embedder().crop(image, box, None)
    face = FoundFace(box, None, 1.0, quality(crop).sharpness, models.embedder().embed(crop[None])[0], "drawn")
    with proxy.atomic("IMMEDIATE"):
        return store_faces(photo.id, [face], models.embedder_id)[0]
