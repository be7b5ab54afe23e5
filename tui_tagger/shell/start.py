"""What the app does once it is open: what was to be scanned, what was left unfinished, and a look at the database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.worker import get_current_worker

from tui_tagger import memory
from tui_tagger.errors import TaggerError
from tui_tagger.services.models import first_offer, standing, work_waits
from tui_tagger.services.upkeep import look_after
from tui_tagger.shell.catching_up import CatchingUp
from tui_tagger.shell.elsewhere import ScansElsewhere
from tui_tagger.shell.host import Host


def begin(app: Host, folders: Sequence[Path], elsewhere: ScansElsewhere, catching_up: CatchingUp) -> None:
    """Brings up to date the folders that the app was started with, and the faces that the model in use lacks."""
    memory.let_go()
    catching_up.begin()
    if not elsewhere.scan(folders):
        if folders:
            app.services.jobs.scan(folders)  # embeds what lacks, too
        elif work_waits():
            app.services.jobs.embed()
    tell_models(app)
    app.run_worker(lambda: keep_up(app), name="upkeep", thread=True, exit_on_error=False)
    if app.services.jobs.busy:
        app.data_changed()


def keep_up(app: Host) -> None:
    """In a thread: a check of the database, and its backup. Trouble is told; the user decides what to do."""
    worker = get_current_worker()
    try:
        look_after(app.services.path, lambda: worker.is_cancelled)
    except TaggerError as error:
        if not worker.is_cancelled:
            app.call_from_thread(app.stop_at, error)


def tell_models(app: Host) -> None:
    """What there is to say of the models: an update or, once, that a better one can be installed."""
    now = standing()
    if now.replaced and now.lacking:
        app.tell(f"{now.replaced} gave way to {now.model}: faces are embedded again, your decisions stay")
    elif better := first_offer():
        app.tell(f"{better} tells faces apart better than {now.model}: tui-tagger models install")
