"""What a bug report needs, in one zip file: nothing of photos, their paths and places, or of people.

Texts get through a sieve: whatever looks like a path or a coordinate, and every word that occurs in a name, a path, a
place or a description of the library, is replaced. Where the library cannot be read for that, texts are left out.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import re
import sqlite3
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from tui_tagger import __version__, log
from tui_tagger.config import cache_dir, log_dir
from tui_tagger.errors import UsageError
from tui_tagger.private import new_file
from tui_tagger.services.storage_check import Check
from tui_tagger.settings import SECTIONS, Settings
from tui_tagger.storage.integrity import connect
from tui_tagger.storage.models import TABLES
from tui_tagger.text import folded

INSIDE = {  # file -> what it is, as it is told before the bundle is written
    "versions.json": "the versions of this program, Python, SQLite, the system and the libraries",
    "terminal.txt": "what the terminal said of itself",
    "settings.json": "settings, without texts of your own",
    "checks.json": "what the doctor found, without paths and names",
    "counts.json": "how many photos, faces and people there are, the database's version and how it answers",
    "log.txt": "the log, without paths and names",
}
TAKEN_OUT = "<…>"
COMMON = frozenset({  # words of nearly every path: they tell nothing, and without them no log can be read
    "tui", "tagger", "library", "log", "cache", "local", "home", "share", "state", "root", "jpg", "jpeg", "png",
    "photo", "photos", "picture", "pictures", "image", "images", "scan",
})  # fmt: skip
LEAST = 3  # letters of a word that is looked for; shorter ones tell nothing
MOST_LOG = 2_000_000  # characters

WORD = re.compile(r"\w+")
PATH = re.compile(r"""(?<![\w<])(?:[A-Za-z]:)?(?:~|\.{1,2})?[/\\][^\s"'<>|;,)\]]*""")
COORDINATE = re.compile(r"[-+]?\d{1,3}\.\d{3,}")

PRAGMAS = ("journal_mode", "page_size", "page_count", "freelist_count", "user_version", "auto_vacuum", "encoding")
PLANS = {
    "the library by date": "SELECT id FROM listing ORDER BY taken, name, id LIMIT 100",
    "the photos of a person": "SELECT DISTINCT photo_id FROM face WHERE person_id = 1 AND state = 'confirmed'",
    "the faces that wait": "SELECT id FROM face WHERE state = 'unknown'",
    "a face's embedding": "SELECT vector FROM embedding WHERE face_id = 1 AND model = 'x'",
}
PRIVATE = (  # columns whose words are taken out of all texts
    "SELECT name FROM person", "SELECT name FROM alias", "SELECT path FROM photo", "SELECT place FROM photo",
    "SELECT description FROM photo", "SELECT typed FROM photo", "SELECT value FROM setting WHERE key = 'searches'",
)  # fmt: skip


def contents(database: Path, terminal: Iterable[str], settings: Settings, checks: Sequence[Check]) -> dict[str, str]:
    """The files of the bundle by name."""
    words = _private_words(database)
    sieve = Sieve(words) if words is not None else None
    told = [asdict(check) for check in checks]
    for check in told:
        for field in ("text", "hint"):
            check[field] = sieve(check[field]) if sieve else TAKEN_OUT
    logs = [sieve(line) for line in _log_lines()] if sieve else ["left out: the library cannot be read"]
    values: dict[str, object] = {
        "versions.json": _versions(),
        "settings.json": _settings(settings),
        "checks.json": told,
        "counts.json": _counts(database),
    }
    texts = {name: json.dumps(value, indent=1) for name, value in values.items()}
    texts["terminal.txt"] = "\n".join(sieve(line) if sieve else TAKEN_OUT for line in terminal)
    texts["log.txt"] = "\n".join(logs)[-MOST_LOG:]
    return {name: texts[name] for name in INSIDE}


def write(path: Path, files: Mapping[str, str]) -> None:
    """Makes the zip file, for its owner alone. Raises UsageError where something has that name, or it cannot be."""
    try:
        with os.fdopen(new_file(path), "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in files.items():
                bundle.writestr(name, text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", "Choose another name.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})", "Choose another place.") from error


class Sieve:
    """Takes out of texts what could tell of a person or a place."""

    def __init__(self, words: frozenset[str]) -> None:
        self._words = words

    def __call__(self, text: str) -> str:
        text = COORDINATE.sub(TAKEN_OUT, PATH.sub(TAKEN_OUT, text))
        return WORD.sub(lambda match: TAKEN_OUT if self._private(match[0]) else match[0], text)

    def _private(self, word: str) -> bool:
        """Whether the word, or a part of one such as IMG_Anna, is one of them."""
        whole = folded(word)
        return whole in self._words or any(part in self._words for part in whole.split("_"))


def _private_words(database: Path) -> frozenset[str] | None:
    """Folded words of all names and paths; None where the database cannot be read."""
    texts = [str(path) for path in (database.absolute(), Path.home(), Path.cwd(), cache_dir(), log_dir())]
    texts += [platform.node(), *_user()]
    if database.exists():
        try:
            with closing(connect(database)) as connection:
                for query in PRIVATE:
                    texts += [_text(value) for (value,) in connection.execute(query) if value is not None]
        except sqlite3.Error:
            return None
    words = (part for text in texts for word in WORD.findall(folded(text)) for part in (word, *word.split("_")))
    return frozenset(word for word in words if len(word) >= LEAST) - COMMON


def _text(value: object) -> str:
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


def _user() -> list[str]:
    with suppress(Exception):  # no such user
        return [getpass.getuser()]
    return []


def _versions() -> dict[str, object]:
    names = [re.split(r"[^\w.-]", line)[0] for line in _requirements()]
    return {
        "tui-tagger": __version__,
        "python": sys.version,
        "standalone": bool(getattr(sys, "frozen", False)),
        "system": [platform.system(), platform.release(), platform.machine()],
        "sqlite": sqlite3.sqlite_version,
        "processors": os.cpu_count(),
        "libraries": {name: found for name in dict.fromkeys(names) if (found := _version(name))},
    }


def _requirements() -> list[str]:
    try:
        return requires("tui-tagger") or []
    except PackageNotFoundError:
        return ["numpy", "pillow", "peewee", "textual", "torch", "scikit-learn"]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _settings(settings: Settings) -> dict[str, object]:
    """Values that are numbers or one of a few words; of others, whether they were changed."""
    found: dict[str, object] = {"keys": len(settings.keys), "from a file": settings.source is not None}
    for name in SECTIONS:
        section = getattr(settings, name)
        for entry in fields(section):
            value = getattr(section, entry.name)
            free = isinstance(value, str) and not entry.metadata["choices"]
            found[f"{name}.{entry.name}"] = ("changed" if value != entry.default else "default") if free else value
    return found


def _counts(database: Path) -> dict[str, object]:
    if not database.exists():
        return {"database": "none"}
    try:
        with closing(connect(database)) as connection:
            return _told_by(connection)
    except sqlite3.Error as error:
        return {"error": type(error).__name__, "code": getattr(error, "sqlite_errorname", "")}


def _told_by(connection: sqlite3.Connection) -> dict[str, object]:
    def counted(query: str) -> dict[str, int]:
        return {str(key): count for key, count in connection.execute(query) if str(key).isascii()}

    return {
        "schema": connection.execute("SELECT max(number) FROM migration").fetchone()[0],
        "rows": {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES},  # noqa: S608
        "faces by state": counted("SELECT state, count(*) FROM face GROUP BY 1"),
        "photos by status": counted("SELECT status, count(*) FROM photo GROUP BY 1"),
        "embeddings by model": counted("SELECT model, count(*) FROM embedding GROUP BY 1"),
        "pragmas": {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS},
        "plans": {
            name: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")] for name, query in PLANS.items()
        },
    }


def _log_lines() -> Iterator[str]:
    for name in (*(f"{log.NAME}.{number}" for number in range(log.KEPT, 0, -1)), log.NAME, "worker.log"):
        with suppress(OSError):
            text = (log_dir() / name).read_text("utf-8", "replace")
            yield f"--- {name}"
            yield from text.splitlines()
