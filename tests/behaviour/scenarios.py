"""What a review promises, one scenario a promise; each is driven through the services and through keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.behaviour.drivers import Driver
from tests.behaviour.library import ANNA, BO, DORA, STRANGERS, faces, faces_of
from tests.conftest import paint_photo, scan_fake
from tui_tagger.services.clustering import cluster
from tui_tagger.services.groups import GroupKind
from tui_tagger.services.library import face_view
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Photo

Scenario = Callable[[Driver], Awaitable[None]]


def who(face: int) -> str | None:
    """The confirmed name of a face."""
    view = face_view(face)
    return view.person if view.state is FaceState.CONFIRMED else None


def state(face: int) -> FaceState:
    return face_view(face).state


def files(names: tuple[str, ...]) -> list[bytes]:
    return [Photo.get(Photo.name == name).path.read_bytes() for name in names]


async def groups_come_first_then_single_faces_then_the_unknown(review: Driver) -> None:
    anna = review.question.group
    assert anna is not None
    assert (anna.person, set(anna.face_ids)) == ("Anna", faces_of(ANNA) - {*faces("anna-0.jpg")})
    await review.untick(anna.face_ids[0])
    await review.take()
    assert review.question.group is not None
    assert review.question.group.person == "Bo"
    await review.take()
    assert review.question.face == anna.face_ids[0]
    await review.take()
    assert review.question.group is not None
    assert (review.question.group.kind, set(review.question.face_ids)) == (GroupKind.UNKNOWN, faces_of(DORA))
    await review.ignore()
    assert review.question.group is not None
    strangers = {face for person in STRANGERS for face in faces_of(person)}
    assert (review.question.group.kind, set(review.question.face_ids)) == (GroupKind.LONERS, strangers)


async def a_group_acceptance_takes_exactly_the_ticked_ones(review: Driver) -> None:
    asked = review.question.face_ids
    for face in asked[1:3]:
        await review.untick(face)
    await review.take()
    assert [face for face in asked if who(face) == "Anna"] == [asked[0], *asked[3:]]
    assert {state(face) for face in asked[1:3]} == {FaceState.SUGGESTED}
    assert all(state(face) is not FaceState.CONFIRMED for face in faces_of(BO) - {*faces("bo-0.jpg")})


async def what_was_unticked_comes_back_as_a_single_face(review: Driver) -> None:
    odd = review.question.face_ids[1]
    await review.untick(odd)
    await review.take()
    assert odd not in review.question.face_ids
    await review.take()
    assert review.question.face == odd


async def nothing_ticked_means_one_by_one(review: Driver) -> None:
    asked = review.question.face_ids
    await review.skip()
    assert review.question.group is not None
    await review.take()
    assert review.question.face in asked
    assert all(who(face) is None for face in asked)


async def the_cursor_stays_in_single_faces(review: Driver) -> None:
    await review.one_by_one()
    first, _, third = review.services.review.queue()[:3]
    await review.put(third)
    await review.elsewhere(lambda: review.services.review.ignore([first]))
    assert review.question.face == third
    await review.reject()
    assert review.question.face == third


async def the_cursor_stays_in_a_group(review: Driver) -> None:
    asked = review.question.face_ids
    await review.put(asked[2])
    await review.elsewhere(lambda: review.services.review.ignore([asked[0]]))
    assert review.question.face_ids == asked[1:]
    assert review.cursor == asked[2]
    await review.reject()
    assert review.question.face_ids == (asked[1], *asked[3:])
    assert review.cursor == asked[3]


async def one_step_after_a_decision(review: Driver) -> None:
    await review.one_by_one()
    first, second, third = review.services.review.queue()[:3]
    await review.put(second)
    await review.take()
    assert who(second) == "Anna"
    assert review.question.face == third
    await review.put(first)
    await review.take()
    assert review.question.face == third


async def a_typed_name_does_not_leak_to_the_next_face(review: Driver) -> None:
    await review.one_by_one()
    first = review.cursor
    assert first is not None
    await review.name("Zoe")
    assert who(first) == "Zoe"
    following = review.cursor
    assert following is not None and following != first
    await review.name("")
    assert who(following) is None
    assert review.cursor == following


async def rejected_and_ignored_never_return(review: Driver) -> None:
    rejected, ignored, no_face = review.question.face_ids[:3]
    await review.put(rejected)
    await review.reject()
    await review.put(no_face)
    await review.not_a_face()
    for face in review.question.face_ids[1:]:
        await review.untick(face)
    assert review.question.face_ids[0] == ignored
    await review.ignore()
    rest = sorted(faces_of(ANNA) - {rejected, ignored, no_face})
    photos = Photo.get(Photo.name == "anna-0.jpg").path.parent
    paint_photo(photos / "anna-more.jpg", (ANNA,))
    (photos / "bo-3.jpg").rename(photos / "bo-moved.jpg")

    def again() -> None:
        scan_fake([photos])
        cluster()
        review.services.review.name([face for face in rest if who(face) is None], "Anna")

    await review.elsewhere(again)
    await review.close()
    await review.start()
    anna = review.services.people.find("Anna")
    asked = review.services.review
    assert state(ignored) is FaceState.IGNORED
    assert state(no_face) is FaceState.NOT_A_FACE
    assert {ignored, no_face}.isdisjoint(asked.queue())
    assert all({rejected, ignored, no_face}.isdisjoint(one.face_ids) for one in asked.groups() if one.person_id == anna)
    assert all(candidate.person_id != anna for candidate in asked.item(rejected).candidates)
    assert len(faces("anna-more.jpg")) == 1  # the scan did see something


async def undo_after_a_restart_including_merge_and_file_write(review: Driver) -> None:
    asked = review.question.face_ids
    names = tuple(face_view(face).photo_path.name for face in asked)
    before = files(names)
    await review.take()
    await review.write()
    written = files(names)
    assert all(one != other for one, other in zip(before, written, strict=True))
    await review.merge("Anna", "Bo")
    assert {who(face) for face in asked} == {"Bo"}
    await review.close()
    await review.start()
    await review.undo()
    assert {who(face) for face in asked} == {"Anna"}
    assert files(names) == written
    await review.undo()
    assert files(names) == before
    await review.undo()
    assert {state(face) for face in asked} == {FaceState.SUGGESTED}
    assert set(review.question.face_ids) == set(asked)


async def undo_puts_cursor_and_group_back(review: Driver) -> None:
    asked = review.question.face_ids
    await review.untick(asked[1])
    await review.put(asked[3])
    await review.take()
    assert set(review.question.face_ids).isdisjoint(asked)
    await review.undo()
    assert review.question.face_ids == asked
    assert review.cursor == asked[3]
    assert review.question.unticked == {asked[1]}
    await review.redo()
    assert set(review.question.face_ids).isdisjoint(asked)
    assert [who(face) for face in asked] == ["Anna" if face != asked[1] else None for face in asked]


async def undo_and_redo_go_with_the_cursor(review: Driver) -> None:
    await review.one_by_one()
    queue = review.services.review.queue()
    await review.put(queue[2])
    await review.take()
    await review.ignore()
    await review.undo()
    assert review.question.face == queue[3]
    await review.undo()
    assert review.question.face == queue[2]
    assert review.services.review.queue() == queue
    await review.redo()
    assert who(queue[2]) == "Anna"


async def two_of_one_person_in_a_photo_asks(review: Driver) -> None:
    anna, bo = faces("both.jpg")
    await review.one_by_one()
    await review.put(anna)
    await review.take()
    assert who(anna) == "Anna"
    await review.put(bo)
    await review.name("Anna")
    assert review.asks
    await review.answer(yes=False)
    assert who(bo) is None
    await review.name("Anna")
    await review.answer(yes=True)
    assert who(bo) == "Anna"


async def two_of_one_person_in_a_photo_asks_in_groups_too(review: Driver) -> None:
    anna, bo = faces("both.jpg")
    await review.elsewhere(lambda: review.services.review.name([anna], "Anna"))
    await review.take()
    assert review.question.group is not None
    assert bo in review.question.face_ids
    asked = review.question.face_ids
    await review.name("Anna")
    assert review.asks
    await review.answer(yes=False)
    assert all(who(face) is None for face in asked)
    assert review.question.face_ids == asked
    await review.name("Anna")
    await review.answer(yes=True)
    assert {who(face) for face in asked} == {"Anna"}


async def a_skipped_face_comes_last(review: Driver) -> None:
    await review.one_by_one()
    first, second = review.services.review.queue()[:2]
    await review.skip()
    assert review.question.face == second
    assert review.services.review.queue()[-1] == first


async def marks_are_accepted_together(review: Driver) -> None:
    await review.one_by_one()
    first, second, third = review.services.review.queue()[:3]
    await review.accept_all([second, third])
    assert [who(face) for face in (first, second, third)] == [None, "Anna", "Anna"]
    assert review.question.face == first


async def all_strangers_of_a_photo_are_ignored_at_once(review: Driver) -> None:
    await review.one_by_one()
    both = faces("both.jpg")
    await review.put(both[0])
    await review.ignore_rest()
    assert {state(face) for face in both} == {FaceState.IGNORED}


async def naming_one_unknown_face_brings_the_others_next(review: Driver) -> None:
    await review.take()
    await review.take()
    dora = review.question.face_ids
    assert set(dora) == faces_of(DORA)
    for face in dora[1:]:
        await review.untick(face)
    await review.name("Dora")
    assert who(dora[0]) == "Dora"
    await review.rest()
    assert {face_view(face).person for face in dora[1:]} == {"Dora"}
    assert set(review.services.review.queue()[:3]) == set(dora[1:])  # they were unticked, so one by one


async def of_those_like_nobody_all_but_the_known_are_ignored(review: Driver) -> None:
    await review.take()
    await review.take()
    await review.name("Dora")
    strangers = review.question.face_ids
    assert len(strangers) == len(STRANGERS)
    await review.put(strangers[1])
    await review.name("Eve")
    assert who(strangers[1]) == "Eve"
    assert review.question.face_ids == (strangers[0], strangers[2])
    await review.take()
    assert {state(face) for face in (strangers[0], strangers[2])} == {FaceState.IGNORED}
    assert not review.question.face_ids


SCENARIOS: tuple[Scenario, ...] = (
    groups_come_first_then_single_faces_then_the_unknown,
    a_group_acceptance_takes_exactly_the_ticked_ones,
    what_was_unticked_comes_back_as_a_single_face,
    nothing_ticked_means_one_by_one,
    the_cursor_stays_in_single_faces,
    the_cursor_stays_in_a_group,
    one_step_after_a_decision,
    a_typed_name_does_not_leak_to_the_next_face,
    rejected_and_ignored_never_return,
    undo_after_a_restart_including_merge_and_file_write,
    undo_puts_cursor_and_group_back,
    undo_and_redo_go_with_the_cursor,
    two_of_one_person_in_a_photo_asks,
    two_of_one_person_in_a_photo_asks_in_groups_too,
    a_skipped_face_comes_last,
    marks_are_accepted_together,
    all_strangers_of_a_photo_are_ignored_at_once,
    naming_one_unknown_face_brings_the_others_next,
    of_those_like_nobody_all_but_the_known_are_ignored,
)
