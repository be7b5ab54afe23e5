from __future__ import annotations

import pytest

from tests.conftest import faces_by_person
from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.services.library import face_view
from tui_tagger.services.views import FaceState


@pytest.fixture
def named(scanned: Services) -> Services:
    faces = faces_by_person(scanned)
    scanned.review.name(faces[0][:2], "Anna")
    scanned.review.name([faces[1][0]], "Bo")
    return scanned


def test_the_list_counts(named: Services) -> None:
    anna, bo = named.people.list()
    assert (anna.name, anna.confirmed, anna.suggested, anna.unwritten) == ("Anna", 2, 2, 2)
    assert (bo.name, bo.confirmed, bo.suggested) == ("Bo", 1, 2)
    assert anna.keyface_id in faces_by_person(named)[0]
    assert anna.first is not None
    assert [person.name for person in named.people.list("ÁN")] == ["Anna"]


def test_a_wrong_face_floats_to_the_top(named: Services) -> None:
    faces = faces_by_person(named)
    wrong = faces[2][1]
    named.review.name([*faces[0][2:], wrong], "Anna")
    assert named.people.faces(named.people.find("Anna"))[0].id == wrong


def test_type_ahead_offers_recent_names_and_beginnings_first(named: Services) -> None:
    named.people.add("Bettina")
    named.people.add("Jo Bergson")
    assert named.people.complete("b")[-1] == "Jo Bergson"
    assert set(named.people.complete("b")) == {"Bo", "Bettina", "Jo Bergson"}
    assert named.people.complete("", limit=2) == ("Jo Bergson", "Bettina")


def test_renaming_to_a_taken_name_is_refused(named: Services) -> None:
    with pytest.raises(UsageError, match="already"):
        named.people.rename(named.people.find("Bo"), "Anna")


def test_merging_moves_all_faces(named: Services) -> None:
    faces = faces_by_person(named)
    named.people.merge([named.people.find("Bo")], named.people.find("Anna"))
    assert [person.name for person in named.people.list()] == ["Anna"]
    assert face_view(faces[1][0]).person == "Anna"


def test_deleting_makes_faces_unknown(named: Services) -> None:
    faces = faces_by_person(named)
    named.people.delete(named.people.find("Anna"))
    assert {face_view(face).state for face in faces[0]} == {FaceState.UNKNOWN}
    assert named.review.undo() is not None
    assert face_view(faces[0][0]).person == "Anna"


def test_names_are_found_without_case_and_accents(named: Services) -> None:
    named.people.add("Zoë")
    assert named.people.find("zoe") == named.people.find("Zoë")
    with pytest.raises(UsageError):
        named.people.find("Nobody")
