"""What can be done with photos of the library: the marked ones, or the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from tui_tagger.screens.base import BaseScreen, Command, Shell
from tui_tagger.text import visible
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.text import counted

DETECTED_AT_ONCE = 200  # each is a job of its own


def review_commands(shell: Shell, now: Sequence[int] | None = None) -> Iterator[Command]:
    """A review of the marked photos alone, unless that is what goes on `now`."""
    marked = shell.marked_photos()
    if marked and set(marked) != set(now or ()):
        yield "review: Only marked photos", partial(shell.review_only, sorted(marked))


class LibraryActions(BaseScreen):
    """A screen that lists photos, some of them marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("w", "write", "library.write", "write", "Write names into the marked photos, or all that are shown"),
        key("D", "detect", "library.detect", "detect", "Look for faces again in the marked photos, or in this one"),
        key("I", "ignore", "library.ignore", "ignore", "Ignore all waiting faces of the marked photos, or of this one"),
        key("delete", "remove", "library.remove", "remove", "Remove the marked photos, or this one, from the library"),
        key("plus", "add_folder", "library.add", "add folder", "Add a folder to the library and scan it"),
        key("y", "copy", "library.copy", "copy path", "Copy the paths of the marked photos, or of this one"),
    ]

    def marked(self) -> Sequence[int]:
        """The marked photos."""
        raise NotImplementedError

    def shown_ids(self) -> Sequence[int]:
        """All that the filter lets through, in the order of the list."""
        raise NotImplementedError

    def forget_marks(self) -> None:
        raise NotImplementedError

    def chosen(self) -> list[int]:
        """The marked photos, else the one under the cursor."""
        current = self.current_photo()
        return sorted(self.marked()) or ([] if current is None else [current])

    def commands(self) -> Iterable[Command]:
        yield "library: Import names from other programs", self.import_names
        yield from review_commands(self.shell)

    def copy_text(self) -> str:
        return "\n".join(str(path) for path in self.services.library.paths(self.chosen()))

    def action_copy(self) -> None:
        text, count = self.copy_text(), len(self.chosen())
        if count:
            self.shell.copy_to_clipboard(text)
            self.shell.tell(f"Copied {text}" if count == 1 else f"Copied {count:,} paths")

    def action_write(self) -> None:
        # Marked photos are compared with their files; of the others those that the database knows to be unwritten.
        self.shell.show_writes(sorted(self.marked()) or self.services.tagging.queue(self.shown_ids()))

    def action_detect(self) -> None:
        photos = self.chosen()
        for photo_id in photos[:DETECTED_AT_ONCE]:
            self.services.jobs.detect_again(photo_id)
        rest = len(photos) - DETECTED_AT_ONCE
        left = f"; the other {rest:,} have to wait for the next time" if rest > 0 else ""
        self.shell.tell(f"Looking for faces again in {counted(len(photos) - max(rest, 0), 'photo')}{left}")
        self.shell.data_changed()

    def action_ignore(self) -> None:
        photos = self.chosen()
        faces = self.services.library.waiting_faces(photos)
        if not faces:
            self.shell.tell(f"No face waits in {counted(len(photos), 'photo')}")
            return
        self.shell.tell(self.services.review.ignore(faces).message)
        self.shell.data_changed()

    def action_remove(self) -> None:
        photos = self.chosen()
        named = self.services.library.named_faces(photos)
        lost = f", with {counted(named, 'named face')}" if named else ""
        question = f"Remove {counted(len(photos), 'photo')}{lost}? Files stay. No undo."
        self.status.ask(question, lambda yes: self.take_out(photos) if yes else None)

    def take_out(self, photo_ids: Sequence[int]) -> None:
        with self.told():
            self.services.library.remove(photo_ids)
            self.forget_marks()
            self.shell.tell(f"{counted(len(photo_ids), 'photo')} removed from the library; a scan takes them in again")
        self.shell.data_changed()

    def action_add_folder(self) -> None:
        self.status.read("folder to add", self.add_folder, "~/")

    def add_folder(self, text: str) -> None:
        folder = Path(visible(text.strip())).expanduser()
        if not folder.is_dir():
            self.shell.tell(f"There is no folder {folder}", error=True)
            return
        self.services.jobs.scan([folder])
        self.shell.data_changed()

    def import_names(self) -> None:
        """What other programs wrote; one decision for undo at its end."""
        self.services.jobs.import_names()
        self.shell.data_changed()
