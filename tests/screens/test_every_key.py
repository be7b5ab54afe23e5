"""Every command of the app, given by its key on the screen where it acts: something must change, words appear.

A walk is a list of steps on one app: keys that lead there, the command's id, and words that are then on the screen.
What a command does in detail is told by the tests of its screen; here, none may be without effect.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import ExifTags, Image
from rich.segment import Segment
from textual.dom import DOMNode
from textual.widgets import Input

from tests.screens.screen_text import LARGE, press, settled, text
from tui_tagger.app import TaggerApp
from tui_tagger.screens.palette import offered, palette_commands
from tui_tagger.services import Services
from tui_tagger.services.views import Failure, JobState, JobView
from tui_tagger.shell.keymap import bindings_of, own_classes
from tui_tagger.widgets.hints import Asking
from tui_tagger.widgets.keys import title

OWNERS: list[type[DOMNode]] = [*own_classes(), TaggerApp]
ALL = {binding.id: binding for owner in OWNERS for binding in reversed(bindings_of(owner)) if binding.id}


UNSEEN = {"app.refresh"}  # it draws the same again
WITH_MANY = ("people", "person")


class Step(NamedTuple):
    """`before` are keys by Textual's names, with spaces between, or words to type in quotes."""

    command: str
    words: str = ""
    before: str = ""


WALKS: dict[str, list[Step]] = {
    "everywhere": [
        Step("go.people", "Anna Rossi"),
        Step("go.review", "Review"),
        Step("go.map", "Map"),
        Step("go.photo", "2019-07-"),
        Step("go.library", "Library"),
        Step("app.help", "Here: Library"),
        Step("search.down"),
        Step("search.up"),
        Step("search.page_down"),
        Step("search.page_up"),
        Step("search.close", "6 photos"),
        Step("app.palette", "library: "),
        Step("app.escape", "Library", "escape f4"),
        Step("app.back", "Library", "f4"),
        Step("app.undo", "Undone: 1 face ignored", "f5 t i"),
        Step("app.redo", "Redone: 1 face ignored"),
        Step("app.history", "1 face"),
        Step("history.undo_back", "Undo 1 decision, back to", "escape i H down"),
        Step("app.refresh", "Library", "n f2"),
        Step("app.quit"),
    ],
    "lists": [
        Step("move.down"),
        Step("move.up"),
        Step("move.last"),
        Step("move.first"),
        Step("move.half_down"),
        Step("move.half_up"),
        Step("move.page_down"),
        Step("move.page_up"),
        Step("marks.mark", "1 marked"),
        Step("marks.invert", "5 marked"),
        Step("marks.all", "6 marked"),
        Step("marks.range", "3 marked", "escape g v j j"),
        Step("list.open", "Photo", "escape escape"),
        Step("move.right", "", "f4 enter tab"),
        Step("move.left"),
    ],
    "library": [
        Step("library.sort", "by name"),
        Step("library.reverse", "by name"),
        Step("library.filter", "/"),
        Step("library.copy", "opied", "'party' enter"),
        Step("library.view"),
        Step("library.view"),
        Step("library.folders"),
        Step("library.photos"),
        Step("library.ignore", "faces ignored", "escape j"),
        Step("library.write", "party [", "u f2"),
        Step("library.add", "older", "f2"),
        Step("library.remove", "?", "escape f2"),
        Step("question.no", "6 photos"),
        Step("question.leave", "6 photos", "delete"),
        Step("question.yes", "5 photos", "delete"),
        Step("library.detect", "Looking for faces again"),
    ],
    "photo": [
        Step("photo.next", "party [2]", "j enter"),
        Step("photo.previous", "party [1]"),
        Step("photo.face2", "Bo Lind"),
        Step("photo.face1", "strong suggestion"),
        Step("photo.present", "Who"),
        Step("photo.describe", "escription", "escape"),
        Step("photo.box", "box", "escape"),
        Step("box.right"),
        Step("box.left"),
        Step("box.down"),
        Step("box.up"),
        Step("box.wider"),
        Step("box.narrower"),
        Step("box.higher"),
        Step("box.lower"),
        Step("box.cancel", "Photo"),
        Step("box.done", "Face added", "b"),
        Step("photo.copy", "opied"),
        Step("photo.copy_place", "59.9"),
        Step("photo.filter", "", ""),
        Step("photo.panel", "", "escape"),
        Step("photo.map", "Map"),
        Step("map.photo", "Photo"),
        Step("photo.reset", "unknown", "tab 2"),
        Step("photo.write", "party [", "u"),
        Step("photo.detect", "", "escape"),
        Step("jobs.pause", "aused"),
        Step("jobs.cancel"),
    ],
    "review": [
        Step("review.swap", "", "f5 t"),
        Step("review.zoom"),
        Step("review.name", "", "escape"),
        Step("name.next", "", "'a'"),
        Step("name.previous"),
        Step("name.complete"),
        Step("name.close"),
        Step("review.copy", "opied"),
        Step("review.skip"),
        Step("review.open", "Photo"),
        Step("review.reject", "", "f5"),
        Step("review.candidate1"),
        Step("review.candidate2", "", "n u"),
        Step("review.accept", "", "n u u"),
        Step("review.enter", "", "u"),
        Step("review.ignore", "", "u"),
        Step("review.ignore_rest", "", "u G"),
        Step("review.not_a_face", "", "u"),
        Step("review.accept_marked", "2 faces", "u g space space"),
        Step("review.groups", "", "u"),
    ],
    "group": [
        Step("group.tick", "1 unticked", "f5"),
        Step("group.range", "3 unticked", "escape home v right right"),
        Step("group.untick_all", "one by one", "escape"),
        Step("group.invert"),
        Step("group.look"),
        Step("group.swap"),
        Step("group.open", "Photo", "escape"),
        Step("group.reject", "", "f5"),
        Step("group.reject_all", "", "u"),
        Step("group.name", "", "u"),
        Step("group.ignore", "", "escape"),
        Step("group.not_a_face", "", "u"),
        Step("group.skip", "", "u"),
        Step("group.take", "", "f2 f5"),
    ],
    "people": [
        Step("people.sort", "", "f4"),
        Step("people.copy", "opied"),
        Step("people.add"),
        Step("people.rename", "", "escape"),
        Step("people.filter", "", "escape"),
        Step("people.hidden", "", "escape"),
        Step("person.hide", "idden"),
        Step("person.rename", "", "u"),
        Step("person.merge", "", "escape"),
        Step("person.delete", "", "escape"),
        Step("person.birth", "", "escape"),
        Step("person.alias", "", "escape"),
        Step("person.export", "", "escape"),
        Step("person.library", "person:", "escape"),
        Step("person.write", "party [", "f4"),
        Step("person.times", "2019", "f4"),
        Step("times.panel"),
        Step("times.copy", "opied"),
        Step("times.person", "Person"),
    ],
    "person": [
        Step("person.copy", "opied", "f4 enter"),
        Step("person.keyface", "", "l"),
        Step("person.reject"),
        Step("person.move", "", "u"),
        Step("person.reset", "unknown", "escape"),
        Step("person.ignore", "gnored", "u"),
        Step("person.not_a_face", "", "u"),
        Step("person.suggested", "uggested", "u"),
        Step("person.accept"),
        Step("person.split", "", "u tab space"),
        Step("split.jump"),
        Step("split.flip"),
        Step("split.seeds"),
        Step("split.done"),
    ],
    "map": [
        Step("map.next", "", "f6 0"),
        Step("map.previous"),
        Step("map.in"),
        Step("map.out"),
        Step("map.left", "", "plus plus"),
        Step("map.right"),
        Step("map.up"),
        Step("map.down"),
        Step("map.world"),
        Step("map.find"),
        Step("map.untagged", "", "escape"),
        Step("map.later", "", "t"),
        Step("map.earlier"),
        Step("map.copy", "opied", "f6 escape f6 0"),
        Step("map.area", "", "f6 0"),
        Step("map.corner_right"),
        Step("map.corner_left"),
        Step("map.corner_down"),
        Step("map.corner_up"),
        Step("map.choose", "", "escape"),
        Step("map.open", "area:", "f6 0"),
    ],
    "a photo's map and EXIF": [
        Step("exif.raw", "", "f2 enter tab"),
        Step("exif.copy", "opied"),
        Step("map.centre", "", "tab l"),
    ],
    "a photo that failed": [
        Step("jobs.failures", "cannot be read"),
    ],
    "write": [
        Step("write.filter", "", "w"),
        Step("write.describe", "", "escape"),
        Step("write.template"),
        Step("write.no", "Library", "escape"),
        Step("write.yes", "", "w"),
    ],
}


def pressed(keys: str) -> list[str]:
    """The keys of a step: names, or characters of what stands in quotes."""
    found: list[str] = []
    for number, part in enumerate(keys.split("'")):
        found += list(part) if number % 2 else part.split()
    return found


def seen(app: TaggerApp) -> tuple[list[list[Segment]], str, bool]:
    """All that a user may notice: the screen with its colours, the clipboard, and whether the app is still there."""
    strips = app.screen._compositor.render_strips()
    return [list(strip) for strip in strips], app.clipboard, app.is_running


def in_palette(app: TaggerApp) -> set[str]:
    """The ids of the commands that the palette offers now."""
    assert app.ready
    titles = {name for (name, _run), _keys in palette_commands(app.ready, app.commands())}
    return {name for name, binding in ALL.items() if title(binding) in titles}


def in_reach(app: TaggerApp, command: str) -> bool:
    """Whether the palette can be opened, and is to offer the command: moving is none."""
    return app.ready is not None and offered(ALL[command]) and not isinstance(app.focused, Asking | Input)


def prepare(services: Services, name: str) -> None:
    """What a walk needs beyond the small library: people with several faces, a photo with EXIF, one that failed."""
    photos = [services.library.photo(photo) for photo in services.library.photo_ids()]
    if name in WITH_MANY:
        first = [photo.faces[0].id for photo in photos[:4]]
        services.review.name([*first, photos[5].faces[2].id], "Anna Rossi", allow_twice=True)
        services.review.name([photos[1].faces[1].id, photos[2].faces[1].id], "Bo Lind")
    path = photos[0].row.path
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Fuji"
    with Image.open(path) as image:
        image.save(path, exif=exif)


@pytest.mark.parametrize("name", WALKS)
async def test_each_command_has_its_effect(
    name: str, app: TaggerApp, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(services, name)
    if name == "a photo that failed":
        failure = Failure(Path("wrong.jpg"), "wrong.jpg: cannot be read")
        job = JobView(1, "Scanning", JobState.DONE, 1, 1, (failure,), 1.0, None)
        monkeypatch.setattr(services.jobs, "current", lambda: job)
    async with app.run_test(size=LARGE) as pilot:
        for step in WALKS[name]:
            await settled(pilot)
            await press(pilot, *pressed(step.before))
            if step.command == "photo.detect":  # its job is to last until it was paused and cancelled
                monkeypatch.setattr(services.jobs, "poll", lambda: False)
            before = seen(app)
            assert not in_reach(app, step.command) or step.command in in_palette(app), f"{step.command} is not offered"
            await press(pilot, ALL[step.command].key)
            assert step.command in UNSEEN or seen(app) != before, f"{step.command} did nothing:\n{text(app)}"
            assert step.words in text(app), f"{step.command} did not show {step.words!r}:\n{text(app)}"


def test_no_command_is_left_out() -> None:
    walked = {step.command for steps in WALKS.values() for step in steps}
    assert {name.rstrip("123456789") for name in walked} == {name.rstrip("123456789") for name in ALL}
