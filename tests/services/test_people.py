from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import faces_by_person
from tests.services.drawn import add_photo
from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.services.library import face_view
from tui_tagger.services.views import FaceState, KnownName
from tui_tagger.storage.models import Photo


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
    assert named.people.complete("b")[-1] == KnownName("Jo Bergson")
    assert {known.name for known in named.people.complete("b")} == {"Bo", "Bettina", "Jo Bergson"}
    assert named.people.complete("", limit=2) == (KnownName("Jo Bergson"), KnownName("Bettina"))


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
    anna, bo = audited.people.find("Anna"), audited.people.find("Bo")
    faces = audited.people.faces(anna)
    assert {face.id for face in faces[:2]} == {20, 21}
    assert [face.id for face in faces if face.suspicious] == [face.id for face in faces[:2]]
    assert {face: audited.people.doubt(face, anna) for face in found} == found
    assert not any(face.suspicious for face in audited.people.faces(bo))
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


# --- hiding, keyfaces, deleting ---------------------------------------------------------------------------------------


def suggestions(services: Services, name: str) -> int:
    return services.people.row(services.people.find(name)).suggested


def test_a_hidden_person_is_suggested_and_offered_no_more_until_shown(named: Services) -> None:
    anna, before = named.people.find("Anna"), suggestions(named, "Anna")
    assert before > 0
    named.people.hide(anna)
    assert suggestions(named, "Anna") == 0
    assert all(named.review.item(face).candidates[:1] == () or named.review.item(face).candidates[0].person != "Anna"
               for face in named.review.queue())  # fmt: skip
    assert [person.name for person in named.people.entries()] == ["Bo"]
    assert [person.name for person in named.people.entries(hidden=True)] == ["Anna", "Bo"]
    assert "Anna" not in {known.name for known in named.people.complete("")}
    assert named.people.row(anna).confirmed == 2
    named.people.hide(anna, hidden=False)
    assert suggestions(named, "Anna") == before


def test_hiding_survives_a_restart_and_undo(named: Services, tmp_path: Path) -> None:
    before = suggestions(named, "Anna")
    named.people.hide(named.people.find("Anna"))
    named.close()
    again = Services.open(tmp_path / "library.db")
    again.recognition.update()
    assert suggestions(again, "Anna") == 0
    assert again.people.fits(again.people.find("Anna")) == {}
    again.review.undo()
    assert suggestions(again, "Anna") == before
    again.close()


def test_naming_a_face_as_somebody_hidden_teaches_nothing(named: Services) -> None:
    anna = named.people.find("Anna")
    named.people.hide(anna)
    named.review.name([faces_by_person(named)[0][2]], "Anna")
    assert suggestions(named, "Anna") == 0
    named.people.delete(anna)
    assert [person.name for person in named.people.list()] == ["Bo"]


def test_the_keyface_is_the_chosen_one_as_long_as_it_is_theirs(named: Services) -> None:
    anna, faces = named.people.find("Anna"), faces_by_person(named)[0]
    other = next(face for face in faces[:2] if face != named.people.row(anna).keyface_id)
    named.people.set_keyface(anna, other)
    assert named.people.row(anna).keyface_id == other
    named.review.ignore([other])
    assert named.people.row(anna).keyface_id in faces[:2]
    assert named.people.row(anna).keyface_id != other
    named.review.undo()
    named.review.undo()
    assert named.people.row(anna).keyface_id != other
    with pytest.raises(UsageError, match="not confirmed"):
        named.people.set_keyface(anna, faces[2])


def test_what_deleting_would_do_is_counted(named: Services) -> None:
    found = named.people.preview_delete(named.people.find("Anna"))
    assert (found.name, found.faces, found.photos, found.written) == ("Anna", 2, 2, 0)
    Photo.update(written=[{"name": "Anna", "ours": True}]).execute()
    assert named.people.preview_delete(named.people.find("Anna")).written == 2


def test_ages_come_from_dates_of_photos_not_of_files(services: Services) -> None:
    faces = [add_photo([0], "2019-07-12T00:00:00")[0], add_photo([0], "2020-01-01T00:00:00", source="file")[0]]
    services.review.name(faces, "Anna")
    services.people.set_birth_date(services.people.find("Anna"), "2010-08")
    assert {face.id: face.age for face in services.people.faces(services.people.find("Anna"))} == {1: 8, 2: None}
