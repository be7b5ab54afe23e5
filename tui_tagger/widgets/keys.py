"""How keys are declared and shown: each has an id, a short footer label and a sentence for help and palette."""

from __future__ import annotations

from textual.binding import Binding
from textual.keys import key_to_character

NAMES = {"pageup": "pgup", "pagedown": "pgdn", "escape": "esc", "space": "space", "delete": "del"}
NAMES |= {"slash": "/", "plus": "+", "minus": "-", "equals_sign": "="}  # Textual's names say these only one way

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
