"""Strangers of whom only single faces without labels are known: those that the user chose to ignore."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tui_tagger.errors import ModelError
from tui_tagger.faces.bank import Floats, StrangerBank, posterior
from tui_tagger.faces.strangers import LEAST_PEOPLE, STRANGERS


def with_single_faces(bank: StrangerBank, embeddings: Floats, seed: int = 0) -> StrangerBank:
    """`bank` with each of `embeddings` [n, d] as a stranger of its own; its own strangers fill up to 500.

    One face says nothing about how faces of one person differ, so covariances, threshold and temperature stay those of
    `bank`; a person with several of the faces counts as several strangers. Raises ModelError for fewer than 20 faces:
    half of the weight of "nobody enrolled" lies on the strangers, too much for a handful.
    """
    if len(embeddings) < LEAST_PEOPLE:
        raise ModelError(
            f"{len(embeddings)} ignored faces are too few for a stranger bank",
            f"Ignore at least {LEAST_PEOPLE} faces of strangers in Review, or use a folder or --lfw.",
        )
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(embeddings))[:STRANGERS])
    pairs = [posterior(bank.between.astype(np.float64), x, 1) for x in bank.project(embeddings[chosen])]
    means = np.array([mean for mean, _ in pairs], np.float32)
    others = [i for i, mean in enumerate(bank.stranger_means) if not _among(mean, means)]  # from an earlier time
    kept = np.sort(rng.permutation(others)[: STRANGERS - len(chosen)]).astype(int)
    variances = np.array([1 + variance for _, variance in pairs], np.float32)
    return replace(
        bank,
        stranger_means=np.concatenate([means, bank.stranger_means[kept]]),
        stranger_variances=np.concatenate([variances, bank.stranger_variances[kept]]),
    )


def _among(mean: Floats, means: Floats) -> bool:
    """Whether `mean` [D] is one of `means` [n, D], but for its time in half precision."""
    return bool((np.abs(means - mean).max(1) <= 0.01 * np.abs(means).max()).any())
