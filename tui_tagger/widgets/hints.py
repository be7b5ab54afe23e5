"""The last row: what the next keys do, and on the right how things stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message

from tui_tagger.widgets.fitted import Fitted
from tui_tagger.widgets.keys import KeyNames
from tui_tagger.widgets.text import cell


@dataclass(frozen=True, slots=True)
class Hint:
    """A key, its label, and the key's name in the binding, for a click."""

    key: str
    label: str
    press: str

    @property
    def text(self) -> str:
        """Such as "enter: Anna" where the label begins with a colon, else "n name"."""
        return self.label if self.label.startswith(":") else f" {self.label}"

    @property
    def width(self) -> int:
        return cell_len(self.key + self.text) + 2


@dataclass(frozen=True, slots=True)
class Offer:
    """A hint by the ids of commands, such as "name.previous name.next": which keys they have is looked up."""

    names: str
    label: str

    def hint(self, keys: KeyNames) -> Hint:
        return Hint(keys.shown(self.names), self.label, keys.press(self.names.split()[-1]))


class Asking:
    """A widget that takes the keys while it is open, and says itself what they do."""

    HINTS: ClassVar[tuple[Hint | Offer, ...]] = ()

    def offers(self) -> tuple[Hint | Offer, ...]:
        """What the keys do now."""
        return self.HINTS


def looked_up(offers: Iterable[Hint | Offer], keys: KeyNames) -> list[Hint]:
    """The hints with the keys of now; a command without a key has none."""
    hints = (each if isinstance(each, Hint) else each.hint(keys) for each in offers)
    return [hint for hint in hints if hint.key]


class HintBar(Fitted):
    """Hints in order of use, as many as fit: at most eight at 80 columns."""

    @dataclass
    class Clicked(Message):
        """The mouse asked for what a key does."""

        press: str

    def __init__(self) -> None:
        super().__init__()
        self.hints: list[Hint] = []

    def show(self, hints: Sequence[Hint], state: str) -> None:
        self.fit(lambda width: self._line(hints, state, width))

    def _line(self, hints: Sequence[Hint], state: str, width: int) -> Content:
        self.hints = fitting(hints, width - len(state) - 2, 8 if width < 100 else 12)
        parts = [Content.assemble((f" {hint.key}", "bold $text-accent"), f"{hint.text} ") for hint in self.hints]
        left = Content("").join(parts)
        rest = cell("", width - left.cell_length - len(state) - 1)
        return Content.assemble(left, rest, (state, "bold"), " ")

    def on_click(self, event: events.Click) -> None:
        at = 0
        for hint in self.hints:
            at += hint.width
            if event.x < at:
                self.post_message(self.Clicked(hint.press))
                return


def fitting(hints: Sequence[Hint], width: int, most: int) -> list[Hint]:
    """The first hints that fit into `width` cells, at most `most`."""
    chosen: list[Hint] = []
    for hint in hints[:most]:
        width -= hint.width
        if width < 0:
            break
        chosen.append(hint)
    return chosen
