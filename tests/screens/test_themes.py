"""In every theme what stands on the bars and beside a picture can be read."""

from __future__ import annotations

from textual.app import App

from tests.screens.screen_text import LARGE, press, settled
from tests.widgets.test_cursor import THEMES, colours, contrast
from tui_tagger.app import TaggerApp

LEAST = 2.0  # of WCAG 2.1's ratio: themes' own colours may be pale, and these words are short and do not hang on them


def wrong(app: App[None], words: tuple[str, ...], theme: str) -> list[str]:
    found = [(each, contrast(*colours(app, each))) for each in words]
    return [f"{each!r} in {theme}: {value:.2f}" for each, value in found if value < LEAST]


async def test_bars_facts_and_tags_can_be_read_in_every_theme(app: TaggerApp) -> None:
    trouble: list[str] = []
    async with app.run_test(size=LARGE) as pilot:
        for keys, words in (
            ("f2", ("Library", "faces to review", "open", "filter", "1/6")),
            ("f5 t", ("strong suggestion", "suggested", "ignore", "Anna Rossi")),
            ("f1", ("Help", "Here: Review", "Name the face", "back")),
        ):
            await press(pilot, *keys.split())
            for theme in THEMES:
                app.theme = theme
                await settled(pilot)
                trouble += wrong(app, words, theme)
    assert not trouble
