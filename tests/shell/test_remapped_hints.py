"""With every command on another key, no screen names an old one: neither hints nor questions nor what is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.dom import DOMNode

import tui_tagger
from tests.screens.conftest import TERMINAL
from tests.screens.screen_text import LARGE, lines, press, settled, text, until
from tui_tagger.app import SCREENS, TaggerApp
from tui_tagger.screens.base import BaseScreen
from tui_tagger.services import Services
from tui_tagger.settings import Settings
from tui_tagger.shell.keymap import bindings_of, contexts, own_classes
from tui_tagger.widgets.keys import NAMED, KeyNames

PACKAGE = Path(tui_tagger.__file__).parent
OWNERS: list[type[DOMNode]] = [TaggerApp, *own_classes()]
IDS = sorted({binding.id for owner in OWNERS for binding in bindings_of(owner) if binding.id})
LETTERS = [chr(code) for code in (*range(0x430, 0x450), *range(0x3B1, 0x3CA), *range(0x561, 0x587)) if code != 0x3C2]
LETTERS += [letter.upper() for letter in LETTERS]  # Cyrillic, Greek, Armenian: keys of keyboards, and nobody's default
LETTERS += [f"ctrl+{letter}" for letter in LETTERS]
REMAPPED = {name: (key,) for name, key in zip(IDS, LETTERS, strict=False)}
REMAPPED |= {"app.escape": ("f12",), "search.close": ("f11",)}  # beside a field that takes letters


@pytest.fixture
def remapped() -> Settings:
    return Settings(keys=REMAPPED)


def key_of(name: str) -> str:
    return REMAPPED[name][0]


def test_there_are_keys_enough() -> None:
    assert len(REMAPPED) == len(IDS)


def wrong_hints(screen: BaseScreen) -> list[str]:
    """Hints with keys that are not the user's; enter ends a field whatever is remapped."""
    own = {keys[0] for keys in REMAPPED.values()}
    return [hint.text for hint in screen.hints() if not set(hint.key.split("/")) <= own and hint.key != "enter"]


async def check(app: TaggerApp) -> type[BaseScreen]:
    assert isinstance(app.screen, BaseScreen)
    assert app.screen.hints()
    assert not wrong_hints(app.screen), app.screen.NAME
    old = re.findall(r"(?m)^ *(?:F\d|f\d|esc|tab|[a-zA-Z?+/.])  +[A-Z]?[a-z]+", empty_text(app))
    assert not old, app.screen.NAME
    return type(app.screen)


def empty_text(app: TaggerApp) -> str:
    found = app.screen.query("#empty")
    return "\n".join(str(widget.render()) for widget in found if widget.display)


async def test_no_screen_with_photos_names_an_old_key(services: Services, remapped: Settings) -> None:
    """Every screen; Split needs somebody with faces of two photos."""
    services.review.name([services.library.photo(photo).faces[0].id for photo in services.library.photo_ids()], "Anna")
    app = TaggerApp(services, TERMINAL, settings=remapped)
    async with app.run_test(size=LARGE) as pilot:
        await settled(pilot)
        visited = {await check(app)}
        for name in ("photo", "review", "map", "people"):
            await press(pilot, key_of(f"go.{name}"))
            visited.add(await check(app))
        await press(pilot, key_of("person.times"))
        visited.add(await check(app))
        await press(pilot, key_of("app.escape"), key_of("list.open"))
        visited.add(await check(app))
        await press(pilot, key_of("marks.mark"), key_of("person.split"))
        visited.add(await check(app))
        assert f"{key_of('split.done')}" in lines(app)[-1]
        await press(pilot, key_of("go.library"), key_of("library.write"))
        await until(pilot, "Write?")
        assert f"{key_of('write.yes')} yes   {key_of('write.no')} no (default)" in text(app)
        visited.add(await check(app))
        assert visited == set(SCREENS)


async def test_questions_fields_and_lists_name_the_keys_of_now(services: Services, remapped: Settings) -> None:
    app = TaggerApp(services, TERMINAL, settings=remapped)
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, key_of("library.remove"))
        assert f"{key_of('question.yes')} yes   {key_of('question.no')} no (default)" in text(app)
        await check(app)
        await press(pilot, key_of("question.no"), key_of("library.filter"))
        await check(app)
        await press(pilot, key_of("app.escape"))
        for command in ("app.help", "app.palette", "app.history"):
            await press(pilot, key_of(command))
            assert f"{key_of('search.close')}  back" in lines(app)[-1]
            await press(pilot, key_of("search.close"))
        await press(pilot, key_of("go.review"), key_of("group.name"))
        assert f"{key_of('name.previous')}/{key_of('name.next')} choose" in lines(app)[-1]
        await check(app)


async def test_what_is_empty_names_the_keys_of_now(empty_services: Services, remapped: Settings) -> None:
    app = TaggerApp(empty_services, TERMINAL, settings=remapped)
    async with app.run_test(size=LARGE) as pilot:
        await settled(pilot)
        assert f"{key_of('library.add')}  adds a folder" in text(app)
        await check(app)
        for name in ("photo", "people", "review", "map"):
            await press(pilot, key_of(f"go.{name}"))
            await until(pilot, key_of("go.review") if name == "people" else key_of("go.library"))
            await check(app)


def named_in_the_source() -> Iterator[tuple[str, str]]:
    for part in ("screens", "shell", "widgets", "app.py"):
        for path in sorted([PACKAGE / part] if part.endswith(".py") else (PACKAGE / part).glob("*.py")):
            for name in NAMED.findall(path.read_text("utf-8")):
                yield path.name, name


def test_every_command_that_a_text_names_is_there() -> None:
    named = set(named_in_the_source())
    assert len(named) > 20
    assert not {(file, name) for file, name in named if name not in IDS and name != "its.id"}


def test_a_command_without_a_key_is_named_as_in_the_palette() -> None:
    found = contexts(TaggerApp, SCREENS)
    names = KeyNames(
        (binding for context in found for binding in context.bindings), {"library.add": "unbound:library.add"}
    )
    assert names.told("add with <library.add>, <app.undo> undoes") == "add with : add folder, u undoes"
