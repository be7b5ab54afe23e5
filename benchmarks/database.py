"""A library in a database without photos: faces with embeddings, as a scan would have left them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.strangers import StrangerBank
from tui_tagger.services import Services
from tui_tagger.services.recognition import to_blob
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Embedding, Face, Person, Photo, Table, proxy

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PlacedFace:
    """A face as it will stand in the database: `photo` is an index, `taken` its local wall time."""

    photo: int
    taken: str
    size: float = 90.0
    sharpness: float = 200.0
    person: str | None = None  # confirmed as such from the beginning


@contextmanager
def library(faces: Sequence[PlacedFace], embeddings: Floats, model: str) -> Iterator[Services]:
    """Services on a new database of these faces, face i with id i + 1, in a folder that is removed afterwards."""
    with TemporaryDirectory() as folder:
        opened = Services.open(Path(folder) / "library.db")
        try:
            store_setting("embedder", model)
            with proxy.atomic():
                _fill(faces, embeddings, model)
            yield opened
        finally:
            opened.close()


def _fill(faces: Sequence[PlacedFace], embeddings: Floats, model: str) -> None:
    names = sorted({face.person for face in faces if face.person is not None})
    ids = {name: number for number, name in enumerate(names, 1)}
    taken = {face.photo: face.taken for face in faces}
    _insert(Person, [{"id": number, "name": name} for name, number in ids.items()])
    _insert(Photo, [_photo(number, date) for number, date in taken.items()])
    places: dict[int, int] = {}
    rows = []
    for number, face in enumerate(faces, 1):
        place = places[face.photo] = places.get(face.photo, -1) + 1
        rows.append(_face(number, face, place, ids.get(face.person or "")))
    _insert(Face, rows)
    _insert(Embedding, [{"face": n, "model": model, "vector": to_blob(v)} for n, v in enumerate(embeddings, 1)])


def _photo(number: int, taken: str) -> dict[str, Any]:
    path = Path(f"/library/{number}.jpg")
    fixed = {"size": 1, "mtime_ns": 1, "date_source": "DateTimeOriginal", "detector": "benchmark", "written": []}
    return (
        {"id": number + 1, "path": path, "folder": path.parent, "name": path.name, "taken_at": taken}
        | fixed
        | {"image_hash": f"{number:064}"}
    )


def _face(number: int, face: PlacedFace, place: int, person: int | None) -> dict[str, Any]:
    state = "unknown" if person is None else "confirmed"
    box = {"x": 100.0 * place, "y": 50.0, "width": face.size, "height": face.size * 1.2}
    known = {"photo": face.photo + 1, "score": 0.99, "sharpness": face.sharpness, "state": state, "person": person}
    return {"id": number} | known | box


def _insert(table: type[Table], rows: Sequence[dict[str, Any]]) -> None:
    for at in range(0, len(rows), 1000):
        table.insert_many(rows[at : at + 1000]).execute()


def drawn(bank: StrangerBank, people: Sequence[int], seed: int) -> Floats:
    """Unit embeddings [n, d]: face i of person `people[i]`, drawn from the bank's two-covariance model."""
    rng = np.random.default_rng(seed)
    who, which = np.unique(np.asarray(people), return_inverse=True)
    size = len(bank.between)
    means = (rng.standard_normal((len(who), size)) * np.sqrt(bank.between)).astype(np.float32)
    back = np.linalg.pinv(bank.basis).astype(np.float32)
    vectors = bank.mean + (means[which] + rng.standard_normal((len(which), size), np.float32)) @ back
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
