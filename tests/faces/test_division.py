from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tui_tagger.faces.division import divide
from tui_tagger.faces.strangers import spherical_bank

SIZE = 32
BANK = spherical_bank("test", SIZE)


def faces(person: int, count: int, noise: float = 0.4) -> NDArray[np.float32]:
    """Faces of one person [count, SIZE]: cosine some 0.86 among them."""
    own = np.random.default_rng(person).normal(size=SIZE)
    others = np.random.default_rng(1000 + person).normal(scale=noise / SIZE**0.5, size=(count, SIZE))
    vectors = own / np.linalg.norm(own) + others
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize(("stay", "go"), [(30, 30), (100, 5), (5, 100), (1, 6)])
def test_two_people_are_told_apart_by_one_seed(stay: int, go: int) -> None:
    vectors = np.concatenate([faces(1, stay), faces(2, go)])
    seeds = np.arange(stay + go) == stay
    chance = divide(BANK, vectors, seeds)
    assert chance is not None
    assert (chance[:stay] < 0.5).all()
    assert (chance[stay:] > 0.5).all()


def test_a_face_between_the_two_is_less_sure_than_others() -> None:
    one, two = faces(1, 20), faces(2, 20)
    middle = one[:1] + two[:1]
    vectors = np.concatenate([one, two, middle / np.linalg.norm(middle)])
    chance = divide(BANK, vectors, np.arange(41) == 20)
    assert chance is not None
    sureness = abs(chance - 0.5)
    assert sureness.argmin() == 40


def test_faces_without_a_use_stay() -> None:
    vectors = np.concatenate([faces(1, 5), np.zeros((1, SIZE)), faces(2, 5), np.full((1, SIZE), np.nan)])
    chance = divide(BANK, np.asarray(vectors, np.float32), np.arange(12) == 6)
    assert chance is not None
    assert chance[5] == 0
    assert chance[11] == 0
    assert (chance[6:11] > 0.5).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([1, 2, 3]), min_size=1, max_size=25), st.data())
def test_seeds_go_and_every_face_has_a_probability(people: list[int], data: st.DataObject) -> None:
    seeds = np.array(data.draw(st.lists(st.booleans(), min_size=len(people), max_size=len(people))))
    vectors = np.concatenate([faces(person, number + 1)[-1:] for number, person in enumerate(people)])
    chance = divide(BANK, vectors, seeds)
    assert chance is not None
    assert chance.shape == seeds.shape
    assert np.isfinite(chance).all()
    assert ((chance >= 0) & (chance <= 1)).all()
    assert (chance[seeds] == 1).all()
    if not seeds.any():
        assert (chance == 0).all()


def test_it_can_be_ended() -> None:
    vectors = np.random.default_rng(0).normal(size=(12, BANK.mean.shape[0])).astype(np.float32)
    asked = iter([True, False])
    assert divide(BANK, vectors, np.arange(12) < 2, lambda: next(asked)) is None
