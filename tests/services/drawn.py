"""Libraries of drawn embeddings, without photos: for what recognition and review make of many faces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tui_tagger.services.recognition import current_model, to_blob
from tui_tagger.storage.models import Embedding, Face, Photo

SIZE = 64


def embedding(person: int, seed: int, noise: float = 0.35) -> NDArray[np.float32]:
    """A face of `person`: cosine some 0.9 among theirs, about 0 to others'."""
    own = np.random.default_rng(person).normal(size=SIZE)
    vector = own / np.linalg.norm(own) + np.random.default_rng(10_000 + seed).normal(scale=noise / SIZE**0.5, size=SIZE)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def add_photo(
    people: Sequence[int], taken: str | None = "2019-07-12T14:03:22", source: str = "DateTimeOriginal"
) -> list[int]:
    """A photo with a face of each of `people`; returns the faces' ids."""
    number = Photo.select().count()
    path = Path(f"/library/{number}.jpg")
    names = {"path": path, "folder": path.parent, "name": path.name, "image_hash": f"{number:064}"}
    photo = Photo.create(size=1, mtime_ns=1, taken_at=taken, date_source=source, detector="drawn", **names)
    return [add_face(photo.id, person, place) for place, person in enumerate(people)]


def add_face(photo: int, person: int, place: int = 0, size: float = 90.0, sharpness: float = 200.0) -> int:
    box = {"x": 100.0 * place, "y": 50.0, "width": size, "height": size}
    face = Face.create(photo=photo, score=0.99, sharpness=sharpness, **box)
    Embedding.create(face=face.id, model=current_model(), vector=to_blob(embedding(person, face.id)))
    return int(face.id)


def suggested() -> dict[int, tuple[str, int | None, float | None, str]]:
    """What the database says of every face."""
    rows = Face.select(Face.id, Face.state, Face.person, Face.probability, Face.recommendation).tuples()
    return {face: (state, person, chance, level) for face, state, person, chance, level in rows}
