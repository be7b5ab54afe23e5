"""A grid of faces that are all meant, but for those that the human unticks."""

from __future__ import annotations

from typing import ClassVar

from tui_tagger.widgets.face_grid import WIDTH, FaceGrid, Thumbnail
from tui_tagger.widgets.text import cell

TICKED, UNTICKED = "✓", "✗"


class TickGrid(FaceGrid):
    """The marks are the unticked ones; the keys are those of the panel around it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--unticked"}
    can_focus = False

    MARKED = "grid--unticked"

    def _caption(self, thumbnail: Thumbnail, index: int) -> str:
        tick = UNTICKED if self.id_at(index) in self.marks else TICKED
        note = f" {thumbnail.note}" if thumbnail.note else ""
        return f"{tick} {cell(thumbnail.caption, WIDTH - 1 - len(note)).plain}{note}"
