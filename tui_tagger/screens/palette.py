"""The command palette: what is possible now, by its name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode

from tui_tagger.screens.base import BaseScreen, Command
from tui_tagger.screens.search import Entry, SearchScreen
from tui_tagger.widgets.keys import area, shown, title

NOT_OFFERED = ("move", "marks", "app.palette", "app.escape", "review.candidate", "photo.face")


def palette_commands(screen: BaseScreen, more: Iterable[Command] = ()) -> list[tuple[Command, str]]:
    """Commands with their keys: the screen's own, those of the active bindings, `more` of the app's, each once."""
    found: dict[str, tuple[Command, str]] = {name: ((name, run), "") for name, run in screen.commands()}
    for key_name, active in screen.active_bindings.items():
        binding = active.binding
        if active.enabled and offered(binding) and title(binding) not in found:
            act = partial(carry_out, screen.app, binding.action, active.node)
            found[title(binding)] = ((title(binding), act), shown(key_name))
    for name, run in more:
        found.setdefault(name, ((name, run), ""))
    return list(found.values())


def offered(binding: Binding) -> bool:
    """Whether a key makes sense as a command: moving does not, nor do keys that count."""
    name = binding.id or ""
    return bool(name and binding.tooltip) and area(binding) not in NOT_OFFERED and not name.startswith(NOT_OFFERED)


def carry_out(app: App[None], action: str, node: DOMNode) -> None:
    """Runs an action once the palette is gone."""
    app.call_later(app.run_action, action, node)


def palette_screen(commands: list[tuple[Command, str]]) -> SearchScreen:
    entries = [Entry(command[0], keys) for command, keys in commands]
    return SearchScreen("Commands", entries, "enter  run    <search.up> <search.down>  choose    <search.close>  back")
