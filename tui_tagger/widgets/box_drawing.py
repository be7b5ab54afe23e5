"""Drawing a box around a face by hand, with the keyboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui_tagger.geometry import Box
from tui_tagger.widgets.hints import Asking, Offer
from tui_tagger.widgets.keys import key

STEPS = 40  # of the long side, for a move
SMALLEST = 16  # pixels


class BoxDrawing(Asking, Static, can_focus=True, inherit_bindings=False):
    """Takes all keys while it is shown; the screen draws the box over the picture."""

    HINTS = (
        Offer("box.left box.down box.up box.right", "move"),
        Offer("box.narrower box.higher box.lower box.wider", "size"),
        Offer("box.done", "done"),
        Offer("box.cancel", "cancel"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("left,h", "shift(-1, 0)", "box.left", "left", "Move the box left"),
        key("right,l", "shift(1, 0)", "box.right", "right", "Move the box right"),
        key("up,k", "shift(0, -1)", "box.up", "up", "Move the box up"),
        key("down,j", "shift(0, 1)", "box.down", "down", "Move the box down"),
        key("shift+left,H", "size(-1, 0)", "box.narrower", "narrower", "Make the box narrower"),
        key("shift+right,L", "size(1, 0)", "box.wider", "wider", "Make the box wider"),
        key("shift+up,K", "size(0, -1)", "box.lower", "lower", "Make the box lower"),
        key("shift+down,J", "size(0, 1)", "box.higher", "higher", "Make the box higher"),
        key("enter", "finish", "box.done", "done", "Keep the box as a face"),
        key("escape,q", "cancel", "box.cancel", "cancel", "Leave without a box"),
    ]

    @dataclass
    class Changed(Message):
        box: Box

    @dataclass
    class Done(Message):
        """`box` is None when the drawing was cancelled."""

        box: Box | None

    def __init__(self) -> None:
        super().__init__(id="box-drawing")
        self.display = False
        self.box = Box(0, 0, 0, 0)
        self._width, self._height = 1, 1

    @property
    def is_modal(self) -> bool:
        return True

    def start(self, width: int, height: int) -> None:
        """Begins with a box in the middle of a photo of this size in pixels."""
        self._width, self._height = width, height
        side = min(width, height) / 4
        self.display = True
        self.focus()
        self._set(Box((width - side) / 2, (height - side) / 2, side, side))

    def _set(self, box: Box) -> None:
        self.box = box.clipped(self._width, self._height)
        x, y, width, height = self.box.rounded()
        self.update(
            Content.assemble(
                ("Draw a box around the face\n", "bold"),
                f"\n{width} x {height} pixels at {x}, {y}\n",
                "\narrows        move\nshift+arrows  size\nenter         done\nesc           cancel",
            )
        )
        self.post_message(self.Changed(self.box))

    @property
    def _step(self) -> float:
        return max(self._width, self._height) / STEPS

    def action_shift(self, across: int, down: int) -> None:
        x = min(max(self.box.x + across * self._step, 0), self._width - self.box.width)
        y = min(max(self.box.y + down * self._step, 0), self._height - self.box.height)
        self._set(Box(x, y, self.box.width, self.box.height))

    def action_size(self, across: int, down: int) -> None:
        width = max(self.box.width + across * self._step, SMALLEST)
        height = max(self.box.height + down * self._step, SMALLEST)
        self._set(Box(self.box.x, self.box.y, width, height))

    def action_finish(self) -> None:
        self._leave(self.box)

    def action_cancel(self) -> None:
        self._leave(None)

    def _leave(self, box: Box | None) -> None:
        self.display = False
        self.post_message(self.Done(box))
