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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-id", default=COMPACT_ID)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--faces", type=int, default=20, help="confirmed faces of each person")
    options = parser.parse_args()
    known = [person for person in range(options.people) for _ in range(options.faces)]
    waiting = [n % options.people if n % 2 else options.people + n // 20 for n in range(options.waiting)]
    who = [*known, *waiting]
    faces = [
        PlacedFace(n // 3, f"2{n // 100_000:03}-01-01T00:00:00", person=f"P{p}" if n < len(known) else None)
        for n, p in enumerate(who)
    ]
    with library(faces, drawn(bank_for(options.model_id), who, 0), options.model_id) as services:
        print(f"{options.waiting:,} faces wait, {options.people} people with {options.faces} faces each")
        measure(services)


def measure(services: Services) -> None:
    full, stored = timed(services.recognition.update)
    print(f"first time, {stored:,} suggestions stored    {full:8.3f} s")
    again, _ = timed(Recognition().update)
    print(f"all anew, nothing to store               {again:8.3f} s")
    queue, order = timed(services.review.queue)
    print(f"queue planned                            {queue:8.3f} s")
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
    medians = {name: statistics.median(values) for name, values in parts.items()}
    for name, value in medians.items():
        print(f"after one confirmation: {name:16s} {value:8.3f} s")
    every = sum(medians.values())
    print(f"after one confirmation: everything       {every:8.3f} s   target {TARGET} s")
    print(f"all anew / everything after one confirmation: {again / every:.1f}")
    print(f"suggestions stored after one confirmation: median {statistics.median(counts):.0f}, most {max(counts)}")


def recorded(services: Services) -> int:
    return int(services.database.execute_sql("SELECT seq FROM sqlite_sequence WHERE name = 'change'").fetchone()[0])


def timed(action: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


if __name__ == "__main__":
    main()
