"""Reading and scoring in a thread: whatever is decided meanwhile, it ends where doing all at once would."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.services.drawn import add_photo, suggested
from tui_tagger.errors import TaggerError
from tui_tagger.services import Services, preparation
from tui_tagger.services import recognition as recognition_module
from tui_tagger.services.library import face_view
from tui_tagger.services.preparation import begins_in_thread, catch_up, prepare
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Face, Person, Rejection

Task = Callable[[], Any]


@pytest.fixture
def crowd(services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Two known people with many waiting faces, and unknown ones; the suggestions are stored."""
    monkeypatch.setattr(preparation, "MANY", 0)
    monkeypatch.setattr(recognition_module, "MANY", 0)
    for number in range(24):
        add_photo([[0], [1], [2, 0], [0, 3]][number % 4])
    services.review.name([1, 4], "Anna")
    services.review.name([2, 8], "Bo")
    return services


@pytest.fixture
def patient(crowd: Services) -> Services:
    """As in the app: what follows from a decision is left to a thread."""
    crowd.recognition.patient = True
    return crowd


class Handed:
    """Tasks that a thread hands over, carried out here one by one."""

    def __init__(self, services: Services, work: Callable[..., None] = catch_up) -> None:
        self._tasks: queue.Queue[tuple[Task, queue.Queue[Any]] | None] = queue.Queue()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, args=(services, work))
        self._thread.start()

    def _work(self, services: Services, work: Callable[..., None]) -> None:
        try:
            work(services.review, self._in_turn)
        except Exception as error:
            self._error = error
        self._tasks.put(None)

    def _in_turn(self, task: Task) -> Any:
        answer: queue.Queue[Any] = queue.Queue()
        self._tasks.put((task, answer))
        return answer.get(timeout=30)

    def step(self, before: Task = lambda: None) -> bool:
        """Waits for the next task, does `before`, then the task; False when there is none any more."""
        found = self._tasks.get(timeout=30)
        if found is None:
            self._thread.join(30)
            assert self._error is None, self._error
            return False
        before()
        found[1].put(found[0]())
        return True

    def rest(self, before: Task = lambda: None) -> None:
        """All that is left, with `before` in front of each task."""
        while self.step(before):
            pass


def settle(services: Services) -> None:
    """Catches up until nothing is owed."""
    for _ in range(5):
        if services.recognition.settled:
            return
        Handed(services).rest()
    raise AssertionError("it does not settle")


def agree(services: Services) -> None:
    """What is stored and offered is what a program that starts now would find."""
    fresh = Recognition()
    assert fresh.update() == 0
    for face in suggested():
        one, other = services.recognition.suggestion(face), fresh.suggestion(face)
        assert (one.recommendation, one.reasons) == (other.recommendation, other.reasons)
        assert [each.person for each in one.candidates] == [each.person for each in other.candidates]
    assert services.review.groups() == services.review.grouped(anew=True).views()


def test_a_thread_comes_to_the_same_as_everything_at_once(crowd: Services) -> None:
    expected = suggested()
    started = Services.open(crowd.path)
    recognition = started.recognition
    assert begins_in_thread(started.review)
    handed = Handed(started, prepare)
    handed.step()
    assert not recognition.reading
    assert recognition.scoring
    handed.rest()
    assert recognition.settled
    assert suggested() == expected
    agree(started)
    assert recognition.update() == 0


def test_few_faces_need_no_thread(crowd: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "MANY", 1000)
    assert not begins_in_thread(crowd.review)


def test_what_is_decided_meanwhile_counts(patient: Services) -> None:
    unknown = [face for face, (state, *_) in suggested().items() if state == "unknown"]
    assert begins_in_thread(patient.review)
    handed = Handed(patient, prepare)

    def while_it_reads() -> None:
        told = patient.recognition.suggestion(unknown[0])
        assert told.candidates == ()
        assert told.reasons == ("the faces are still being read",)
        patient.review.name([unknown[0]], "Cleo")

    def while_it_scores() -> None:
        patient.review.name([5], "Dora")
        assert patient.review.queue()
        assert patient.recognition.owing
        assert patient.recognition.catch_up() == 0

    handed.step(while_it_reads)
    handed.step()
    handed.step(while_it_scores)
    handed.rest()
    assert not patient.recognition.settled
    settle(patient)
    assert {face_view(unknown[0]).person, face_view(5).person} == {"Cleo", "Dora"}
    agree(patient)


def test_a_decision_waits_for_the_thread_and_gets_its_answers(patient: Services) -> None:
    settle(patient)
    before = suggested()
    patient.review.name([3], "Cleo")
    assert patient.recognition.owing
    assert {face: told for face, told in suggested().items() if face != 3} == {
        face: told for face, told in before.items() if face != 3
    }
    Handed(patient).rest()
    assert patient.recognition.settled
    assert Face.select().where(Face.person == Person.get(name="Cleo").id, Face.state == "suggested").count()
    agree(patient)


def test_a_face_that_is_decided_while_its_suggestion_is_on_the_way_stays_decided(patient: Services) -> None:
    patient.review.name([3], "Cleo")
    handed = Handed(patient)
    handed.step()
    cleo = Person.get(name="Cleo").id
    patient.review.ignore([7])
    patient.review.reject(11, cleo)
    patient.review.name([15], "Dora")
    handed.rest()
    assert [face_view(face).state for face in (7, 15)] == [FaceState.IGNORED, FaceState.CONFIRMED]
    assert face_view(15).person == "Dora"
    assert face_view(11).person_id != cleo
    assert [one.message for one in patient.review.history(4)] == [
        "1 face: Dora",
        "not Cleo",
        "1 face ignored",
        "1 face: Cleo",
    ]
    settle(patient)
    agree(patient)


def test_undo_while_it_runs(patient: Services) -> None:
    settle(patient)
    before = suggested()
    patient.review.name([3], "Cleo")
    handed = Handed(patient)
    handed.step()
    assert patient.review.undo()
    handed.rest()
    assert not Person.select().where(Person.name == "Cleo").exists()
    settle(patient)
    assert suggested() == before
    agree(patient)


def test_somebody_who_is_deleted_while_it_runs_is_suggested_for_nobody(patient: Services) -> None:
    patient.review.name([3], "Cleo")
    handed = Handed(patient)
    handed.step()
    patient.people.delete(Person.get(name="Cleo").id)
    handed.rest()
    settle(patient)
    assert face_view(3).state is FaceState.UNKNOWN
    agree(patient)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_decided_in_between(patient: Services, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(preparation, "AT_ONCE", 3)
    chance = random.Random(seed)
    review, people, faces = patient.review, patient.people, sorted(suggested())

    def decide() -> None:
        some = chance.sample(faces, 2)
        names = [row.name for row in people.list()]
        acts: list[Task] = [
            lambda: review.name(some, chance.choice(["Anna", "Bo", "Cleo", "Dora"]), allow_twice=True),
            lambda: review.ignore(some[:1]),
            lambda: review.not_a_face(some[:1]),
            lambda: review.reset(some),
            lambda: review.reject(some[0], people.find(chance.choice(names))),
            lambda: people.merge([people.find(names[0])], people.find(names[-1])),
            lambda: people.hide(people.find(chance.choice(names)), chance.random() < 0.5),
            review.undo,
            review.redo,
            lambda: add_photo([chance.randrange(4)]),
        ]
        if chance.random() < 0.7:
            with suppress(TaggerError, IndexError):  # nobody is left of whom that can be said
                chance.choice(acts)()

    human = {}
    for _ in range(4):
        decide()
        Handed(patient).rest(decide)
        human = {face: told for face, told in suggested().items() if told[0] not in ("unknown", "suggested")}
    settle(patient)
    patient.recognition.update()  # photos that came
    settle(patient)
    after = suggested()
    assert {face: after[face] for face in human} == human
    for face, person in Rejection.select(Rejection.face, Rejection.person).tuples():
        assert after[face][0] != "suggested" or after[face][1] != person
    agree(patient)


def test_ended_early_nothing_is_taken_over(crowd: Services) -> None:
    before = suggested()
    assert begins_in_thread(crowd.review)
    prepare(crowd.review, lambda task: task(), lambda: False)
    assert crowd.recognition.scoring
    assert crowd.review.queue()
    assert suggested() == before


def test_after_a_failure_all_is_scored_anew(patient: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(patient)
    patient.review.name([3], "Cleo")
    with monkeypatch.context() as broken:
        broken.setattr(preparation, "AT_ONCE", 1)
        left = [3]

        def in_turn(task: Task) -> Any:
            left[0] -= 1
            if not left[0]:
                raise OSError("the disk is gone")
            return task()

        with pytest.raises(OSError, match="the disk is gone"):
            catch_up(patient.review, in_turn)
    patient.recognition.abandon_scoring()
    assert patient.recognition.owing
    settle(patient)
    agree(patient)


def test_a_library_without_faces(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "MANY", -1)
    assert begins_in_thread(services.review)
    prepare(services.review, lambda task: task())
    assert services.review.groups() == ()
    assert not services.recognition.scoring
