from __future__ import annotations

import numpy as np
import pytest

from tests.services.drawn import add_photo
from tui_tagger.services import Services, galleries
from tui_tagger.storage.models import Embedding


def test_a_gallery_is_read_when_it_is_asked_for(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was thrown away to make room is the same when it comes back."""
    for number in range(6):
        add_photo([number % 3])
    for person, faces in enumerate(([1, 4], [2, 5], [3, 6])):
        services.review.name(faces, f"Person {person}")
    known = services.recognition._galleries
    before = {person: known.vectors(person) for person in (1, 2, 3)}
    monkeypatch.setattr(galleries, "KEPT", 0)
    for person in (3, 1, 2, 1):
        assert np.array_equal(known.vectors(person), before[person])
    assert len(known._read) == 1
    assert known._bytes == known._read[1].nbytes


def test_an_embedding_that_is_gone_is_zeros(services: Services) -> None:
    faces = [*add_photo([0]), *add_photo([0])]
    services.recognition.update()
    facts = services.recognition.facts
    Embedding.delete().where(Embedding.face == faces[0]).execute()
    found = facts.vectors(facts.rows_of(faces))
    assert not found[0].any()
    assert np.linalg.norm(found[1]) == pytest.approx(1)


def test_faces_that_were_never_met_have_no_row(services: Services) -> None:
    add_photo([0])
    services.recognition.update()
    facts = services.recognition.facts
    assert [facts.row(face) for face in (-1, 0, 1, 2, 10**9)] == [None, None, 0, None, None]
    assert facts.rows_of([10**9, 1, -1]).tolist() == [0]
