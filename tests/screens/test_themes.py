"""Every word of every screen can be read, in themes dark, light and pale."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.color import Color

from tests.screens.screen_text import LARGE, press, settled
from tui_tagger.app import TaggerApp
from tui_tagger.shell.legible import LEAST, LEAST_BOLD, contrast

THEMES = ("textual-dark", "textual-light", "nord", "solarized-light")
SCREENS = {  # keys, and a word that is there then
    "library": ("f2", "Library"),
    "photo": ("f3", "confirmed"),
    "people": ("f4", "Anna Rossi"),
    "person": ("f4 enter", "Anna Rossi"),
    "map": ("f6", "Map"),
    "groups": ("f5", "Review"),
    "review": ("f5 t", "strong suggestion"),
    "write": ("f2 w", "Write"),
    "help": ("f1", "Help"),
    "history": ("H", "History"),
}


def words(app: App[None]) -> list[tuple[str, float, float]]:
    """The texts on the screen, how much ink and paper of each differ, and how much they should.

    Without pictures and lines.
    """
    return [
        (
            segment.text.strip(),
            contrast(Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)),
            LEAST_BOLD if style.bold else LEAST,
        )
        for strip in app.screen._compositor.render_strips()
        for segment in strip
        if any(char.isalnum() for char in segment.text) and (style := segment.style) and style.color and style.bgcolor
    ]


@pytest.mark.parametrize("screen", SCREENS)
async def test_every_word_can_be_read(app: TaggerApp, screen: str) -> None:
    keys, word = SCREENS[screen]
    trouble: list[str] = []
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, *keys.split())
        for theme in THEMES:
            app.theme = theme
            await settled(pilot)
            found = words(app)
            assert any(word in text for text, *_ in found)
            trouble += [f"{text!r} in {theme}: {ratio:.2f}" for text, ratio, least in found if ratio < least]
    assert not trouble, "\n".join(trouble)
