#!/usr/bin/env python3
"""What one key costs in Review, in a library of which 100,000 faces wait and 200 people are known.

    OMP_NUM_THREADS=1 python -m benchmarks.decision [--waiting 100000] [--people 200] [--faces 20]

A real database in a temporary folder; embeddings drawn from the stranger bank's model, half of the waiting faces of
known people. Processor time of this process, which other work on the machine changes least; medians over the
decisions, and the ratio to the full computation in the same run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import TypeVar

from benchmarks.database import PlacedFace, drawn, library
from tui_tagger.faces.strangers import bank_for
from tui_tagger.faces.weights import COMPACT_ID
from tui_tagger.services import Services
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Face

T = TypeVar("T")
TARGET = 0.2  # seconds, for everything after a key
DECISIONS = 15


def report(model: str = COMPACT_ID, waiting: int = 100_000, people: int = 200, faces: int = 20) -> str:
    """What is measured, in Markdown, for a library of that size."""
    known = [person for person in range(people) for _ in range(faces)]
    others = [n % people if n % 2 else people + n // 20 for n in range(waiting)]
    who = [*known, *others]
    placed = [
        PlacedFace(n // 3, f"2{n // 100_000:03}-01-01T00:00:00", person=f"P{p}" if n < len(known) else None)
        for n, p in enumerate(who)
    ]
    with library(placed, drawn(bank_for(model), who, 0), model) as services:
        rows = "\n".join(f"| {name} | {value} |" for name, value in measured(services).items())
    return f"{waiting:,} faces wait, {people} people with {faces} faces each, {model}.\n\n| | |\n|---|---|\n{rows}"


def measured(services: Services) -> dict[str, str]:
    full, stored = timed(services.recognition.update)
    again, _ = timed(Recognition().update)
    queue, order = timed(services.review.queue)
    parts: dict[str, list[float]] = {"decision": [], "queue": [], "next question": []}
    counts = []
    for _ in range(DECISIONS):
        face = Face.get(Face.state == FaceState.SUGGESTED, Face.id == order[0])
        before = recorded(services)
        parts["decision"].append(timed(lambda face=face: services.review.accept([face.id], face.person_id, True))[0])  # type: ignore[misc]
        counts.append(recorded(services) - before - 1)
        seconds, order = timed(services.review.queue)
        parts["queue"].append(seconds)
        parts["next question"].append(timed(lambda order=order: services.review.item(order[0]))[0])  # type: ignore[misc]
    medians = {f"after one confirmation: {name}": statistics.median(values) for name, values in parts.items()}
    every = sum(medians.values())
    found = {
        f"first time, {stored:,} suggestions stored": full,
        "all anew, nothing to store": again,
        "queue planned": queue,
        **medians,
        f"after one confirmation: everything (target {TARGET} s)": every,
    }
    told = {name: f"{value:.3f} s" for name, value in found.items()}
    told["all anew to everything after one confirmation"] = f"{again / every:.0f} times"
    told["suggestions stored after one confirmation"] = f"median {statistics.median(counts):.0f}, most {max(counts)}"
    return told


def recorded(services: Services) -> int:
    return int(services.database.execute_sql("SELECT seq FROM sqlite_sequence WHERE name = 'change'").fetchone()[0])


def timed(action: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-id", default=COMPACT_ID)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--faces", type=int, default=20, help="confirmed faces of each person")
    options = parser.parse_args()
    print(report(options.model_id, options.waiting, options.people, options.faces))


if __name__ == "__main__":
    main()
