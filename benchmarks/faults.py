#!/usr/bin/env python3
"""Runs the fault suite ten times in a row, each time with other moments and places, and prints what became of it.

    python -m benchmarks.faults [--times 10] [--first 1] [-k EXPRESSION]

Processes are killed with SIGKILL (the app in a pseudo-terminal, the worker and those that extract for it, one that
names faces, one that writes files), a disk is full, folders are read-only, the database is locked, broken at random
places, used by two programs at once; photos vanish during a scan; the clock jumps. After each, tests/faults looks
whether a decision was lost, a photo harmed, and whether what was told says what to do. A run is all tests that are
marked `faults`; its moments are drawn from its number, from --first on. Exit status 1 if a test failed or a run took
over 5 minutes.
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
LONGEST = 300.0  # seconds of a run
ENDED = ("passed", "skipped", "failed", "error")


def run(number: int, expression: str) -> tuple[dict[str, int], str]:
    """How many tests ended in each way, and what pytest printed; the status of pytest itself counts too."""
    command = [sys.executable, "-m", "pytest", "tests/faults", "-q", "-m", "faults", "-k", expression]
    environment = os.environ | {"FAULT_SEED": str(number), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    counts = dict.fromkeys(ENDED, 0)
    counts |= {word: int(count) for count, word in re.findall(rf"(\d+) ({'|'.join(ENDED)})", done.stdout)}
    if done.returncode and not counts["failed"]:
        counts["error"] += 1
    return counts, done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="the number of the first run")
    parser.add_argument("-k", default="", metavar="EXPRESSION", help="only tests whose name fits, as pytest's -k")
    given = parser.parse_args()
    print(f"| run | {' | '.join(ENDED)} | seconds |\n|---|---|---|---|---|---|", flush=True)
    wrong = False
    for number in range(given.first, given.first + given.times):
        began = time.monotonic()
        counts, printed = run(number, given.k)
        seconds = time.monotonic() - began
        print(f"| {number} | {' | '.join(str(counts[word]) for word in ENDED)} | {seconds:.0f} |", flush=True)
        if bad := counts["failed"] or counts["error"] or not counts["passed"]:
            print(printed, file=sys.stderr, flush=True)
        wrong = wrong or bool(bad) or seconds > LONGEST
    return int(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
