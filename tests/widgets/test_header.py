"""The first row is drawn for the width that it has, whenever it heard what to say."""

from __future__ import annotations

from textual.app import App, ComposeResult

from tests.screens.screen_text import SMALL, lines
from tui_tagger.services.library import Counts
from tui_tagger.widgets.header import HeaderBar, header_line, waiting

COUNTS = Counts(photos=6, people=3, waiting=34, unwritten=2, failed=1, offline=0)


class Early(App[None]):
    """Says what the header shows before it has a size, and never again."""

    CSS = "HeaderBar { height: 1; }"

    def compose(self) -> ComposeResult:
        header = HeaderBar()
        header.show("Library", "~/Pictures", COUNTS)
        yield header


async def test_what_was_said_before_the_first_layout_is_there_afterwards() -> None:
    app = Early()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert lines(app)[0].startswith(" Library  ~/Pictures ")
        assert lines(app)[0].endswith(" 34 faces to review · 2 to write · 1 unreadable ")


def test_where_you_are_goes_before_what_else_there_is() -> None:
    line = header_line("Library", "x" * 40, waiting(COUNTS), 80).plain
    assert "x" * 40 in line and "34 faces to review" in line and "unreadable" not in line
