#!/usr/bin/env python3
"""Writes the pages of docs/ that are made from the program itself: settings.md, keys.md and filters.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from textual.binding import Binding

from tui_tagger.app import SCREENS, TaggerApp
from tui_tagger.screens.base import BaseScreen
from tui_tagger.services.query import KEYS
from tui_tagger.settings_text import as_markdown
from tui_tagger.shell.keymap import bindings_of, own_classes
from tui_tagger.widgets.keys import area, shown

DOCS = Path(__file__).resolve().parents[1] / "docs"
HEAD = """# Keys

Every command by its id. `?` shows the same in the app; [settings.md](settings.md#keys) tells how to give a command
other keys. In a question, a field or while a box is drawn only the keys of that act.
"""
FILTERS_HEAD = """# Filters

`/` in the Library filters its photos while you type; `esc` clears. Words with spaces between must all apply, and a word
with `-` before it must not: `lisbon faces:>2 -is:unwritten`. Neither case nor accents count. A word without a colon is
looked for in folder, file name, place, names and description.

Text with spaces goes in quotes: `place:"Rio de Janeiro"`. A word with a colon that is not in this list is refused with
the nearest that is. The beginning of a value is enough where there are only certain values: `has:desc`.
"""
FILTERS_TAIL = """
## Examples

| filter | photos |
|---|---|
| `person:Anna person:Bo -person:Clara` | of Anna and Bo without Clara |
| `date:2019-07..2019-08 face:waiting` | of a summer, with faces to review |
| `is:unwritten` | whose confirmed names are not in their files yet; `w` then writes these |
| `has:faces -has:people` | with faces, and nobody confirmed |
| `faces:>4 has:gps` | of groups, which the map can show |
| `is:offline path:usb` | whose files are away, of one drive |

An area is most easily chosen on the map: `v` there, and it becomes the Library's filter. `tab`, sorts and marks work on
what the filter leaves; so do `w`, `I` and `D` where nothing is marked.
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


def filters_page() -> str:
    """docs/filters.md: the words of the library's filter, each with an example."""
    rows = [f"| `{name}:` | `{key.example}` | {key.finds} |" for name, key in KEYS.items()]
    return "\n".join([FILTERS_HEAD, "| word | example | finds photos where |", "|---|---|---|", *rows, FILTERS_TAIL])


PAGES = {"settings.md": as_markdown, "keys.md": keys_page, "filters.md": filters_page}


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
