"""docs/tour.md is true: its keys act on the screens that it speaks of, its commands are in the palette."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.screens.screen_text import LARGE, press, settled
from tui_tagger.app import SCREENS, TaggerApp
from tui_tagger.screens.palette import palette_commands
from tui_tagger.shell.keymap import contexts, key_name

TOUR = (Path(__file__).parents[2] / "docs" / "tour.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"## \d\. (\w+).*?\n(.*?)(?=\n## )", TOUR, re.S))
A_KEY = re.compile(r"`(\S|F\d|enter|esc|space|tab)`")
SPOKEN_OF = {"Library": ("Library",), "Review": ("Review", "Library"), "Photo": ("Photo", "Library", "Review")}
SPOKEN_OF |= {"People": ("People", "Person"), "Map": ("Map",), "Write": ("Write", "Library")}


@pytest.mark.parametrize("section", SPOKEN_OF)
def test_the_keys_of_a_section_act_there(section: str) -> None:
    screens = {screen.NAME: context for screen, context in zip(SCREENS, contexts(TaggerApp, SCREENS), strict=False)}
    bound = {binding.key for name in SPOKEN_OF[section] for binding in screens[name].bindings}
    keys = A_KEY.findall(SECTIONS[section].replace("a word with `-`", ""))
    assert keys
    assert not {key for key in keys if key_name(key) not in bound}


def test_no_section_is_left_out() -> None:
    assert set(SECTIONS) == set(SPOKEN_OF)


async def test_what_the_tour_finds_in_the_palette_is_there(app: TaggerApp) -> None:
    wanted = re.findall(r"`:`,?(?: under| and)? \"([^\"]+)\"", re.sub(r"\s+", " ", TOUR))
    assert wanted
    async with app.run_test(size=LARGE) as pilot:
        await settled(pilot)
        await press(pilot, "space")
        assert app.ready
        titles = [name.lower() for (name, _run), _keys in palette_commands(app.ready, app.commands())]
        assert all(any(words in title for title in titles) for words in wanted), (wanted, titles)
