#!/usr/bin/env python3
"""The memory of a long scan, all its processes together, from its first photos to its last.

    python -m benchmarks.scan_memory [--minutes 6] [--made 24] [--photos 3000] [-- OPTION...]

Scans photos of 12 megapixels (benchmarks/large_photos.py): `--made` different ones, which come again and again with
a few bytes more after their end, so that each is a new photo; `OPTION`s go to `tui-tagger scan`. Prints memory over
time: what processes share counts once.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.large_photos import PEOPLE, Sources, make_photos
from benchmarks.processes import family, memory_of

SAMPLE = 0.5  # seconds
PARTS = 10


@dataclass(frozen=True)
class Sample:
    at: float  # seconds since the start
    total: int  # bytes of all processes
    largest: int  # bytes of the one that has most
    processes: int


def copies(made: Sequence[Path], folder: Path, count: int) -> None:
    """Photos that differ in what follows their end, which is a part of their identity."""
    folder.mkdir()
    for number in range(count):
        source = made[number % len(made)]
        (folder / f"{number:05}.jpg").write_bytes(source.read_bytes() + number.to_bytes(4, "big"))


def watched(command: Sequence[str], limit: float) -> tuple[list[Sample], str]:
    """Samples until the command ends or `limit` seconds are over, which ends it as ctrl+c does; what it printed."""
    samples, began, stopped = [], time.monotonic(), False
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        while process.poll() is None:
            memory = [memory_of(each) for each in family(process.pid)]
            samples.append(Sample(time.monotonic() - began, sum(memory), max(memory), len(memory)))
            if not stopped and time.monotonic() - began > limit:
                process.send_signal(signal.SIGINT)
                stopped = True
            time.sleep(SAMPLE)
        assert process.stdout is not None
        return samples, process.stdout.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--made", type=int, default=24)
    parser.add_argument("--photos", type=int, default=3000, help="at most so many")
    parser.add_argument("options", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        made = list(make_photos(Path(scratch) / "made", options.made, Sources.load(PEOPLE, Path(scratch))))
        folder, database = Path(scratch) / "photos", Path(scratch) / "library.db"
        copies(made, folder, options.photos)
        command = [sys.executable, "-m", "tui_tagger", "scan", str(folder), "--db", str(database), *options.options]
        samples, output = watched(command, options.minutes * 60)
    print(output)
    print("| seconds | most MB of all | mean MB of all | most MB of one process | processes |")
    print("|---|---|---|---|---|")
    size = -(-len(samples) // PARTS)
    for at in range(0, len(samples), size):
        part = samples[at : at + size]
        totals = [sample.total / 1e6 for sample in part]
        most = max(sample.largest for sample in part) / 1e6
        row = (part[-1].at, max(totals), sum(totals) / len(totals), most, max(sample.processes for sample in part))
        print("|", " | ".join(f"{value:.0f}" for value in row), "|")


if __name__ == "__main__":
    main()
