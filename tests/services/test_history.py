from __future__ import annotations

from tests.conftest import faces_by_person
from tui_tagger.services import Services
from tui_tagger.services.history import later, touched
from tui_tagger.services.library import face_view


def test_newest_first_with_what_was_undone(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    scanned.review.name([faces[0][0]], "Anna")
    scanned.review.ignore([faces[1][0]])
    scanned.review.undo()
    assert [(row.message, row.undone) for row in scanned.review.history()] == [
        ("1 face ignored", True),
        ("1 face: Anna", False),
    ]
    assert len(scanned.review.history(limit=1)) == 1


def test_a_decision_leads_to_its_faces_and_photos(scanned: Services) -> None:
    faces = faces_by_person(scanned)[0][:2]
    outcome = scanned.review.name(faces, "Anna")
    found = touched(outcome.decision_id)
    assert found.face_ids == tuple(faces)
    assert found.photo_ids == tuple(face_view(face).photo_id for face in faces)
    assert touched(99).photo_ids == ()


def test_a_write_leads_to_its_photos(scanned: Services) -> None:
    face = faces_by_person(scanned)[0][0]
    scanned.review.name([face], "Anna")
    scanned.tagging.write()
    found = touched(scanned.review.history()[0].decision_id)
    assert (found.face_ids, found.photo_ids) == ((), (face_view(face).photo_id,))


def test_how_far_an_undo_goes(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    first = scanned.review.name([faces[0][0]], "Anna")
    scanned.review.ignore([faces[1][0]])
    scanned.tagging.write()
    assert later(first.decision_id) == (2, 1)
    scanned.review.undo()
    assert later(first.decision_id) == (1, 0)
