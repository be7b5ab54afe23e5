#!/usr/bin/env python3
"""Size and start of the standalone program. First: make dist.

    python -m benchmarks.standalone [--dist dist]

Seconds by the clock, least of several, and processor time, which other work on the machine changes less. A first frame
is that of the app with an empty library, in a pseudo terminal of 140x45 that answers what it is asked, as terminals
do; and in one that answers nothing, which the app waits for. Everything begins in an empty home. Exit status 1 when a
goal is missed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.app import Row, start
from tui_tagger import __version__

STARTS = 5
FIRST_FRAME = 2.0  # seconds
WORDS = b"No photos yet"


def size(folder: Path) -> float:
    """Megabytes of the files in a folder; a link is none."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def run(program: Path, *arguments: str) -> tuple[float, float]:
    """Seconds by the clock, and of the processor with all child processes."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before, began = used(), time.monotonic()
    subprocess.run([program, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began, used() - before


def least(what: str, times: list[tuple[float, float]], goal: float | None = None) -> Iterator[Row]:
    yield Row(what, min(wall for wall, _ in times), "s", goal)
    yield Row(f"{what}: processor time", min(used for _, used in times), "s")


def measure(dist: Path, scratch: Path) -> Iterator[Row]:
    folder = dist / "tui-tagger"
    (file,) = dist.glob(f"tui-tagger-{__version__}-linux-*")
    yield Row("the one file", file.stat().st_size / 1e6, "MB")
    yield Row("the folder, and what the file unpacks", size(folder), "MB")
    yield from least("first start, unpacking, `--version`", [run(file, "--version")])
    yield from least("later starts, `--version`", [run(file, "--version") for _ in range(STARTS)])
    for name, terminal, goal in (("", "halfcell", FIRST_FRAME), (" where nothing answers", "mute", None)):
        times = [start(scratch / "empty.db", WORDS, scratch, [str(file)], terminal) for _ in range(STARTS)]
        yield from least(f"first frame of the app{name}", times, goal)
    yield from least("`demo --headless`", [run(file, "demo", "--headless")])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dist", type=Path, default=Path("dist"))
    dist = parser.parse_args().dist.absolute()
    missed = False
    print("| | figure | goal | |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for name in [name for name in os.environ if name.startswith(("XDG_", "TUI_TAGGER_", "PYTHON"))]:
            del os.environ[name]
        os.environ["HOME"] = scratch
        for row in measure(dist, Path(scratch)):
            print(row.told(), flush=True)
            missed = missed or row.missed
    sys.exit(missed)


if __name__ == "__main__":
    main()
