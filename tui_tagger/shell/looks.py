"""Theme and compactness: the settings file has the first word, else what was chosen in the app is kept."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from textual.app import App

from tui_tagger.screens.base import Command
from tui_tagger.services.preferences import Looks, keep_looks, kept_looks
from tui_tagger.settings import Settings

COMPACT = "-compact"  # the app's class for the stylesheet


def chosen(settings: Settings, themes: list[str]) -> Looks:
    """How the app looks at its start. Raises SettingsError for a theme that does not exist."""
    look, kept = settings.look, kept_looks()
    if look.theme and look.theme not in themes:
        near = difflib.get_close_matches(look.theme, themes, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(themes)}."
        raise settings.error("look", "theme", f"look.theme = {look.theme!r}: there is no such theme", hint)
    theme = look.theme or (kept.theme if kept.theme in themes else themes[0])
    return Looks(theme, kept.compact if look.compact == "last" else look.compact == "yes")


def wear(app: App[None], looks: Looks) -> None:
    app.theme = looks.theme
    app.set_class(looks.compact, COMPACT)


def look_commands(app: App[None]) -> Iterator[Command]:
    """What the palette offers: the other size of frames, and the other themes."""
    compact = app.has_class(COMPACT)

    def change(looks: Looks) -> None:
        wear(app, looks)
        keep_looks(looks)

    name = "app: Use full frames" if compact else "app: Use the compact mode"
    yield name, lambda: change(Looks(app.theme, not compact))
    for theme in sorted(set(app.available_themes) - {app.theme}):
        yield f"app: Use theme {theme}", lambda theme=theme: change(Looks(theme, compact))  # type: ignore[misc]
