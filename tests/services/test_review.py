from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.conftest import faces_by_person
from tests.services.drawn import add_photo, suggested
from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.services.library import face_view
from tui_tagger.services.orders import DESCRIPTIONS, Order
from tui_tagger.services.review import TwiceInPhoto
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Photo


def states(services: Services) -> dict[int, tuple[str, str | None]]:
    ids = [face for faces in faces_by_person(services).values() for face in faces]
    return {face: (face_view(face).state, face_view(face).person) for face in ids}


def test_one_confirmed_face_is_enough_to_be_suggested(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    scanned.review.name([faces[0][0]], "Anna")
    others = [face_view(face) for face in faces[0][1:]]
    assert [face.person for face in others] == ["Anna"] * 3
    assert {face.state for face in others} == {FaceState.SUGGESTED}
    strangers = [face_view(face) for person in (1, 2, 3) for face in faces[person]]
    assert [face.person for face in strangers] == [None] * len(strangers)


def test_each_decision_improves_the_rest(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    for person, name in ((0, "Anna"), (1, "Bo"), (2, "Cleo")):
        scanned.review.name([faces[person][0]], name)
        assert all(face_view(face).person == name for face in faces[person])


def test_the_queue_asks_suggested_faces_first_and_skipped_ones_last(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    scanned.review.name([faces[0][0]], "Anna")
    queue = scanned.review.queue()
    assert set(queue[:3]) == set(faces[0][1:])
    assert faces[0][0] not in queue
    scanned.review.skip(queue[0])
    assert scanned.review.queue()[-1] == queue[0]
    assert scanned.review.queue()[:-1] == queue[1:]


def test_accepting_takes_the_candidate(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    scanned.review.name([faces[0][0]], "Anna")
    item = scanned.review.item(faces[0][1])
    assert item.candidates[0].person == "Anna"
    assert item.candidates[0].nearest == (faces[0][0],)
    assert item.reasons
    scanned.review.accept([item.face.id], item.candidates[0].person_id)
    assert face_view(item.face.id).state == FaceState.CONFIRMED


def test_a_rejected_person_is_never_offered_again(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    scanned.review.name([faces[0][0]], "Anna")
    anna = scanned.people.find("Anna")
    scanned.review.reject(faces[0][1], anna)
    assert all(candidate.person_id != anna for candidate in scanned.review.item(faces[0][1]).candidates)
    scanned.review.name([faces[0][2]], "Anna")
    assert face_view(faces[0][1]).person is None


@pytest.mark.parametrize(("act", "state"), [("ignore", FaceState.IGNORED), ("not_a_face", FaceState.NOT_A_FACE)])
def test_decided_faces_are_never_asked_about_again(scanned: Services, act: str, state: FaceState) -> None:
    faces = faces_by_person(scanned)
    getattr(scanned.review, act)([faces[0][1]])
    scanned.review.name([faces[0][0]], "Anna")
    assert face_view(faces[0][1]).state == state
    assert faces[0][1] not in scanned.review.queue()


def test_ignore_rest_leaves_decided_faces_of_the_photo_alone(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    scanned.review.name([faces[1][0]], "Bo")  # in a2.jpg, beside person 0
    photo = face_view(faces[1][0]).photo_id
    scanned.review.ignore_rest(photo)
    found = scanned.library.photo(photo).faces
    assert {face.state for face in found} == {FaceState.CONFIRMED, FaceState.IGNORED}


def test_the_same_person_twice_in_one_photo_needs_a_yes(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    other = faces[1][0]  # in a2.jpg, as is the second face of person 0
    scanned.review.name([faces[0][1]], "Anna")
    before = states(scanned)
    with pytest.raises(TwiceInPhoto, match="Anna"):
        scanned.review.name([other], "Anna")
    assert states(scanned) == before
    scanned.review.name([other], "Anna", allow_twice=True)
    assert face_view(other).person == "Anna"


def test_two_faces_of_one_photo_at_once_count_as_twice(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    with pytest.raises(TwiceInPhoto):
        scanned.review.name([faces[0][1], faces[1][0]], "Anna")
    assert scanned.people.list() == ()


def test_undo_and_redo_everything_in_order(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    history = [states(scanned)]
    acts: tuple[Callable[[], object], ...] = (
        lambda: scanned.review.name([faces[0][0]], "Anna"),
        lambda: scanned.review.name([faces[1][0]], "Bo"),
        lambda: scanned.review.reject(faces[0][1], scanned.people.find("Anna")),
        lambda: scanned.review.ignore([faces[2][0]]),
        lambda: scanned.people.rename(scanned.people.find("Bo"), "Boris"),
        lambda: scanned.people.merge([scanned.people.find("Boris")], scanned.people.find("Anna")),
        lambda: scanned.people.delete(scanned.people.find("Anna")),
    )
    for act in acts:
        act()
        history.append(states(scanned))
    for expected in reversed(history[:-1]):
        assert scanned.review.undo() is not None
        assert states(scanned) == expected
    assert scanned.review.undo() is None
    for expected in history[1:]:
        assert scanned.review.redo() is not None
        assert states(scanned) == expected
    assert scanned.review.redo() is None


def test_undo_works_after_a_restart(scanned: Services, tmp_path: Path) -> None:
    faces = faces_by_person(scanned)
    before = states(scanned)
    scanned.review.name([faces[0][0]], "Anna")
    scanned.close()
    again = Services.open(tmp_path / "library.db")
    outcome = again.review.undo()
    assert outcome is not None
    assert outcome.face_ids == (faces[0][0],)
    assert states(again) == before
    assert again.people.list() == ()
    again.close()


def test_a_new_decision_ends_redo(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    scanned.review.name([faces[0][0]], "Anna")
    scanned.review.undo()
    scanned.review.ignore([faces[0][0]])
    assert scanned.review.redo() is None
    assert [row.message for row in scanned.review.history()] == ["1 face ignored"]


@pytest.mark.parametrize("name", ["", "   ", "\x1b\x07"])
def test_a_name_without_visible_characters_is_refused(scanned: Services, name: str) -> None:
    with pytest.raises(UsageError):
        scanned.review.name([faces_by_person(scanned)[0][0]], name)
    assert scanned.review.history() == ()


def test_names_lose_control_characters_and_keep_brackets(scanned: Services) -> None:
    scanned.review.name([faces_by_person(scanned)[0][0]], "  Anna \x1b[31m [beach]\n")
    assert [person.name for person in scanned.people.list()] == ["Anna [31m [beach]"]


def test_an_answer_for_no_face_is_refused(scanned: Services) -> None:
    with pytest.raises(UsageError):
        scanned.review.ignore([])


# --- the order of the queue -------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(services: Services) -> Services:
    """Two known people with many waiting faces, and unknown ones."""
    for number in range(24):
        add_photo([[0], [1], [2, 0], [0, 3]][number % 4], f"20{10 + number % 7}-01-{number + 1:02}T12:00:00")
    services.recognition.update()
    services.review.name([1, 4], "Anna")
    services.review.name([2, 8], "Bo")
    return services


def suggestions(services: Services, faces: Sequence[int]) -> list[str | None]:
    return [face_view(face).person for face in faces]


@pytest.mark.parametrize("order", list(Order))
def test_every_order_asks_about_every_waiting_face_once(crowd: Services, order: Order) -> None:
    expected = sorted(face for face, (state, *_) in suggested().items() if state in ("unknown", "suggested"))
    assert sorted(crowd.review.queue(order)) == expected
    assert DESCRIPTIONS[order]


def test_orders_are_what_they_say(crowd: Services) -> None:
    person = suggestions(crowd, crowd.review.queue(Order.PERSON))
    assert person == sorted(person, key=lambda name: (name is None, name or ""))
    taken = [crowd.review.item(face).taken_at for face in crowd.review.queue(Order.DATE)]
    assert taken == sorted(taken, key=str)
    newest = [crowd.review.item(face).taken_at for face in crowd.review.queue(Order.NEWEST)]
    assert newest == sorted(newest, key=str, reverse=True)
    photos = [face_view(face).photo_id for face in crowd.review.queue(Order.PHOTO)]
    assert all(
        photos.count(photo) == 1 or photos[i + 1] == photo or photos[i - 1] == photo for i, photo in enumerate(photos)
    )
    learning = suggestions(crowd, crowd.review.queue(Order.LEARNING))
    assert learning[:6] == ["Anna"] * 3 + ["Bo"] * 3  # up to five each, then the others
    levels = [face_view(face).recommendation for face in crowd.review.queue(Order.SURE)]
    assert levels == sorted(levels, key=["strong", "medium", "weak", "none"].index)
    doubtful = [
        (face_view(face).person, face_view(face).recommendation) for face in crowd.review.queue(Order.DOUBTFUL_LAST)
    ]
    ranks = [2 if level == "weak" else 1 if name is None else 0 for name, level in doubtful]
    assert ranks == sorted(ranks)


def test_a_run_stands_still_until_its_end(crowd: Services) -> None:
    queue = crowd.review.queue()
    run = [face for face, name in zip(queue, suggestions(crowd, queue), strict=True) if name == "Anna"]
    for count, face in enumerate(run, 1):
        crowd.review.accept([face], crowd.people.find("Anna"))
        assert crowd.review.queue()[: len(run) - count] == tuple(run[count:])
    assert suggestions(crowd, crowd.review.queue())[0] == "Bo"


def test_faces_passed_over_keep_their_places_when_the_rest_is_planned_anew(crowd: Services) -> None:
    queue = crowd.review.queue()
    passed = queue[:3]
    last = next(face for face in reversed(queue) if face_view(face).person is None)
    crowd.review.ignore([last])  # a run of its own: what follows is planned anew
    assert crowd.review.queue() == queue[: queue.index(last)] + queue[queue.index(last) + 1 :]
    for face in [face for face in queue[3:] if face_view(face).person == "Anna"]:
        crowd.review.accept([face], crowd.people.find("Anna"))
    assert crowd.review.queue()[:3] == passed


def test_naming_somebody_new_brings_their_other_faces_next(crowd: Services) -> None:
    for face in crowd.review.queue():
        if (name := face_view(face).person) is not None:
            crowd.review.accept([face], crowd.people.find(name))
    before = crowd.review.queue()
    assert suggestions(crowd, before) == [None] * len(before)
    crowd.review.name([before[0]], "Cleo")
    cleo = [name for name in suggestions(crowd, crowd.review.queue()) if name == "Cleo"]
    assert cleo
    assert suggestions(crowd, crowd.review.queue()[: len(cleo)]) == cleo


def test_an_undone_face_comes_back_to_its_place(crowd: Services) -> None:
    queue = crowd.review.queue()
    for face in queue[2:5]:
        crowd.review.ignore([face])
    crowd.review.undo()
    assert crowd.review.queue()[:3] == (*queue[:2], queue[4])
    crowd.review.undo()
    crowd.review.undo()
    assert crowd.review.queue() == queue


def test_a_rejected_face_is_asked_about_where_it_stands(crowd: Services) -> None:
    queue = crowd.review.queue()
    crowd.review.reject(queue[1], crowd.people.find("Anna"))
    assert crowd.review.queue() == queue


def test_skipped_faces_stay_last_in_a_new_plan(crowd: Services) -> None:
    first, second = crowd.review.queue()[:2]
    crowd.review.skip(second)
    crowd.review.skip(first)
    crowd.review.replan()
    assert crowd.review.queue()[-2:] == (second, first)
    assert crowd.review.queue(Order.NEWEST)[-2:] == (second, first)


def test_faces_that_are_new_wait_at_the_end_until_the_next_plan(crowd: Services) -> None:
    queue = crowd.review.queue()
    new = add_photo([0])[0]
    crowd.recognition.update()
    assert crowd.review.queue() == (*queue, new)
    crowd.review.replan()
    assert crowd.review.queue().index(new) < len(queue)


def test_faces_of_photos_that_are_away_are_not_asked_about(crowd: Services) -> None:
    queue = crowd.review.queue()
    Photo.update(status="offline").where(Photo.id == face_view(queue[0]).photo_id).execute()
    assert queue[0] not in crowd.review.queue()
