"""A scan that goes on after the app was closed: `tui-tagger scan` in a process and a session of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tui_tagger.config import log_dir
from tui_tagger.private import make_file, own_folder
from tui_tagger.settings import VARIABLE

LOG = "scan.log"  # in the log folder: what the scan printed, names of files among it


def command(db: Path, folders: Sequence[Path]) -> list[str]:
    """The program that runs now, scanning; in a standalone program the interpreter is the program itself."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "tui_tagger"]
    return [*program, "scan", "--db", str(db.absolute()), "--", *(str(folder.absolute()) for folder in folders)]


def scan_detached(db: Path, folders: Sequence[Path], config: Path | None = None) -> int:
    """Starts the scan and returns its process id. It stands the end of the terminal and of the connection.

    `config` is the settings file, where it is another than the environment says. Raises OSError where the program
    cannot be started.
    """
    own_folder(log_dir())
    make_file(log_dir() / LOG, truncate=True)
    with (log_dir() / LOG).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  this very program
            command(db, folders),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(os.environ, config),
            **_apart(),
        )
    process.returncode = 0  # it is left alone: nobody waits for it
    return process.pid


def _environment(given: Mapping[str, str], config: Path | None) -> dict[str, str]:
    own = {VARIABLE: str(config.absolute())} if config else {}
    return {**given, **own, "PYINSTALLER_RESET_ENVIRONMENT": "1"}  # a program of its own, no part of the one that ends


def _apart() -> dict[str, Any]:
    """How a process is parted from the terminal."""
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags}
    return {"start_new_session": True}
