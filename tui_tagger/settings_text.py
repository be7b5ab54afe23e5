"""The settings as text: a commented TOML file, and the page of docs/ that lists them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import Field, fields
from typing import Any

from tui_tagger.settings import KEYS_DOC, SECTIONS, Settings, kind_word

WIDTH = 110

HEAD = """# Settings

`tui-tagger settings --path` prints where the file is, `tui-tagger settings --default` a file with all of the below; so
`tui-tagger settings --default > "$(tui-tagger settings --path)"` makes one. Another file: `--config FILE`, or the
environment variable `TUI_TAGGER_CONFIG`. What is not in the file has its default. A key that does not exist, a wrong
value or a key on the keyboard that would do two things is refused with its line, and nothing starts.

Theme and frames that are chosen in the app (`:` and then "theme" or "compact") are kept in the library's database; what
the file says about them has the first word.
"""


def as_toml(settings: Settings) -> str:
    """A settings file that says the same, with a comment for every key."""
    parts = [_section_toml(name, getattr(settings, name)) for name in SECTIONS]
    return "\n".join([*parts, _keys_toml(settings)])


def _section_toml(name: str, section: Any) -> str:
    lines = [f"# {section.__doc__}", f"[{name}]"]
    for entry in fields(section):
        lines += [*_comment(f"{entry.metadata['doc']} {_allowed(entry).capitalize()}."), _assigned(section, entry)]
    return "\n".join(lines) + "\n"


def _assigned(section: Any, entry: Field[Any]) -> str:
    return f"{entry.name} = {json.dumps(getattr(section, entry.name), ensure_ascii=False)}"


def _keys_toml(settings: Settings) -> str:
    lines = [*_comment(KEYS_DOC), "[keys]"]
    lines += [
        f"{json.dumps(name)} = {json.dumps(list(keys), ensure_ascii=False)}" for name, keys in settings.keys.items()
    ]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH - 2)]


def _allowed(entry: Field[Any]) -> str:
    rules = entry.metadata
    if rules["choices"]:
        return f"one of {', '.join(rules['choices'])}"
    word = kind_word(type(entry.default))
    return word if rules["low"] is None else f"{word} from {rules['low']:g} to {rules['high']:g}"


def as_markdown() -> str:
    """docs/settings.md."""
    return "\n".join([HEAD, *_tables(), "## keys", "", KEYS_DOC, ""])


def _tables() -> Iterator[str]:
    for name, section in SECTIONS.items():
        yield f"## {name}\n\n{section.__doc__}\n"
        yield "| key | default | allowed | what it does |\n|---|---|---|---|"
        for entry in fields(section):
            yield f"| `{entry.name}` | `{json.dumps(entry.default)}` | {_allowed(entry)} | {entry.metadata['doc']} |"
        yield ""
