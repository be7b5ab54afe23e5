"""Writing names into files: first what would change, file by file; then, after a yes, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from tui_tagger.screens.base import BACK, BaseScreen, Empty
from tui_tagger.services.views import WritePreview, WriteResult
from tui_tagger.text import visible
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.text import cell, counted, short_path

RESULTS = {
    "written": ("✓ written", "$text-success"),
    "sidecar": ("✓ sidecar", "$text-success"),
    "unchanged": ("= unchanged", "$foreground-muted"),
    "refused": ("! refused", "$text-error"),
}


class WriteScreen(BaseScreen):
    """Preview and results; without a `y` nothing is written."""

    NAME = "Write"
    HINTS = ("write.yes", "write.no", "write.filter", "write.describe", "write.template", "app.undo", "app.help")
    BINDINGS: ClassVar[list[BindingType]] = [
        key("y", "yes", "write.yes", "write", "Write the names into the files"),
        key("n,enter", "no", "write.no", "leave (default)", "Leave without writing"),
        key("slash", "filter", "write.filter", "filter", "Only list, and write, files whose line holds a text"),
        key("d", "describe", "write.describe", "describe", "Give photos without a description one, or not"),
        key("t", "template", "write.template", "template", "Change what descriptions are made of"),
    ]

    def __init__(self, photo_ids: Sequence[int]) -> None:
        super().__init__()
        self.photo_ids = tuple(photo_ids)
        self.previews: tuple[WritePreview, ...] | None = None
        self.results: tuple[WriteResult, ...] | None = None
        self.writing = self.describing = False
        self.filter_text = ""
        self.rows: list[WritePreview | WriteResult] = []  # what is listed

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Vertical(id="writes"):
            yield Static(id="write-summary")
            yield RowList(id="write-list")
            yield Static(id="write-detail")

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self.describing = self.shell.settings.write.describe
        self.look()

    def look(self) -> None:
        """Compares database and files, which reads every file."""
        self.previews = self.results = None
        describing, target = self.describing, self.shell.settings.write.target
        self.run_worker(
            lambda: self.services.tagging.preview(self.photo_ids, target, describing),
            thread=True,
            name="preview",
            group="preview",
            exclusive=True,
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.name == "preview" and event.state is WorkerState.SUCCESS:
            previews: tuple[WritePreview, ...] = event.worker.result or ()
            self.previews = tuple(preview for preview in previews if changes(preview))
            self.fill()
            if not self.status.open:  # the list was hidden, and with it went the keys
                self.focus_body()

    def show_results(self, results: tuple[WriteResult, ...]) -> None:
        self.results, self.writing, self.filter_text = results, False, ""
        self.query_one(RowList).cursor = 0
        self.fill()

    def reload(self) -> None:
        lines = self.results if self.results is not None else self.previews
        empty = self.query_one("#empty", Empty)
        empty.display = not lines
        self.query_one("#writes").display = bool(lines)
        if lines is None:
            empty.show(f"Looking at {counted(len(self.photo_ids), 'photo')} ...")
        elif not lines:
            empty.show("Nothing to write.", "All confirmed names are in the files already.", "", *self.ways_out())
        else:
            self.rows = [line for line in lines if says(line, self.filter_text)]
            self.query_one("#write-summary", Static).update(self.summary())
            self.query_one(RowList).fill(len(self.rows), self.draw)
            self.show_detail()

    def ways_out(self) -> tuple[str, ...]:
        return (BACK,) if self.describing else ("<write.describe>  give photos without a description one", BACK)

    def summary(self) -> Content:
        if self.results is not None:
            kinds = [result.result for result in self.results]
            counts = [f"{kinds.count(kind)} {kind}" for kind in RESULTS if kind in kinds]
            return Content.assemble((" " + ", ".join(counts), "bold"), self.says(".  <app.undo> undoes all of it"))
        shown = [row for row in self.rows if isinstance(row, WritePreview)]
        targets = [preview.target for preview in shown]
        counts = [counted(targets.count("file"), "file"), counted(targets.count("sidecar"), "sidecar")]
        if self.describing:
            counts.append(counted(sum(bool(preview.description) for preview in shown), "description"))
        if "none" in targets:
            counts.append(f"{targets.count('none'):,} not possible")
        what, promise = f" {', '.join(counts)}. ", "Pictures stay as they are, each file is verified."
        fits = len(what) + len(promise) <= self.size.width  # the question must stay in view
        asked = "Writing ..." if self.writing else self.says("Write?   <write.yes> yes   <write.no> no (default)")
        return Content.assemble((what, "bold"), promise if fits else "", "\n ", (asked, "bold"))

    def draw(self, index: int, width: int) -> Content:
        row = self.rows[index]
        return result_line(row, width) if isinstance(row, WriteResult) else preview_line(row, width)

    def show_detail(self) -> None:
        index = self.query_one(RowList).cursor
        text = detail(self.rows[index], self.size.width - 2) if index < len(self.rows) else ""
        self.query_one("#write-detail", Static).update(Content(text))

    def on_row_list_moved(self) -> None:
        self.show_detail()
        self.bars()

    def go_to_faces(self, face_ids: Sequence[int]) -> None:  # noqa: ARG002
        self.look()

    def where(self) -> str:
        if self.results is not None:
            return "results"
        return f"preview of {counted(len(self.previews), 'photo')}" if self.previews is not None else "preview"

    def state(self) -> str:
        return f"{len(self.rows):,} with “{visible(self.filter_text)}”" if self.filter_text else ""

    def label(self, binding: Binding) -> str:
        if binding.id == "write.describe" and self.describing:
            return "no descriptions"
        if binding.id == "write.no" and self.results is not None:
            return "back"
        return binding.description

    def focus_body(self) -> None:
        self.query_one(RowList).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("describe", "template"):
            return self.results is None and not self.writing
        if action == "yes":
            return bool(self.previews) and bool(self.rows) and self.results is None and not self.writing
        return super().check_action(action, parameters)

    def on_row_list_chosen(self) -> None:
        self.action_no()

    def action_yes(self) -> None:
        self.shell.write([row.photo_id for row in self.rows], self.describing)
        self.writing = True
        self.fill()

    def release(self) -> bool:
        had = bool(self.filter_text)
        if had:
            self.set_filter("")
        return had

    def set_filter(self, text: str) -> None:
        self.filter_text = text.strip()
        self.fill()

    def action_filter(self) -> None:
        self.status.read("filter", self.set_filter, self.filter_text, self.set_filter)

    def action_describe(self) -> None:
        self.describing = not self.describing
        self.look()
        self.fill()

    def action_template(self) -> None:
        self.status.read("description", self.set_template, self.services.tagging.template())

    def set_template(self, text: str) -> None:
        with self.told():
            self.services.tagging.set_template(text)
            self.describing = True
            self.look()
            self.fill()

    def action_no(self) -> None:
        self.app.pop_screen()


def changes(preview: WritePreview) -> bool:
    """Whether there is something to write, or a reason why it cannot be."""
    return bool(preview.target != "none" or preview.reason)


def says(line: WritePreview | WriteResult, text: str) -> bool:
    """Whether a line holds the text, in its path, names, description or reason."""
    parts = (str(line.path), *line.added, *line.removed, line.description, line.reason, line.target)
    return text.casefold() in "\n".join(parts).casefold()


def detail(line: WritePreview | WriteResult, width: int) -> str:
    """The path, the description, and why a sidecar or why not, with warnings."""
    notes = line.notes if isinstance(line, WritePreview) else ()
    because = "; ".join(filter(None, (line.reason, *notes)))
    if line.target == "sidecar" and because:
        because = f"sidecar: {because}"
    described = f'description: "{line.description}"' if line.description else ""
    texts = (short_path(line.path, width), visible(described), visible(because))
    return "\n".join(f" {text}" for text in texts if text)


def differences(line: WritePreview | WriteResult) -> Content:
    """The names that are added and removed, and the description."""
    added = " ".join(f"+{visible(name)}" for name in line.added)
    removed = " ".join(f"−{visible(name)}" for name in line.removed)
    described = f'"{visible(line.description)}"' if line.description else ""
    parts = ((added, "$text-success"), (removed, "$text-warning"), (described, "$text-accent"))
    texts = [part for part in parts if part[0]]
    if not texts and line.target != "none":
        return Content.styled("− description", "$text-warning")
    spaced = [piece for part in texts for piece in (part, " ")][:-1]
    return Content.assemble(*spaced)


def preview_line(preview: WritePreview, width: int) -> Content:
    """Target, file, and what is added and removed."""
    target = {"file": "file   ", "sidecar": "sidecar", "none": "! not  "}.get(preview.target, preview.target)
    style = "$text-error" if preview.target == "none" else "$foreground-muted"
    path = width * 2 // 5
    told = differences(preview) if preview.target != "none" else Content(visible(preview.reason))
    room = width - path - len(target) - 3
    return Content.assemble(
        (f" {target} ", style), cell(short_path(preview.path, path), path), " ", told.truncate(room, ellipsis=True)
    )


def result_line(result: WriteResult, width: int) -> Content:
    """Result, file, and the names or the reason."""
    word, style = RESULTS.get(result.result, (result.result, ""))
    path = width * 2 // 5
    told = Content(visible(result.reason)) if result.result == "refused" else differences(result)
    room = width - path - 15
    return Content.assemble(
        (f" {word:<12} ", style), cell(short_path(result.path, path), path), " ", told.truncate(room, ellipsis=True)
    )
