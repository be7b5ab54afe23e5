"""The history of decisions: each leads to its faces, and undo goes back to any of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType

from tui_tagger.screens.base import BaseScreen
from tui_tagger.screens.search import Entry, SearchScreen
from tui_tagger.services.history import later, touched
from tui_tagger.services.views import HistoryRow, Outcome
from tui_tagger.text import visible
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.text import counted, when

LIMIT = 500


class HistoryScreen(SearchScreen):
    """Dismissed with the index of a decision; `back` says that all after it are to be undone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+z", "undo_back", "history.undo_back", "undo back", "Undo all that was decided after this"),
    ]

    def __init__(self, rows: Sequence[HistoryRow]) -> None:
        entries = [Entry(("(undone) " if row.undone else "") + row.message, local(row.at)) for row in rows]
        hint = "enter  go there    <history.undo_back>  undo back to here    <search.close>  back"
        super().__init__("History, newest first", entries or [Entry("Nothing was decided yet.")], hint, bool(rows))
        self.back = False

    def action_undo_back(self) -> None:
        self.back = True
        self.choose()


def local(moment: str) -> str:
    """A moment in UTC (ISO 8601) as a clock here shows it."""
    return when(datetime.fromisoformat(moment).astimezone().isoformat())


def show_history(over: BaseScreen) -> None:
    """Opens the history on top of `over`, where what was chosen is then carried out."""
    rows = over.services.review.history(LIMIT)
    screen = HistoryScreen(rows)

    def chosen(index: int | None) -> None:
        if index is not None:
            (undo_back if screen.back else go_there)(over, rows[index])

    over.app.push_screen(screen, chosen)


def go_there(over: BaseScreen, row: HistoryRow) -> None:
    """To the faces of a decision, in their photos."""
    found = touched(row.decision_id)
    if found.photo_ids:
        over.shell.show_photo(found.photo_ids[0], found.photo_ids, found.face_ids[0] if found.face_ids else None)
    else:
        over.shell.tell(f"{row.message}: this changed no face and no photo that is still there")


def undo_back(over: BaseScreen, row: HistoryRow) -> None:
    """Undoes what was decided after `row`, once the user has seen how much that is."""
    count, writes = later(row.decision_id)
    if not count:
        over.shell.tell("Nothing was decided after this.")
        return
    files = f", {counted(writes, 'write')} of files among them" if writes else ""
    text = f'Undo {counted(count, "decision")}{files}, back to "{visible(row.message)}"?'
    over.status.ask(text, lambda yes: undo_many(over, count) if yes else None)


def undo_many(over: BaseScreen, count: int) -> None:
    outcome: Outcome | None = None
    done = 0
    with over.told():
        while done < count and (one := over.services.review.undo()) is not None:
            outcome, done = one, done + 1
    if outcome is not None:
        over.went_back(outcome)
        over.fill()
        over.shell.tell(f"{counted(done, 'decision')} undone; {over.says('<app.redo> redoes them one by one')}")
