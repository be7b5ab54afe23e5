"""What a scan found of a photo into the database, a photo a transaction. Decisions about faces are never changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np

from tui_tagger.errors import PhotoError
from tui_tagger.metadata.exif import PhotoInfo
from tui_tagger.metadata.identity import file_hash
from tui_tagger.metadata.places import place_name
from tui_tagger.services.extraction import Extracted, File, FoundFace
from tui_tagger.services.inventory import sidecar_time
from tui_tagger.services.recognition import to_blob
from tui_tagger.services.views import PhotoStatus
from tui_tagger.storage.models import Embedding, Face, Photo, proxy


class Stored(StrEnum):
    """What a file turned out to be."""

    NEW = "new"
    CHANGED = "changed"  # other pixels under the name of a photo
    REREAD = "reread"  # other metadata, in the file or its sidecar
    MOVED = "moved"  # or renamed


def store(file: File, found: Extracted, photo_id: int | None) -> Stored | None:
    """Stores what was found of a file, `photo_id` being the photo that is known under its name.

    None, and nothing stored, where its faces turn out to be wanted after all: the photo that has them kept its file.
    """
    with proxy.atomic("IMMEDIATE"):
        photo: Photo | None = Photo.get_or_none(Photo.id == photo_id) if photo_id else None
        if photo is not None and photo.path != file.path:
            photo = None  # it turned up under another name before
        if photo is not None and photo.detector is not None and photo.image_hash == found.identity:
            _store_info(photo, file, found.info)
            return Stored.REREAD
        lost = _lost(found.identity)
        if lost is None and found.faces is None:
            return None
        if lost is not None:
            if photo is not None:
                _retire(photo)
            _store_info(lost, file, found.info)
            return Stored.MOVED
        kind, row = Stored.NEW, photo or Photo()
        if photo is not None and (photo.detector is not None or photo.image_hash not in ("", found.identity)):
            _retire(photo)
            kind, row = Stored.CHANGED, Photo()
        row.image_hash, row.detector = found.identity, found.detector
        _store_info(row, file, found.info)
        store_faces(row.id, found.faces or (), found.embedder)
        return kind


def _lost(identity: str) -> Photo | None:
    """A photo of these pixels that has lost its file."""
    for photo in Photo.select().where((Photo.image_hash == identity) & Photo.detector.is_null(False)):
        if photo.status == PhotoStatus.OFFLINE or not _has_its_file(photo):
            return photo  # type: ignore[no-any-return]
    return None


def _has_its_file(photo: Photo) -> bool:
    """Whether the file of a photo still shows it: photos may have exchanged their names."""
    try:
        stat = photo.path.stat()
        same = (stat.st_size, stat.st_mtime_ns) == (photo.size, photo.mtime_ns)
        return bool(same or file_hash(photo.path) == photo.image_hash)
    except FileNotFoundError:
        return False
    except (OSError, PhotoError):
        return True  # nobody can tell now


def _retire(photo: Photo) -> None:
    """Other pixels are under its name now: what was decided of the old ones is kept with them."""
    if not photo.image_hash:
        photo.delete_instance()  # it could never be read
    else:
        Photo.update(status=PhotoStatus.OFFLINE).where(Photo.id == photo.id).execute()


def _store_info(photo: Photo, file: File, info: PhotoInfo) -> None:
    _place(photo, file)
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


def _place(photo: Photo, file: File) -> None:
    photo.path, photo.folder, photo.name = file.path, file.path.parent, _printable(file.path.name)
    photo.size, photo.mtime_ns, photo.sidecar_ns = file.size, file.mtime_ns, file.sidecar_ns


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def store_failure(file: File, photo_id: int | None, reason: str) -> None:
    """Remembers a bad file, so that the next scan does not try it again until it changes."""
    with proxy.atomic("IMMEDIATE"):
        photo = Photo.get_or_none((Photo.id == photo_id) & (Photo.path == file.path)) if photo_id else None
        row = photo or Photo(image_hash="", written=[])
        _place(row, file)
        row.status, row.failure = PhotoStatus.FAILED, reason
        row.save(only=row.dirty_fields)


def mark_crashed(path: Path) -> None:
    """Remembers the photo at which the worker process died."""
    stat = path.stat() if path.exists() else None
    file = File(path, stat.st_size if stat else 0, stat.st_mtime_ns if stat else 0, sidecar_time(path))
    known = (Photo.path == path) & (Photo.status != PhotoStatus.OFFLINE)
    photo = Photo.get_or_none(known)
    store_failure(file, None if photo is None else photo.id, f"{path}: decoding it crashed")


def store_offline(photos: Sequence[int]) -> int:
    """Those of the photos that are not where they were are offline from now on; how many. They keep everything."""
    still = Photo.select(Photo.id, Photo.path).where(Photo.id.in_(photos))  # a moved photo has another path by now
    gone = [photo.id for photo in still if not photo.path.exists()]
    Photo.update(status=PhotoStatus.OFFLINE).where(Photo.id.in_(gone)).execute()
    return len(gone)


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
