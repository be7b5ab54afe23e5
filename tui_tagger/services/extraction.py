"""What a scan takes from one photo: its identity, its facts, its faces. Values in, values out; no database.

Any process on any machine that sees the files can do it: services/pool.py starts several on this one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tui_tagger.config import ALIGN_FROM, WORKING_SIDE
from tui_tagger.errors import ModelError, TaggerError
from tui_tagger.faces.alignment import quality
from tui_tagger.faces.protocols import Detection, Detector, Embedder
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage, bounded, load_reduced
from tui_tagger.metadata.exif import PhotoInfo, read_info
from tui_tagger.metadata.identity import file_hash


class File(NamedTuple):
    """A photo's file as its folder lists it; times in nanoseconds, that of the sidecar None where there is none."""

    path: Path
    size: int
    mtime_ns: int
    sidecar_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Models:
    """The detector and the embedder, loaded when first asked for: a scan without news needs neither.

    `device` says where they compute: "cpu", "cuda" or "mps".
    """

    detector: Callable[[], Detector]
    embedder: Callable[[], Embedder]
    embedder_id: str
    device: Callable[[], str] = lambda: "cpu"


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face of a photo before it is stored."""

    box: Box
    landmarks: Any  # float32 [5, 2], or None for a box drawn by hand
    score: float
    sharpness: float
    vector: Any  # float32 [d]
    source: str = "detected"


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a scan stores of a photo. `faces` is None where they are known: the photo was moved, or only tagged."""

    identity: str  # hash of the image data
    info: PhotoInfo
    faces: tuple[FoundFace, ...] | None
    detector: str | None  # None: nobody looked for faces
    embedder: str


def extract(file: File, models: Models, known: Collection[str] = ()) -> Extracted:
    """Reads a photo; looks for faces unless its identity is among `known`, those of photos whose faces are stored.

    Raises PhotoError for what cannot be read, and ModelError.
    """
    identity = file_hash(file.path)
    info = read_info(file.path)
    if identity in known:
        return Extracted(identity, info, None, None, models.embedder_id)
    faces = find_faces(file.path, models)
    return Extracted(identity, info, tuple(faces), models.detector().model_id, models.embedder_id)


def attempt(file: File, models: Models, known: Collection[str] = ()) -> Extracted | TaggerError:
    """`extract`, or why it failed. Raises ModelError, for which no photo is to blame."""
    try:
        return extract(file, models, known)
    except ModelError:
        raise
    except TaggerError as error:
        return error


def find_faces(path: Path, models: Models) -> list[FoundFace]:
    """The faces of a photo with their embeddings, from left to right."""
    image = load_reduced(path, WORKING_SIDE)
    found = models.detector().detect(bounded(image, WORKING_SIDE))
    if not found:
        return []
    source = crop_source(path, image, [detection.box for detection in found])
    return embed_faces(source, found, models.embedder())


def crop_source(path: Path, image: UprightImage, boxes: Sequence[Box]) -> UprightImage:
    """The image to cut faces from: `image`, or a larger one if it shows a face smaller than the embedder wants."""
    smallest = min((min(box.width, box.height) for box in boxes), default=0.0)
    if image.scale >= 1 or smallest * image.scale >= ALIGN_FROM:
        return image
    wanted = ALIGN_FROM / max(smallest, 1.0)
    return load_reduced(path, round(max(image.full_size) * wanted) if wanted < 1 else None)


def embed_faces(image: UprightImage, found: Sequence[Detection], embedder: Embedder) -> list[FoundFace]:
    crops = np.stack([embedder.crop(image, face.box, face.landmarks) for face in found])
    vectors = embedder.embed(crops)
    return [
        FoundFace(face.box, face.landmarks, face.score, quality(crop).sharpness, vector)
        for face, crop, vector in zip(found, crops, vectors, strict=True)
    ]
