"""How keys are declared and shown: each has an id, a short footer label and a sentence for help and palette."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import key_to_character

NAMES = {"pageup": "pgup", "pagedown": "pgdn", "escape": "esc", "space": "space", "delete": "del"}
NAMES |= {"slash": "/", "plus": "+", "minus": "-", "equals_sign": "="}  # Textual's names say these only one way

ARROWS = ("left", "down", "up", "right")
NAMED = re.compile(r"<([a-z_]+\.[a-z_0-9]+)>")
UNBOUND = "unbound:"  # begins the key of a command that its user left without one; nothing sends it


def key(keys: str, action: str, name: str, label: str, sentence: str) -> Binding:
    """A binding. `name` is its id, "area.verb": the palette shows it as "area: sentence"."""
    return Binding(keys, action, label, tooltip=sentence, id=name)


def shown(key_name: str) -> str:
    """The key as a reader types it: "question_mark" is "?", "pagedown" is "pgdn". Empty where there is none."""
    if key_name.startswith(UNBOUND):
        return ""
    *modifiers, last = key_name.split("+")
    character = key_to_character(last)
    if last not in NAMES and character and character.isprintable():
        last = character
    return "+".join([*modifiers, NAMES.get(last, last)])


def area(binding: Binding) -> str:
    """The part of the app that a binding belongs to: "review" of "review.accept"."""
    return (binding.id or "app").partition(".")[0]


def title(binding: Binding) -> str:
    """The palette's title, "area: Verb object"."""
    return f"{area(binding)}: {binding.tooltip}"


class KeyNames:
    """The keys that commands have now, by the ids of their bindings: the user may have given them others.

    Fixed texts name a command, not a key: `told("<app.undo> takes it back")` is "u takes it back".
    """

    def __init__(self, bindings: Iterable[Binding] = (), chosen: Mapping[str, str] | None = None) -> None:
        self._keys: dict[str, list[str]] = {}
        self._labels: dict[str, str] = {}
        for binding in bindings:
            self._labels.setdefault(binding.id or "", binding.description)
            keys = self._keys.setdefault(binding.id or "", [])
            keys += [] if binding.key in keys else [binding.key]
        self._keys |= {name: keys.split(",") for name, keys in (chosen or {}).items()}

    def press(self, name: str) -> str:
        """Textual's name of a command's first key; empty where it has none."""
        first = next(iter(self._keys.get(name, ())), "")
        return "" if first.startswith(UNBOUND) else first

    def shown(self, names: str) -> str:
        """The first key of each command as a reader types it: "u", "up/down"; four arrows are "arrows"."""
        ids = names.split()
        for before in ("", "shift+") if len(ids) == len(ARROWS) else ():
            if all(f"{before}{arrow}" in self._keys.get(name, ()) for name, arrow in zip(ids, ARROWS, strict=True)):
                return f"{before}arrows"
        return "/".join(filter(None, (shown(self.press(name)) for name in ids)))

    def told(self, text: str) -> str:
        """The text with keys for the commands it names; one without a key is named as it is in the palette."""
        return NAMED.sub(lambda found: self._told(found[1]), text)

    def _told(self, name: str) -> str:
        return self.shown(name) or f"{self.shown('app.palette')} {self._labels.get(name, name)}"


def key_names(widget: DOMNode) -> KeyNames:
    """Those of the app that a widget is in."""
    return getattr(widget.app, "key_names", NO_NAMES)


NO_NAMES = KeyNames()
