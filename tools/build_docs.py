#!/usr/bin/env python3
"""Writes the pages of docs/ that are made from the program itself: settings.md and keys.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from textual.binding import Binding

from tui_tagger.app import SCREENS, TaggerApp
from tui_tagger.screens.base import BaseScreen
from tui_tagger.settings_text import as_markdown
from tui_tagger.shell.keymap import bindings_of, own_classes
from tui_tagger.widgets.keys import area, shown

DOCS = Path(__file__).resolve().parents[1] / "docs"
HEAD = """# Keys

Every command by its id. `?` shows the same in the app; [settings.md](settings.md#keys) tells how to give a command
other keys. In a question, a field or while a box is drawn only the keys of that act.
"""
COUNTING = ("review.candidate", "photo.face", "group.candidate")


def keys_page() -> str:
    """docs/keys.md: what acts everywhere, then each screen's own, then lists and what is open for a moment."""
    general = [*bindings_of(TaggerApp), *bindings_of(BaseScreen)]
    parts = [HEAD, section("Everywhere", general)]
    seen = {binding.id for binding in general}
    for screen in SCREENS:
        own = [binding for binding in bindings_of(screen) if binding.id not in seen]
        parts.append(section(screen.NAME, own))
    done = {binding.id for screen in SCREENS for binding in bindings_of(screen)} | seen
    others: defaultdict[str, list[Binding]] = defaultdict(list)
    for owner in sorted(own_classes(), key=lambda each: each.__name__):
        for binding in bindings_of(owner):
            if binding.id not in done:
                others[area(binding)].append(binding)
    parts += [section(f"In place: {name}", found) for name, found in sorted(others.items())]
    return "\n".join(parts)


def section(title: str, bindings: Iterable[Binding]) -> str:
    keys: defaultdict[str, list[str]] = defaultdict(list)
    sentences = {}
    for binding in bindings:
        keys[binding.id or ""].append(shown(binding.key))
        sentences[binding.id or ""] = binding.tooltip
    rows = [f"| {_keys(keys[name])} | `{name}` | {sentence} |" for name, sentence in sentences.items()]
    return "\n".join([f"## {title}", "", "| keys | id | what it does |", "|---|---|---|", *rows, ""])


def _keys(keys: Iterable[str]) -> str:
    return " ".join(f"`{key}`" for key in dict.fromkeys(keys)).replace("|", "\\|")


PAGES = {"settings.md": as_markdown, "keys.md": keys_page}


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
