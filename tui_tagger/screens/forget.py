"""Forgetting a person for good, as a command that a person's screen offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tui_tagger.screens.base import BaseScreen, Command
from tui_tagger.services.forgetting import Forgotten
from tui_tagger.text import visible
from tui_tagger.widgets.text import counted


def forget_commands(screen: BaseScreen, person_id: int, gone: Callable[[], None]) -> Iterator[Command]:
    """What the palette offers; `gone` is called when it is done."""
    yield "person: Forget for good, without undo", partial(_ask, screen, person_id, gone, from_files=False)
    yield "person: Forget for good, and clean the files", partial(_ask, screen, person_id, gone, from_files=True)


def _ask(screen: BaseScreen, person_id: int, gone: Callable[[], None], from_files: bool) -> None:
    if screen.working:
        screen.shell.tell("A job is running; forget somebody when it has ended", error=True)
        return
    with screen.told():
        seen = screen.services.forgetting.preview(person_id)
        files = f", {counted(seen.files, 'file')} to clean" if from_files else ""
        text = f"Forget {seen.name}, {counted(seen.faces, 'face')}{files}? This cannot be undone."
        screen.status.ask(text, lambda yes: _forget(screen, person_id, gone, from_files) if yes else None)


def _forget(screen: BaseScreen, person_id: int, gone: Callable[[], None], from_files: bool) -> None:
    forgetting = screen.services.forgetting
    with screen.told():
        name = screen.services.people.row(person_id).name
        begun = forgetting.begin(person_id, from_files)

        def end(done: Forgotten) -> None:
            forgetting.end()
            screen.shell.data_changed()
            screen.shell.tell(_told(done))

        gone()
        screen.shell.run_job(f"Forgetting {visible(name)}", lambda advance: forgetting.carry_out(begun, advance), end)


def _told(done: Forgotten) -> str:
    left = " Some files still hold the name." if any("in their file" in text for text in done.stays) else ""
    return f"Forgotten: {counted(done.faces, 'face')}, with journal and backups.{left}"
