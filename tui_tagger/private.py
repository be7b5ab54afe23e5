"""Files and folders for their owner alone, whatever the umask: what lies in them is biometric data and names."""

from __future__ import annotations

import os
import stat
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
OTHERS = 0o077  # what group and others may do


def make_folder(path: Path) -> None:
    """Makes a folder, and what is missing above it, for the owner alone; one that is there stays as it is."""
    for folder in reversed([path, *path.parents]):
        if not folder.exists():
            folder.mkdir(mode=FOLDER, exist_ok=True)


def own_folder(path: Path) -> None:
    """Makes a folder that belongs to this program, and closes it to others if it was open to them."""
    make_folder(path)
    close_to_others(path)


def make_file(path: Path, truncate: bool = False) -> None:
    """Makes a file for the owner alone before anything is in it; one that is there is closed to others."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | (os.O_TRUNC if truncate else 0), FILE))
    close_to_others(path)


def new_file(path: Path) -> int:
    """A descriptor of a file made for the owner alone. Raises FileExistsError also for a link that leads nowhere."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), FILE)


def close_to_others(path: Path) -> bool:
    """Takes all rights from group and others; whether they had any."""
    if not open_to_others(path):
        return False
    path.chmod(FOLDER if path.is_dir() else FILE)
    return True


def open_to_others(path: Path) -> bool:
    """Whether group or others may read, write or enter; never on Windows, where modes say nothing."""
    return os.name == "posix" and bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)
