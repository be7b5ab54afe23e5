from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.faces.test_strangers import DIMENSION, drawn_people
from tui_tagger.errors import ModelError
from tui_tagger.faces.identifier import Identifier
from tui_tagger.faces.ignored_strangers import with_single_faces
from tui_tagger.faces.strangers import Settings, StrangerBank, group, load_bank, save_bank, spherical_bank, statistics


@pytest.fixture(scope="module")
def bank() -> StrangerBank:
    return statistics(*_grouped(60, 8, 0), "drawn", Settings(within_shrinkage=0.2, between_shrinkage=0.2))


def _grouped(people: int, faces: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    embeddings, names = drawn_people(people, faces, seed)
    return embeddings, group(names)


def test_each_face_is_a_stranger_and_covariances_stay(bank: StrangerBank) -> None:
    faces, _ = drawn_people(25, 1, seed=5)
    both = with_single_faces(bank, faces)
    assert len(both.stranger_means) == 25 + 60
    assert np.array_equal(both.basis, bank.basis)
    assert both.settings == bank.settings
    with pytest.raises(ModelError, match="19 ignored faces are too few"):
        with_single_faces(bank, faces[:19])


def test_five_hundred_is_the_most_and_ignored_faces_come_first(bank: StrangerBank) -> None:
    faces, _ = drawn_people(480, 1, seed=6)
    both = with_single_faces(bank, faces)
    assert len(both.stranger_means) == 500
    fewer, _ = drawn_people(900, 1, seed=7)
    assert len(with_single_faces(bank, fewer).stranger_means) == 500


def test_the_same_faces_again_do_not_count_twice(bank: StrangerBank, tmp_path: Path) -> None:
    faces, _ = drawn_people(25, 1, seed=5)
    save_bank(with_single_faces(bank, faces), tmp_path / "bank.npz")
    again = with_single_faces(load_bank(tmp_path / "bank.npz"), faces)
    assert len(again.stranger_means) == 25 + 60


def test_an_ignored_stranger_is_taken_for_somebody_less_often() -> None:
    """The same person's next photo, with a friend enrolled who looks somewhat alike."""
    plain = spherical_bank("drawn", DIMENSION)
    faces, _ = drawn_people(30, 2, seed=8)
    ignored, later = faces[::2], faces[1::2]
    alike = faces[1::2] + 0.8 * np.random.default_rng(0).normal(size=later.shape).astype(np.float32) / DIMENSION**0.5
    friend = (alike / np.linalg.norm(alike, axis=1, keepdims=True)).astype(np.float32)

    def unknown(bank: StrangerBank) -> float:
        found = [Identifier(bank, {1: friend[i : i + 1]}).identify(later[i : i + 1])[0] for i in range(len(later))]
        return float(np.mean([answer.unknown for answer in found]))

    assert unknown(with_single_faces(plain, ignored)) > unknown(plain)
