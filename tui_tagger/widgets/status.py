"""The row above the footer: a message, else the job; or a question; or a field to type into.

They share one row, so that none of them moves or covers a picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from tui_tagger.services.views import JobView
from tui_tagger.text import visible
from tui_tagger.widgets.hints import Asking, Hint, Offer, looked_up
from tui_tagger.widgets.job_bar import JobBar
from tui_tagger.widgets.keys import key, key_names
from tui_tagger.widgets.line_input import LineInput

MESSAGE_SECONDS = 6.0
TYPING_REST = 0.12  # seconds without a key before a filter is applied: in a large library that takes a second


@dataclass(frozen=True, slots=True)
class Words:
    """The answers to a question. Where `leave` is said, leaving it is a third one: nothing is done."""

    yes: str = "yes"
    no: str = "no (default)"
    leave: str = ""


YES_NO = Words()


class Question(Asking, Static, can_focus=True, inherit_bindings=False):
    """A question with an explicit yes; every other answer is no. While it is open no other key acts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("y", "answer(True)", "question.yes", "yes", "Answer yes"),
        key("n", "answer(False)", "question.no", "no", "Answer no"),
        key("escape,enter,q", "leave", "question.leave", "leave", "Leave the question: no, where that is all there is"),
    ]

    def __init__(self) -> None:
        super().__init__(id="question")
        self._then: Callable[[bool], None] = lambda _yes: None
        self._words = YES_NO

    @property
    def is_modal(self) -> bool:
        return True  # ends the chain of bindings here

    def ask(self, text: str, then: Callable[[bool], None], words: Words) -> None:
        self._then, self._words = then, words
        choices = [
            part
            for hint in looked_up(self.offers(), key_names(self))
            for part in ((f"  {hint.key}", "bold $text-accent"), f" {hint.label} ")
        ]
        self.update(Content.assemble((f" {visible(text)}", "bold"), *choices), layout=False)

    def offers(self) -> tuple[Hint | Offer, ...]:
        words = self._words
        leave = (Offer("question.leave", words.leave),) if words.leave else ()
        return Offer("question.yes", words.yes), Offer("question.no", words.no), *leave

    def action_answer(self, yes: bool) -> None:
        then, self._then = self._then, lambda _yes: None
        if isinstance(self.parent, StatusRow):
            self.parent.close()
        then(yes)

    def action_leave(self) -> None:
        if self._words.leave:
            self._then = lambda _yes: None
        self.action_answer(False)


class Field(Asking, Horizontal):
    """A label and an input in one row."""

    HINTS = (Hint("enter", "done", "enter"), Offer("app.escape", "close"))

    def __init__(self) -> None:
        super().__init__(id="field")

    def compose(self) -> ComposeResult:
        yield Static(id="field-label")
        yield LineInput("field-input")


class StatusRow(Horizontal):
    """Shows one of its parts at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None
        self._rest: Timer | None = None
        self._typed: Callable[[str], None] | None = None
        self._done: Callable[[str], None] = lambda _text: None
        self.message = ""

    def compose(self) -> ComposeResult:
        yield JobBar()
        yield Static(id="message")
        yield Question()
        yield Field()

    def on_mount(self) -> None:
        self._only("JobBar")

    def tell(self, message: str, error: bool = False, seconds: float = MESSAGE_SECONDS) -> None:
        """Shows a message for a while, an error for twice as long; a question or field that is open stays."""
        self.message = message
        line = self.query_one("#message", Static)
        line.update(Content(f" {visible(message)}"), layout=False)
        line.set_class(error, "-error")
        if not self.open:
            self._only("#message")
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(seconds * (2 if error else 1), self._forget)

    def job(self, job: JobView | None, keys: str) -> None:
        self.query_one(JobBar).show(job, keys)

    @property
    def open(self) -> bool:
        """Whether a question or a field waits for an answer."""
        return self.query_one(Question).display or self.query_one(Field).display

    def ask(self, text: str, then: Callable[[bool], None], words: Words = YES_NO) -> None:
        """Asks; `then` is called with the answer, unless the question is left for the third one."""
        question = self.query_one(Question)
        question.ask(text, then, words)
        self._only("#question")
        question.focus()

    def read(
        self, label: str, done: Callable[[str], None], value: str = "", typed: Callable[[str], None] | None = None
    ) -> None:
        """Lets the user type a line: `typed` hears every change, `done` the line that enter ends."""
        self._done, self._typed = done, None
        self.query_one("#field-label", Static).update(Content(f" {label} "))
        line = self.query_one("#field-input", Input)
        with line.prevent(Input.Changed):
            line.value = value
        self._typed = typed
        self._only("#field")
        line.focus()

    def close(self) -> bool:
        """Closes what is open; says whether anything was."""
        was_open = self.open
        self._only("#message" if self._timer else "JobBar")
        if was_open:
            self.screen.call_next(self._focus_back)
        return was_open

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        typed = self._typed
        if self._rest:
            self._rest.stop()
        if typed:
            self._rest = self.set_timer(TYPING_REST, lambda: typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        done = self._done
        if self._rest:
            self._rest.stop()
        self.close()
        done(event.value)

    def _focus_back(self) -> None:
        back = getattr(self.screen, "focus_body", None)
        if back and not self.open:
            back()

    def _forget(self) -> None:
        self._timer = None
        if not self.open:
            self._only("JobBar")

    def _only(self, selector: str) -> None:
        wanted = self.query_one(selector)
        for part in self.children:
            part.display = part is wanted
