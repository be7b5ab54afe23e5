"""Moving and marking in a list, a grid or a queue: the one place for these keys."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.scroll_view import ScrollView

from tui_tagger.widgets.keys import key

MARKS = ("mark", "mark_range", "mark_all", "mark_others")  # actions


def moves(keys: str, action: str, name: str, sentence: str) -> Binding:
    return key(keys, action, f"move.{name.replace(' ', '_')}", name, sentence)


class Marks:
    """Marked things by their ids, and where a range began."""

    def __init__(self) -> None:
        self.ids: set[int] = set()
        self.anchor: int | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, thing: Hashable) -> bool:
        return thing in self.ids

    def toggle(self, thing: int) -> None:
        self.ids ^= {thing}

    def clear(self) -> bool:
        """Forgets all marks; says whether there was anything to forget."""
        had = bool(self.ids) or self.anchor is not None
        self.ids.clear()
        self.anchor = None
        return had


class Navigation:
    """Keys for anything with `count` places and a `cursor` among them; `move_to` does the moving."""

    MOVES: ClassVar[list[BindingType]] = [
        moves("j,down", "move(1)", "down", "Move down"),
        moves("k,up", "move(-1)", "up", "Move up"),
        moves("g,home", "first", "first", "Move to the first"),
        moves("G,end", "last", "last", "Move to the last"),
        moves("ctrl+d", "pages(0.5)", "half down", "Move half a page down"),
        moves("ctrl+u", "pages(-0.5)", "half up", "Move half a page up"),
        moves("pagedown", "pages(1)", "page down", "Move a page down"),
        moves("pageup", "pages(-1)", "page up", "Move a page up"),
    ]
    MARKING: ClassVar[list[BindingType]] = [
        key("space", "mark", "marks.mark", "mark", "Mark and advance"),
        key("v", "mark_range", "marks.range", "range", "Start a range, or mark up to here"),
        key("ctrl+a", "mark_all", "marks.all", "all", "Mark all that are shown"),
        key("ctrl+r", "mark_others", "marks.invert", "invert", "Mark what is not marked, of what is shown"),
    ]

    count: int = 0
    cursor: int = 0
    marks: Marks

    @property
    def page_places(self) -> int:
        """How many places one page holds."""
        return 10

    @property
    def row_places(self) -> int:
        """How many places one row holds: 1 in a list, the columns in a grid."""
        return 1

    def id_at(self, index: int) -> int:
        """The id of what is at a place; marks keep it, so that they survive another order."""
        return index

    def ids_between(self, first: int, end: int) -> Iterable[int]:
        """The ids of the places from `first` up to, but without, `end`."""
        return map(self.id_at, range(first, end))

    def move_to(self, index: int) -> None:
        raise NotImplementedError

    def marks_changed(self) -> None:
        """Called after the marks changed."""

    def step(self, by: int) -> None:
        if self.count:
            self.move_to(min(max(self.cursor + by, 0), self.count - 1))

    def action_move(self, rows: int) -> None:
        self.step(rows * self.row_places)

    def action_first(self) -> None:
        self.step(-self.count)

    def action_last(self) -> None:
        self.step(self.count)

    def action_pages(self, pages: float) -> None:
        self.step(int(max(self.page_places, 2) * pages))

    def action_mark(self) -> None:
        if self.count:
            self.marks.toggle(self.id_at(self.cursor))
            self.marks_changed()
            self.step(1)

    def action_mark_range(self) -> None:
        if not self.count:
            return
        if self.marks.anchor is None or self.marks.anchor >= self.count:
            self.marks.anchor = self.cursor
        else:
            low, high = sorted((self.marks.anchor, self.cursor))
            self.marks.ids.update(self.ids_between(low, high + 1))
            self.marks.anchor = None
        self.marks_changed()

    def action_mark_all(self) -> None:
        self.marks.ids.update(self.ids_between(0, self.count))
        self.marks_changed()

    def action_mark_others(self) -> None:
        self.marks.ids.symmetric_difference_update(self.ids_between(0, self.count))
        self.marks_changed()


class Scrolled(Navigation, ScrollView, can_focus=True, inherit_bindings=False):
    """Places that scroll, of which those in view are drawn; the cursor stays in view.

    A subclass says where a place is, and has two messages, made of itself and an index.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *Navigation.MOVES,
        *Navigation.MARKING,
        key("enter", "choose", "list.open", "open", "Open what is under the cursor"),
    ]
    Moved: ClassVar[Callable[..., Any]]
    Chosen: ClassVar[Callable[..., Any]]

    def __init__(self, id: str | None = None, marking: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self.count = 0
        self.marks = Marks()
        self.marking = marking
        self._id_at: Callable[[int], int] = lambda index: index
        self._ids: Callable[[], Sequence[int]] | None = None

    def have(
        self, count: int, id_at: Callable[[int], int] | None, ids: Callable[[], Sequence[int]] | None = None
    ) -> None:
        """Has `count` places; `ids` gives all at once, for marking many. The cursor keeps its place if there is one."""
        self.count, self._ids = count, ids
        self._id_at = id_at or (lambda index: index)
        self.cursor = min(self.cursor, max(0, count - 1))

    def region_of(self, index: int) -> Region:
        """What is to be in view when the cursor is there."""
        raise NotImplementedError

    def id_at(self, index: int) -> int:
        return self._id_at(index)

    def ids_between(self, first: int, end: int) -> Iterable[int]:
        return self._ids()[first:end] if self._ids else super().ids_between(first, end)

    def move_to(self, index: int) -> None:
        moved = index != self.cursor
        self.cursor = index
        self.show_cursor()
        if moved:
            self.post_message(self.Moved(self, index))

    def show_cursor(self) -> None:
        if self.size.height and self.cursor >= 0:
            self.scroll_to_region(self.region_of(self.cursor), animate=False, force=True, immediate=True)

    def action_choose(self) -> None:
        if self.count:
            self.post_message(self.Chosen(self, self.cursor))
