"""Questions with a preview: what a merge, a split or a delete would do, in lines above the status row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.widgets import Static

from tui_tagger.screens.base import BaseScreen
from tui_tagger.text import visible


class Preview(Static):
    """Shown as long as its question is open."""

    def show(self, lines: Sequence[str]) -> None:
        first, *others = lines
        self.update(Content.assemble((visible(first), "bold"), *(f"\n{visible(line)}" for line in others)))
        self.display = True


class Previewed(BaseScreen):
    """A screen with a Preview in its body."""

    def ask(self, lines: Sequence[str], question: str, then: Callable[[], None]) -> None:
        """Shows what would happen and asks; `then` is called on a yes, anything else is a no."""
        preview = self.query_one(Preview)
        preview.show(lines)

        def answer(yes: bool) -> None:
            preview.display = False
            if yes:
                then()

        self.status.ask(question, answer)
