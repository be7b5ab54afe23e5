#!/usr/bin/env python3
"""How long People takes with 500 people on 300,000 faces: opening, sorting, one person, merging and splitting.

    python -m benchmarks.people [--quick] [--json]

Times are of the processor, in milliseconds; `--quick` takes a tenth of the library. The database is a copy of
benchmarks/big_library.py's.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.big_library import build
from tui_tagger.screens.people import PAGE
from tui_tagger.services import Services
from tui_tagger.services.roster import Sort

REPEATS = 3


def milliseconds(act: Callable[[], Any], repeats: int = REPEATS) -> float:
    """The least processor time of several runs."""
    taken = []
    for _ in range(repeats):
        begun = time.process_time()
        act()
        taken.append(time.process_time() - begun)
    return round(1000 * min(taken), 1)


def measure(services: Services) -> Iterator[tuple[str, float]]:
    people = services.people

    def opened() -> None:
        people.rows([entry.id for entry in people.entries()[:PAGE]])

    yield "open: all people counted, the first page in full", milliseconds(opened)
    yield "filter by a name", milliseconds(lambda: people.entries("an"))
    yield "sort by confirmed", milliseconds(lambda: people.entries(sort=Sort.CONFIRMED))
    yield "sort by last seen", milliseconds(lambda: people.entries(sort=Sort.SEEN))
    yield "type-ahead", milliseconds(lambda: people.complete("an"))
    largest, second = people.entries(sort=Sort.CONFIRMED)[:2]
    services.recognition.update()  # scores all waiting faces; the app does it in a thread when it starts
    fits = people.fits(largest.id)
    yield f"compare {largest.confirmed:,} faces of a person", milliseconds(lambda: people.fits(largest.id), 1)
    yield "list them, compared", milliseconds(lambda: people.faces(largest.id, fits=fits))
    yield "years and companions of them", milliseconds(lambda: people.appearances(largest.id))
    yield "preview of merging the two largest", milliseconds(lambda: people.preview_merge([second.id], largest.id))
    yield (
        f"merge them ({second.confirmed:,} faces move)",
        milliseconds(lambda: people.merge([second.id], largest.id), 1),
    )
    moved = services.people.faces(largest.id, fits=fits)[-1].id
    yield "plan to split them again", milliseconds(lambda: people.plan_split(largest.id, [moved]), 1)
    yield "undo the merge", milliseconds(services.review.undo, 1)
    yield "hide the largest", milliseconds(lambda: people.hide(largest.id), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the library")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    share = 10 if options.quick else 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "library.db"
        build(file, photos=100_000 // share, faces=300_000 // share, people=500 // share)
        services = Services.open(file)
        for name, taken in measure(services):
            print(json.dumps({"what": name, "ms": taken}) if options.json else f"{taken:10.1f} ms  {name}", flush=True)
        services.close()


if __name__ == "__main__":
    main()
