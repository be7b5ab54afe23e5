"""Building the stranger bank of the embedder in use: from a folder of strangers, from LFW, from ignored faces."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tui_tagger.config import WORKING_SIDE
from tui_tagger.errors import ModelError, PhotoError, UsageError
from tui_tagger.faces.bank import Floats
from tui_tagger.faces.ignored_strangers import with_single_faces
from tui_tagger.faces.lfw import lfw_folder
from tui_tagger.faces.strangers import LEAST_FACES, LEAST_PEOPLE, bank_path, fit_bank
from tui_tagger.imaging import EXTENSIONS, bounded, load_reduced
from tui_tagger.services.banks import base_bank, forget_calibrations, store_bank
from tui_tagger.services.extraction import Models, crop_source
from tui_tagger.services.recognition import from_blobs
from tui_tagger.services.views import FaceState, Failure
from tui_tagger.storage.models import Embedding, Face

MOST_FACES = 20  # of one person: more take time and add little
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class StrangersReport:
    """What a bank was built from; `strangers` is how many it holds."""

    model: str
    path: Path
    people: int  # with a face in the folders
    photos: int
    faces: int
    ignored: int  # the user's ignored faces, each taken for a person of its own
    strangers: int
    no_face: tuple[Path, ...]
    failed: tuple[Failure, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Found:
    """The main faces of folders: unit embeddings [n, d] and whose they are [n]."""

    embeddings: Floats
    people: tuple[str, ...]
    photos: int
    no_face: tuple[Path, ...]
    failed: tuple[Failure, ...]


def build_bank(
    models: Models, folder: Path | None, lfw: bool, ignored: bool, progress: Progress | None = None
) -> StrangersReport:
    """Builds the bank for `models.embedder_id` and stores it in the user's cache, for the owner's eyes only.

    With people whose names are known, `folder`/<person>/ or LFW, all is measured; ignored faces alone give strangers
    but say nothing about covariances. Raises UsageError when no source is named, ModelError for too few people.
    """
    if folder is None and not lfw and not ignored:
        raise UsageError("No strangers are named", "Name a folder DIR/<person>/*.jpg, or use --lfw or --ignored.")
    began, model = time.monotonic(), models.embedder_id
    folders = [*([folder] if folder else []), *([lfw_folder()] if lfw else [])]
    found = _faces_of(folders, models, progress) if folders else None
    if found is None:
        bank = base_bank(model, models.embedder().dimension)
    else:
        bank = fit_bank(found.embeddings, found.people, model)
    single = _ignored_faces(model) if ignored else ()
    if ignored:
        bank = with_single_faces(bank, np.asarray(single))
    path = store_bank(bank, bank_path(model))
    forget_calibrations(model)  # the next job makes another
    return StrangersReport(
        model=model,
        path=path,
        people=len(set(found.people)) if found else 0,
        photos=found.photos if found else 0,
        faces=len(found.people) if found else 0,
        ignored=len(single),
        strangers=len(bank.stranger_means),
        no_face=found.no_face if found else (),
        failed=found.failed if found else (),
        seconds=round(time.monotonic() - began, 1),
    )


def _ignored_faces(model: str) -> Floats:
    """Unit embeddings [n, d] of the faces that the user ignored, as far as `model` has embedded them."""
    condition = (Face.state == FaceState.IGNORED) & (Embedding.model == model)
    rows = list(Embedding.select(Embedding.vector).join(Face).where(condition).order_by(Face.id).tuples())
    return from_blobs([blob for (blob,) in rows]) if rows else np.empty((0, 0), np.float32)


def _faces_of(folders: Sequence[Path], models: Models, progress: Progress | None) -> _Found:
    people = list(_people_in(folders))
    _check_enough(people, folders)
    total = sum(len(photos) for _, photos in people)
    embeddings: list[Floats] = []
    labels: list[str] = []
    no_face: list[Path] = []
    failed: list[Failure] = []
    done = 0
    for name, photos in people:
        crops = []
        for path in photos:
            try:
                crop = _main_crop(path, models)
                no_face.append(path) if crop is None else crops.append(crop)
            except PhotoError as error:
                failed.append(Failure(path, error.message))
            done += 1
            if progress is not None:
                progress(done, total)
        if crops:
            embeddings.append(models.embedder().embed(np.stack(crops)))
            labels += [name] * len(crops)
    vectors = np.concatenate(embeddings) if embeddings else np.empty((0, 1), np.float32)
    return _Found(vectors, tuple(labels), total, tuple(no_face), tuple(failed))


def _people_in(folders: Sequence[Path]) -> Iterator[tuple[str, list[Path]]]:
    """Each person's folder and at most 20 of its photos, by name; those with too few for the bank are left out."""
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder", "Check the name.")
        for person in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
            photos = sorted(path for path in person.iterdir() if path.suffix.lower() in EXTENSIONS)
            if len(photos) >= LEAST_FACES:
                yield str(person), photos[:MOST_FACES]


def _check_enough(people: Sequence[tuple[str, list[Path]]], folders: Sequence[Path]) -> None:
    """Before an hour of work that cannot succeed. Half of the people give statistics, half of them settings."""
    if len(people) < 2 * LEAST_PEOPLE:
        raise ModelError(
            f"{', '.join(map(str, folders))}: {len(people)} people with {LEAST_FACES} photos or more are too few for a "
            "stranger bank",
            f"Use a folder with at least {2 * LEAST_PEOPLE} such people: DIR/<person>/*.jpg.",
        )


def _main_crop(path: Path, models: Models) -> NDArray[np.uint8] | None:
    """What the embedder sees of the largest face of a photo."""
    image = load_reduced(path, WORKING_SIDE)
    found = models.detector().detect(bounded(image, WORKING_SIDE))
    if not found:
        return None
    main = max(found, key=lambda face: face.box.area)
    return models.embedder().crop(crop_source(path, image, [main.box]), main.box, main.landmarks)
