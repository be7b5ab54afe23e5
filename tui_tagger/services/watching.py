"""Watching folders: which files and folders below them changed and have come to rest since.

The system tells that something changed (package watchfiles: inotify and its like); what happened to it the next scan
finds out. A folder that is not there, or empty, as the mount point of a drive that is away, is looked for again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from threading import Event

import watchfiles

from tui_tagger.formats import EXTENSIONS
from tui_tagger.services.extraction import File
from tui_tagger.services.inventory import find_files
from tui_tagger.storage.models import Photo

SETTLED = 2.0  # seconds that a file has to stay as it is before it is scanned: a copy may be in progress
TICK = 0.5  # seconds between looks at what has not settled, and at the folders themselves
POLLED = 15.0  # seconds between looks at all files, where the system does not tell of changes
SIDECAR = ".xmp"
MOST_TARGETS = 20  # files scanned by name; of more, the folders they lie in are

LIMIT_REACHED = (
    f"The system watches no more folders for this user (inotify): all files are looked at every {POLLED:.0f} seconds. "
    "To avoid that: sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
)
NOT_TOLD = "The system does not tell of changes ({error}), so all files are looked at " + f"every {POLLED:.0f} seconds."

State = tuple[int, int] | None  # size and time of change of a file; None: it is not there
Mount = tuple[int, int]  # device and inode of a folder
Changes = Generator[list[Path], None, None]


class Unrest:
    """Paths that changed, until they have come to rest: the same size and time for `SETTLED` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[Path, tuple[State, float]] = {}

    def note(self, paths: Iterable[Path]) -> None:
        """These have changed right now."""
        for path in paths:
            self._since[path] = (_state(path), self._clock())

    def settled(self) -> list[Path]:
        """The paths that have come to rest; they are no longer waited for."""
        now, rested = self._clock(), []
        for path, (state, since) in list(self._since.items()):
            if (current := _state(path)) != state:
                self._since[path] = (current, now)
            elif now - since >= SETTLED:
                rested.append(path)
                del self._since[path]
        return rested


class FolderWatch:
    """What is to be scanned below some folders, as long as they are watched."""

    def __init__(self, folders: Sequence[Path], tell: Callable[[str], None], poll: float | None = None) -> None:
        """`tell` gets what the user should know. With `poll`, all files are looked at every so many seconds: network
        drives do not tell of changes that other machines make.
        """
        self._folders = [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100  links keep their names
        self._tell, self._poll = tell, poll
        self._unrest = Unrest()
        self._there: dict[Path, Mount] = {}

    def note(self, paths: Iterable[Path]) -> None:
        """These are to be scanned when they have come to rest."""
        self._unrest.note(paths)

    def rounds(self, stop: Event) -> Iterator[list[Path]]:
        """Yields files and folders that are to be scanned, at first the folders themselves, until `stop` is set.

        An empty list, at least every `TICK` seconds, while there is nothing to scan. What changes while the caller
        scans is in a later round.
        """
        first, due = True, list[Path]()
        while not stop.is_set():
            before, self._there = self._there, _there(self._folders)
            self._tell_of(before, first)
            due += [folder for folder, mount in self._there.items() if before.get(folder) != mount]
            first = False
            with closing(self._changes(stop)) as changes:
                for changed in changes:  # only now is it certain that nothing is missed between here and the scan
                    self._unrest.note(changed)
                    yield due or self._targets(self._unrest.settled())
                    due = []
                    if _there(self._folders) != self._there:
                        break

    def _changes(self, stop: Event) -> Changes:
        """Yields what changed, at least every `TICK` seconds; returns when it has to be started again."""
        if not self._there:
            yield []
            stop.wait(TICK)
        elif self._poll is not None:
            yield from self._polled(self._poll, stop)
        else:
            try:
                yield from self._told(stop)
            except FileNotFoundError:
                return  # a folder vanished meanwhile
            except (OSError, RuntimeError) as error:  # what watchfiles cannot name is a RuntimeError
                self._poll = POLLED
                self._tell(LIMIT_REACHED if _is_limit(error) else NOT_TOLD.format(error=error))

    def _told(self, stop: Event) -> Changes:
        rounds = watchfiles.watch(
            *self._there,
            watch_filter=None,
            stop_event=stop,
            rust_timeout=int(TICK * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=False,  # else it would pass over the limit too, and over all that comes after
        )
        with closing(rounds):
            for changes in rounds:
                yield [path for change, name in changes if self._matters(change, path := Path(name))]

    def _polled(self, seconds: float, stop: Event) -> Changes:
        seen = _files(self._there)
        while not stop.is_set():
            end = time.monotonic() + seconds
            while time.monotonic() < end and not stop.wait(TICK):
                yield []
            before, seen = seen, _files(self._there)
            yield [file.path for file in before ^ seen]

    def _matters(self, change: watchfiles.Change, path: Path) -> bool:
        """Whether a scan would look at it."""
        root = next((folder for folder in self._folders if path.is_relative_to(folder)), None)
        if root is None or not _entered(root, path):
            return False
        if path.suffix.lower() in EXTENSIONS or path.suffix.lower() == SIDECAR:
            return True
        if change is watchfiles.Change.deleted:
            return not path.exists() and _holds_photos(path)
        return change is watchfiles.Change.added and path.is_dir() and not path.is_symlink()

    def _targets(self, paths: Sequence[Path]) -> list[Path]:
        """Few existing files and folders that hold all that is to be scanned for these paths."""
        found = {found for path in map(_photo_of, paths) if (found := self._existing(path)) is not None}
        if len(found) > MOST_TARGETS:
            found = {path if path.is_dir() else path.parent for path in found}
        found = {path for path in found if not any(parent in found for parent in path.parents)}
        if len(found) > MOST_TARGETS:
            found = {folder for folder in self._there if any(path.is_relative_to(folder) for path in found)}
        return sorted(found)

    def _existing(self, path: Path) -> Path | None:
        """The path, or the next folder above it that is there; None if its whole watched folder is away."""
        for candidate in (path, *path.parents):
            if not any(candidate.is_relative_to(folder) for folder in self._there):
                return None
            if candidate.exists():
                return candidate
        return None

    def _tell_of(self, before: dict[Path, Mount], first: bool) -> None:
        for folder in self._folders:
            if folder not in self._there and (first or folder in before):
                self._tell(f"{folder}: not there, or empty; it is looked for again, its photos are kept as they are")
            elif folder in self._there and folder not in before and not first:
                self._tell(f"{folder}: there again")


def knows(folder: Path) -> bool:
    """Whether the library has photos of this folder, which may be away now."""
    return _holds_photos(Path(os.path.abspath(folder)))  # noqa: PTH100


def _holds_photos(folder: Path) -> bool:
    below = Photo.path.startswith(f"{folder}{os.sep}")
    return bool(Photo.select().where(below).exists())


def _entered(root: Path, path: Path) -> bool:
    """Whether a scan of `root` comes by `path`: hidden files and folders, and links to folders, are not entered."""
    between = path.relative_to(root).parts
    if any(part.startswith(".") for part in between):
        return False
    return not any(root.joinpath(*between[:depth]).is_symlink() for depth in range(1, len(between)))


def _photo_of(path: Path) -> Path:
    """For a sidecar the photo that it belongs to, or the folder of both; any other path as it is."""
    if path.suffix.lower() != SIDECAR:
        return path
    photo = path.with_suffix("")
    return photo if photo.suffix.lower() in EXTENSIONS else path.parent


def _there(folders: Iterable[Path]) -> dict[Path, Mount]:
    """The folders that are there and not empty, each with what tells it from another of the same name."""
    found = {}
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            if next(entries, None) is not None:
                stat = folder.stat()
                found[folder] = (stat.st_dev, stat.st_ino)
    return found


def _files(folders: Iterable[Path]) -> set[File]:
    return set(find_files([folder for folder in folders if folder.exists()]))


def _state(path: Path) -> State:
    with suppress(OSError):
        stat = path.stat()
        return stat.st_size, stat.st_mtime_ns
    return None


def _is_limit(error: Exception) -> bool:
    return "limit" in str(error) or "Too many open files" in str(error)
