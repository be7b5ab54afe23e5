"""Scans by other processes on the same database: each says beside the database that it runs and how far it is.

A file `<database>.scan-<process id>` is written anew every other second; what is not is of a process that died. The
request to end one is a file too: a signal would reach whoever has that process id by then.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tui_tagger.metadata.safewrite import runs
from tui_tagger.private import make_file
from tui_tagger.services.views import JobView

BEAT = 2.0  # seconds between two words of a scan
SILENT = 20.0  # seconds after which it counts as gone
SCAN, STOP = "scan-", "stop-scan-"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A scan by another process. `rate` is in photos a second."""

    process: int
    folders: tuple[Path, ...]
    done: int
    total: int
    rate: float

    def covers(self, folders: Sequence[Path]) -> bool:
        """Whether all that lies in these folders is scanned there."""
        return all(any(folder.is_relative_to(own) for own in self.folders) for folder in folders)


class Announcement:
    """What this process says of its own scans. Without a place to say it, nothing is said."""

    def __init__(self, database: Path) -> None:
        self._file = _beside(database, SCAN, os.getpid())
        self._stop = _beside(database, STOP, os.getpid())
        self._said_at: float | None = None

    def follow(self, folders: Sequence[Path], job: JobView | None) -> bool:
        """Says that these folders are scanned, or that none is; whether another process asked to end that."""
        if not folders or job is None:
            self.end()
            return False
        now = time.monotonic()
        if self._said_at is not None and now - self._said_at < BEAT:
            return False
        self._said_at = now
        with suppress(OSError):
            self._say({"folders": [str(each) for each in folders], "numbers": [job.done, job.total, job.rate]})
            if self._stop.exists():
                self._stop.unlink()
                return True
        return False

    def _say(self, words: object) -> None:
        part = self._file.with_name(f".{self._file.name}")
        make_file(part, truncate=True)
        part.write_text(json.dumps(words), "ascii")
        part.replace(self._file)

    def end(self) -> None:
        """The scan ended."""
        if self._said_at is not None:
            self._said_at = None
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
                self._stop.unlink(missing_ok=True)


def others(database: Path) -> tuple[Elsewhere, ...]:
    """The scans of other processes, in the order of their ids. Files of those that died are removed."""
    return tuple(sorted(_others(database), key=lambda each: each.process))


def ask_to_end(database: Path, process: int) -> None:
    """Ends a scan of another process after the photo it is at. Raises OSError where the request cannot be left."""
    make_file(_beside(database, STOP, process))


def _others(database: Path) -> Iterator[Elsewhere]:
    for file in database.parent.glob(f"{database.name}.{SCAN}*"):
        number = file.name.rpartition("-")[2]
        if not number.isdecimal() or int(number) == os.getpid():
            continue
        try:
            silent = time.time() - file.stat().st_mtime
            if silent > SILENT or (os.name == "posix" and not runs(int(number))):
                file.unlink(missing_ok=True)
                _beside(database, STOP, int(number)).unlink(missing_ok=True)
                continue
            found = json.loads(file.read_text("ascii"))
            done, total, rate = found["numbers"]
            yield Elsewhere(int(number), tuple(map(Path, found["folders"])), int(done), int(total), float(rate))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it ended this moment, or is nothing of ours


def _beside(database: Path, kind: str, process: int) -> Path:
    return database.with_name(f"{database.name}.{kind}{process}")
