#!/usr/bin/env python3
"""What a key costs in Review, in a library of which 100,000 faces wait: single faces, groups, and the whole app.

    OMP_NUM_THREADS=1 python -m benchmarks.review [--quick]

The library is that of benchmarks/big_library.py (built once, kept in the cache folder). Its clusters are a dozen faces
each, as they come: what a key costs depends on how many there are; benchmarks/clusters.py makes real ones. Processor
time, medians and the most. The app runs without a terminal and without pictures; a key is measured until everything
that it caused is drawn. What was put off until the keys rest is measured by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks import big_library
from tui_tagger.app import TaggerApp
from tui_tagger.screens.review import ReviewScreen
from tui_tagger.services import Services
from tui_tagger.services.clustering import MADE
from tui_tagger.services.course import Course
from tui_tagger.services.groups import GroupKind
from tui_tagger.services.preparation import begins_in_thread, prepare
from tui_tagger.services.review import TwiceInPhoto
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Face
from tui_tagger.widgets.terminal import Terminal

T = TypeVar("T")
TIMES = 15
TARGET, CATCH_UP = 0.05, 0.2  # seconds
FULL, QUICK = (100_000, 300_000, 500), (12_000, 36_000, 100)  # photos, faces, people


def timed(action: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


class Table:
    """Rows of measurements."""

    def __init__(self) -> None:
        self.lines = ["| | median | most |", "|---|---|---|"]

    def add(self, name: str, seconds: Sequence[float]) -> None:
        self.lines.append(f"| {name} | {statistics.median(seconds) * 1e3:.0f} ms | {max(seconds) * 1e3:.0f} ms |")


def clustered(services: Services) -> None:
    """Puts a dozen faces into each cluster."""
    with services.database.atomic():
        services.database.execute_sql("UPDATE face SET cluster = id / 12 + 1, cohesion = 0.9")
        store_setting(MADE, 1)


def opening(services: Services, table: Table) -> None:
    """The first reading and scoring, as the app has them done by a thread."""
    began = begins_in_thread(services.recognition)
    times = [time.thread_time()]
    here: list[float] = []

    def in_turn(task: Callable[[], T]) -> T:
        times.append(time.thread_time())
        seconds, found = timed(task)
        here.append(seconds)
        return found

    prepare(services.recognition, in_turn)
    assert began, "too few faces for a thread"
    table.add("in a thread: reading all faces", [times[1] - times[0]])
    table.add("in a thread: scoring those that wait", [times[2] - times[1]])
    table.add("beside it, where keys are answered: taking over", here)


def asked(services: Services, course: Course) -> None:
    """What a screen needs for the next question."""
    face = course.question.face
    if face is not None:
        services.library.photo(services.review.item(face).face.photo_id)


def answers(services: Services, course: Course, single: bool, table: Table) -> None:
    """Answer, next question; then the pause in which the scores catch up."""
    course.show_groups(not single)
    parts: dict[str, list[float]] = {"answer, next question": [], "the pause: scores": [], "the pause: groups": []}
    for _ in range(TIMES):
        seconds, _ = timed(lambda: step(services, course))
        parts["answer, next question"].append(seconds)
        parts["the pause: scores"].append(timed(services.recognition.catch_up)[0])
        parts["the pause: groups"].append(timed(lambda: around(course))[0])
    for name, values in parts.items():
        table.add(f"{'single faces' if single else 'groups'}: {name}", values)


def step(services: Services, course: Course) -> None:
    answer(services, course)
    asked(services, course)


def around(course: Course) -> int:
    """What is drawn around the question when the scores have caught up."""
    course.reload()
    return course.groups_left


def answer(services: Services, course: Course) -> None:
    faces, group = course.question.face_ids, course.question.group
    person = group.person_id if group else Face.get_by_id(faces[0]).person_id
    if (group and group.kind is GroupKind.LONERS) or person is None:
        outcome = services.review.ignore(faces)
    else:
        try:
            outcome = services.review.accept(faces, person)
        except TwiceInPhoto:
            outcome = services.review.accept(faces, person, allow_twice=True)
    course.decided(outcome)


async def keys(services: Services, table: Table) -> None:
    """The whole app."""
    app = TaggerApp(services, Terminal("none", (8, 17), "benchmark", (), in_tmux=False))
    async with app.run_test(size=(120, 40)) as pilot:
        while services.recognition.reading or services.recognition.scoring or not pilot.app.is_running:
            await pilot.pause(0.2)
        await pilot.press("f5")
        await pilot.pause(1.0)
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        plan = (("groups", "enter", "accept"), ("groups", "l", "move"), ("groups", "space", "untick"))
        for mode, key, what in (*plan, ("single faces", "enter", "accept"), ("single faces", "j", "move")):
            if (screen.group is None) != (mode == "single faces"):
                await pilot.press("t")
            seconds = []
            for _ in range(TIMES):
                await pilot.pause(0.8)  # the scores catch up meanwhile
                start = time.process_time()
                await pilot.press(key)
                seconds.append(time.process_time() - start)
                if app.screen.focused is not None and screen.names.display:
                    await pilot.press("escape")
            table.add(f"the app, {mode}: {what}", seconds)


def report(photos: int, faces: int, people: int) -> str:
    table = Table()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "library.db"
        big_library.build(path, photos, faces, people)
        services = Services.open(path)
        clustered(services)
        waiting = Face.select().where(Face.state.in_(("unknown", "suggested"))).count()
        opening(services, table)
        services.recognition.patient = True
        course = Course(services.review)
        table.add("the first question", [timed(course.begin)[0]])
        answers(services, course, single=False, table=table)
        answers(services, course, single=True, table=table)
        asyncio.run(keys(services, table))
        services.close()
    head = f"{waiting:,} of {faces:,} faces wait, {people} people. Targets: {TARGET * 1e3:.0f} ms from an answer to the"
    return f"{head} next question, {CATCH_UP * 1e3:.0f} ms for the scores.\n\n" + "\n".join(table.lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="an eighth of the library")
    options = parser.parse_args()
    print(report(*(QUICK if options.quick else FULL)))


if __name__ == "__main__":
    main()
