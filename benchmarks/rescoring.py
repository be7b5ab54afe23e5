#!/usr/bin/env python3
"""What one decision costs while many faces wait: 100,000 of them against 200 people.

    OMP_NUM_THREADS=1 python -m benchmarks.rescoring [--probes 100000] [--people 200] [--faces 20]

Drawn unit vectors in the shipped bank's dimension, one thread; every figure is the median of nine decisions. Times mean
little on a shared machine: the ratio to scoring everything again, measured in the same run, is what counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.identifier import Identifier, Scores
from tui_tagger.faces.strangers import StrangerBank, bank_for
from tui_tagger.faces.weights import COMPACT_ID

Floats = NDArray[np.float32]
TARGET = 0.2  # seconds
DECISIONS = 9


def drawn(bank: StrangerBank, count: int, seed: int) -> Floats:
    """Unit embeddings [count, d] that are spread as the bank's strangers are."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, len(bank.between))) * np.sqrt(1 + bank.between)
    vectors = bank.mean + points @ np.linalg.pinv(bank.basis)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def decision(identifier: Identifier, scores: Scores, person: int, row: int) -> None:
    """The face at `row` is confirmed to be `person`: it waits no longer, and the person's Gaussian changes."""
    identifier.enrol(person, np.concatenate([identifier.gallery(person), scores.probe(row)[None]]))
    scores.remove([row])
    scores.update(person)
    scores.changes()


def removal(identifier: Identifier, scores: Scores, person: int) -> None:
    identifier.forget(person)
    scores.update(person)
    scores.changes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-id", default=COMPACT_ID)
    parser.add_argument("--probes", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--faces", type=int, default=20)
    options = parser.parse_args()

    bank = bank_for(options.model_id)
    faces = drawn(bank, options.people * options.faces, 1).reshape(options.people, options.faces, -1)
    probes = drawn(bank, options.probes, 2)
    identifier = Identifier(bank, dict(enumerate(faces)))
    scores = Scores(identifier, probes[:0])
    anew = seconds(lambda: scores.add(probes)) + seconds(scores.changes)
    once = [seconds(lambda n=n: decision(identifier, scores, n % options.people, n)) for n in range(DECISIONS)]  # type: ignore[misc]
    added = [seconds(lambda n=n: scores.add(probes[n : n + 3])) for n in range(DECISIONS)]  # type: ignore[misc]
    gone = seconds(lambda: removal(identifier, scores, 3))
    median = float(np.median(once))
    print(f"{options.probes} faces wait, {options.people} people with {options.faces} faces each, {bank.model_id}")
    print(f"everything anew            {anew:8.3f} s")
    print(f"after one decision         {median:8.3f} s   {anew / median:6.1f} times as fast   target {TARGET} s")
    print(f"after a person is removed  {gone:8.3f} s")
    print(f"a photo's 3 faces added    {np.median(added):8.3f} s")


if __name__ == "__main__":
    main()
