#!/usr/bin/env python3
"""The app at scale: 100,000 photos, 300,000 faces, 500 people. Start, memory, lists, filters, orders, a decision.

    OMP_NUM_THREADS=1 python -m benchmarks.app [--quick]

The start is the real program in a pseudo terminal, from its exec to the end of the first frame with the photos in it:
seconds by the clock, least and median of several, and processor time, which other work on the machine changes less. All
else is processor time of the services that a key calls, median. Memory is the resident set of the app's process after
each screen was opened. Exit status 1 when a goal is missed. `--quick` takes 10,000 photos.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.big_library import build
from benchmarks.ssh import FRAME, PYTHON, Session
from tui_tagger.services import Services
from tui_tagger.services.clustering import cluster
from tui_tagger.services.library import SORTS
from tui_tagger.services.places import PlacesService
from tui_tagger.services.query import KEYS
from tui_tagger.storage.backups import make_backup
from tui_tagger.storage.integrity import find_damage

SIZE = (140, 45)
SLEEP = 0.1  # seconds that Session waits before it becomes the app
STARTS, REPEATS = 5, 5
PREPARED = 300  # seconds, at most, until all faces are read and scored
FILTERS = [key.example for key in KEYS.values()] + ["oslo", "-is:offline", "person:rossi place:o has:gps"]


@dataclass(frozen=True)
class Row:
    what: str
    figure: float
    unit: str
    goal: float | None = None

    @property
    def missed(self) -> bool:
        return self.goal is not None and self.figure > self.goal

    def told(self) -> str:
        goal = "" if self.goal is None else f"{self.goal:g} {self.unit}"
        return f"| {self.what} | {self.figure:.3g} {self.unit} | {goal} | {'MISSED' if self.missed else ''} |"


def start(
    database: Path, words: bytes, home: Path, program: Sequence[str] = PYTHON, terminal: str = "halfcell"
) -> tuple[float, float]:
    """Seconds by the clock, and of the processor, from exec to the first frame that has `words` in it."""
    session = Session(terminal, SIZE, ["--db", database, "--images", "none"], home, program=program)
    end = FRAME if terminal != "mute" else b""  # no frame is marked for who did not say that it knows the marks
    try:
        began, written = time.monotonic() + SLEEP, b""
        while words not in written or end not in written[written.index(words) :]:
            written += session._read(0.002)
        return time.monotonic() - began, session._used()
    finally:
        session.__exit__()


def starts(name: str, database: Path, words: bytes, goal: float, home: Path) -> Iterator[Row]:
    walls, used = zip(*(start(database, words, home) for _ in range(STARTS)), strict=True)
    yield Row(f"first frame, {name}: by the clock, least", min(walls), "s", goal)
    yield Row(f"first frame, {name}: by the clock, median", statistics.median(walls), "s")
    yield Row(f"first frame, {name}: processor time, least", min(used), "s")


def upkeep(database: Path) -> Iterator[Row]:
    """What a thread does after the first frame, the backup once a day."""
    yield Row("check of the database after the first frame", milliseconds(lambda: find_damage(database), 1) / 1000, "s")
    yield Row("backup after the first frame", milliseconds(lambda: make_backup(database), 1) / 1000, "s")


def memory(database: Path, home: Path) -> Iterator[Row]:
    with Session("halfcell", SIZE, ["--db", database, "--images", "none"], home) as session:
        for name, keys in (
            ("Library", ()),
            ("Library, last page", ("G",)),
            ("Map", ("f6",)),
            ("People", ("f4",)),
            ("Review", ("f5",)),
        ):
            for key in keys:
                session.press(key)
            session.rest(PREPARED if not keys else 30, least=4.0)
            status = Path(f"/proc/{session.pid}/status").read_text()
            kilobytes = next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]
            yield Row(f"resident memory after {name}", int(kilobytes) / 1000, "MB", 300)


def milliseconds(act: Callable[[], Any], repeats: int = REPEATS) -> float:
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        act()
        taken.append(time.process_time() - began)
    return 1000 * statistics.median(taken)


def lists(services: Services) -> Iterator[Row]:
    library = services.library
    total = library.counts().photos
    yield Row("counts of the header", milliseconds(library.counts), "ms", 50)
    yield Row("folders", milliseconds(library.folders), "ms", 50)
    for sort in SORTS:
        yield Row(f"first page by {sort}", milliseconds(partial(library.page, sort=sort)), "ms", 50)
    last = total - 100
    yield Row("last page by date", milliseconds(lambda: library.page(offset=last)), "ms", 50)
    yield Row("last page, reversed", milliseconds(lambda: library.page(offset=last, reverse=True)), "ms", 50)
    yield Row("all ids in order", milliseconds(library.photo_ids), "ms", 100)
    yield Row("what is not written yet", milliseconds(lambda: services.tagging.queue(library.photo_ids())), "ms", 100)
    for query in FILTERS:
        found = f"filter {query} ({library.page(query).total:,} photos)"
        yield Row(found, milliseconds(partial(library.page, query)), "ms", 100)
    yield Row("People's table", milliseconds(services.people.entries, 1), "ms")
    yield Row("the map's points, first time", milliseconds(lambda: PlacesService().points(), 1), "ms")


def deciding(services: Services) -> Iterator[Row]:
    """A decision with all that follows from it, at once; benchmarks/ssh.py has what the next face waits for."""
    yield Row("all faces read and scored, once", milliseconds(services.recognition.update, 1) / 1000, "s")
    order = services.review.queue()
    decided = []
    for _ in range(REPEATS):
        item = services.review.item(order[0])
        accept = partial(services.review.accept, [item.face.id], item.candidates[0].person_id, True)
        decided.append(milliseconds(accept, 1))
        order = services.review.queue()
    yield Row("a confirmation, all waiting faces scored again", statistics.median(decided), "ms", 200)
    yield Row("plan of the queue", milliseconds(services.review.queue), "ms")
    yield Row("first question", milliseconds(lambda: services.review.item(order[0])), "ms", 50)
    yield Row("header after the decision", milliseconds(services.library.counts, 1), "ms", 50)


def keep_bytecode(folder: Path) -> None:
    """As an installed program has it, whatever this interpreter was told."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


def measure(photos: int, scratch: Path) -> Iterator[Row]:
    large = build(scratch / "large.db", photos, photos * 3, photos // 200)
    keep_bytecode(scratch / "bytecode")
    start(scratch / "first.db", b"No photos yet", scratch)
    yield from starts("empty library", scratch / "empty.db", b"No photos yet", 0.5, scratch)
    yield from starts(f"{photos:,} photos", large, f"1/{photos:,}".encode(), 0.7, scratch)
    yield from memory(large, scratch)
    yield from upkeep(large)
    services = Services.open(large)
    yield from lists(services)
    yield from deciding(services)
    yield Row("clusters made anew (in the worker)", milliseconds(cluster, 1) / 1000, "s")
    services.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10,000 photos")
    options = parser.parse_args()
    missed = False
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n\n| | figure | goal | |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for row in measure(10_000 if options.quick else 100_000, Path(scratch)):
            print(row.told(), flush=True)
            missed = missed or row.missed
    sys.exit(missed)


if __name__ == "__main__":
    main()
