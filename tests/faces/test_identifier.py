from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.faces.test_strangers import DIMENSION, drawn_people
from tui_tagger.faces.identifier import LEVELS, Identifier, Scores, levels
from tui_tagger.faces.strangers import Settings, StrangerBank, fit_bank, spherical_bank
from tui_tagger.services.facts import unit

Floats = NDArray[np.float32]
FACES = 8


@pytest.fixture(scope="module")
def bank() -> StrangerBank:
    return fit_bank(*drawn_people(80, FACES), "drawn", [Settings(within_shrinkage=0.2, between_shrinkage=0.2)])


@pytest.fixture(scope="module")
def known() -> Floats:
    """Twenty people the bank does not know, [20, 8, d]."""
    return drawn_people(20, FACES, seed=7)[0].reshape(20, FACES, DIMENSION)


@pytest.fixture(scope="module")
def strangers() -> Floats:
    return drawn_people(100, 2, seed=8)[0]


def enrolled(bank: StrangerBank, known: Floats, count: int) -> Identifier:
    return Identifier(bank, {10 + place: faces[:count] for place, faces in enumerate(known)})


@pytest.mark.parametrize("count", [1, 2, 5])
def test_people_are_named_and_strangers_are_not(
    bank: StrangerBank, known: Floats, strangers: Floats, count: int
) -> None:
    identifier = enrolled(bank, known, count)
    answers = identifier.identify(known[:, 5:].reshape(-1, DIMENSION))
    truth = np.repeat(np.arange(10, 30), 3)
    right = [a.candidates[0].person == person for a, person in zip(answers, truth, strict=True)]
    assert np.mean(right) > 0.9
    assert all(a.recommendation != "none" for a, ok in zip(answers, right, strict=True) if ok and a.unknown < 0.5)
    accepted = [a.recommendation in ("medium", "strong") for a in identifier.identify(strangers)]
    assert np.mean(accepted) < 0.1


def test_probabilities_and_unknown_sum_to_one(bank: StrangerBank, known: Floats, strangers: Floats) -> None:
    identifier = enrolled(bank, known[:6], 3)
    for answer in identifier.identify(np.concatenate([known[:, 6], strangers])):
        assert sum(c.probability for c in answer.candidates) + answer.unknown == pytest.approx(1, abs=1e-4)
        probabilities = [c.probability for c in answer.candidates]
        assert probabilities == sorted(probabilities, reverse=True)


def test_probabilities_are_about_as_often_right_as_they_say(bank: StrangerBank) -> None:
    people = drawn_people(120, 6, seed=21)[0].reshape(120, 6, DIMENSION)
    identifier = Identifier(bank, {place: faces[:2] for place, faces in enumerate(people[:60])})
    summary = Scores(identifier, people[:, 2:].reshape(-1, DIMENSION)).summary()
    truth = np.repeat(np.r_[np.arange(60), np.full(60, -1)], 4)
    right = summary.person == truth
    sure = summary.probability > 0.8
    assert sure.sum() > 100
    assert abs(summary.probability[sure].mean() - right[sure].mean()) < 0.06


def test_an_enrolled_face_finds_itself(bank: StrangerBank, known: Floats) -> None:
    answer = enrolled(bank, known, 5).identify(known[3:4, 2])[0]
    first = answer.candidates[0]
    assert first.person == 13
    assert first.similarity == pytest.approx(1, abs=1e-5)
    assert first.nearest[0] == 2
    cosines = known[3, :5] @ known[3, 2]
    assert first.nearest == tuple(np.argsort(-cosines)[:3])


def test_rejected_people_are_not_offered(bank: StrangerBank, known: Floats) -> None:
    identifier = enrolled(bank, known, 3)
    probes = known[:2, 6]
    answers = identifier.identify(probes, excluded=[frozenset({10}), frozenset()])
    assert 10 not in [c.person for c in answers[0].candidates]
    assert answers[1] == identifier.identify(probes)[1]
    summary = Scores(identifier, probes, least=-np.inf).summary(excluded={0: {10, 999}})
    assert summary.person[0] == answers[0].candidates[0].person


def test_everybody_rejected_leaves_nobody(bank: StrangerBank, known: Floats) -> None:
    identifier = enrolled(bank, known[:2], 3)
    answer = identifier.identify(known[:1, 6], excluded=[frozenset({10, 11})])[0]
    assert answer.candidates == ()
    assert answer.unknown == pytest.approx(1)
    assert answer.recommendation == "none"
    summary = Scores(identifier, known[:1, 6]).summary(excluded={0: {10, 11}})
    assert summary.person.tolist() == [-1]
    assert summary.level.tolist() == [0]


def test_nobody_enrolled(bank: StrangerBank, known: Floats) -> None:
    identifier = Identifier(bank, {})
    assert identifier.score(known[0]).shape == (FACES, 0)
    assert [a.unknown for a in identifier.identify(known[0])] == [pytest.approx(1)] * FACES
    assert Scores(identifier, known[0]).summary().person.tolist() == [-1] * FACES
    assert identifier.identify(np.empty((0, DIMENSION), np.float32)) == []


def test_at_most_nine_candidates(bank: StrangerBank, known: Floats) -> None:
    assert len(enrolled(bank, known, 2).identify(known[0, 5:6])[0].candidates) == 9


def test_one_face_alone_needs_more_to_be_strong() -> None:
    probability = np.array([0.985, 0.985, 0.9999, 0.9999])
    level = levels(probability, np.full(4, 50.0), np.array([1, 2, 1, 2]), threshold=20.0)
    assert [LEVELS[i] for i in level] == ["medium", "strong", "strong", "strong"]


def test_no_recommendation_above_weak_under_the_threshold() -> None:
    level = levels(np.array([0.9999, 0.1]), np.array([19.0, 19.0]), np.array([5, 5]), threshold=20.0)
    assert [LEVELS[i] for i in level] == ["weak", "none"]


def test_one_confirmed_face_is_told(bank: StrangerBank, known: Floats) -> None:
    assert "only one confirmed face so far" in enrolled(bank, known, 1).identify(known[0, 5:6])[0].reasons
    assert "only one confirmed face so far" not in enrolled(bank, known, 2).identify(known[0, 5:6])[0].reasons


def test_the_kept_scores_follow_every_change(bank: StrangerBank, known: Floats, strangers: Floats) -> None:
    probes = np.concatenate([known[:, 7], strangers])
    identifier = enrolled(bank, known[:10], 2)
    scores = Scores(identifier, probes)
    identifier.enrol(10, known[0, :6])
    identifier.enrol(50, known[15, :1])
    identifier.forget(12)
    for person in (10, 50, 12, 12):
        scores.update(person)
    again = Scores(identifier, probes)
    kept, fresh = scores.summary(), again.summary()
    assert np.array_equal(kept.person, fresh.person)
    assert np.allclose(kept.probability, fresh.probability, atol=1e-4)
    assert 12 not in kept.person
    assert 50 in kept.person


def test_the_summary_agrees_with_the_full_answers(bank: StrangerBank, known: Floats, strangers: Floats) -> None:
    identifier, probes = enrolled(bank, known, 3), np.concatenate([known[:, 6], strangers])
    answers, every = identifier.identify(probes), Scores(identifier, probes, least=-np.inf).summary()
    assert every.person.tolist() == [a.candidates[0].person for a in answers]
    plausible = Scores(identifier, probes).summary()
    told = plausible.person != -1
    assert np.array_equal(plausible.person[told], every.person[told])
    assert every.probability[~told].max(initial=0) < 0.001
    for summary, close in ((every, 2e-4), (plausible, 1e-3)):
        assert np.allclose(summary.probability, [a.candidates[0].probability for a in answers], atol=close)
        assert [LEVELS[i] for i in summary.level] == [a.recommendation for a in answers]


def test_a_component_is_the_gaussian_that_the_model_says(bank: StrangerBank, known: Floats) -> None:
    """Against the same density written with dense matrices and scipy."""
    from scipy.stats import multivariate_normal

    faces, probes = known[0, :6], known[:, 7]
    points = bank.project(faces).astype(float)
    n, between = len(points), bank.between.astype(float)
    weight = (n - 1) / (n - 1 + bank.settings.strength)
    covariance = (1 - weight) * np.eye(DIMENSION) + weight * np.cov(points.T) + np.diag(between / (1 + n * between))
    average = faces.mean(0) / np.linalg.norm(faces.mean(0)) ** bank.settings.lengthening
    mean = n * between / (1 + n * between) * bank.project(average)[0]
    expected = multivariate_normal(mean, covariance).logpdf(bank.project(probes))
    expected -= multivariate_normal(np.zeros(DIMENSION), np.diag(1 + between)).logpdf(bank.project(probes))
    several = Identifier(bank, {1: faces, 2: known[1, :1]})
    assert np.allclose(several.score(probes)[:, 0], expected, rtol=1e-3, atol=1e-2)
    assert np.allclose(several.score(probes, [1])[:, 0], expected, rtol=1e-3, atol=1e-2)


def test_spherical_covariances_rank_as_cosine_does(known: Floats) -> None:
    identifier = Identifier(spherical_bank("x", DIMENSION), {place: faces[:1] for place, faces in enumerate(known)})
    probes = known[:, 5]
    assert np.array_equal(np.argsort(identifier.score(probes)), np.argsort(probes @ known[:, 0].T))


def test_cosine_to_the_mean_is_contained_as_a_limit(known: Floats) -> None:
    """Spherical covariances, no covariance of one's own, means of unit length."""
    bank = spherical_bank("x", DIMENSION)
    cosine = replace(bank, settings=replace(bank.settings, strength=1e12, lengthening=1.0))
    identifier = Identifier(cosine, {place: faces[:4] for place, faces in enumerate(known)})
    means = known[:, :4].mean(1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    probes = known[:, 5:].reshape(-1, DIMENSION)
    ranked, expected = np.argsort(identifier.score(probes)), np.argsort(probes @ means.T)
    assert (ranked == expected).mean() > 0.99  # single precision may swap what is equal


def test_one_face_confirmed_as_two_people_is_given_to_neither_for_sure(bank: StrangerBank, known: Floats) -> None:
    identifier = Identifier(bank, {1: known[0, :3], 2: known[0, :3], 3: known[1, :3]})
    answer = identifier.identify(known[0, 5:6])[0]
    assert {c.person for c in answer.candidates[:2]} == {1, 2}
    assert answer.candidates[0].probability == pytest.approx(answer.candidates[1].probability, abs=1e-3)
    assert answer.recommendation in ("none", "weak")


def test_faces_that_cancel_out_are_a_person_nobody_is_like(bank: StrangerBank, known: Floats) -> None:
    identifier = Identifier(bank, {1: np.concatenate([known[0, :1], -known[0, :1]]), 2: known[1, :2]})
    assert np.isfinite(identifier.score(known[:, 5])).all()
    assert np.isfinite(identifier.audit(1)).all()


@pytest.mark.parametrize("count", [1, 2, 2000])
def test_identical_faces_give_finite_scores(bank: StrangerBank, known: Floats, count: int) -> None:
    identifier = Identifier(bank, {1: np.repeat(known[0, :1], count, 0), 2: known[1]})
    answer = identifier.identify(known[0, :1])[0]
    assert answer.candidates[0].person == 1
    assert np.isfinite(identifier.score(known[:, 7])).all()


def test_a_thousand_people(bank: StrangerBank) -> None:
    faces = drawn_people(1000, 2, seed=3)[0].reshape(1000, 2, DIMENSION)
    identifier = Identifier(bank, {place: one[:1] for place, one in enumerate(faces)})
    summary = Scores(identifier, faces[:, 1]).summary()
    assert np.isfinite(summary.probability).all()
    assert (summary.person == np.arange(1000)).mean() > 0.5


def test_people_who_all_look_alike_still_rank_right(bank: StrangerBank, known: Floats) -> None:
    """As drawn faces do to an embedder that learned from photos: all in one corner of the sphere."""
    corner = drawn_people(1, 1, seed=99)[0][0]
    squeezed = corner + 0.3 * known
    squeezed /= np.linalg.norm(squeezed, axis=-1, keepdims=True)
    for count, least in ((1, 0.75), (3, 0.9)):
        answers = enrolled(bank, squeezed, count).identify(squeezed[:, 5:].reshape(-1, DIMENSION))
        right = [a.candidates[0].person == p for a, p in zip(answers, np.repeat(np.arange(10, 30), 3), strict=True)]
        assert np.mean(right) > least


def test_a_gallery_that_is_empty_or_not_finite_is_forgotten(bank: StrangerBank, known: Floats) -> None:
    identifier = enrolled(bank, known[:3], 2)
    identifier.enrol(10, np.empty((0, DIMENSION), np.float32))
    identifier.enrol(11, np.full((1, DIMENSION), np.nan, np.float32))
    identifier.enrol(12, np.concatenate([known[2, :2], np.full((1, DIMENSION), np.nan, np.float32)]))
    assert identifier.count(12) == 2
    identifier.forget(999)
    assert identifier.people == (12,)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from([1e-30, 1e-4, 1.0, 1e3, 1e30]))
def test_any_gallery_gives_finite_scores(count: int, seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    faces = (size * rng.normal(size=(count, 16))).astype(np.float32)
    identifier = Identifier(spherical_bank("x", 16), {1: faces, 2: faces[:1]})
    answer = identifier.identify(faces[:1])[0]
    assert all(np.isfinite(c.probability) for c in answer.candidates)
    assert 0 <= answer.unknown <= 1


def test_identification_loads_neither_scikit_learn_nor_torch() -> None:
    code = (
        "import sys, numpy as np;"
        "from tui_tagger.faces.identifier import Identifier;"
        "from tui_tagger.faces.strangers import spherical_bank;"
        "f = np.eye(8, dtype=np.float32);"
        "Identifier(spherical_bank('x', 8), {1: f[:1]}).identify(f);"
        "print([m for m in ('sklearn', 'torch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_audit_finds_the_face_of_somebody_else(bank: StrangerBank, known: Floats) -> None:
    identifier = enrolled(bank, known, 5)
    mixed = np.concatenate([known[0, :6], known[1, 6:7], known[0, 6:]])
    identifier.enrol(10, mixed)
    told = identifier.audit(10)
    assert told.shape == (9,)
    assert told.argmin() == 6
    assert told[6] < 0.1
    assert np.median(told) > 0.9


def test_an_audit_judges_by_the_others_as_if_the_face_were_never_enrolled(bank: StrangerBank, known: Floats) -> None:
    for count in (2, 3, 8):
        identifier = enrolled(bank, known, count)
        told = identifier.audit(12)
        for place in range(count):
            identifier.enrol(12, np.delete(known[2, :count], place, 0))
            answer = identifier.identify(known[2, place : place + 1])[0]
            expected = {c.person: c.probability for c in answer.candidates}.get(12, 0.0)
            assert told[place] == pytest.approx(expected, abs=1e-3)
        identifier.enrol(12, known[2, :count])


def test_an_audit_without_anything_to_compare_accuses_nobody(bank: StrangerBank, known: Floats) -> None:
    broken = known[0, :3].copy()
    broken[1] = np.nan
    identifier = Identifier(bank, {1: known[1, :1], 2: broken})
    assert identifier.audit(1).tolist() == [1]
    assert np.isfinite(identifier.audit(2)).all()
    assert identifier.audit(2)[1] == 1


def test_an_audit_of_two_thousand_identical_faces_is_finite(bank: StrangerBank, known: Floats) -> None:
    identifier = Identifier(bank, {1: np.repeat(known[0, :1], 2000, 0), 2: known[1]})
    assert np.isfinite(identifier.audit(1)).all()


def test_one_face_alone_is_judged_as_among_many(bank: StrangerBank) -> None:
    faces = drawn_people(12, 60, seed=11)[0].reshape(12, 60, DIMENSION)
    gallery = {10 + place: every[: 1 + 5 * place] for place, every in enumerate(faces)}
    identifier = Identifier(bank, gallery)
    probes = np.concatenate([faces[:, 58], drawn_people(12, 2, seed=12)[0]])
    for probe, among in zip(probes, identifier.identify(probes), strict=True):
        alone = identifier.identify(probe[None])[0]
        assert (alone.recommendation, alone.reasons) == (among.recommendation, among.reasons)
        assert alone.unknown == pytest.approx(among.unknown, abs=1e-5)
        for one, other in zip(alone.candidates, among.candidates, strict=True):
            assert (one.person, one.nearest) == (other.person, other.nearest)
            assert one.similarity == pytest.approx(other.similarity, abs=1e-6)
            assert one.probability == pytest.approx(other.probability, abs=1e-5)


def test_a_recalled_gallery_is_as_good_as_one_that_is_kept(bank: StrangerBank, known: Floats) -> None:
    gallery = {10 + place: faces[:5].astype(np.float16).astype(np.float32) for place, faces in enumerate(known)}
    kept = Identifier(bank, gallery)
    recalled = Identifier(bank, gallery, lambda person: unit(gallery[person].astype(np.float16)))
    for one, other in zip(kept.identify(known[:, 6]), recalled.identify(known[:, 6]), strict=True):
        assert (one.recommendation, one.reasons) == (other.recommendation, other.reasons)
        assert [(each.person, each.nearest) for each in one.candidates] == [
            (each.person, each.nearest) for each in other.candidates
        ]
        assert [each.similarity for each in one.candidates] == pytest.approx(
            [each.similarity for each in other.candidates], abs=1e-6
        )


def test_embeddings_of_no_use_are_zeros_at_unit_length() -> None:
    vectors = np.array([[3, 4], [0, 0], [np.inf, 1], [np.nan, 1], [60000, 60000]], np.float16)
    half = np.sqrt(np.float32(0.5))
    assert unit(vectors) == pytest.approx(np.array([[0.6, 0.8], [0, 0], [0, 0], [0, 0], [half, half]]), abs=1e-6)


def test_evidence_of_many_people_is_that_of_each(bank: StrangerBank, known: Floats) -> None:
    ratios = np.linspace(-900, 200, 60, dtype=np.float32).reshape(20, 3)
    counts = np.arange(1, 21)
    each = [bank.settings.evidence(row, int(count)) for row, count in zip(ratios, counts, strict=True)]
    assert bank.settings.evidence(ratios, counts[:, None]) == pytest.approx(np.stack(each), rel=1e-6)
