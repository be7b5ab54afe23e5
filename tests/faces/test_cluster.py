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
from tui_tagger.faces import cluster
from tui_tagger.faces.cluster import Cluster, Known, clusters, merge_from
from tui_tagger.faces.strangers import Settings, StrangerBank, fit_bank, spherical_bank

Floats = NDArray[np.float32]
FACES = 8
ANNA, BO = 10, 11


@pytest.fixture(scope="module")
def bank() -> StrangerBank:
    return fit_bank(*drawn_people(80, FACES), "drawn", [Settings(within_shrinkage=0.2, between_shrinkage=0.2)])


@pytest.fixture(scope="module")
def faces() -> Floats:
    """Twenty people the bank does not know, eight faces each, one person after another."""
    return drawn_people(20, FACES, seed=7)[0]


def made(bank: StrangerBank, embeddings: Floats, known: Known | None = None) -> tuple[Cluster, ...]:
    found = clusters(bank, embeddings, known)
    assert found is not None
    return found


def sets(found: tuple[Cluster, ...]) -> set[frozenset[int]]:
    return {frozenset(one.members) for one in found}


def test_drawn_people_are_recovered(bank: StrangerBank, faces: Floats) -> None:
    found = made(bank, faces)
    people = [{member // FACES for member in one.members} for one in found]
    assert all(len(one) == 1 for one in people)
    assert set().union(*people) == set(range(20))
    assert sum(len(one.members) for one in found) > 0.9 * len(faces)
    assert len(found) < 30


def test_single_faces_stay_alone(bank: StrangerBank) -> None:
    assert made(bank, drawn_people(150, 2, seed=5)[0][::2]) == ()


def test_the_typical_come_first_with_how_well_they_fit(bank: StrangerBank, faces: Floats) -> None:
    """Against mean log-likelihood ratios made from dense Gaussians."""
    from scipy.stats import multivariate_normal

    one = made(bank, faces)[0]
    points, between = bank.project(faces[list(one.members)]).astype(float), np.diag(bank.between.astype(float))
    alone = np.eye(DIMENSION) + between
    alone_density = multivariate_normal(np.zeros(DIMENSION), alone).logpdf(points)
    together = multivariate_normal(np.zeros(2 * DIMENSION), np.block([[alone, between], [between, alone]]))
    expected = []
    for place, point in enumerate(points):
        pairs = [np.r_[point, other] for index, other in enumerate(points) if index != place]
        others = np.delete(alone_density, place)
        fit = np.mean(together.logpdf(pairs) - others - alone_density[place])
        expected.append(1 / (1 + np.exp(-(fit - bank.settings.threshold) / bank.settings.temperature)))
    assert np.allclose(one.cohesion, expected, atol=2e-3)
    assert list(one.cohesion) == sorted(one.cohesion, reverse=True)


def test_left_out_faces_are_in_no_cluster(bank: StrangerBank, faces: Floats) -> None:
    known = replace(Known.nothing(len(faces)), left_out=np.arange(len(faces)) % FACES < 2)
    members = {member for one in made(bank, faces, known) for member in one.members}
    assert members
    assert all(member % FACES >= 2 for member in members)


def test_a_confirmed_person_is_told(bank: StrangerBank, faces: Floats) -> None:
    known = Known.nothing(len(faces))
    known.persons[:2] = ANNA
    (anna,) = [one for one in made(bank, faces, known) if 0 in one.members]
    assert (anna.person, 1 in anna.members) == (ANNA, True)
    assert {one.person for one in made(bank, faces, known)} == {ANNA, -1}


def test_faces_of_one_photo_are_never_together(bank: StrangerBank, faces: Floats) -> None:
    known = replace(Known.nothing(FACES), photos=np.zeros(FACES, np.int64))
    assert made(bank, faces[:FACES])
    assert made(bank, faces[:FACES], known) == ()


def test_two_people_who_look_alike_are_kept_apart(bank: StrangerBank, faces: Floats) -> None:
    known = Known.nothing(FACES)
    known.persons[:2] = ANNA, BO
    for one in made(bank, faces[:FACES], known):
        assert not {0, 1} <= set(one.members)


def test_a_rejected_face_does_not_join_the_person(bank: StrangerBank, faces: Floats) -> None:
    known = Known.nothing(FACES)
    known.persons[0] = ANNA
    assert {0, 1} <= set(made(bank, faces[:FACES], known)[0].members)
    for one in made(bank, faces[:FACES], replace(known, rejected=[(1, ANNA)])):
        assert not {0, 1} <= set(one.members)


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_to_group(bank: StrangerBank, faces: Floats, count: int) -> None:
    assert made(bank, faces[:count]) == ()


def test_two_faces_of_one_person(bank: StrangerBank, faces: Floats) -> None:
    alike = np.repeat(faces[:1], 2, 0)
    assert sets(made(bank, alike)) == {frozenset({0, 1})}
    assert made(bank, faces[[0, FACES]]) == ()


def test_a_thousand_identical_faces_are_one_cluster(bank: StrangerBank, faces: Floats) -> None:
    """As many as fill a tile with pairs."""
    (one,) = made(bank, np.repeat(faces[:1], 1000, 0))
    assert one.members == tuple(range(1000))
    assert np.isfinite(one.cohesion).all()


def test_zeros_and_what_is_not_finite_stay_out(bank: StrangerBank, faces: Floats) -> None:
    broken = faces.copy()
    broken[0], broken[1, 3], broken[2, 0] = 0, np.nan, np.inf
    members = {member for one in made(bank, broken) for member in one.members}
    assert members
    assert not members & {0, 1, 2}


def test_tiles_change_nothing(bank: StrangerBank, faces: Floats, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = made(bank, faces)
    monkeypatch.setattr(cluster, "BLOCK", 37)
    monkeypatch.setattr(cluster, "PENDING", 100)
    assert sets(made(bank, faces)) == sets(whole)


def test_it_ends_when_told_to(bank: StrangerBank, faces: Floats) -> None:
    assert clusters(bank, faces, go_on=lambda _done, _total: False) is None


def test_among_more_faces_a_merger_needs_more(bank: StrangerBank) -> None:
    assert merge_from(bank, 10) == merge_from(bank, 1000) < merge_from(bank, 10_000) < merge_from(bank, 100_000)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_cluster_breaks_a_constraint_and_order_means_nothing(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 24))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    people = rng.normal(size=(3, 16))
    rows = people[rng.integers(3, size=count)] + data.draw(st.sampled_from([0.0, 0.3, 0.6])) * rng.normal(
        size=(count, 16)
    )
    embeddings = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    known = Known(
        rng.permutation(2 * count)[:count] // data.draw(st.integers(1, 4)),
        rng.choice([-1, -1, -1, ANNA, BO], count),
        rng.random(count) < 0.1,
        [
            (int(face), int(person))
            for face, person in zip(rng.permutation(count)[:6], rng.choice([ANNA, BO], 6), strict=False)
        ],
    )
    bank = spherical_bank("x", 16)
    found = made(bank, embeddings, known)
    for one in found:
        members = list(one.members)
        assert len(set(known.photos[members].tolist())) == len(members) > 1
        persons = set(known.persons[members].tolist()) - {-1}
        assert len(persons) <= 1
        assert one.person in (persons or {-1})
        forbidden = {(face, person) for face in members for person in persons if known.persons[face] < 0}
        assert not forbidden & set(known.rejected)
        assert not known.left_out[members].any()
    assert len({face for one in found for face in one.members}) == sum(len(one.members) for one in found)

    order = rng.permutation(count)
    place = np.argsort(order)
    moved = Known(
        known.photos[order],
        known.persons[order],
        known.left_out[order],
        [(int(place[face]), person) for face, person in known.rejected],
    )
    again = made(bank, embeddings[order], moved)
    if len(np.unique(embeddings, axis=0)) == count:  # twins may change places
        assert {frozenset(order[list(one.members)].tolist()) for one in again} == sets(found)
    assert sorted(len(one.members) for one in again) == sorted(len(one.members) for one in found)


def test_clusters_need_neither_scikit_learn_nor_torch() -> None:
    code = (
        "import sys, numpy as np;"
        "from tui_tagger.faces.cluster import clusters;"
        "from tui_tagger.faces.strangers import spherical_bank;"
        "clusters(spherical_bank('x', 8), np.eye(8, dtype=np.float32));"
        "print([m for m in ('sklearn', 'torch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
