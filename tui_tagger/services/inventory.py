"""What lies below folders, and how it differs from what is known. No file is opened: names, sizes and times decide."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tui_tagger.errors import PhotoError
from tui_tagger.formats import OPTIONAL, missing_extra
from tui_tagger.imaging import EXTENSIONS
from tui_tagger.metadata import sidecar
from tui_tagger.services.extraction import File
from tui_tagger.services.views import Failure, PhotoStatus
from tui_tagger.storage.models import proxy

KNOWN = "SELECT id, path, size, mtime_ns, sidecar_ns, status, failure, detector IS NULL FROM photo WHERE status != ?"
IDENTITIES = "SELECT id, path, status, image_hash FROM photo WHERE detector IS NOT NULL"


@dataclass
class Inventory:
    """What was found: `files` in all, of which `todo` are new or changed; `rows` are the latter's photos."""

    files: int = 0
    todo: list[File] = field(default_factory=list)
    rows: dict[Path, int] = field(default_factory=dict)
    present: set[int] = field(default_factory=set)  # photos that did not change
    failed: list[Failure] = field(default_factory=list)  # bad files that did not change
    unsettled: list[Path] = field(default_factory=list)  # files that somebody may still be writing
    missing: list[int] = field(default_factory=list)  # photos that are not where they were


def take_inventory(folders: Sequence[Path], resting: float = 0.0) -> Inventory:
    """Compares what lies below `folders` with the database. Raises PhotoError for a folder that is not there.

    Files that were changed within the last `resting` seconds may be copies in progress; they are left for later.
    """
    found, known, now = Inventory(), _known(folders), time.time_ns()
    for file in find_files(folders):
        found.files += 1
        row = known.pop(str(file.path), None)
        if 0 <= now - file.mtime_ns < resting * 1e9:
            found.unsettled.append(file.path)
            continue
        if row is not None and not _changed(row, file):
            found.present.add(row.id)
            if row.status == PhotoStatus.FAILED:
                found.failed.append(Failure(file.path, row.failure))
            continue
        found.todo.append(file)
        if row is not None:
            found.rows[file.path] = row.id
    found.missing = [row.id for path, row in known.items() if not os.path.exists(path)]  # noqa: PTH110
    return found


def known_identities(found: Inventory) -> frozenset[str]:
    """Identities of photos with known faces that have lost their file, or may have: what is found again is not new."""
    identities = set[str]()
    may_be_lost = {*found.rows.values(), *found.missing}
    for photo, path, status, identity in proxy.execute_sql(IDENTITIES):
        if photo in may_be_lost or status == PhotoStatus.OFFLINE:
            identities.add(identity)
        elif photo not in found.present and not os.path.exists(os.fsdecode(path)):  # noqa: PTH110
            identities.add(identity)  # it lay elsewhere, and is not there any more
    return frozenset(identities)


class _Row(NamedTuple):
    id: int
    size: int
    mtime_ns: int
    sidecar_ns: int | None
    status: str
    failure: str
    unsearched: bool


def _known(folders: Sequence[Path]) -> dict[str, _Row]:
    """The photos of the database below the folders that are not offline, by path."""
    is_below = Below(folders)
    rows: dict[str, _Row] = {}
    for photo, path, *rest in proxy.execute_sql(KNOWN, (PhotoStatus.OFFLINE,)):
        text = os.fsdecode(path)
        if is_below(text):
            rows[text] = _Row(photo, *rest)
    return rows


def _changed(row: _Row, file: File) -> bool:
    if (row.size, row.mtime_ns, row.sidecar_ns) != (file.size, file.mtime_ns, file.sidecar_ns):
        return True
    if row.status == PhotoStatus.FAILED:
        return OPTIONAL in row.failure and missing_extra(file.path) is None  # what it lacked was installed since
    return row.unsearched


class Below:
    """Whether a path is one of the folders or lies in one, by its text: a hundred thousand are asked."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._roots = frozenset(map(os.path.abspath, folders))
        self._starts = tuple(root.rstrip(os.sep) + os.sep for root in self._roots)

    def __call__(self, path: str) -> bool:
        return path.startswith(self._starts) or path in self._roots


def find_files(folders: Sequence[Path]) -> Iterator[File]:
    """Photos below the folders, in the order of their names; hidden folders and links to folders are not entered."""
    seen: set[Path] = set()
    for folder in folders:
        start = Path(os.path.abspath(folder))  # noqa: PTH100  resolve() would follow links and rename what the user named
        if not start.exists():
            raise PhotoError(f"{start}: there is no such folder", "Check the name.")
        for file in _alone(start) if start.is_file() else _walk(str(start)):
            if file.path not in seen:
                seen.add(file.path)
                yield file


def _alone(path: Path) -> Iterator[File]:
    stat = path.stat()
    yield File(path, stat.st_size, stat.st_mtime_ns, sidecar_time(path))


def _walk(folder: str) -> Iterator[File]:
    try:
        with os.scandir(folder) as listed:
            shown = [entry for entry in listed if not entry.name.startswith(".")]
    except OSError:
        return  # a folder that may not be read is the same as an empty one
    entries = sorted(shown, key=lambda entry: entry.name)
    sidecars = _Sidecars(entries)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif os.path.splitext(entry.name)[1].lower() in EXTENSIONS:  # noqa: PTH122
            with suppress(OSError):  # a link that leads back to itself, a file that vanished
                if entry.is_file():
                    stat = entry.stat()
                    yield File(Path(entry.path), stat.st_size, stat.st_mtime_ns, sidecars.time(entry))


def sidecar_time(path: Path) -> int | None:
    """When a photo's sidecar was changed, nanoseconds; None where there is none."""
    with suppress(OSError):
        beside = sidecar.find(path.resolve())
        return None if beside is None else beside.stat().st_mtime_ns
    return None


class _Sidecars:
    """The sidecars in a folder, by the rule of `sidecar.find`, from its listing alone."""

    def __init__(self, entries: Sequence[os.DirEntry[str]]) -> None:
        self._sidecars: Mapping[str, os.DirEntry[str]] = {
            entry.name: entry for entry in entries if entry.name.endswith((".xmp", ".XMP"))
        }
        self._images = Counter(
            stem
            for stem, suffix in (os.path.splitext(entry.name) for entry in entries if self._sidecars)  # noqa: PTH122
            if suffix.lower() in sidecar.IMAGES
        )

    def time(self, photo: os.DirEntry[str]) -> int | None:
        """When the photo's sidecar was changed."""
        if photo.is_symlink():
            return sidecar_time(Path(photo.path))  # it lies beside what the link leads to
        if not self._sidecars:
            return None
        stem, suffix = os.path.splitext(photo.name)  # noqa: PTH122
        alone = suffix.lower() in sidecar.RAW or self._images[stem] == 1
        for name in (photo.name, stem) if alone else (photo.name,):
            for beside in (self._sidecars.get(f"{name}.xmp"), self._sidecars.get(f"{name}.XMP")):
                if beside is not None and beside.is_file():
                    return beside.stat().st_mtime_ns
        return None
