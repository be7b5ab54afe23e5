from __future__ import annotations

from multiprocessing import Pipe

import pytest

from tests.conftest import faces_by_person
from tui_tagger.services import Services, worker
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.resources import Resources
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Face, Person


class Counted(Recognition):
    """Tells how often suggestions were made."""

    made = 0

    def pass_over(self, whole: bool) -> int:
        Counted.made += 1
        return super().pass_over(whole)


def rounds() -> int:
    """How many rounds of suggestions a job that does nothing makes at its end."""
    Counted.made = 0
    here, there = Pipe()
    with here, there:
        worker.Control(here, Resources()).settle()
    return Counted.made


def test_suggestions_are_made_again_only_where_something_changed(
    scanned: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_tagger.services.worker.Recognition", Counted)
    face = faces_by_person(scanned)[0][0]
    scanned.review.name([face], "Anna")
    rounds()
    assert Face.select().where(Face.state == FaceState.SUGGESTED).exists()
    assert rounds() == 0
    scanned.review.name([faces_by_person(scanned)[1][0]], "Bert")
    assert rounds() > 0
    assert rounds() == 0
    Person.update(hidden=True).where(Person.name == "Anna").execute()
    assert rounds() > 0
    assert not Face.select().join(Person).where((Face.state == FaceState.SUGGESTED) & (Person.name == "Anna")).exists()
    assert rounds() == 0
