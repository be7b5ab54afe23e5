"""Text that is made for the width at which it is drawn.

Whoever asks a widget for its size may be too early: on a busy machine a screen is filled before it is laid out.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

Draw = Callable[[int], Content]


class Fitted(Widget):
    """Draws what `draw` makes of a width in cells: lines of at most that width, and as high as they are many."""

    def __init__(self, draw: Draw = lambda _width: Content(), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._draw = draw
        self._lines = -1  # when it was laid out last

    def fit(self, draw: Draw) -> None:
        """Draws this from now on; the screen is laid out anew only where the number of lines is another one."""
        self._draw = draw
        auto = self.styles.auto_dimensions
        self.refresh(layout=auto and (self._lines < 0 or self._height(self.size.width) != self._lines))

    def render(self) -> Content:
        return self._draw(self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        self._lines = self._height(width)
        return self._lines

    def _height(self, width: int) -> int:
        return self._draw(width).plain.count("\n") + 1
