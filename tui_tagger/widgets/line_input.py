"""A line of text to type."""

from __future__ import annotations

from textual.widgets import Input


class LineInput(Input):
    """Its cursor stands still: each blink would send bytes over the line of somebody who only reads."""

    def __init__(self, name: str, placeholder: str = "") -> None:
        super().__init__(id=name, compact=True, placeholder=placeholder)
        self.cursor_blink = False
