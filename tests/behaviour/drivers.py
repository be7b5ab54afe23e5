"""Two ways to drive a review: through the services, and through the keys of the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

from textual.pilot import Pilot

from tests.behaviour.library import open_library
from tests.screens.conftest import TERMINAL
from tests.screens.screen_text import press, settled, text, until
from tui_tagger.app import TaggerApp
from tui_tagger.errors import UsageError
from tui_tagger.screens.review import ReviewScreen
from tui_tagger.services import Services
from tui_tagger.services.course import Course, Question
from tui_tagger.services.groups import GroupKind
from tui_tagger.services.library import face_view
from tui_tagger.services.review import TwiceInPhoto
from tui_tagger.services.views import Outcome


class Driver(Protocol):
    """What a human does in a review, and sees."""

    services: Services

    async def start(self) -> None: ...
    async def close(self) -> None: ...
    @property
    def question(self) -> Question: ...
    @property
    def cursor(self) -> int | None: ...  # the face under the cursor
    @property
    def asks(self) -> bool: ...  # whether an explicit yes is asked for
    async def one_by_one(self) -> None: ...
    async def put(self, face: int) -> None: ...  # the cursor on a face of the group, or of the queue
    async def untick(self, face: int) -> None: ...
    async def take(self) -> None: ...  # enter
    async def answer(self, yes: bool) -> None: ...
    async def name(self, name: str) -> None: ...
    async def reject(self) -> None: ...
    async def ignore(self) -> None: ...
    async def ignore_rest(self) -> None: ...
    async def not_a_face(self) -> None: ...
    async def skip(self) -> None: ...
    async def accept_all(self, faces: Sequence[int]) -> None: ...  # mark, then accept for all marked
    async def undo(self) -> None: ...
    async def redo(self) -> None: ...
    async def merge(self, source: str, target: str) -> None: ...
    async def write(self) -> None: ...
    async def elsewhere(self, act: Callable[[], object]) -> None: ...
    async def rest(self) -> None: ...  # a pause, in which the scores catch up


class ThroughServices:
    """The services, as a script would use them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._then: Callable[[bool], Outcome] | None = None

    async def start(self) -> None:
        self.services = open_library(self.folder)
        self.course = Course(self.services.review)
        self.course.begin()
        self._cursor = 0
        self._unticked: set[int] = set()

    async def close(self) -> None:
        self.services.close()

    @property
    def question(self) -> Question:
        return self.course.question

    @property
    def cursor(self) -> int | None:
        faces = self.question.face_ids
        return faces[self.question.cursor] if faces else None

    @property
    def asks(self) -> bool:
        return self._then is not None

    @property
    def ticked(self) -> tuple[int, ...]:
        return tuple(face for face in self.question.face_ids if face not in self.question.unticked)

    async def one_by_one(self) -> None:
        self.course.show_groups(False)

    async def put(self, face: int) -> None:
        if self.question.group is None:
            self.course.move_to(self.course.queue.index(face))
        else:
            self.course.remember(self.question.face_ids.index(face), self.question.unticked)

    async def untick(self, face: int) -> None:
        self.course.remember(self.question.cursor, self.question.unticked | {face})

    async def take(self) -> None:
        group = self.question.group
        if group is not None and group.kind is GroupKind.LONERS:
            await self.ignore()
            return
        person = group.person_id if group else self.services.review.item(self.question.face_ids[0]).face.person_id
        assert person is not None
        self._decide(lambda twice: self.services.review.accept(self.ticked, person, twice))

    async def answer(self, yes: bool) -> None:
        then, self._then = self._then, None
        assert then is not None
        if yes:
            self.course.decided(then(True))

    async def name(self, name: str) -> None:
        faces = self._alone() if self.question.group and self.question.group.kind is GroupKind.LONERS else self.ticked
        if name:
            self._decide(lambda twice: self.services.review.name(faces, name, twice))
            return
        try:
            self.services.review.name(faces, name)
        except UsageError:
            return
        raise AssertionError("a face was named nothing")

    async def reject(self) -> None:
        (face,) = self._alone()
        item = self.services.review.item(face)
        person = self.question.group.person_id if self.question.group else item.candidates[0].person_id
        assert person is not None
        self._decide(lambda _: self.services.review.reject(face, person))

    async def ignore(self) -> None:
        self._decide(lambda _: self.services.review.ignore(self.ticked))

    async def ignore_rest(self) -> None:
        self._decide(lambda _: self.services.review.ignore_rest(face_view(self._alone()[0]).photo_id))

    async def not_a_face(self) -> None:
        self._decide(lambda _: self.services.review.not_a_face(self._alone()))

    async def skip(self) -> None:
        self.course.skip()

    async def accept_all(self, faces: Sequence[int]) -> None:
        person = self.services.review.item(self.question.face_ids[0]).candidates[0].person_id
        self._decide(lambda twice: self.services.review.accept(faces, person, twice))

    async def undo(self) -> None:
        outcome = self.services.review.undo()
        assert outcome is not None
        self.course.go_back(outcome)

    async def redo(self) -> None:
        outcome = self.services.review.redo()
        assert outcome is not None
        self.course.go_back(outcome)

    async def merge(self, source: str, target: str) -> None:
        find = self.services.people.find
        self.services.people.merge([find(source)], find(target))
        self.course.reload()

    async def write(self) -> None:
        assert {result.result for result in self.services.tagging.write()} == {"written"}
        self.course.reload()

    async def elsewhere(self, act: Callable[[], object]) -> None:
        act()
        self.course.reload()

    async def rest(self) -> None:
        self.course.reload()

    def _alone(self) -> tuple[int, ...]:
        assert self.cursor is not None
        return (self.cursor,)

    def _decide(self, act: Callable[[bool], Outcome]) -> None:
        try:
            self.course.decided(act(False))
        except TwiceInPhoto:
            self._then = act


class ThroughKeys:
    """The app, by its keys."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        self.folder, self.size = folder, size

    async def start(self) -> None:
        self.services = open_library(self.folder)
        self.app = TaggerApp(self.services, TERMINAL)
        self._stack = AsyncExitStack()
        self.pilot: Pilot[None] = await self._stack.enter_async_context(self.app.run_test(size=self.size))
        await self._press("f5")

    async def close(self) -> None:
        await self._stack.aclose()
        self.services.close()

    @property
    def screen(self) -> ReviewScreen:
        screen = self.app.screens_by_name["review"]
        assert isinstance(screen, ReviewScreen)
        return screen

    @property
    def question(self) -> Question:
        return self.screen.course.question

    @property
    def cursor(self) -> int | None:
        return self.screen.groups.face if self.question.group else self.screen.shown_id

    @property
    def asks(self) -> bool:
        return "twice" in text(self.app) and "yes" in text(self.app)

    async def one_by_one(self) -> None:
        await self._press("t")

    async def put(self, face: int) -> None:
        single = self.question.group is None
        faces = self.screen.queue if single else self.question.face_ids
        await self._press("home", *(["j" if single else "l"] * faces.index(face)))

    async def untick(self, face: int) -> None:
        await self.put(face)
        await self._press("space")

    async def take(self) -> None:
        await self._press("enter")

    async def answer(self, yes: bool) -> None:
        await self._press("y" if yes else "enter")

    async def name(self, name: str) -> None:
        await self._press("n")
        await self._press(*name, *(["up"] if name else []), "enter")
        if self.screen.names.display:
            await self._press("escape")

    async def reject(self) -> None:
        await self._press("x")

    async def ignore(self) -> None:
        await self._press("i")

    async def ignore_rest(self) -> None:
        await self._press("I")

    async def not_a_face(self) -> None:
        await self._press("d")

    async def skip(self) -> None:
        await self._press("s")

    async def accept_all(self, faces: Sequence[int]) -> None:
        asked = self.question.face_ids[0]
        for face in faces:
            await self.put(face)
            await self._press("space")
        await self.put(asked)
        await self._press("A")

    async def undo(self) -> None:
        await self._press("u")

    async def redo(self) -> None:
        await self._press("U")

    async def merge(self, source: str, target: str) -> None:
        names = [row.name for row in self.services.people.list()]
        await self._press("f4", "home", *(["j"] * names.index(source)), "m", *target, "enter", "y")
        await self._press("f5")

    async def write(self) -> None:
        await self._press("f2", "w")
        await until(self.pilot, "Write?")
        await self._press("y")
        await until(self.pilot, "written")
        await self._press("escape", "f5")

    async def elsewhere(self, act: Callable[[], object]) -> None:
        act()
        self.app.data_changed()
        await settled(self.pilot)

    async def rest(self) -> None:
        self.app.catching_up.rested()
        await settled(self.pilot)
        assert self.services.recognition.settled

    async def _press(self, *keys: str) -> None:
        await press(self.pilot, *("space" if key == " " else key for key in keys))
