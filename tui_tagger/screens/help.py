"""Help: every key, generated from the bindings, the current context first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.binding import Binding
from textual.screen import Screen

from tui_tagger.screens.base import BaseScreen
from tui_tagger.screens.search import Entry, SearchScreen
from tui_tagger.widgets.keys import shown


def help_screen(current: BaseScreen, others: Sequence[type[BaseScreen]]) -> SearchScreen:
    """Help for the screen that is shown, then for the others."""
    entries = [*section(f"Here: {current.NAME}", here(current))]
    for other in others:
        if not isinstance(current, other):
            entries += section(other.NAME, own_bindings(other))
    hint = "<search.up> <search.down> <search.page_up> <search.page_down>  scroll    <search.close>  back"
    return SearchScreen("Help", entries, hint, choosing=False)


def section(name: str, bindings: Iterable[Binding]) -> list[Entry]:
    """A heading, and a line an action with all its keys."""
    keys: dict[str, list[str]] = {}
    sentences: dict[str, str] = {}
    for binding in bindings:
        if binding.id and binding.tooltip:
            keys.setdefault(binding.id, []).append(shown(binding.key))
            sentences.setdefault(binding.id, binding.tooltip)
    lines = [Entry(f"{sentence}", " ".join(dict.fromkeys(keys[name]))) for name, sentence in sentences.items()]
    return [Entry(name, heading=True), *lines]


def here(screen: Screen[None]) -> list[Binding]:
    """What acts now: the focused widget's keys, the screen's, the app's."""
    chain = [bindings for _node, bindings in screen._modal_binding_chain]
    return [binding for bindings in chain for _key, binding in bindings]


def own_bindings(screen: type[BaseScreen]) -> list[Binding]:
    """The keys that a screen declares itself."""
    declared = screen.__dict__.get("BINDINGS", [])
    return list(Binding.make_bindings(declared))
