"""Who is in the library of the simulated reviewer, and in which photos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.database import Floats, PlacedFace

FIRST = (
    "Anna",
    "Bo",
    "Clara",
    "David",
    "Emma",
    "Felix",
    "Greta",
    "Hugo",
    "Ida",
    "Jonas",
    "Karin",
    "Leo",
    "Maria",
    "Olga",
)
LAST = ("Rossi", "Lind", "Ek", "Meyer", "Novak", "Silva", "Moreau", "Kim", "Okafor", "Larsen")
STRANGERS = 0.25  # of the faces
KNOWN = 0.015  # people the user knows, to a face
POOR = 0.08  # of the faces are small, and as many blurred


@dataclass(frozen=True)
class Cast:
    """The library: faces in the order of their ids (1, 2, ...), and who each is; None for a stranger."""

    faces: tuple[PlacedFace, ...]
    embeddings: Floats
    truth: tuple[str | None, ...]


def cast(embeddings: Floats, people: Sequence[str], faces: int, seed: int) -> Cast:
    """Draws a library of so many faces from `embeddings` [n, d] of `people` [n]."""
    rng = np.random.default_rng(seed)
    groups: dict[str, list[int]] = defaultdict(list)
    for index, person in enumerate(people):
        groups[person].append(index)
    order = [str(person) for person in rng.permutation(sorted(groups))]
    known, strange = round(faces * KNOWN), round(faces * STRANGERS)
    share = 1 / np.arange(1, known + 1)
    counts = np.maximum(1, np.round((faces - strange) * share / share.sum())).astype(int)
    names = [*FIRST, *(f"{first} {last}" for last in LAST for first in FIRST)]
    truth: list[str | None] = []
    vectors: list[Floats] = []
    for person, name, count in zip(order, names, counts.tolist(), strict=False):
        vectors.append(_faces_of(embeddings, groups, person, count, rng))
        truth += [name] * count
    for person in order[known:]:
        count = int(rng.integers(1, 3))
        if len(truth) + count > faces:
            break
        vectors.append(_faces_of(embeddings, groups, person, count, rng))
        truth += [None] * count
    return _photographed(np.concatenate(vectors), truth, rng)


def _faces_of(
    embeddings: Floats, groups: Mapping[str, list[int]], person: str, count: int, rng: np.random.Generator
) -> Floats:
    own = embeddings[rng.permutation(groups[person])[:count]]
    mean = embeddings[groups[person]].mean(0)
    others = sorted(set(groups) - {person})
    more = []
    for _ in range(count - len(own)):
        other = groups[others[int(rng.integers(len(others)))]]
        deviation = embeddings[other[int(rng.integers(len(other)))]] - embeddings[other].mean(0)
        more.append(mean + deviation)
    vectors = np.concatenate([own, np.reshape(more, (-1, embeddings.shape[1]))])
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _photographed(vectors: Floats, truth: Sequence[str | None], rng: np.random.Generator) -> Cast:
    """Photos of one to six faces, nobody known twice in one, over ten years; some faces small or blurred."""
    photos: list[tuple[int, list[int]]] = []  # room, faces
    open_photos: list[int] = []
    for index in rng.permutation(len(truth)).tolist():
        fitting = [
            p for p in open_photos if truth[index] is None or truth[index] not in {truth[f] for f in photos[p][1]}
        ]
        if not fitting:
            open_photos.append(len(photos))
            photos.append((int(rng.integers(1, 7)), []))
            fitting = open_photos[-1:]
        photo = fitting[int(rng.integers(len(fitting)))] if len(open_photos) > 20 else fitting[-1]
        photos[photo][1].append(index)
        if len(photos[photo][1]) == photos[photo][0]:
            open_photos.remove(photo)
    placed, order = [], []
    for number, (_, inside) in enumerate(photos):
        taken = f"{2010 + number * 10 // len(photos)}-{1 + number % 12:02}-{1 + number % 28:02}T12:00:00"
        for index in inside:
            small, blurred = rng.random(2) < POOR
            placed.append(PlacedFace(number, taken, 30.0 if small else 90.0, 15.0 if blurred else 200.0))
            order.append(index)
    return Cast(tuple(placed), vectors[order], tuple(truth[index] for index in order))
