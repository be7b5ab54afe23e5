"""What an answer to "who is it?" consists of: candidates, the chance of nobody, a recommendation with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui_tagger.text import percent

# Calibrated probabilities from which a recommendation holds; on people who were left out of the calibration, stated and
# true ones differ by less than 5 % on average (benchmarks/identification.py). WEAK is "more likely than not": 2 to 6 %
# of strangers' faces get there, at 0.2 it was 8 to 25 %. Of best candidates from MEDIUM on at most 5 % were wrong, from
# STRONG on 0.5 %; with one confirmed face, whose evidence rests on a single photo, STRONG_ALONE is asked for.
WEAK = 0.5
MEDIUM = 0.85
STRONG = 0.98
STRONG_ALONE = 0.99
LEVELS = ("none", "weak", "medium", "strong")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person offered for a probe.

    `similarity` is the cosine to the most alike of the enrolled faces, `nearest` the indices of at most three of them
    in the person's gallery, most alike first.
    """

    person: int
    probability: float
    similarity: float
    nearest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Identification:
    """What is known about one probe: candidates best first (at most nine) and the probability of being nobody."""

    candidates: tuple[Candidate, ...]
    unknown: float
    recommendation: str  # none, weak, medium, strong
    reasons: tuple[str, ...]


def levels(
    probability: NDArray[np.floating], ratio: NDArray[np.floating], faces: NDArray[np.integer], threshold: float
) -> NDArray[np.int8]:
    """Recommendations [n] as indices into LEVELS, from the best candidate's probability, ratio and enrolled faces."""
    level = np.digitize(probability, (WEAK, MEDIUM, STRONG))
    level = np.where((faces < 2) & (probability < STRONG_ALONE), np.minimum(level, 2), level)
    level = np.where(ratio < threshold, np.minimum(level, 1), level)
    return np.asarray(level, np.int8)


def reasons(candidates: Sequence[Candidate], unknown: float, faces: int, likely: bool) -> tuple[str, ...]:
    """Why the first of `candidates` is or is not recommended, in words without names."""
    first = candidates[0]
    told = [f"{percent(first.probability)} likely"]
    runner_up = candidates[1].probability if len(candidates) > 1 else 0.0
    if runner_up > 0.1:
        told.append(f"the runner-up is close with {percent(runner_up)}")
    elif len(candidates) > 1 and first.probability > 0.5:
        told.append("the runner-up is far behind")
    if unknown > 0.1:
        told.append(f"may be somebody else, {percent(unknown)}")
    if not likely:
        told.append("less alike than faces of one person usually are")
    if faces == 1:
        told.append("only one confirmed face so far")
    return tuple(told)
