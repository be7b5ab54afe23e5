from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.drawn import add_photo, suggested
from tui_tagger.services import Services, preparation
from tui_tagger.services.library import face_view
from tui_tagger.services.preparation import begins_in_thread, prepare
from tui_tagger.services.recognition import Recognition

Task = Callable[[], Any]


@pytest.fixture
def crowd(services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Two known people with many waiting faces, and unknown ones; the suggestions are stored."""
    monkeypatch.setattr(preparation, "MANY", 0)
    for number in range(24):
        add_photo([[0], [1], [2, 0], [0, 3]][number % 4])
    services.review.name([1, 4], "Anna")
    services.review.name([2, 8], "Bo")
    return services


class Handed:
    """Tasks that a thread hands over, carried out here one by one."""

    def __init__(self, recognition: Recognition) -> None:
        self._tasks: queue.Queue[tuple[Task, queue.Queue[Any]]] = queue.Queue()
        self._thread = threading.Thread(target=prepare, args=(recognition, self._in_turn))
        self._thread.start()

    def _in_turn(self, task: Task) -> Any:
        answer: queue.Queue[Any] = queue.Queue()
        self._tasks.put((task, answer))
        return answer.get(timeout=30)

    def step(self, before: Task = lambda: None) -> None:
        """Waits for the next task, does `before`, then the task."""
        task, answer = self._tasks.get(timeout=30)
        before()
        answer.put(task())

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()


def test_a_thread_comes_to_the_same_as_everything_at_once(crowd: Services) -> None:
    expected = suggested()
    recognition = Recognition()
    assert begins_in_thread(recognition)
    handed = Handed(recognition)
    handed.step()
    assert not recognition.reading
    assert recognition.scoring
    handed.step()
    handed.join()
    assert not recognition.scoring
    assert suggested() == expected
    assert recognition.update() == 0
    assert [recognition.suggestion(face).candidates for face in expected] == [
        crowd.recognition.suggestion(face).candidates for face in expected
    ]


def test_few_faces_need_no_thread(crowd: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "MANY", 1000)
    assert not begins_in_thread(crowd.recognition)


def test_what_is_decided_meanwhile_counts(crowd: Services) -> None:
    unknown = [face for face, (state, *_) in suggested().items() if state == "unknown"]
    assert begins_in_thread(crowd.recognition)
    handed = Handed(crowd.recognition)

    def while_it_reads() -> None:
        told = crowd.recognition.suggestion(unknown[0])
        assert told.candidates == ()
        assert told.reasons == ("the faces are still being read",)
        crowd.review.name([unknown[0]], "Cleo")

    def while_it_scores() -> None:
        crowd.review.name([5], "Dora")
        assert crowd.review.queue()
        assert crowd.recognition.owing
        assert crowd.recognition.catch_up() == 0

    handed.step(while_it_reads)
    handed.step(while_it_scores)
    handed.join()
    fresh = Recognition()
    fresh.update()
    assert {face_view(unknown[0]).person, face_view(5).person} == {"Cleo", "Dora"}
    assert fresh.update() == 0
    assert [crowd.recognition.suggestion(face).candidates for face in suggested()] == [
        fresh.suggestion(face).candidates for face in suggested()
    ]


def test_ended_early_nothing_is_taken_over(crowd: Services) -> None:
    assert begins_in_thread(crowd.recognition)
    prepare(crowd.recognition, lambda task: task(), lambda: False)
    assert crowd.recognition.scoring
    assert crowd.review.queue()


def test_a_library_without_faces(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "MANY", -1)
    assert begins_in_thread(services.recognition)
    prepare(services.recognition, lambda task: task())
    assert services.review.groups() == ()
    assert not services.recognition.scoring
