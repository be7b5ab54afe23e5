"""TaggerApp: the screens on one set of services, the jobs that outlive a screen, and the keys that act everywhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, ClassVar

from textual._compositor import CompositorUpdate
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState, get_current_worker

from tui_tagger import log
from tui_tagger.errors import TaggerError
from tui_tagger.screens.base import BaseScreen, Command
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
from tui_tagger.services.models import ModelRow, first_offer, list_models, standing, use, work_waits
from tui_tagger.services.preparation import begins_in_thread, prepare
from tui_tagger.services.upkeep import look_after, told
from tui_tagger.services.views import JobState, JobView, Outcome, WriteResult
from tui_tagger.settings import Settings
from tui_tagger.shell.keymap import contexts, keymap
from tui_tagger.shell.looks import chosen, look_commands, wear
from tui_tagger.widgets.frame import Changes, Frame
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.line import Line
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.status import StatusRow
from tui_tagger.widgets.terminal import Terminal, measured_again
from tui_tagger.widgets.text import counted

POLL_SECONDS = 0.25
LONG_COUNT = 0.03  # seconds: from then on a key would be seen to wait for it
REST_SECONDS = 0.3  # without a key, until what was put off is scored
FRESH_SECONDS = 2.0  # a list that a job changes is read again this often, not at every photo
WRITING = "write"
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


class TaggerApp(App[None]):
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
        self.set_keymap(keymap(self.settings, contexts(type(self), SCREENS)))
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
        self._write_job: JobView | None = None
        self._write_stopped = False
        self._write_began = 0.0
        self._leaving = False
        self._read_at = self._acted_at = 0.0
        self._counts: Counts | None = None
        self._counting_takes_long = self._count_due = self._counting = False
        self._stale = False
        self._job_seen: JobView | None = None

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
        self.frame.forget()

    def on_cursor_position(self) -> None:
        self.line.answered()

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

    def begin(self) -> None:
        """Brings up to date the folders that the app was started with, and the faces that the model in use lacks."""
        self.services.recognition.patient = True
        if begins_in_thread(self.services.recognition):
            self.run_worker(self.prepare, thread=True, exit_on_error=False, group="prepare")
        if self.folders:
            self.services.jobs.scan(self.folders)  # embeds what lacks, too
        elif work_waits():
            self.services.jobs.embed()
        self.tell_models()
        self.offer_unfinished()
        self.run_worker(self._look_after, name="upkeep", thread=True, exit_on_error=False)
        if self.services.jobs.busy and self.shown and self.shown.is_mounted:
            self.data_changed()

    def _look_after(self) -> None:
        """In a thread: a check of the database, and its backup. Trouble is told; the user decides what to do."""
        worker = get_current_worker()
        try:
            look_after(self.services.path, lambda: worker.is_cancelled)
        except TaggerError as error:
            if not worker.is_cancelled:
                self.call_from_thread(self.tell_error, error)

    def _handle_exception(self, error: Exception) -> None:
        """Trouble that can be put into words, as of the database, ends the app with them and not with a traceback."""
        log.failure("the app ended", error)
        self.failure = error if isinstance(error, TaggerError) else told(error)
        if self.failure is None:
            super()._handle_exception(error)
            return
        if self._exception is None:  # for a test that waits
            self._exception = error
            self._exception_event.set()
        self.exit(return_code=1)

    def prepare(self) -> None:
        """Reads a large library in a thread, so that no key waits for it."""
        worker = get_current_worker()

        def in_turn(task: Callable[[], Any]) -> Any:
            found = self.call_from_thread(task)
            self.call_from_thread(self.data_changed)
            return found

        prepare(self.services.recognition, in_turn, lambda: not worker.is_cancelled)

    def tell_models(self) -> None:
        """What there is to say of the models at the start: an update or, once, that a better one can be installed."""
        now = standing()
        if now.replaced and now.lacking:
            self.tell(f"{now.replaced} gave way to {now.model}: faces are embedded again, your decisions stay")
        elif better := first_offer():
            self.tell(f"{better} tells faces apart better than {now.model}: tui-tagger models install")

    def commands(self) -> Iterator[Command]:
        """What the palette offers beside the keys."""
        yield from self.model_commands()
        yield from look_commands(self)

    def model_commands(self) -> Iterator[Command]:
        """The models that are installed and not in use."""
        for model in list_models():
            if model.installed and not model.in_use:
                yield f"models: Use {model.title}", lambda model=model: self.use_model(model)  # type: ignore[misc]

    def use_model(self, model: ModelRow) -> None:
        """Changes to another embedder; the known faces are embedded with it in the background."""
        use(model.id)
        self.services.jobs.embed()
        self.tell(f"{model.title} is in use: faces are embedded with it, your decisions stay")
        self.data_changed()

    @property
    def shown(self) -> BaseScreen | None:
        """The app's own screen on top; None while help, palette or history lie on it."""
        return self.screen if isinstance(self.screen, BaseScreen) else None

    def poll(self) -> None:
        """Takes in what the worker reported. Lists are read again at most every two seconds."""
        rested = time.monotonic() - self._acted_at >= REST_SECONDS
        if self._count_due and rested and not self._counting:
            self._count_due, self._counting = False, True
            self.run_worker(self.count, thread=True, group="count")
        if rested and self.services.recognition.owing:
            self.catch_up()
        changed = self.services.jobs.poll()
        self._stale = self._stale or changed
        job = self.services.jobs.current()
        if job is not None and job != self._job_seen:
            self.job_changed(job)
        if self._stale and time.monotonic() - self._read_at >= FRESH_SECONDS:
            self.data_changed()

    def catch_up(self) -> None:
        """Scores what was put off while keys came, unless a thread is at it."""
        self.services.recognition.catch_up()
        if not self.services.recognition.owing:
            self.data_changed()

    def job_changed(self, job: JobView) -> None:
        """Shows the job's progress; says how it ended."""
        ended = job.state in (JobState.DONE, JobState.CANCELLED, JobState.FAILED)
        news = ended and (self._job_seen is None or self._job_seen.state is not job.state)
        self._job_seen = job
        if news:
            error = self.services.jobs.error
            hint = f" {error.hint}" if error and job.state is JobState.FAILED else ""
            self.tell(ending(job) + hint, error=job.state is JobState.FAILED)
            self.data_changed()
        elif self.shown:
            self.shown.bars()

    def data_changed(self) -> None:
        """What is shown may be out of date: the screen on top reads again; the others do so when they return."""
        self._stale, self._read_at = False, time.monotonic()
        if self.shown:
            self.shown.fill()

    def job(self) -> JobView | None:
        """The write that runs, else the worker's job."""
        return self._write_job or self.services.jobs.current()

    def counts(self, fresh: bool = False) -> Counts:
        """What is in the library; counted again when something may have changed, in a thread where it takes long."""
        if self._counts is None or (fresh and not self._counting_takes_long):
            began = time.monotonic()
            self._counts = self.services.library.counts()
            self._counting_takes_long = time.monotonic() - began > LONG_COUNT
        elif fresh:
            self._count_due = True
        return self._counts

    def count(self) -> None:
        """In a thread: counts what is in the library, and shows it."""
        try:
            found = self.services.library.counts()
        finally:
            self.services.database.close()  # this thread's connection
        self.call_from_thread(self.counted, found)

    def counted(self, found: Counts) -> None:
        self._counts, self._counting = found, False
        if self.shown:
            self.shown.bars()

    def tell(self, message: str, error: bool = False) -> None:
        """Says something in the status row of the screen on top."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BaseScreen) and screen.is_mounted:
                screen.query_one(StatusRow).tell(message, error)
                return

    def tell_error(self, error: TaggerError) -> None:
        self.tell(" ".join(part for part in (error.message, error.hint) if part), error=True)

    async def run_action(self, *arguments: Any, **options: Any) -> bool:
        """Runs an action; an error that the user can do something about is told, not raised."""
        self._acted_at = time.monotonic()
        try:
            return await super().run_action(*arguments, **options)
        except TaggerError as error:
            self.tell_error(error)
            return True

    def go(self, name: str) -> None:
        """Brings a screen to the top: back to it if it lies below, else on top of the others."""
        target = self.screens_by_name[name]
        current = self.shown.current_photo() if self.shown else None
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

    def show_on_map(self, photo_id: int) -> None:
        """Opens Map where a photo was taken."""
        screen = self.screens_by_name["map"]
        assert isinstance(screen, MapScreen)
        screen.show_photo(photo_id)
        self.photo_id = photo_id
        self.go("map")

    def show_writes(self, photo_ids: Sequence[int]) -> None:
        self.push_screen(WriteScreen(photo_ids))

    def offer_unfinished(self) -> None:
        """A write that was stopped, or that a crash ended, can go on."""
        found = self.services.tagging.unfinished()
        if found is None or self.shown is None or not self.shown.is_mounted:
            return

        def answer(yes: bool) -> None:
            if yes:
                self.show_writes(found.left)
            else:
                self.services.tagging.leave_unfinished()

        left = f"{len(found.left):,} of {counted(found.total, 'photo')}"
        self.shown.status.ask(f"A write was stopped: {left} not written yet. Go on?", answer)

    def write(self, photo_ids: Sequence[int], describe: bool = False) -> None:
        """Writes in a thread that belongs to the app: leaving the screen does not stop it."""
        self._write_stopped = False
        self._write_began = time.monotonic()
        self._write_job = JobView(0, "Writing names", JobState.RUNNING, 0, len(photo_ids), (), 0.0, None)
        self.run_worker(
            lambda: self.services.tagging.write(photo_ids, progress=self._write_progress, describe=describe),
            name=WRITING,
            thread=True,
            exit_on_error=False,
        )

    def _write_progress(self, done: int, total: int) -> bool:
        """Ends the write when the user or the app does; what is left is offered again the next time."""
        if self._leaving or self._write_stopped:
            return False
        self.call_from_thread(self._show_write, done, total)
        return True

    def _show_write(self, done: int, total: int) -> None:
        rate = done / max(time.monotonic() - self._write_began, 1e-3)
        eta = (total - done) / rate if rate else None
        self._write_job = JobView(0, "Writing names", JobState.RUNNING, done, total, (), rate, eta)
        if self.shown:
            self.shown.bars()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.name != WRITING or event.state not in (WorkerState.SUCCESS, WorkerState.ERROR):
            return
        self._write_job = None
        error = event.worker.error
        if error is None:
            self._written(event.worker.result or ())
        elif isinstance(error, TaggerError):
            self.tell_error(error)
        else:
            raise error
        self.data_changed()

    def _written(self, results: tuple[WriteResult, ...]) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, WriteScreen) and screen.writing:
                screen.show_results(results)
        if self._write_stopped:
            self.tell(f"Writing stopped after {counted(len(results), 'photo')}; w goes on")
            return
        refused = sum(result.result == "refused" for result in results)
        told = f"{counted(len(results), 'photo')} written" if not refused else f"{refused} of {len(results)} refused"
        self.tell(told, error=bool(refused))

    def action_go(self, name: str) -> None:
        self.go(name)

    def action_help(self) -> None:
        if self.shown:
            self.push_screen(help_screen(self.shown, SCREENS))

    def action_palette(self) -> None:
        if self.shown is None:
            return
        commands = palette_commands(self.shown, self.commands())

        def run(index: int | None) -> None:
            if index is not None:
                commands[index][0][1]()

        self.push_screen(palette_screen(commands), run)

    def action_history(self) -> None:
        if self.shown:
            show_history(self.shown)

    def action_undo(self) -> None:
        self.show_again(self.services.review.undo(), "Undone", "Nothing to undo")

    def action_redo(self) -> None:
        self.show_again(self.services.review.redo(), "Redone", "Nothing to redo")

    def show_again(self, outcome: Outcome | None, done: str, nothing: str) -> None:
        """Goes back to the faces that an undo or redo touched."""
        if outcome is None:
            self.tell(nothing)
            return
        if self.shown:
            self.shown.went_back(outcome)
            self.shown.fill()
        self.tell(f"{done}: {outcome.message}")

    def action_pause(self) -> None:
        job = self.services.jobs.current()
        if job is not None and job.state is JobState.PAUSED:
            self.services.jobs.resume()
        else:
            self.services.jobs.pause()
        self.data_changed()

    def action_cancel(self) -> None:
        if self._write_job is not None:
            self._write_stopped = True  # after the file at hand
        else:
            self.services.jobs.cancel()
        self.data_changed()

    def action_failures(self) -> None:
        job = self.services.jobs.current()
        lines = [Entry(failure.reason, failure.path.name) for failure in job.failures] if job else []
        title = f"{counted(len(lines), 'photo')} that could not be read"
        self.push_screen(SearchScreen(title, lines, "esc  back", choosing=False))

    def action_help_quit(self) -> None:
        self.tell("ctrl+q quits")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "cancel" and self._write_job is not None:
            return True
        if action in ("pause", "cancel"):
            job = self.services.jobs.current()
            return job is not None and job.state in (JobState.RUNNING, JobState.PAUSED)
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
        elif self._write_job and self.shown:
            self.shown.status.ask("Names are being written; the file at hand is finished first. Quit?", self.quit_if)
        elif self.services.jobs.busy and self.shown:
            self.shown.status.ask("A job is running; the next scan goes on from there. Quit?", self.quit_if)
        else:
            self.exit()

    def quit_if(self, yes: bool) -> None:
        if yes:
            self._leaving = True
            self.exit()


def ending(job: JobView) -> str:
    """How a job ended, in a line."""
    if job.state is JobState.FAILED:
        return f"{job.title}: {job.message or 'failed'}"
    word = "cancelled" if job.state is JobState.CANCELLED else "done"
    unreadable = f", {len(job.failures)} unreadable (F lists them)" if job.failures else ""
    return f"{job.title}: {word}, {job.done:,} of {job.total:,}{unreadable}"
