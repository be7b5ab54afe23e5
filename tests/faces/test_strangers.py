from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tui_tagger import config
from tui_tagger.errors import ModelError
from tui_tagger.faces.bank import mixed_with_general
from tui_tagger.faces.calibration import worth
from tui_tagger.faces.strangers import (
    Questions,
    Settings,
    StrangerBank,
    bank_for,
    bank_path,
    candidates,
    fit_bank,
    group,
    load_bank,
    save_bank,
    spherical_bank,
    statistics,
)

DIMENSION = 24
Floats = NDArray[np.float32]


def drawn_people(people: int, faces: int, seed: int = 0) -> tuple[Floats, list[str]]:
    """Unit embeddings of made-up people, whose faces differ most along the first four axes."""
    rng = np.random.default_rng(seed)
    within = np.r_[np.full(4, 0.8), np.full(DIMENSION - 4, 0.35)]
    means = rng.normal(size=(people, DIMENSION))
    samples = means[:, None] + within * rng.normal(size=(people, faces, DIMENSION))
    unit = samples / np.linalg.norm(samples, axis=2, keepdims=True)
    return unit.reshape(-1, DIMENSION).astype(np.float32), [f"p{i}" for i in range(people) for _ in range(faces)]


@pytest.fixture(scope="module")
def bank() -> StrangerBank:
    return fit_bank(*drawn_people(80, 8), "drawn", [Settings(within_shrinkage=0.2, between_shrinkage=0.2)])


def test_faces_of_one_person_have_unit_covariance_in_the_bank_space() -> None:
    embeddings, people = drawn_people(200, 10)
    exact = statistics(embeddings, group(people), "x", Settings(within_shrinkage=0.0, between_shrinkage=0.0))
    points = exact.project(embeddings).reshape(200, 10, -1)
    deviations = (points - points.mean(1, keepdims=True)).reshape(-1, DIMENSION)
    covariance = deviations.T @ deviations / (200 * 9)
    assert np.allclose(covariance, np.eye(DIMENSION), atol=1e-3)
    means = points.mean(1)
    assert np.allclose(np.diag(np.cov(means.T)), exact.between + 0.1, atol=0.02)


def test_fitting_measures_temperature_and_threshold(bank: StrangerBank) -> None:
    embeddings, people = drawn_people(80, 8)
    other = fit_bank(embeddings, people, "drawn", [Settings(temperature=3.0, threshold=1e6)])
    assert 0.2 < other.settings.temperature < 10
    assert abs(other.settings.threshold) < 100
    assert np.isfinite(bank.settings.unknown)


def test_a_bank_keeps_at_most_500_strangers_and_no_person_with_few_faces() -> None:
    embeddings, people = drawn_people(520, 6)
    few, names = drawn_people(50, 3, seed=1)
    both = np.concatenate([embeddings, few])
    fitted = statistics(both, group([*people, *(f"few-{name}" for name in names)]), "x", Settings())
    assert len(fitted.stranger_means) == 500
    only_few = group([f"few-{name}" for name in names])
    with pytest.raises(ModelError, match="too few"):
        statistics(few, only_few, "x", Settings())


def test_strangers_of_the_bank_are_unknown_and_general_faces_less_so(bank: StrangerBank) -> None:
    general = bank.general(bank.stranger_means)
    near = bank.unknown(bank.stranger_means, general)
    rng = np.random.default_rng(3)
    points = (rng.normal(size=(200, DIMENSION)) * np.sqrt(1 + bank.between)).astype(np.float32)
    assert near.mean() > bank.unknown(points, bank.general(points)).mean()


def test_saving_and_loading_keeps_what_scores_depend_on(bank: StrangerBank, tmp_path: Path) -> None:
    path = tmp_path / "cache" / "strangers-drawn.npz"
    save_bank(bank, path)
    loaded = load_bank(path)
    assert loaded.model_id == "drawn"
    assert loaded.settings == bank.settings
    assert np.array_equal(loaded.basis, bank.basis)
    assert np.allclose(loaded.stranger_means, bank.stranger_means, rtol=1e-3, atol=1e-3)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("damage", ["missing", "cut", "text", "pickled", "shape", "not finite", "without settings"])
def test_a_damaged_bank_is_refused_by_name(bank: StrangerBank, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "bank.npz"
    save_bank(bank, path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:3000])
    elif damage == "text":
        path.write_text("not a bank")
    elif damage == "pickled":
        np.savez(path, mean=np.array([{"a": 1}], dtype=object))
    elif damage == "shape":
        save_bank(replace(bank, between=bank.between[:3]), path)
    elif damage == "not finite":
        save_bank(replace(bank, mean=np.full_like(bank.mean, np.nan)), path)
    elif damage == "without settings":
        np.savez(path, mean=bank.mean, basis=bank.basis)
    else:
        path.unlink()
    with pytest.raises(ModelError, match=r"bank\.npz"):
        load_bank(path)


def test_bank_for_prefers_a_measured_bank_to_the_spherical_one(
    bank: StrangerBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "cache_dir", lambda: tmp_path)
    assert not len(bank_for("drawn").stranger_means)
    save_bank(bank, bank_path("drawn"))
    assert len(bank_for("drawn").stranger_means) == 80


def test_bank_path_stays_in_the_cache_whatever_the_model_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "cache_dir", lambda: tmp_path)
    assert bank_path("../../etc/passwd").parent == tmp_path


def test_a_spherical_bank_knows_its_embedder_by_dimension() -> None:
    bank = spherical_bank("facenet-vggface2", 512)
    assert bank.project(np.eye(512, dtype=np.float32)).shape == (512, 512)
    assert bank_for("facenet-vggface2-unmeasured").mean.shape == (512,)


def test_people_asked_choose_among_settings() -> None:
    embeddings, people = drawn_people(60, 6)
    others, names = drawn_people(60, 7, seed=5)
    choices = [Settings(within_shrinkage=within, between_shrinkage=0.2, strength=50.0) for within in (0.2, 1.0)]
    asked = Questions(others, (group(names),))
    chosen = fit_bank(embeddings, people, "drawn", choices, asked)
    worths = [worth(one, asked) for one in candidates(embeddings, group(people), "drawn", choices)]
    assert chosen.settings.within_shrinkage == choices[int(np.argmax(worths))].within_shrinkage
    assert len(chosen.stranger_means) == 60


def test_candidates_differ_only_in_what_was_chosen() -> None:
    embeddings, people = drawn_people(40, 6)
    choices = [Settings(within_shrinkage=0.2, strength=strength) for strength in (50.0, 500.0)]
    one, other = candidates(embeddings, group(people), "drawn", choices)
    assert (one.settings, other.settings) == tuple(choices)
    assert one.basis is other.basis


def test_the_prior_of_nobody_grows_with_the_people_enrolled() -> None:
    settings = Settings(unknown=-1.0)
    assert settings.prior(0) == settings.prior(1) == -1
    assert settings.prior(500) - settings.prior(5) == pytest.approx(np.log(100))


def test_evidence_of_many_faces_approaches_a_limit() -> None:
    settings = Settings(temperature=10.0, growth=0.5, gain=1.5)
    ratio = np.array([20.0], np.float32)
    assert settings.evidence(ratio, 1)[0] == pytest.approx(2)
    assert settings.evidence(ratio, 2000)[0] == pytest.approx(2 * np.exp(-0.5) + 1.5, abs=1e-2)


@pytest.mark.parametrize("share", [1e-6, 0.5, 1 - 1e-6])
def test_nobody_is_between_faces_in_general_and_the_strangers(share: float) -> None:
    evidence = np.array([[5.0, 5.0], [-5.0, -5.0]], np.float32)
    mixed = mixed_with_general(evidence, share)
    assert 0 <= mixed[0] <= 5 + 1e-3 and -5 - 1e-3 <= mixed[1] <= 1e-3
    assert mixed[0] == pytest.approx(np.log(1 - share + share * np.exp(5)), abs=1e-3)


def test_a_bank_that_the_user_built_wins_over_the_one_that_ships(
    bank: StrangerBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr(config, "DATA", tmp_path / "data")
    save_bank(statistics(*_some_people(30), "drawn", Settings()), tmp_path / "data" / bank_path("drawn").name)
    assert len(bank_for("drawn").stranger_means) == 30
    save_bank(bank, bank_path("drawn"))
    assert len(bank_for("drawn").stranger_means) == 80


def _some_people(count: int) -> tuple[Floats, dict[str, NDArray[np.int64]]]:
    embeddings, people = drawn_people(count, 8)
    return embeddings, group(people)
