#!/usr/bin/env python3
"""Groups of unknown faces: how pure and how complete, ours beside scikit-learn's clusterings by cosine.

    python -m benchmarks.clusters --data ../shared/data [--quick]
    python -m benchmarks.clusters --embeddings V.npy --names V.txt [--bank B.npz] [--half choosing]

Libraries are put together from half of the validation people (the other half, `--half choosing`, chose the settings):
some with all their faces, others with a single one, in photos of one to four people. Wrong members are those that are
not the person most of their group is. Seconds are processor time; people for the largest sizes are drawn from the
bank's own model.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools import faces
from tools.faces import person
from tui_tagger.faces.cluster import Known
from tui_tagger.faces.cluster import clusters as cluster
from tui_tagger.faces.strangers import StrangerBank, bank_for, load_bank
from tui_tagger.faces.weights import COMPACT_ID

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Figures = dict[str, dict[str, float]]  # method or size -> figure -> value
MIXES = ((50, 0), (50, 100), (125, 125), (250, 0))  # people with all their faces, people with one
SIZES = (1_000, 10_000, 100_000)
CONFIRMED = 0.1  # share of faces that are confirmed where decisions count
CLOSE = 0.45  # within-person deviations of drawn faces, in the bank's
GROWING = (2_000, 8_000, 32_000)  # faces
MANY = 5  # faces of a person from which groups per person are counted


@dataclass(frozen=True)
class Library:
    faces: Ints  # indices into the embeddings
    people: Ints  # [n]
    photos: Ints  # [n]


Method = Callable[[Library], Ints]  # the group of each face, a number of its own where it is alone


def library(people: Ints, chosen: Ints, singles: Ints, seed: int) -> Library:
    """All faces of those `chosen` and one of each of `singles`, shuffled into photos of one to four people."""
    rng = np.random.default_rng(seed)
    alone = [rng.choice(np.flatnonzero(people == one), 1) for one in singles]
    faces = rng.permutation(np.concatenate([np.flatnonzero(np.isin(people, chosen)), *alone]))
    photos, photo, there, room = [], 0, set[int](), 0
    for one in people[faces].tolist():
        if room == 0 or one in there:
            photo, there, room = photo + 1, set(), int(rng.integers(1, 5))
        photos.append(photo)
        there.add(one)
        room -= 1
    return Library(faces, people[faces], np.array(photos))


def libraries(people: Ints, half: int, quick: bool) -> list[Library]:
    everybody = np.random.default_rng(0).permutation(np.unique(people))
    ours = everybody[: len(everybody) // 2] if half == 0 else everybody[len(everybody) // 2 :]
    found = []
    for seed, (many, single) in enumerate(MIXES[1::2] if quick else MIXES):
        part = np.random.default_rng([seed, 1]).permutation(ours)
        scale = min(1.0, len(part) / (many + single))
        first, last = int(many * scale), int((many + single) * scale)
        found.append(library(people, part[:first], part[first:last], seed))
    return found


# --- methods --------------------------------------------------------------------------------------------------------


def ours(bank: StrangerBank, embeddings: Floats, decisions: bool = True, confirmed: float = 0.0) -> Method:
    """`decisions`: the photos are known, and so many faces are `confirmed`."""

    def group(one: Library) -> Ints:
        count = len(one.faces)
        known = Known.nothing(count)
        if decisions:
            decided = np.random.default_rng(3).random(count) < confirmed
            known = Known(one.photos, np.where(decided, one.people, -1), known.left_out)
        found = cluster(bank, embeddings[one.faces], known)
        assert found is not None
        return numbered([list(group.members) for group in found], count)

    return group


def numbered(groups: Sequence[Sequence[int]], count: int) -> Ints:
    labels = np.arange(count) + len(groups)
    for number, members in enumerate(groups):
        labels[list(members)] = number
    return labels


def dbscan(embeddings: Floats, least_cosine: float) -> Method:
    from sklearn.cluster import DBSCAN

    def group(one: Library) -> Ints:
        found = DBSCAN(eps=1 - least_cosine, min_samples=2, metric="cosine").fit_predict(embeddings[one.faces])
        return np.where(found < 0, np.arange(len(found)) + len(found), found)

    return group


def average_linkage(embeddings: Floats, least_cosine: float) -> Method:
    from sklearn.cluster import AgglomerativeClustering

    def group(one: Library) -> Ints:
        made = AgglomerativeClustering(
            n_clusters=None, distance_threshold=1 - least_cosine, linkage="average", metric="cosine"
        )
        return np.asarray(made.fit_predict(embeddings[one.faces]), np.int64)

    return group


def hdbscan(embeddings: Floats) -> Method:
    from sklearn.cluster import HDBSCAN

    def group(one: Library) -> Ints:
        found = HDBSCAN(min_cluster_size=3, cluster_selection_method="leaf", copy=True).fit_predict(
            embeddings[one.faces]
        )
        return np.where(found < 0, np.arange(len(found)) + len(found), found)

    return group


# --- measures -------------------------------------------------------------------------------------------------------


def measures(labels: Ints, people: Ints) -> dict[str, float]:
    """Pairwise and B-cubed (Bagga and Baldwin 1998) precision and recall, and what a reviewer notices."""
    _, group = np.unique(labels, return_inverse=True)
    _, who = np.unique(people, return_inverse=True)
    cells, counts = np.unique(np.stack([group, who]), axis=1, return_counts=True)
    groups, persons = np.bincount(group), np.bincount(who)
    together = pairs(counts)
    most = np.zeros(len(groups), np.int64)
    np.maximum.at(most, cells[0], counts)
    real = groups > 1
    main = np.zeros(len(groups), np.int64)
    main[cells[0]] = np.where(counts == most[cells[0]], cells[1], main[cells[0]])
    per_person = np.bincount(main[real], minlength=len(persons))[persons >= MANY]
    return {
        "precision": together / max(pairs(groups), 1),
        "recall": together / max(pairs(persons), 1),
        "b3 precision": float((counts**2 / groups[cells[0]]).sum() / len(group)),
        "b3 recall": float((counts**2 / persons[cells[1]]).sum() / len(group)),
        "grouped": float(groups[real].sum() / len(group)),
        "groups a person": float(per_person.mean()) if len(per_person) else 0.0,
        "wrong in 100": float(100 * (groups[real] - most[real]).sum() / max(groups[real].sum(), 1)),
    }


def pairs(counts: Ints) -> float:
    return float((counts * (counts - 1) / 2).sum())


def measured(method: Method, many: Sequence[Library]) -> dict[str, float]:
    """The mean of each figure, and the processor time of all."""
    began = time.process_time()
    found = [measures(method(one), one.people) for one in many]
    means = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    return means | {"seconds": time.process_time() - began}


def clusters(
    bank: StrangerBank, embeddings: Floats, names: Sequence[str], quick: bool = False, half: int = 1
) -> Figures:
    """Figures of each method on libraries made of half of the people in `names` (person/file a face)."""
    _, people = np.unique([person(name) for name in names], return_inverse=True)
    many = libraries(people, half, quick)
    methods: dict[str, Method] = {
        "ours": ours(bank, embeddings),
        "ours, photos unknown": ours(bank, embeddings, decisions=False),
        "ours, 10 % confirmed": ours(bank, embeddings, confirmed=CONFIRMED),
        "HDBSCAN": hdbscan(embeddings),
    }
    for least in (0.6, 0.7) if quick else (0.5, 0.6, 0.65, 0.7, 0.75):
        methods[f"DBSCAN, cosine {least}"] = dbscan(embeddings, least)
        methods[f"average linkage, {least}"] = average_linkage(embeddings, least)
    return {name: measured(method, many) for name, method in methods.items()}


def growth(bank: StrangerBank, embeddings: Floats, people: Sequence[str], sizes: Sequence[int] = GROWING) -> Figures:
    """Ours on libraries of all faces of ever more `people` (a name a face), up to the given numbers of faces."""
    _, who = np.unique(people, return_inverse=True)
    everybody = np.random.default_rng(0).permutation(who.max() + 1)
    order = np.argsort(everybody.argsort()[who], kind="stable")
    found = {}
    for size in sorted({min(size, len(order)) for size in sizes}):
        part = order[:size]
        labels = ours(bank, embeddings, decisions=False)(Library(part, who[part], np.arange(size)))
        found[f"{size:,} faces of {len(np.unique(who[part])):,} people"] = measures(labels, who[part])
    return found


def drawn(bank: StrangerBank, count: int, seed: int = 0) -> tuple[Floats, Ints]:
    """`count` faces from the bank's two-covariance model and their people, who have 1 to some 60 faces.

    Faces of a person are more alike than in the bank: then nearly all are merged, which takes the longest.
    """
    rng = np.random.default_rng(seed)
    people = np.repeat(np.arange(count), rng.geometric(0.1, count))[:count]
    back = np.linalg.pinv(bank.basis)
    apart = rng.standard_normal((people[-1] + 1, len(bank.between)), np.float32) * np.sqrt(bank.between)
    means = bank.mean + apart @ back
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    rows = means[people] + CLOSE * rng.standard_normal((count, len(bank.between)), np.float32) @ back
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), people


def speed(bank: StrangerBank, sizes: Sequence[int] = SIZES) -> Figures:
    """Ours on drawn people; memory is the process's peak so far."""
    found = {}
    for size in sizes:
        embeddings, people = drawn(bank, size)
        began, clock = time.process_time(), time.perf_counter()
        labels = ours(bank, embeddings)(Library(np.arange(size), people, np.arange(size)))
        times = {"seconds": time.process_time() - began, "by the clock": time.perf_counter() - clock}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "linux" else 1e9)
        found[f"{size:,} drawn faces"] = measures(labels, people) | times | {"GB": peak}
    return found


# --- printing -------------------------------------------------------------------------------------------------------


def table(figures: Mapping[str, Mapping[str, float]]) -> str:
    columns = list(next(iter(figures.values())))
    lines = ["| |" + "|".join(columns) + "|", "|---|" + "---|" * len(columns)]
    for name, values in figures.items():
        lines.append(f"| {name} | " + " | ".join(f"{values[column]:.3f}" for column in columns) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    faces.add_options(parser)
    parser.add_argument("--bank", type=Path, help="a stranger bank; default: the one that ships for the model")
    parser.add_argument("--model-id", default=COMPACT_ID)
    parser.add_argument("--half", choices=["choosing", "reporting"], default="reporting")
    parser.add_argument("--quick", action="store_true", help="two libraries, fewer baselines, 10,000 drawn faces")
    options = parser.parse_args()
    asked = faces.of(options)
    bank = load_bank(options.bank) if options.bank else bank_for(options.model_id)
    print(f"{bank.model_id}, half of the people ({options.half})")
    half = ["choosing", "reporting"].index(options.half)
    print(table(clusters(bank, asked.embeddings, asked.names, options.quick, half)))
    print()
    print(table(speed(bank, SIZES[:2] if options.quick else SIZES)))


if __name__ == "__main__":
    main()
