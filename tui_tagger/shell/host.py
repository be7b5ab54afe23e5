"""The app as its parts know it: the services, what is shown of them, and how something is said to the user."""

from __future__ import annotations

import time

from textual.app import App

from tui_tagger.errors import TaggerError
from tui_tagger.screens.base import BaseScreen
from tui_tagger.services import Services
from tui_tagger.services.upkeep import told
from tui_tagger.settings import Settings
from tui_tagger.shell.messages import Messages
from tui_tagger.widgets.keys import KeyNames
from tui_tagger.widgets.status import StatusRow


class Host(App[None]):
    """What the parts of the shell are made on."""

    services: Services
    settings: Settings
    key_names: KeyNames
    messages: Messages
    read_at = 0.0  # when lists were last read, by time.monotonic()
    stale = False  # whether something was reported since

    @property
    def shown(self) -> BaseScreen | None:
        """The app's own screen on top; None while help, palette or history lie on it, and once the app has closed."""
        screens = self.screen_stack
        return screens[-1] if screens and isinstance(screens[-1], BaseScreen) else None

    @property
    def ready(self) -> BaseScreen | None:
        """The screen on top, once its widgets are there to be drawn or asked."""
        return self.shown if self.shown is not None and self.shown.has_widgets else None

    def data_changed(self) -> None:
        """What is shown may be out of date: the screen on top reads again; the others do so when they return."""
        self.stale, self.read_at = False, time.monotonic()
        if self.shown:
            self.shown.fill()

    def draw_bars(self) -> None:
        """The job or the counts changed."""
        if self.shown:
            self.shown.bars()

    def tell(self, message: str, error: bool = False) -> None:
        """Says something in the status row of the screen on top, for a while."""
        self.messages.keep(message, error)
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BaseScreen) and screen.has_widgets:
                screen.query_one(StatusRow).tell(message, error, self.settings.look.messages)
                return

    def tell_error(self, error: TaggerError) -> None:
        self.tell(worded(error), error=True)

    def stop_at(self, error: TaggerError, what: str = "") -> None:
        """Trouble that ended something: a bar that stays until it is answered, where nothing else is being asked.

        `what` ended, if that is not clear from the error. All of it is kept among the messages.
        """
        text = f"{what}: {worded(error)}" if what else worded(error)
        screen = self.ready
        if screen is None or screen.asking:
            self.tell(text, error=True)
            return
        self.messages.keep(text, True)
        short = f"{what}: {error.message}" if what else error.message
        room = max(screen.size.width - len(" Read all of it?  y yes   n no (default) ") - 1, 10)
        cut = short if len(short) <= room else f"{short[: room - 1]}…"
        screen.status.ask(f"{cut} Read all of it?", lambda yes: self.show_messages() if yes else None)

    def show_messages(self) -> None:
        """What was said, to be read again."""
        self.push_screen(self.messages.screen())


def worded(error: TaggerError) -> str:
    """What happened and what to do, in a line."""
    return " ".join(part for part in (error.message, error.hint) if part)


def in_words(error: BaseException | None) -> TaggerError | None:
    """The error as the user is told of it; None for what is a fault of this program."""
    return error if isinstance(error, TaggerError) or error is None else told(error)
