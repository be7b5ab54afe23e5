"""Theme and compactness: chosen in the app, kept, and the settings file above both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.conftest import TERMINAL
from tests.screens.screen_text import SMALL, lines, press
from tui_tagger.app import TaggerApp
from tui_tagger.errors import SettingsError
from tui_tagger.services import Services
from tui_tagger.settings import Settings, parse


def started(services: Services, text: str = "") -> TaggerApp:
    return TaggerApp(services, TERMINAL, settings=parse(text, Path("settings.toml")) if text else Settings())


async def test_a_theme_chosen_in_the_app_is_kept(services: Services) -> None:
    app = started(services)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "colon", *"use theme nord", "enter")
        assert app.theme == "nord"
    assert started(services).theme == "nord"
    assert started(services, '[look]\ntheme = "gruvbox"').theme == "gruvbox"


async def test_the_compact_mode_gives_the_header_s_row_to_the_content_and_is_kept(services: Services) -> None:
    app = started(services)
    async with app.run_test(size=SMALL) as pilot:
        assert "Library" in lines(app)[0]
        await press(pilot, "colon", *"compact mode", "enter")
        assert "Library" not in lines(app)[0]
    assert started(services).has_class("-compact")
    assert not started(services, '[look]\ncompact = "no"').has_class("-compact")


def test_a_theme_that_does_not_exist_is_refused_with_the_nearest(services: Services) -> None:
    with pytest.raises(SettingsError, match=r"line 2: .*no such theme") as caught:
        started(services, '[look]\ntheme = "nort"')
    assert caught.value.hint == "Did you mean nord?"


async def test_every_theme_draws(services: Services) -> None:
    app = started(services)
    async with app.run_test(size=SMALL) as pilot:
        for theme in app.available_themes:
            app.theme = theme
            await pilot.pause()
            assert "Library" in lines(app)[0]
