#!/usr/bin/env python3
"""Runs the fault suite ten times, each time with other moments and places, and prints what became of it.

    python -m benchmarks.faults [--times 10] [--rounds 3] [--quick] [--only KEYWORD]

Processes are killed with SIGKILL (the app in a pseudo-terminal, the worker and those that extract for it, one that
names faces, one that writes files), a disk is full, folders are read-only, the database is locked, broken at random
places, used by two programs at once; photos vanish during a scan; the clock jumps. After each, tests/faults looks
whether a decision was lost, a photo harmed, and whether what was told says what to do. `--rounds`: how often each test
that draws something is repeated in a run. Exit status 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FAULTS = (
    ("app killed", "the_app_is_killed"),
    ("naming killed", "reported_is_never_lost"),
    ("worker killed", "worker_is_killed"),
    ("extracting killed", "processes_that_extract"),
    ("writing killed", "a_write_is_killed"),
    ("database broken", "broken_at_random or damaged or declined or judge"),
    ("disk full", "disk_is_full or may_not_grow"),
    ("read-only", "read_only"),
    ("locked", "locked"),
    ("photos vanish", "vanish"),
    ("two programs", "two_programs"),
    ("clock jumps", "clock"),
)


def run(keyword: str, seed: int, rounds: int) -> tuple[dict[str, int], str]:
    """How many tests ended in each way, and what pytest printed."""
    command = [sys.executable, "-m", "pytest", "tests/faults", "-q", "-k", keyword, "-p", "no:cacheprovider"]
    environment = os.environ | {"FAULT_SEED": str(seed), "FAULT_ROUNDS": str(rounds), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", done.stdout)}
    if done.returncode and not counts.get("failed"):
        counts["error"] = counts.get("error", 0) + 1
    return counts, done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only faults whose name holds this")
    parser.add_argument("--quick", action="store_true", help="once, one round")
    arguments = parser.parse_args()
    times, rounds = (1, 1) if arguments.quick else (arguments.times, arguments.rounds)
    print("| fault | runs | tests passed | skipped | failed | seconds a run |\n|---|---|---|---|---|---|", flush=True)
    failed = 0
    for name, keyword in FAULTS:
        if arguments.only not in name:
            continue
        total: dict[str, int] = {}
        began = time.monotonic()
        for seed in range(1, times + 1):
            counts, printed = run(keyword, seed, rounds)
            if counts.get("failed") or counts.get("error"):
                print(f"seed {seed}:\n{printed}", file=sys.stderr, flush=True)
            total = {word: total.get(word, 0) + counts.get(word, 0) for word in {*total, *counts}}
        bad = total.get("failed", 0) + total.get("error", 0)
        failed += bad
        seconds = (time.monotonic() - began) / times
        row = (name, times, total.get("passed", 0), total.get("skipped", 0), bad, f"{seconds:.1f}")
        print(f"| {' | '.join(map(str, row))} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
