"""Every command with its keys, and the user's own keys for them.

Bindings are found on the classes themselves, so that a new one is listed, checked and remappable by being declared.
"""

from __future__ import annotations

import difflib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key, key_to_character
from textual.screen import Screen
from textual.widget import Widget

from tui_tagger.screens.base import BaseScreen
from tui_tagger.screens.search import SearchScreen
from tui_tagger.settings import Settings
from tui_tagger.widgets.hints import Asking
from tui_tagger.widgets.keys import NAMES, UNBOUND, KeyNames, shown

PACKAGE = "tui_tagger."
MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
SPOKEN = {name: key for key, name in NAMES.items()} | {"return": "enter"}  # as help writes them

Pair = frozenset[str]


@dataclass(frozen=True)
class Context:
    """Bindings that may all act at the same moment."""

    name: str
    bindings: tuple[Binding, ...]

    def clashes(self, keys: Mapping[str, tuple[str, ...]]) -> dict[Pair, str]:
        """Pairs of commands on one key, with that key. `keys` replaces those of the ids it names."""
        by_key: defaultdict[str, set[str]] = defaultdict(set)
        for binding in self.bindings:
            for pressed in keys.get(binding.id or "", (binding.key,)):
                by_key[pressed].add(binding.id or "")
        return {frozenset(pair): key for key, ids in by_key.items() for pair in combinations(sorted(ids), 2)}


def own_classes(base: type[DOMNode] = DOMNode) -> Iterator[type[DOMNode]]:
    """The app's own classes of screens and widgets that are loaded."""
    for found in base.__subclasses__():
        if found.__module__.startswith(PACKAGE):
            yield found
        yield from own_classes(found)


def bindings_of(owner: type[DOMNode]) -> tuple[Binding, ...]:
    """The commands of a class and of those it is made from, one binding a key; not Textual's own."""
    return tuple(
        binding
        for bindings in owner._merge_bindings().key_to_bindings.values()
        for binding in bindings
        if binding.id and "." in binding.id
    )


def contexts(app: type[DOMNode], screens: Iterable[type[BaseScreen]]) -> list[Context]:
    """A screen with the app's keys and those of the widgets on it; what takes all keys while it is open, alone."""
    found = []
    for screen in screens:
        owners = (screen, app, *(each for each in widgets_of(screen) if not issubclass(each, Asking)))
        found.append(Context(screen.NAME, tuple(binding for owner in owners for binding in bindings_of(owner))))
    alone = [each for each in dict.fromkeys(own_classes()) if issubclass(each, Asking | SearchScreen)]
    return found + [Context(each.__name__, bindings_of(each)) for each in alone]


def widgets_of(screen: type[BaseScreen]) -> list[type[Widget]]:
    """The app's own widgets that a screen may be made of: those its modules name, and those that theirs name."""
    found: dict[type[Widget], None] = {}
    waiting = [base.__module__ for base in screen.__mro__ if base.__module__.startswith(PACKAGE)]
    for module in waiting:
        for each in vars(sys.modules[module]).values():
            if (
                isinstance(each, type)
                and issubclass(each, Widget)
                and each not in found
                and not issubclass(each, Screen)
            ):
                found[each] = None
                waiting += [each.__module__] if each.__module__.startswith(PACKAGE) else []
    return list(found)


def key_name(text: str) -> str | None:
    """Textual's name of a key as a user writes it: "?" is "question_mark", "ctrl+pgup" is "ctrl+pageup"."""
    head, plus, last = text.rpartition("+")
    if not last:  # "+" itself, or "ctrl++"
        head, last = head.rstrip("+"), "+" if plus else ""
    modifiers = [each.strip().lower() for each in head.split("+")] if head else []
    last = SPOKEN.get(last.strip().lower(), last.strip())
    name = _character_to_key(last) if len(last) == 1 else last.lower()
    known = name in NAMES or name in {key.value for key in Keys} or key_to_character(name) is not None
    if not name or not known or not all(each in MODIFIERS for each in modifiers):
        return None
    return "+".join([*modifiers, name.lower() if "ctrl" in modifiers else name])


def keymap(settings: Settings, found: Iterable[Context]) -> dict[str, str]:
    """The user's keys as Textual takes them. Raises SettingsError for ids, keys and clashes that cannot be."""
    known = list(found)
    ids = list(dict.fromkeys(binding.id or "" for context in known for binding in context.bindings))
    chosen = {name: _named(settings, name, keys, ids) for name, keys in settings.keys.items()}
    for context in known:
        for pair, key in context.clashes(chosen).items():
            if pair not in context.clashes({}):
                _refuse(settings, pair, key, context)
    return {name: ",".join(keys) for name, keys in chosen.items()}


def key_names(found: Iterable[Context], chosen: Mapping[str, str]) -> KeyNames:
    """What texts say of the keys: those of the contexts, the `chosen` ones (`keymap`) instead where there are any."""
    return KeyNames((binding for context in found for binding in context.bindings), chosen)


def _named(settings: Settings, name: str, keys: Iterable[str], ids: list[str]) -> tuple[str, ...]:
    if name not in ids:
        near = difflib.get_close_matches(name, ids, 1, 0.5)
        hint = f"Did you mean {near[0]}?" if near else "docs/keys.md lists the commands."
        raise settings.error("keys", name, f"keys of {name}: there is no such command", hint)
    found = []
    for text in keys:
        if (pressed := key_name(text)) is None:
            hint = "A character, or a name such as enter, f7, ctrl+t, shift+up, pgdn."
            raise settings.error("keys", name, f"keys of {name}: {text!r} is no key", hint)
        found.append(pressed)
    return tuple(found) or (f"{UNBOUND}{name}",)  # Textual reads an empty list as "unchanged"


def _refuse(settings: Settings, pair: Pair, key: str, context: Context) -> None:
    mine = next(name for name in settings.keys if name in pair)
    other = next(name for name in pair if name != mine)
    hint = f"Give {other} another key in [keys], too, or choose another one here."
    raise settings.error("keys", mine, f"{shown(key)} is {mine} and {other} at once ({context.name})", hint)
