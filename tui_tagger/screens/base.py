"""What all screens share: header, body, status row, footer, and the keys that mean the same everywhere."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui_tagger.errors import TaggerError
from tui_tagger.services.views import JobView, Outcome
from tui_tagger.widgets.header import HeaderBar
from tui_tagger.widgets.hints import Asking, Hint, HintBar, looked_up
from tui_tagger.widgets.job_bar import ACTIVE, job_state
from tui_tagger.widgets.keys import KeyNames, key, key_names, shown
from tui_tagger.widgets.status import StatusRow

if TYPE_CHECKING:
    from tui_tagger.services import Services
    from tui_tagger.services.library import Counts
    from tui_tagger.settings import Settings
    from tui_tagger.widgets.terminal import Terminal

T = TypeVar("T")
Advance = Callable[[int, int], bool]  # done, total -> whether to go on
Command = tuple[str, Callable[[], None]]  # the palette's title, and what it does


# Classes for the stylesheet, from that many columns and rows on.
WIDTHS: list[tuple[int, str]] = [(0, "-narrow"), (100, "-wide"), (140, "-very-wide")]
HEIGHTS: list[tuple[int, str]] = [(0, "-low"), (32, "-high")]
MARGINS = 8  # columns beside the text of an empty screen
ADD_FOLDER = "<go.library>  Library: add a folder with <library.add>"
NAME_FACES = "<go.review>  Review: name the faces that were found"
BACK = "<app.escape>  back"
JOB_HINTS = {"jobs.pause": "pause", "jobs.cancel": "cancel"}


class Shell(Protocol):
    """What screens may ask of the app."""

    services: Services
    terminal: Terminal
    settings: Settings
    key_names: KeyNames
    photo_id: int | None  # the photo that Photo and Map show

    def tell(self, message: str, error: bool = False) -> None: ...
    def tell_error(self, error: TaggerError) -> None: ...
    def data_changed(self) -> None: ...
    def job(self) -> JobView | None: ...
    def counts(self, fresh: bool = False) -> Counts: ...
    def go(self, name: str) -> None: ...
    def show_photo(self, photo_id: int, among: Sequence[int] = (), face_id: int | None = None) -> None: ...
    def show_person(self, person_id: int) -> None: ...
    def show_times(self, person_id: int) -> None: ...
    def show_library(self, query: str) -> None: ...
    def show_on_map(self, photo_id: int) -> None: ...
    def show_writes(self, photo_ids: Sequence[int]) -> None: ...
    def marked_photos(self) -> Sequence[int]: ...
    def review_only(self, photo_ids: Sequence[int]) -> None: ...
    def write(self, photo_ids: Sequence[int], describe: bool = False) -> None: ...
    def run_job(
        self, title: str, work: Callable[[Advance], T], then: Callable[[T], None], may_stop: bool = False
    ) -> None: ...
    def copy_to_clipboard(self, text: str) -> None: ...


class BaseScreen(Screen[None]):
    """A full screen of the app. Subclasses fill `body`, `reload` and the texts of header and footer."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "step_back", "app.escape", "back", "Go one step back"),
    ]
    NAME: ClassVar[str] = ""
    HINTS: ClassVar[tuple[str, ...]] = ()  # ids of bindings in the order of use

    def compose(self) -> ComposeResult:
        yield HeaderBar()
        with Container(id="body"):
            yield from self.body()
        yield StatusRow()
        yield HintBar()

    def body(self) -> ComposeResult:
        """The widgets between header and status row."""
        raise NotImplementedError

    def reload(self) -> None:
        """Reads again from the services what is shown."""

    def arrive(self) -> None:
        """Called before the screen is opened, not when one comes back to it."""

    def where(self) -> str:
        """What the header says after the screen's name."""
        return ""

    def state(self) -> str:
        """What the footer says on the right."""
        return ""

    def label(self, binding: Binding) -> str:
        """The footer's words for a binding; empty to leave it out."""
        return binding.description

    def commands(self) -> Iterable[Command]:
        """What the palette offers beside the keys."""
        return ()

    def current_photo(self) -> int | None:
        """The photo under the cursor, which Photo and Map show next."""
        return None

    def copy_text(self) -> str:
        """What `y` copies."""
        return ""

    def action_copy(self) -> None:
        text = self.copy_text()
        if text:
            self.shell.copy_to_clipboard(text)
            self.shell.tell(f"Copied {text}")

    def focus_body(self) -> None:
        """Puts the keys back to the body after a question or a field."""
        self.set_focus(None)

    def go_to_faces(self, face_ids: Sequence[int]) -> None:
        """Moves the cursor to faces that an undo or redo touched, where the screen shows them."""

    def went_back(self, outcome: Outcome) -> None:
        """After an undo or redo: shows what it touched."""
        self.go_to_faces(outcome.face_ids)

    @property
    def shell(self) -> Shell:
        return cast(Shell, self.app)

    @property
    def services(self) -> Services:
        return self.shell.services

    @property
    def working(self) -> bool:
        """Whether a job runs that may bring something to show."""
        job = self.shell.job()
        return job is not None and job.state in ACTIVE

    @property
    def asking(self) -> bool:
        """Whether a question or a field has the keys."""
        return any(isinstance(node, Asking) for node in (self.focused.ancestors_with_self if self.focused else ()))

    @property
    def status(self) -> StatusRow:
        return self.query_one(StatusRow)

    @property
    def has_widgets(self) -> bool:
        """Not before the mounting, and no more once the app closes: it takes the widgets out before it ends timers."""
        return self.is_mounted and self.app.is_running

    def on_screen_resume(self) -> None:  # comes after the mounting, too
        if self.has_widgets:
            self.fill()

    def on_resize(self) -> None:
        self.call_after_refresh(self.bars)

    def fill(self) -> None:
        """Reloads, and draws header and footer; an error goes to the status row.

        A screen that was just opened does so when its widgets are there (on_screen_resume), whoever asks before.
        """
        if not self.has_widgets:
            return
        with self.told():
            self.reload()
        self.bars(fresh=True)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Errors that the user can do something about go to the status row."""
        try:
            yield
        except TaggerError as error:
            self.shell.tell_error(error)

    def says(self, text: str) -> str:
        """A text of ours with the user's keys for the commands that it names (keys.KeyNames)."""
        return self.shell.key_names.told(text)

    def bars(self, fresh: bool = False) -> None:
        """Draws header and footer; counts what waits again if `fresh`."""
        if not self.has_widgets or not self.is_current:
            return
        self.query_one(HeaderBar).show(self.NAME, self.where(), self.shell.counts(fresh))
        job = self.shell.job()
        self.query_one(HintBar).show(self.hints(), " - ".join(filter(None, [self.state(), job_state(job)])))
        self.status.job(job, self.job_keys())

    def on_descendant_focus(self) -> None:
        self.bars()

    def on_descendant_blur(self) -> None:
        self.bars()

    def hints(self) -> list[Hint]:
        """What the footer offers: the keys of the field that is open, else the screen's in the order of use."""
        for node in self.focused.ancestors_with_self if self.focused else ():
            if isinstance(node, Asking):
                return looked_up(node.offers(), self.shell.key_names)
        found: dict[str, Hint] = {}
        for key_name, active in self.active_bindings.items():
            binding = active.binding
            if binding.id in self.HINTS and binding.id not in found and active.enabled:
                label = self.label(binding)
                if label and shown(key_name):
                    found[binding.id] = Hint(shown(key_name), label, key_name)
        return [found[name] for name in self.HINTS if name in found]

    def job_keys(self) -> str:
        """What the job bar says of its keys, such as "P pause  C cancel"."""
        keys = {active.binding.id: shown(name) for name, active in self.active_bindings.items()}
        return "  ".join(f"{keys[name]} {word}" for name, word in JOB_HINTS.items() if keys.get(name))

    def on_hint_bar_clicked(self, event: HintBar.Clicked) -> None:
        self.app.simulate_key(event.press)

    def action_step_back(self) -> None:
        if self.status.close() or self.release():
            self.bars()
        elif len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def release(self) -> bool:
        """Lets go of a filter, marks or a mode; says whether there was one: then `esc` goes no further."""
        return False


class Empty(Static):
    """A screen that has nothing to show says what to do next."""

    def show(self, title: str, *lines: str) -> None:
        """`lines` that begin with a command, such as "<app.help>  all keys", are a table of keys and what they do."""
        names = key_names(self)
        keys = [names.told(line.partition("  ")[0]) if line.startswith("<") else "" for line in lines]
        width = max(map(len, keys), default=0)
        told = [
            f"{key:<{width}}  {names.told(line.partition('  ')[2])}" if key else line
            for key, line in zip(keys, lines, strict=True)
        ]
        room = self.screen.size.width - MARGINS
        parts: list[str | tuple[str, str]] = [(title, "bold"), "\n"]
        for first, line in zip(keys, told, strict=True):
            parts += ["\n", (first, "bold $text-accent"), hanging(line, room)[len(first) :]]
        self.update(Content.assemble(*parts))


def hanging(line: str, width: int) -> str:
    """A line of a table, such as "u  undoes", in `width` cells: what does not fit goes on below its second column."""
    first = re.match(r"\S.*?\s{2,}", line)
    indent = first.end() if first else 0
    return textwrap.fill(line, max(width, indent + 20), subsequent_indent=" " * indent, drop_whitespace=True)
