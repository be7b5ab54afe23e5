"""A grid of faces that are all meant, but for those that the human unticks."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style

from tui_tagger.widgets.face_grid import WIDTH, FaceGrid, Thumbnail
from tui_tagger.widgets.text import cell

TICKED, UNTICKED = "✓", "✗"


class TickGrid(FaceGrid):
    """The marks are the unticked ones; the keys are those of the panel around it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--unticked"}
    can_focus = False

    def _frame(self, index: int) -> Style:
        style = self.visual_style + self.get_visual_style("grid--caption", partial=True)
        if self.id_at(index) in self.marks:
            style += self.get_visual_style("grid--unticked", partial=True)
        if index == self.cursor:
            style += self.get_visual_style("grid--cursor", partial=True)
        return style.rich_style

    def _caption(self, thumbnail: Thumbnail, index: int) -> str:
        tick = UNTICKED if self.id_at(index) in self.marks else TICKED
        note = f" {thumbnail.note}" if thumbnail.note else ""
        return f"{tick} {cell(thumbnail.caption, WIDTH - 1 - len(note)).plain}{note}"
