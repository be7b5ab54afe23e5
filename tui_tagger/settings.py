"""What the user may set, read from a TOML file: each section a dataclass, each key a field with its own documentation.

A key is a field made by `_key`: its default gives the type, `doc` says what it does, `choices` or `low` and `high` what
it may be. Everything else (the checks, the commented default file, docs/settings.md) is made from these fields.
"""

from __future__ import annotations

import difflib
import os
import reprlib
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from tui_tagger import config
from tui_tagger.errors import SettingsError

VARIABLE = "TUI_TAGGER_CONFIG"
DEEPEST = 4  # dots in the id of a key, of which the program's have one
MOST_LINES = 1_000  # of a file in which the line of what is wrong is looked for
KEYS_DOC = (
    'Other keys for a command, by its id: "review.accept" = ["enter", "y"]. docs/keys.md lists the ids; '
    "an empty list takes a command's keys away."
)


def _key(
    default: Any, doc: str, choices: tuple[str, ...] = (), low: float | None = None, high: float | None = None
) -> Any:
    return field(default=default, metadata={"doc": doc, "choices": choices, "low": low, "high": high})


@dataclass(frozen=True)
class Look:
    """How the app looks."""

    theme: str = _key("", "Name of a theme; empty: the one chosen in the app, at first textual-dark.")
    messages: float = _key(6.0, "Seconds that a message stays; an error stays twice as long.", low=1, high=60)
    compact: str = _key(
        "last", "Fewer rows for frames, more for content; last: as chosen in the app.", choices=("last", "yes", "no")
    )


@dataclass(frozen=True)
class Pictures:
    """How photos are drawn."""

    protocol: str = _key(
        "auto",
        "How the terminal draws pictures; auto: what it says it can. --images has the last word.",
        choices=("auto", "kitty", "sixel", "halfcell", "none"),
    )
    budget: int = _key(
        0, "Most kilobytes of a picture; 0: between 25 and 150, by the speed of the line.", low=0, high=4000
    )


@dataclass(frozen=True)
class Library:
    """How Library opens."""

    sort: str = _key("date", "What photos are sorted by.", choices=("date", "name", "waiting", "people"))
    reversed: bool = _key(False, "The other way round.")
    view: str = _key("list", "A list of names, or a grid of small pictures.", choices=("list", "grid"))


@dataclass(frozen=True)
class Review:
    """What Review asks first."""

    order: str = _key(
        "person",
        "The order of the faces; person: person by person, learning: what helps recognition most, sure: strong "
        "suggestions first, doubtful last: weak ones after the unknown, photo: photo by photo, date, newest: by date.",
        choices=("person", "learning", "sure", "doubtful last", "photo", "date", "newest"),
    )
    groups: bool = _key(True, "Ask about groups of faces; only in the order person.")


@dataclass(frozen=True)
class Map:
    """Where Map opens."""

    place: str = _key(
        "", 'A place by its name or coordinates, such as "Lisbon" or "38.72, -9.14"; empty: where photos are.'
    )
    zoom: int = _key(-1, "-1: as fits; 0: the whole world; 12: a town.", low=-1, high=12)


@dataclass(frozen=True)
class Write:
    """How names are written into files."""

    target: Literal["auto", "file", "sidecar"] = _key(
        "auto",
        "Where to; auto: into the file where that is safe, else into a sidecar. Also what tui-tagger write does "
        "without --to.",
        choices=("auto", "file", "sidecar"),
    )
    describe: bool = _key(False, "Offer descriptions for photos without one from the start.")


@dataclass(frozen=True)
class Jobs:
    """Scans and other long jobs."""

    closing: str = _key(
        "ask",
        "When the app is closed while a scan runs; leave: it goes on without the app, stop: the next scan goes on "
        "from there.",
        choices=("ask", "leave", "stop"),
    )


@dataclass(frozen=True)
class Scan:
    """What looking for faces may use of this machine."""

    device: str = _key(
        "auto",
        "Where networks compute; auto: on an accelerator where one is there. --device has the last word.",
        choices=("auto", "cpu", "cuda", "mps"),
    )
    processes: int = _key(
        0, "How many processes read photos; 0: as many as processors and memory allow.", low=0, high=256
    )
    memory: int = _key(1500, "Most megabytes of all processes together, where processes is 0.", low=600, high=999_999)


SECTIONS: dict[str, type] = {
    "look": Look,
    "pictures": Pictures,
    "library": Library,
    "review": Review,
    "map": Map,
    "write": Write,
    "jobs": Jobs,
    "scan": Scan,
}


@dataclass(frozen=True)
class Settings:
    """All settings. `keys` maps ids of commands to keys; `source` is the file they are from, None for defaults."""

    look: Look = field(default_factory=Look)
    pictures: Pictures = field(default_factory=Pictures)
    library: Library = field(default_factory=Library)
    review: Review = field(default_factory=Review)
    map: Map = field(default_factory=Map)
    write: Write = field(default_factory=Write)
    jobs: Jobs = field(default_factory=Jobs)
    scan: Scan = field(default_factory=Scan)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: Path | None = None
    text: str = field(default="", repr=False, compare=False)  # of that file

    def error(self, section: str, key: str, message: str, hint: str) -> SettingsError:
        """What is wrong with a value that only its user can judge, with its file and line."""
        return _wrong(self.text, self.source or default_path(), (section, key), message, hint)


def default_path() -> Path:
    """The settings file where neither `--config` nor the environment names another."""
    return config.settings_path()


def source(path: Path | None = None) -> Path:
    """The file that settings are read from: `path`, else what TUI_TAGGER_CONFIG names, else the user's own."""
    return _named(path) or default_path()


def _named(path: Path | None) -> Path | None:
    return path or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)


def load(path: Path | None = None) -> Settings:
    """Reads the settings; without a file that `path` or the environment names, and without the user's, the defaults.

    Raises SettingsError, naming file and line, for a file that cannot be read or holds anything unknown or wrong.
    """
    file = source(path)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        if _named(path) is None:
            return Settings()
        raise SettingsError(f"{file}: no such settings file", "tui-tagger settings --default prints one.") from None
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror or error}", "Make it readable, or name another.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: not UTF-8 text", "Save it again as UTF-8.") from error
    return parse(text, file)


def parse(text: str, source: Path) -> Settings:
    """Settings from TOML text; `source` is the file that errors name. Raises SettingsError."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise SettingsError(
            f"{source}: {error}", "It must be TOML: tui-tagger settings --default shows how."
        ) from error
    sections: dict[str, Any] = {}
    for name, content in table.items():
        if name not in (*SECTIONS, "keys"):
            raise _unknown(text, source, (name,), [*SECTIONS, "keys"])
        if not isinstance(content, dict):
            raise _wrong(text, source, (name,), f"{name} is a section", f"Write [{name}] on a line of its own.")
        read = _keys if name == "keys" else _section
        sections[name] = read(text, source, name, content)
    return Settings(**sections, source=source, text=text)


def _section(text: str, source: Path, name: str, content: Mapping[str, Any]) -> Any:
    known = {entry.name: entry for entry in fields(SECTIONS[name])}
    for key, value in content.items():
        if key not in known:
            raise _unknown(text, source, (name, key), list(known))
        if problem := _problem(known[key], value):
            raise _wrong(
                text,
                source,
                (name, key),
                f"{name}.{key} = {reprlib.repr(value)}: {problem}",
                known[key].metadata["doc"],
            )
    return SECTIONS[name](**content)


def _problem(entry: Field[Any], value: Any) -> str:
    """What is wrong with a value, "" if nothing is."""
    kind, rules = type(entry.default), entry.metadata
    if type(value) is not kind and not (kind is float and type(value) is int):
        return f"must be {kind_word(kind)}"
    if rules["choices"] and value not in rules["choices"]:
        near = difflib.get_close_matches(value, rules["choices"], 1)
        return f"must be one of {', '.join(rules['choices'])}" + (f"; {near[0]}?" if near else "")
    low, high = rules["low"], rules["high"]
    if (low is not None and value < low) or (high is not None and value > high) or value != value:
        return f"must be from {low:g} to {high:g}"
    return ""


def kind_word(kind: type) -> str:
    """A type as a reader of TOML knows it."""
    return {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}[kind]


def _keys(text: str, source: Path, name: str, content: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Keys by id. TOML reads a bare review.accept as nested tables; both ways of writing it mean the same."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in _flat(content):
        keys = [value] if isinstance(value, str) else value
        if not isinstance(keys, list) or not all(isinstance(one, str) and one.strip() for one in keys):
            hint = f'For example: "{key}" = ["ctrl+t"]'
            raise _wrong(text, source, (name, *key.split(".")), f"keys of {key}: must be a list of keys", hint)
        found[key] = tuple(one.strip() for one in keys)
    return found


def _flat(table: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in table.items():
        deeper = isinstance(value, dict) and above.count(".") < DEEPEST
        pairs += _flat(value, f"{above}{key}.") if deeper else [(f"{above}{key}", value)]
    return pairs


def _unknown(text: str, source: Path, path: tuple[str, ...], known: list[str]) -> SettingsError:
    near = difflib.get_close_matches(path[-1], known, 1, 0.5)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
    return _wrong(text, source, path, f"{'.'.join(path)} is unknown", hint)


def _wrong(text: str, source: Path, path: tuple[str, ...], message: str, hint: str) -> SettingsError:
    line = line_of(text, path)
    return SettingsError(f"{source}{f', line {line}' if line else ''}: {message}", hint)


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The line, from 1, where a key stands first: after the longest beginning of the file that is TOML without it."""
    lines, before = text.splitlines(keepends=True), 0
    if len(lines) > MOST_LINES:
        return None  # each line is a reading of all before
    for count in range(1, len(lines) + 1):
        try:
            table: Any = tomllib.loads("".join(lines[:count]))
        except (tomllib.TOMLDecodeError, RecursionError, ValueError):
            continue  # inside a value of several lines
        if _holds(table, path) or _holds(table, (path[0], ".".join(path[1:]))):
            return before + 1
        before = count
    return None


def _holds(table: Any, path: tuple[str, ...]) -> bool:
    for name in path:
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True
