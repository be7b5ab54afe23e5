from __future__ import annotations

import numpy as np
import pytest

from benchmarks.clusters import drawn, growth, measures
from tui_tagger.faces.strangers import bank_for
from tui_tagger.faces.weights import COMPACT_ID


def test_measures_of_a_known_case() -> None:
    found = measures(np.array([0, 0, 0, 1, 2, 2]), np.array([5, 5, 6, 5, 7, 7]))
    assert found["precision"] == pytest.approx(2 / 4)
    assert found["recall"] == pytest.approx(2 / 4)
    assert found["grouped"] == pytest.approx(5 / 6)
    assert found["wrong in 100"] == pytest.approx(100 / 5)


@pytest.mark.parametrize("count", [1_000, 6_000])
def test_drawn_faces_are_unit_vectors_and_nearly_all_merged(count: int) -> None:
    bank = bank_for(COMPACT_ID)
    embeddings, people = drawn(bank, count)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx(1, abs=1e-5)
    assert len(people) == count
    (found,) = growth(bank, embeddings, [f"p{one}" for one in people], [count]).values()
    assert found["grouped"] > 0.95
    assert found["recall"] > 0.95
    assert found["wrong in 100"] < 0.5
