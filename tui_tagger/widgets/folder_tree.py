"""The folders of the library as a tree of which branches open and close: which lines there are, not how they look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tui_tagger.services.views import FolderRow


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree. Counts are of everything below."""

    path: Path
    name: str  # several folders in one where each holds nothing but the next
    depth: int
    photos: int
    waiting: int
    inner: bool  # whether it has branches of its own


@dataclass(slots=True)
class _Folder:
    path: Path
    own: int = 0
    photos: int = 0
    waiting: int = 0
    inside: dict[str, _Folder] = field(default_factory=dict)


class FolderTree:
    """The lines in view; the first branch is open from the beginning."""

    def __init__(self) -> None:
        self.lines: tuple[Branch, ...] = ()
        self._top = _Folder(Path())
        self._opened: set[Path] = set()
        self._begun = False

    def fill(self, folders: Sequence[FolderRow]) -> None:
        """Takes in the folders that hold photos; what is open stays so."""
        self._top = _Folder(Path())
        for row in folders:
            self._add(row)
        self._list()
        if not self._begun and self.lines:
            self._begun = True
            for line in self.lines if len(self.lines) == 1 else ():
                self.open(line)

    def is_open(self, line: Branch) -> bool:
        return line.path in self._opened

    def open(self, line: Branch) -> None:
        if line.inner:
            self._opened.add(line.path)
            self._list()

    def close(self, line: Branch) -> None:
        self._opened.discard(line.path)
        self._list()

    def parent(self, index: int) -> int | None:
        """The line that holds the one at `index`."""
        depth = self.lines[index].depth
        return next((at for at in range(index, -1, -1) if self.lines[at].depth < depth), None)

    def _add(self, row: FolderRow) -> None:
        at = self._top
        for part in row.path.parts:
            if part not in at.inside:
                at.inside[part] = _Folder(at.path / part)
            at = at.inside[part]
            at.photos += row.photos
            at.waiting += row.waiting
        at.own = row.photos

    def _list(self) -> None:
        self.lines = tuple(self._walk(self._top, 0))

    def _walk(self, folder: _Folder, depth: int) -> Iterator[Branch]:
        for name, inner in sorted(folder.inside.items()):
            label, at = Path(name), inner
            while not at.own and len(at.inside) == 1:
                (part, at), *_ = at.inside.items()
                label /= part
            yield Branch(at.path, str(label), depth, at.photos, at.waiting, bool(at.inside))
            if at.path in self._opened:
                yield from self._walk(at, depth + 1)
