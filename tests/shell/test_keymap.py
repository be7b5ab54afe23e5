"""Every command of every screen; and other keys for them, pressed and shown."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from tests.screens.conftest import TERMINAL
from tests.screens.screen_text import SMALL, footer, lines, press, text, until
from tui_tagger.app import SCREENS, TaggerApp
from tui_tagger.errors import SettingsError
from tui_tagger.screens.palette import offered
from tui_tagger.services import Services
from tui_tagger.settings import Settings, parse
from tui_tagger.shell.keymap import bindings_of, contexts, key_name, keymap, own_classes
from tui_tagger.widgets.keys import area, shown

OWNERS: list[type[DOMNode]] = [TaggerApp, *own_classes()]
ALL = [binding for owner in OWNERS for binding in bindings_of(owner)]
WITHOUT_PALETTE = {"move", "marks", "list", "search", "question", "name", "box", "field"}  # they act in place


def settings(text: str) -> Settings:
    return parse(text, Path("settings.toml"))


def refusal(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        keymap(settings(text), contexts(TaggerApp, SCREENS))
    return caught.value


@pytest.mark.parametrize("owner", OWNERS, ids=lambda owner: owner.__name__)
def test_every_binding_of_ours_has_an_id_a_label_and_a_sentence(owner: type) -> None:
    for binding in owner.__dict__.get("BINDINGS", []):
        assert binding.id and binding.id.count(".") == 1 and " " not in binding.id, binding
        assert binding.description, binding.id
        assert binding.tooltip[0].isupper() and not binding.tooltip.endswith("."), binding.id


def test_an_id_has_one_meaning() -> None:
    sentences = defaultdict(set)
    for binding in ALL:
        sentences[binding.id].add(binding.tooltip)
    assert not {name: found for name, found in sentences.items() if len(found) > 1}


def test_every_command_that_is_no_movement_is_in_the_palette() -> None:
    missing = {binding.id for binding in ALL if not offered(binding) and area(binding) not in WITHOUT_PALETTE}
    counting = ("review.candidate", "photo.face")
    assert {name for name in missing if name and not name.startswith(counting)} == {"app.palette", "app.escape"}


def test_nothing_is_remapped_without_settings() -> None:
    assert keymap(Settings(), contexts(TaggerApp, SCREENS)) == {}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("?", "question_mark"),
        ("pgup", "pageup"),
        ("esc", "escape"),
        ("ctrl+T", "ctrl+t"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        (",", "comma"),
        ("shift+up", "shift+up"),
        ("F7", "f7"),
        ("X", "X"),
        ("ä", "ä"),
        ("f77", None),
        ("hold+x", None),
        ("", None),
    ],
)
def test_keys_as_people_write_them(written: str, name: str | None) -> None:
    assert key_name(written) == name


@pytest.mark.parametrize("binding", ALL, ids=lambda binding: f"{binding.id}:{binding.key}")
def test_a_key_as_help_shows_it_can_be_written_into_the_settings(binding: Binding) -> None:
    assert key_name(shown(binding.key)) == binding.key


def test_a_clash_is_refused_with_both_ids_and_the_line() -> None:
    error = refusal('[keys]\n"review.skip" = ["x"]\n')
    assert error.message.startswith("settings.toml, line 2: x is review.skip and ")
    assert "reject at once (Review)" in error.message and "reject another key" in error.hint
    assert "go.map" in refusal('[keys]\n"library.sort" = ["f6"]\n').message


def test_swapped_keys_do_not_clash() -> None:
    text = "[keys]\n" + "".join(f'"{area}.skip" = ["x"]\n"{area}.reject" = ["s"]\n' for area in ("review", "group"))
    swapped = keymap(settings(text), contexts(TaggerApp, SCREENS))
    assert (swapped["review.skip"], swapped["group.reject"]) == ("x", "s")


def test_the_same_key_on_two_screens_is_no_clash() -> None:
    assert keymap(settings('[keys]\n"library.sort" = ["z"]\n'), contexts(TaggerApp, SCREENS))


def test_unknown_ids_and_keys_are_refused() -> None:
    assert refusal('[keys]\n"review.skipp" = ["x"]\n').hint == "Did you mean review.skip?"
    assert "'ctrl+hello' is no key" in refusal('[keys]\n"review.skip" = ["ctrl+hello"]\n').message


async def test_a_remapped_key_acts_and_is_shown_and_the_old_one_does_not(services: Services) -> None:
    text_of_file = '[keys]\n"library.sort" = ["ctrl+t", "?"]\n"app.help" = "f1"\n'
    app = TaggerApp(services, TERMINAL, settings=settings(text_of_file))
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, "by date")
        before = lines(app)[0]
        await press(pilot, "s")
        assert lines(app)[0] == before
        assert "ctrl+t sort" in footer(app)
        await press(pilot, "colon", *"another way")
        assert "ctrl+t" in text(app)
        await press(pilot, "escape", "f1", *"another way")
        assert any("Sort the photos" in line and "ctrl+t ?" in line for line in lines(app))
        await press(pilot, "escape", "ctrl+t")
        assert "by name" in lines(app)[0]
        await press(pilot, "question_mark")
        assert "by name" not in lines(app)[0]


async def test_a_command_without_keys_is_left_to_the_palette(services: Services) -> None:
    app = TaggerApp(services, TERMINAL, settings=settings('[keys]\n"library.sort" = []\n"library.view" = []\n'))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "s", "tab")
        assert "by name" not in lines(app)[0]
        assert "sort" not in footer(app)
        await press(pilot, "colon", *"another way", "enter")
        assert "by name" in lines(app)[0]
