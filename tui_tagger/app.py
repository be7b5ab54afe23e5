"""TaggerApp: the screens on one set of services, the jobs that outlive a screen, and the keys that act everywhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual._compositor import CompositorUpdate
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import Worker

from tui_tagger import log
from tui_tagger.errors import TaggerError
from tui_tagger.screens.base import Advance, BaseScreen, Command
from tui_tagger.screens.help import help_screen
from tui_tagger.screens.history import show_history
from tui_tagger.screens.library import LibraryScreen
from tui_tagger.screens.map import MapScreen
from tui_tagger.screens.palette import palette_commands, palette_screen
from tui_tagger.screens.people import PeopleScreen
from tui_tagger.screens.person import PersonScreen
from tui_tagger.screens.photo import PhotoScreen
from tui_tagger.screens.review import ReviewScreen
from tui_tagger.screens.search import Entry, SearchScreen
from tui_tagger.screens.split import SplitScreen
from tui_tagger.screens.times import TimesScreen
from tui_tagger.screens.write import WriteScreen
from tui_tagger.services import Services
from tui_tagger.services.library import Counts
from tui_tagger.services.views import JobState, JobView, Outcome
from tui_tagger.settings import Settings
from tui_tagger.shell.catching_up import CatchingUp
from tui_tagger.shell.counting import Counting
from tui_tagger.shell.elsewhere import ScansElsewhere
from tui_tagger.shell.host import Host, in_words
from tui_tagger.shell.keymap import contexts, key_names, keymap
from tui_tagger.shell.leaving import leave
from tui_tagger.shell.legible import legible
from tui_tagger.shell.looks import chosen, look_commands, wear
from tui_tagger.shell.messages import Messages
from tui_tagger.shell.model_commands import model_commands
from tui_tagger.shell.own_job import OwnJob
from tui_tagger.shell.start import begin
from tui_tagger.shell.watch import Watch
from tui_tagger.shell.writing import offer_unfinished, write_names
from tui_tagger.widgets.clipboard import copy
from tui_tagger.widgets.frame import Changes, Frame
from tui_tagger.widgets.job_bar import ACTIVE
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.line import Line
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.terminal import Terminal, measured_again
from tui_tagger.widgets.text import counted

POLL_SECONDS = 0.25
T = TypeVar("T")
SCREENS: tuple[type[BaseScreen], ...] = (
    LibraryScreen,
    PhotoScreen,
    ReviewScreen,
    PeopleScreen,
    PersonScreen,
    SplitScreen,
    TimesScreen,
    MapScreen,
    WriteScreen,
)  # in the order of the help


class TaggerApp(Host):
    """The app. `folders` that are given are scanned at once; `start` names the first screen. Raises SettingsError."""

    TITLE = "TUI Tagger"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        key("f2", "go('library')", "go.library", "library", "Go to Library"),
        key("f3", "go('photo')", "go.photo", "photo", "Go to Photo"),
        key("f4", "go('people')", "go.people", "people", "Go to People"),
        key("f5", "go('review')", "go.review", "review", "Go to Review"),
        key("f6", "go('map')", "go.map", "map", "Go to Map"),
        key("question_mark,f1", "help", "app.help", "help", "Show all keys"),
        key("colon,ctrl+p", "palette", "app.palette", "commands", "Show all commands"),
        key("u", "undo", "app.undo", "undo", "Undo the last decision or file write"),
        key("U", "redo", "app.redo", "redo", "Redo what was undone"),
        key("H", "history", "app.history", "history", "Show the history of decisions"),
        key("P", "pause", "jobs.pause", "pause", "Pause or resume the job"),
        key("C", "cancel", "jobs.cancel", "cancel", "Cancel the job; what is done stays"),
        key("F", "failures", "jobs.failures", "failures", "Show the photos that could not be read"),
        key("ctrl+l", "refresh_all", "app.refresh", "refresh", "Measure the terminal and draw everything again"),
        key("q", "leave", "app.back", "back", "Go back; at the Library, quit"),
        key("ctrl+q", "quit", "app.quit", "quit", "Quit"),
    ]

    def __init__(
        self,
        services: Services,
        terminal: Terminal,
        folders: Sequence[Path] = (),
        start: str = "library",
        settings: Settings | None = None,
    ) -> None:
        if os.name == "posix":
            # While stderr is a file: starting the worker starts this, and Textual's stand-in has no descriptor to pass.
            resource_tracker.ensure_running()
        super().__init__()
        self.animation_level = "none"
        self.settings = settings or Settings()
        found = contexts(type(self), SCREENS)
        own_keys = keymap(self.settings, found)
        self.set_keymap(own_keys)
        self.key_names = key_names(found, own_keys)
        wear(self, chosen(self.settings, list(self.available_themes)))
        self.services = services
        self.terminal = terminal
        self.frame = Frame()
        self.line = Line(self._write_raw, terminal.round_trip, 1000 * self.settings.pictures.budget, terminal.in_tmux)
        self.folders = tuple(folders)
        self.start = start
        self.photo_id: int | None = None
        self.screens_by_name: dict[str, BaseScreen] = {
            "library": LibraryScreen(),
            "photo": PhotoScreen(),
            "people": PeopleScreen(),
            "review": ReviewScreen(),
            "map": MapScreen(),
        }
        self.failure: TaggerError | None = None  # what ended the app, if anything did
        self.messages = Messages()
        self.own_job = OwnJob(self)
        self.counting = Counting(self)
        self.elsewhere = ScansElsewhere(self)
        self.catching_up = CatchingUp(self)
        self.job_watch = Watch(self, self.counting, self.elsewhere, self.catching_up)
        self.left_running: tuple[Path, ...] = ()  # folders whose scan is to go on when the app has ended

    def _write_raw(self, text: str) -> bool:
        """Writes to the terminal past the layout; False where there is none."""
        driver = self._driver
        if driver is None or driver.is_headless:
            return False
        driver.write(text)
        return True

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Sends what changed of a redraw."""
        if isinstance(renderable, CompositorUpdate):
            renderable = Changes(self.frame, renderable)
        super()._display(screen, renderable)

    def on_resize(self) -> None:
        """Also where it is the font that changed: pictures are made for the size of its cells."""
        self.terminal = measured_again(self.terminal)
        self.frame.forget()

    def copy_to_clipboard(self, text: str) -> None:
        """Also within tmux. Raises UsageError for what no terminal takes."""
        self._clipboard = text
        if note := copy(text, self._write_raw, self.terminal.in_tmux):
            self.call_later(self.tell, note)  # after what the caller says

    def on_cursor_position(self) -> None:
        self.line.answered()

    def get_css_variables(self) -> dict[str, str]:
        self.theme_variables = legible(super().get_css_variables())
        return self.theme_variables

    def get_default_screen(self) -> Screen[Any]:
        return self.screens_by_name["library"]

    def on_mount(self) -> None:
        for name, screen in self.screens_by_name.items():
            if screen is not self.screen:
                self.install_screen(screen, name)  # kept when it is left
        self.set_interval(POLL_SECONDS, self.poll)
        if self.start != "library":
            self.go(self.start)
        self.call_after_refresh(self.begin)

    def _handle_exception(self, error: Exception) -> None:
        """Trouble that can be put into words, as of the database, ends the app with them and not with a traceback."""
        log.failure("the app ended", error)
        self.failure = in_words(error)
        if self.failure is None:
            super()._handle_exception(error)
            return
        if self._exception is None:  # for a test that waits
            self._exception = error
            self._exception_event.set()
        self.exit(return_code=1)

    def begin(self) -> None:
        begin(self, self.folders, self.elsewhere, self.catching_up)
        offer_unfinished(self)

    def poll(self) -> None:
        self.job_watch.poll()

    def commands(self) -> Iterator[Command]:
        """What the palette offers beside the keys."""
        yield from model_commands(self)
        yield from look_commands(self)
        yield "app: Show what was said", self.show_messages

    def job(self) -> JobView | None:
        """The app's own job, else the worker's, else the scan of another process; else the last one."""
        last = self.services.jobs.current()
        return self.own_job.view or (last if self.job_runs else self.elsewhere.view or last)

    def run_job(
        self, title: str, work: Callable[[Advance], T], then: Callable[[T], None], may_stop: bool = False
    ) -> None:
        """Runs something in a thread, to its end unless it `may_stop`. Raises UsageError while another runs."""
        self.own_job.run(title, work, then, may_stop=may_stop)

    def leave_running(self, folders: Sequence[Path]) -> None:
        self.left_running = tuple(folders)

    @property
    def job_runs(self) -> bool:
        """Whether the worker has a job, be it paused."""
        last = self.services.jobs.current()
        return last is not None and last.state in ACTIVE

    def counts(self, fresh: bool = False) -> Counts:
        return self.counting.counts(fresh)

    async def run_action(self, *arguments: Any, **options: Any) -> bool:
        """Runs an action; an error that the user can do something about is told, not raised."""
        self.job_watch.acted_at = time.monotonic()
        try:
            return await super().run_action(*arguments, **options)
        except TaggerError as error:
            self.tell_error(error)
            return True

    def go(self, name: str) -> None:
        """Brings a screen to the top: back to it if it lies below, else on top of the others."""
        target = self.screens_by_name[name]
        current = self.ready.current_photo() if self.ready else None
        if current is not None:
            self.photo_id = current
        if target in self.screen_stack:
            while self.screen is not target:
                self.pop_screen()
        else:
            target.arrive()
            self.push_screen(target)

    def show_photo(self, photo_id: int, among: Sequence[int] = (), face_id: int | None = None) -> None:
        """Opens a photo; `among` is the order that [ and ] go through."""
        screen = self.screens_by_name["photo"]
        if screen in self.screen_stack:
            screen = PhotoScreen()  # so that going back ends where it began
        assert isinstance(screen, PhotoScreen)
        screen.start(photo_id, among, face_id)
        self.photo_id = photo_id
        self.push_screen(screen)

    def show_person(self, person_id: int) -> None:
        """Opens the faces of a person."""
        self.push_screen(PersonScreen(person_id))

    def show_times(self, person_id: int) -> None:
        """Opens when a person was photographed, and with whom."""
        self.push_screen(TimesScreen(person_id))

    def show_library(self, query: str) -> None:
        """Opens the Library with only what fits a query."""
        library = self.screens_by_name["library"]
        assert isinstance(library, LibraryScreen)
        library.query_text, library.folder = query, None
        self.go("library")

    def marked_photos(self) -> Sequence[int]:
        """Those marked in Library."""
        library = self.screens_by_name["library"]
        return library.marked() if isinstance(library, LibraryScreen) and library.has_widgets else ()

    def review_only(self, photo_ids: Sequence[int]) -> None:
        """Opens Review with only the faces of these photos."""
        review = self.screens_by_name["review"]
        assert isinstance(review, ReviewScreen)
        self.go("review")
        review.restrict(photo_ids)

    def show_on_map(self, photo_id: int) -> None:
        """Opens Map where a photo was taken."""
        screen = self.screens_by_name["map"]
        assert isinstance(screen, MapScreen)
        screen.show_photo(photo_id)
        self.photo_id = photo_id
        self.go("map")

    def show_writes(self, photo_ids: Sequence[int]) -> None:
        self.push_screen(WriteScreen(photo_ids))

    def write(self, photo_ids: Sequence[int], describe: bool = False) -> None:
        """Writes names; leaving the screen does not stop it."""
        write_names(self, self.own_job, photo_ids, describe)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        self.own_job.on_worker(event)
        self.catching_up.on_worker(event)

    def action_go(self, name: str) -> None:
        self.go(name)

    def action_help(self) -> None:
        if self.ready:
            self.push_screen(help_screen(self.ready, SCREENS))

    def action_palette(self) -> None:
        if self.ready is None:
            return
        commands = palette_commands(self.ready, self.commands())

        def run(index: int | None) -> None:
            if index is not None:
                commands[index][0][1]()

        self.push_screen(palette_screen(commands), run)

    def action_history(self) -> None:
        if self.ready:
            show_history(self.ready)

    def action_undo(self) -> None:
        self.show_again(self.services.review.undo(), "Nothing to undo")

    def action_redo(self) -> None:
        self.show_again(self.services.review.redo(), "Nothing to redo")

    def show_again(self, outcome: Outcome | None, nothing: str) -> None:
        """Goes back to the faces that an undo or redo touched."""
        if outcome is None:
            self.tell(nothing)
            return
        if self.ready:
            self.ready.went_back(outcome)
            self.ready.fill()
        self.tell(outcome.message)

    def action_pause(self) -> None:
        job = self.services.jobs.current()
        if job is not None and job.state is JobState.PAUSED:
            self.services.jobs.resume()
        else:
            self.services.jobs.pause()
        self.data_changed()

    def action_cancel(self) -> None:
        if self.own_job.view is not None:
            self.own_job.stop()
        elif self.job_runs:
            self.services.jobs.cancel()
        else:
            self.elsewhere.ask_to_end()
        self.data_changed()

    def action_failures(self) -> None:
        job = self.services.jobs.current()
        lines = [Entry(failure.reason, failure.path.name) for failure in job.failures] if job else []
        title = f"{counted(len(lines), 'photo')} that could not be read"
        self.push_screen(SearchScreen(title, lines, "<search.close>  back", choosing=False))

    def action_help_quit(self) -> None:
        self.tell(self.key_names.told("<app.quit> quits"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "cancel" and self.own_job.view is not None:
            return self.own_job.may_stop
        if action in ("pause", "cancel"):
            return self.job_runs or (action == "cancel" and bool(self.elsewhere.scans))
        if action == "failures":
            job = self.services.jobs.current()
            return bool(job and job.failures)
        return super().check_action(action, parameters)

    def action_refresh_all(self) -> None:
        """Also after the terminal's font changed: pictures are made for the size of its cells."""
        self.terminal = measured_again(self.terminal)
        self.frame.forget()
        self.data_changed()
        for picture in self.screen.query(Picture):
            picture.redraw()
        self.refresh(layout=True)

    def action_leave(self) -> None:
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            leave(self, self.own_job, self.leave_running)

    async def action_quit(self) -> None:
        """Quits, once the user has said what is to become of a job that runs."""
        leave(self, self.own_job, self.leave_running)
