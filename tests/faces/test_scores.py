from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.faces.test_strangers import DIMENSION, drawn_people
from tui_tagger.faces.identifier import Identifier, Scores
from tui_tagger.faces.strangers import Settings, StrangerBank, fit_bank, group, statistics

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


def agree(kept: Scores, probes: Floats, rows: NDArray[np.int64]) -> None:
    """`kept` answers for `rows` as scores made of nothing but `probes` and its identifier."""
    now, fresh = kept.summary(), Scores(kept.identifier, probes).summary()
    assert np.array_equal(now.person[rows], fresh.person)
    assert np.allclose(now.probability[rows], fresh.probability, atol=1e-4)
    assert np.array_equal(now.level[rows], fresh.level)


def test_probes_come_and_go_and_the_others_keep_their_rows(
    bank: StrangerBank, known: Floats, strangers: Floats
) -> None:
    scores = Scores(Identifier(bank, dict(enumerate(known[:, :2]))), known[:, 5])
    first = scores.rows
    more = scores.add(strangers[:7])
    scores.remove([3, *more[:2].tolist()])
    again = scores.add(known[:2, 6])
    assert set(again) <= {3, *more[:2].tolist()}  # freed rows are used again
    assert set(scores.rows) == (set(first) | set(more)) - {3, *more[:2].tolist()} | set(again)
    kept = np.delete(first, 3)
    probes = np.concatenate([known[kept, 5], strangers[2:7], known[:2, 6]])
    agree(scores, probes, np.concatenate([kept, more[2:], again]))


def test_a_removed_probe_has_no_answer(bank: StrangerBank, known: Floats) -> None:
    scores = Scores(Identifier(bank, dict(enumerate(known[:, :2]))), known[:4, 5])
    scores.remove([1])
    assert scores.summary().person.tolist() == [0, -1, 2, 3]
    assert scores.summary({1: {0}}).person.tolist() == [0, -1, 2, 3]


def test_rows_that_are_no_embedding_match_nobody(bank: StrangerBank, known: Floats) -> None:
    bad = np.zeros((6, DIMENSION), np.float32)
    bad[1], bad[2], bad[3, 0], bad[4, 1] = np.nan, np.inf, -np.inf, np.nan
    bad[5] = 3e38
    identifier = Identifier(bank, dict(enumerate(known[:, :2])))
    scores = Scores(identifier, np.concatenate([known[:2, 5], bad]))
    for _ in range(2):
        summary = scores.summary()
        assert np.isfinite(summary.probability).all()
        assert summary.probability[2:7].tolist() == [0] * 5
        assert (summary.level[2:7] == 0).all()
        identifier.enrol(0, known[0, :4])
        scores.update(0)
    assert all(answer.unknown == 1 for answer in identifier.identify(bad[:5]))


def test_sizes_of_embeddings_do_not_matter(bank: StrangerBank, known: Floats) -> None:
    identifier = Identifier(bank, dict(enumerate(known[:, :2])))
    plain = Scores(identifier, known[:, 5]).summary()
    for size in (1e-30, 1e30):
        scaled = Scores(identifier, known[:, 5] * np.float32(size)).summary()
        assert np.array_equal(scaled.person, plain.person)
        assert np.allclose(scaled.probability, plain.probability, atol=1e-4)


@cache
def _statistics() -> StrangerBank:
    embeddings, names = drawn_people(44, 6)
    return statistics(embeddings, group(names), "drawn", Settings(within_shrinkage=0.2, between_shrinkage=0.2))


ACTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.booleans()), max_size=12)


@settings(max_examples=40, deadline=None)
@given(ACTS)
def test_any_course_of_decisions_ends_as_if_scored_at_once(acts: list[tuple[int, int, bool]]) -> None:
    people = drawn_people(6, FACES, seed=12)[0].reshape(6, FACES, DIMENSION)
    bank = _statistics()
    identifier = Identifier(bank, {0: people[0, :1]})
    scores = Scores(identifier, people[:, 5])
    waiting = dict(zip(scores.rows.tolist(), people[:, 5], strict=True))
    for person, faces, coming in acts:
        identifier.enrol(person, people[person, :faces])
        scores.update(person)
        if coming:
            probe = people[person, 6:7]
            waiting[int(scores.add(probe)[0])] = probe[0]
        elif waiting:
            row = sorted(waiting)[person % len(waiting)]
            scores.remove([row])
            del waiting[row]
    rows = np.array(sorted(waiting), np.int64)
    assert scores.rows.tolist() == rows.tolist()
    if len(rows):
        agree(scores, np.stack([waiting[row] for row in rows.tolist()]), rows)
