from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.faces.test_strangers import DIMENSION, drawn_people
from tui_tagger.faces.calibration import calibrated, calibration_error, recalibrated, recalibration, worth
from tui_tagger.faces.strangers import Questions, Settings, StrangerBank, group, halves, spherical_bank, statistics
from tui_tagger.faces.trials import KNOWN, answered, trial

Floats = NDArray[np.float32]
PLAIN = Settings(within_shrinkage=0.2, between_shrinkage=0.2)


def questions(people: int, faces: int, seed: int) -> Questions:
    embeddings, names = drawn_people(people, faces, seed)
    return Questions(embeddings, (group(names),))


@pytest.fixture(scope="module")
def bank() -> StrangerBank:
    embeddings, names = drawn_people(80, 8)
    return statistics(embeddings, group(names), "drawn", PLAIN)


@pytest.fixture(scope="module")
def asked() -> Questions:
    return questions(60, 7, seed=5)


@pytest.fixture(scope="module")
def tuned(bank: StrangerBank, asked: Questions) -> StrangerBank:
    return replace(bank, settings=calibrated(bank, asked))


def surprise(bank: StrangerBank, others: Questions) -> float:
    return float(np.mean([one.surprise(bank.settings, 0.02) for one in answered(bank, others, 3, KNOWN)]))


def error(bank: StrangerBank, others: Questions) -> float:
    best = [one.best(bank.settings) for one in answered(bank, others, 3, {20: 4})]
    probability, right = (np.concatenate(parts) for parts in zip(*best, strict=True))
    return calibration_error(probability, right)


def test_a_trial_asks_about_faces_that_were_not_enrolled_and_about_as_many_strangers() -> None:
    groups = group(drawn_people(30, 6)[1])
    one = trial(groups, 2, 10, seed=1, most=3)
    assert [len(faces) for faces in one.gallery] == [2] * 10
    assert not set(np.concatenate(one.gallery)) & set(one.probes)
    assert (one.truth < 0).sum() == (one.truth >= 0).sum() == 30
    owner = {face: person for person, faces in groups.items() for face in faces.tolist()}
    for probe, place in zip(one.probes, one.truth, strict=True):
        enrolled = {owner[face] for faces in one.gallery for face in faces}
        expected = owner[one.gallery[place][0]] if place >= 0 else None
        assert owner[probe] == expected or (expected is None and owner[probe] not in enrolled)


def test_calibration_makes_the_truth_of_other_people_likelier(bank: StrangerBank, tuned: StrangerBank) -> None:
    others = questions(60, 7, seed=6)
    assert surprise(tuned, others) < surprise(bank, others)


@pytest.mark.parametrize("temperature", [0.5, 40.0])
def test_calibration_finds_its_way_from_a_wrong_temperature(
    bank: StrangerBank, asked: Questions, tuned: StrangerBank, temperature: float
) -> None:
    wrong = replace(bank, settings=replace(bank.settings, temperature=temperature))
    found = replace(wrong, settings=calibrated(wrong, asked))
    others = questions(60, 7, seed=6)
    assert surprise(found, others) < surprise(tuned, others) + 0.02
    assert surprise(found, others) < surprise(wrong, others)


def test_probabilities_of_other_people_are_within_five_points(tuned: StrangerBank) -> None:
    assert error(tuned, questions(120, 7, seed=6)) < 0.05


def test_worth_prefers_statistics_to_none(bank: StrangerBank) -> None:
    others = questions(120, 7, seed=6)
    noise = replace(bank, basis=np.random.default_rng(0).normal(size=bank.basis.shape).astype(np.float32))
    assert worth(bank, others) > worth(noise, others) + 0.1


def test_calibration_error_of_known_cases() -> None:
    sure = np.full(100, 0.9)
    assert calibration_error(sure, np.arange(100) < 90) == pytest.approx(0)
    assert calibration_error(sure, np.arange(100) < 50) == pytest.approx(0.4)
    assert calibration_error(np.r_[sure, np.ones(100)], np.arange(200) >= 10) == pytest.approx(0)


# --- by a user's own faces ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("people", "faces"), [(0, 3), (7, 5), (30, 2)])
def test_too_few_confirmed_faces_change_nothing(bank: StrangerBank, people: int, faces: int) -> None:
    embeddings, names = drawn_people(people, faces, seed=9)
    told = recalibration(bank, embeddings, names)
    assert told.bank is bank
    assert not told.changed
    assert told.before is None and told.after is None


def test_confirmed_faces_make_a_spherical_bank_better_for_people_it_never_saw() -> None:
    start = spherical_bank("x", DIMENSION)
    embeddings, names = drawn_people(40, 6, seed=9)
    told = recalibration(start, embeddings, names)
    assert told.changed
    assert (told.people, told.faces) == (40, 240)
    assert told.before is not None and told.after is not None and told.after < told.before
    others = questions(60, 7, seed=6)
    assert surprise(told.bank, others) < surprise(start, others)


def test_a_calibrated_bank_is_not_made_worse(tuned: StrangerBank) -> None:
    others = questions(60, 7, seed=6)
    before = surprise(tuned, others)
    for people, faces in ((8, 3), (20, 5)):
        embeddings, names = drawn_people(people, faces, seed=9)
        after = recalibrated(tuned, embeddings, names)
        assert surprise(after, others) < before + 0.05
        assert len(after.stranger_means) == len(tuned.stranger_means)


@pytest.mark.parametrize("kind", ["identical", "mixed up", "opposite"])
def test_contradictory_faces_leave_a_bank_that_works(tuned: StrangerBank, kind: str) -> None:
    embeddings, names = drawn_people(12, 4, seed=9)
    if kind == "identical":
        embeddings = np.repeat(embeddings[:1], len(names), 0)
    elif kind == "mixed up":
        embeddings = embeddings[np.random.default_rng(0).permutation(len(names))]
    else:
        embeddings[::2] *= -1
    after = recalibrated(tuned, embeddings, names)
    assert np.isfinite(after.basis).all() and (after.between > 0).all()
    assert np.isfinite(surprise(after, questions(30, 6, seed=6)))


def test_halves_share_nobody_and_both_get_people_with_many_faces() -> None:
    _, names = drawn_people(20, 6)
    groups = group([*names, *(f"few-{i // 2}" for i in range(40))])
    first, second = halves(groups, 0)
    assert not set(first) & set(second)
    assert set(first) | set(second) == set(groups)
    assert abs(sum(len(f) > 2 for f in first.values()) - sum(len(f) > 2 for f in second.values())) <= 1
