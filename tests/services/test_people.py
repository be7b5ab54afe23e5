from __future__ import annotations

import pytest

from tests.conftest import faces_by_person
from tests.services.drawn import add_photo
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


# --- audit ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def audited(services: Services) -> Services:
    """Anna and Bo with ten faces each; one of Anna's is Bo's, and one is nobody's that is known."""
    anna, bo = ([add_photo([person])[0] for _ in range(10)] for person in (0, 1))
    (stranger,) = add_photo([7])
    services.recognition.update()
    services.review.name([*anna, bo[9], stranger], "Anna")
    services.review.name(bo[:9], "Bo")
    return services


def test_planted_wrong_faces_are_suspicious_and_said_why(audited: Services) -> None:
    found = {one.face.id: one.reason for one in audited.people.suspicious()}
    assert set(found) == {20, 21}
    assert found[20].startswith("looks more like Bo, ")
    assert found[21] == "unlike Anna's other 11 faces"
    assert {face.id for face in audited.people.faces(audited.people.find("Anna"))[:2]} == {20, 21}
    assert audited.people.doubts(audited.people.find("Anna")) == found
    assert audited.people.doubts(audited.people.find("Bo")) == {}
    assert len(audited.people.suspicious(limit=1)) == 1


def test_a_corrected_face_is_suspicious_no_longer(audited: Services) -> None:
    audited.review.name([20], "Bo")
    audited.review.ignore([21])
    assert audited.people.suspicious() == ()
    audited.review.undo()
    assert [one.face.id for one in audited.people.suspicious()] == [21]


def test_one_face_is_nothing_to_compare(services: Services) -> None:
    services.review.name(add_photo([0]), "Anna")
    assert services.people.suspicious() == ()
    assert len(services.people.faces(services.people.find("Anna"))) == 1
