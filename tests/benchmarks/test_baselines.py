from __future__ import annotations

import warnings

import numpy as np
import pytest

from benchmarks.baselines import Answer, cosine_to_mean, densities
from benchmarks.measures import Figure, Tally, weights_of
from tests.faces.test_strangers import DIMENSION, drawn_people


@pytest.mark.parametrize("faces", [2, 3, 10, 40])
def test_densities_are_those_of_scikit_learns_mixture(faces: int) -> None:
    from sklearn.mixture import GaussianMixture

    people = drawn_people(6, faces)[0].reshape(6, faces, DIMENSION).astype(np.float64)
    points = drawn_people(10, 1, seed=4)[0].astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = np.stack([GaussianMixture(1).fit(one).score_samples(points) for one in people], 1)
    assert np.allclose(densities(points, list(people)), expected, rtol=1e-6)


def test_measures_of_a_known_case() -> None:
    truth = np.array([0, 1, 0, 1, -1, -1])
    answer = Answer(np.array([0, 1, 1, 1, 0, 1]), np.array([0.9, 0.8, 0.7, 0.1, 0.5, 0.2]), np.full(6, 0.5))
    tally = Tally()
    tally.add(answer, truth, np.array([0, 1, 0, 1, 2, 3]), weights_of(4, 50))
    figures = {name: Figure.of(values) for name, values in tally.resampled().items()}
    assert figures["rank-1"].value == pytest.approx(3 / 4)
    assert figures["DIR"].value == pytest.approx(2 / 4)  # two right ones above 0.5
    assert figures["ECE"].value == pytest.approx(0)
    assert figures["rank-1"].low <= 3 / 4 <= figures["rank-1"].high


def test_a_method_against_itself_is_never_ahead() -> None:
    faces = drawn_people(20, 4)[0].reshape(20, 4, DIMENSION)
    answer = cosine_to_mean(faces[:, 3], list(faces[:10, :3]))
    truth, owner = np.r_[np.arange(10), np.full(10, -1)], np.arange(20)
    one, other = Tally(), Tally()
    for tally in (one, other):
        tally.add(answer, truth, owner, weights_of(20, 50))
    gap = Figure.of(one.resampled()["DIR"] - other.resampled()["DIR"])
    assert (gap.value, gap.low, gap.high) == (0, 0, 0)
