from __future__ import annotations

from pathlib import Path

from tui_tagger.services.views import FolderRow
from tui_tagger.widgets.folder_tree import FolderTree

FOLDERS = [
    FolderRow(Path("/photos/2019/Oslo"), 3, 1),
    FolderRow(Path("/photos/2019/Rome"), 2, 0),
    FolderRow(Path("/photos/2020/a/b"), 4, 4),
]


def names(tree: FolderTree) -> list[tuple[str, int, int, int]]:
    return [(line.name, line.depth, line.photos, line.waiting) for line in tree.lines]


def test_the_first_branch_is_open_and_counts_are_of_all_below() -> None:
    tree = FolderTree()
    tree.fill(FOLDERS)
    assert names(tree) == [("/photos", 0, 9, 5), ("2019", 1, 5, 1), ("2020/a/b", 1, 4, 4)]


def test_what_is_open_stays_open_when_photos_come() -> None:
    tree = FolderTree()
    tree.fill(FOLDERS)
    tree.open(tree.lines[1])
    tree.fill([*FOLDERS, FolderRow(Path("/photos/2019/Bern"), 1, 0)])
    assert [name for name, *_ in names(tree)] == ["/photos", "2019", "Bern", "Oslo", "Rome", "2020/a/b"]
    assert tree.parent(3) == 1
    assert tree.parent(0) is None
    tree.close(tree.lines[1])
    assert len(tree.lines) == 3


def test_an_empty_library_has_no_lines() -> None:
    tree = FolderTree()
    tree.fill([])
    assert tree.lines == ()
