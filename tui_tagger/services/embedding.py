"""Embeddings for faces that lack one of the model in use: after a change of models, or when one was replaced.

Faces keep their state and every decision. Embeddings of other models stay, so that changing back takes moments.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tui_tagger.config import WORKING_SIDE
from tui_tagger.errors import PhotoError
from tui_tagger.geometry import Box
from tui_tagger.imaging import load_reduced
from tui_tagger.metadata.identity import file_hash
from tui_tagger.services.extraction import Models, crop_source
from tui_tagger.services.recognition import to_blob
from tui_tagger.services.scan import Checkpoint
from tui_tagger.services.views import FaceState, Failure
from tui_tagger.storage.models import Embedding, Face, Photo, proxy


@dataclass(frozen=True, slots=True)
class EmbedReport:
    """What a round of embedding did. `failed` names the photos that could not be read; the next round tries them."""

    model: str
    photos: int = 0
    faces: int = 0
    failed: tuple[Failure, ...] = ()
    seconds: float = 0.0


def faces_lacking(model: str) -> int:
    """How many faces of photos that are there have no embedding of `model`."""
    return int(proxy.execute_sql(f"SELECT count(*) {LACKING}", (model,)).fetchone()[0])


def embed_missing(models: Models, go_on: Checkpoint) -> EmbedReport:
    """Embeds the faces without an embedding of this model, photo by photo, photos of confirmed faces first.

    `go_on` is asked before each photo and ends the work by returning False; what was done stays. Raises ModelError when
    the embedder cannot be loaded.
    """
    began, photos, faces, failed = time.monotonic(), 0, 0, list[Failure]()
    todo = _photos_lacking(models.embedder_id)
    if todo:
        models.embedder()  # a model that cannot be loaded is no photo's fault
    for number, photo_id in enumerate(todo):
        photo = Photo.get_by_id(photo_id)
        if not go_on(number, len(todo), photo.path):
            break
        try:
            faces += _embed_photo(photo, models)
            photos += 1
        except PhotoError as error:
            failed.append(Failure(photo.path, error.message))
    if todo:
        go_on(photos + len(failed), len(todo), None)
    return EmbedReport(models.embedder_id, photos, faces, tuple(failed), round(time.monotonic() - began, 3))


LACKING = """FROM face JOIN photo ON photo.id = face.photo_id
    LEFT JOIN embedding ON embedding.face_id = face.id AND embedding.model = ?
    WHERE embedding.id IS NULL AND photo.status = 'ready' AND face.x IS NOT NULL"""


def _photos_lacking(model: str) -> list[int]:
    """Confirmed faces first: without them nobody can be suggested."""
    confirmed: dict[int, bool] = defaultdict(bool)
    for photo, state in proxy.execute_sql(
        f"SELECT face.photo_id, face.state {LACKING} ORDER BY face.photo_id", (model,)
    ):
        confirmed[photo] |= state == FaceState.CONFIRMED
    return sorted(confirmed, key=lambda photo: not confirmed[photo])


def _embed_photo(photo: Photo, models: Models) -> int:
    have = (
        Embedding.select(Embedding.face)
        .join(Face)
        .where((Embedding.model == models.embedder_id) & (Face.photo == photo))
    )
    faces = list(Face.select().where((Face.photo == photo) & Face.x.is_null(False) & Face.id.not_in(have)))
    if not faces:
        return 0  # another program was faster
    boxes = [Box(face.x, face.y, face.width, face.height) for face in faces]
    _check_same(photo)
    image = crop_source(photo.path, load_reduced(photo.path, WORKING_SIDE), boxes)
    embedder = models.embedder()
    crops = np.stack([embedder.crop(image, box, _landmarks(face)) for box, face in zip(boxes, faces, strict=True)])
    vectors = embedder.embed(crops)
    with proxy.atomic("IMMEDIATE"):
        there = {face for (face,) in Face.select(Face.id).where(Face.photo == photo.id).tuples()}
        for face, vector in zip(faces, vectors, strict=True):
            if face.id in there:
                row = Embedding.insert(face=face.id, model=models.embedder_id, vector=to_blob(vector))
                row.on_conflict_ignore().execute()
    return len(faces)


def _landmarks(face: Face) -> Any:
    return None if face.landmarks is None else np.frombuffer(face.landmarks, np.float32).reshape(5, 2)


def _check_same(photo: Photo) -> None:
    """Raises PhotoError where the boxes that are known are not of the pixels that are there."""
    path: Path = photo.path
    try:
        stat = path.stat()
        same = (stat.st_size, stat.st_mtime_ns) == (photo.size, photo.mtime_ns)
        if same or file_hash(path) == photo.image_hash:
            return
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read ({error.strerror})") from error
    raise PhotoError(f"{path}: its pixels changed since it was scanned", "Scan its folder again.")
