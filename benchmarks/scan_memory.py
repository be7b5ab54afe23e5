#!/usr/bin/env python3
"""The memory of a long scan, of all its processes and of each, from its first photos to its last.

    python -m benchmarks.scan_memory [--photos 10000] [--minutes 15] [--made 24] [-- OPTION...]

Scans a mix: every 50th photo has 12 megapixels (benchmarks/large_photos.py), the others are the same pictures in half a
megapixel and less, of many sizes. They come again and again with a few bytes more after their end, so that each is new.
After `--minutes` the scan is ended as by ctrl+c; `OPTION`s go to `tui-tagger scan`.

Prints memory over time (what processes share counts once) and, of the time while photos are read, its first and last
quarter and its growth by a straight line through the last three quarters. The first quarter is warm-up: models load,
and the first large photos come. At the end of a scan faces are grouped, which takes memory by the face.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.large_photos import PEOPLE, QUALITY, Sources, make_photos
from benchmarks.processes import family, memory_of

SAMPLE = 1.0  # seconds
PARTS = 12
ENDING = 3  # samples that see processes end
LARGE_EVERY = 50
SIDES = (560, 640, 720, 800, 820)  # long sides of the others


@dataclass(frozen=True)
class Sample:
    at: float  # seconds since the start
    each: dict[int, int]  # bytes by process

    @property
    def total(self) -> int:
        return sum(self.each.values())


def smaller(large: Sequence[Path], folder: Path) -> Iterator[Path]:
    """Each photo in all `SIDES`."""
    folder.mkdir()
    for path in large:
        for side in SIDES:
            with Image.open(path) as image:
                image.thumbnail((side, side))
                image.save(folder / f"{path.stem}-{side}.jpg", quality=QUALITY)
            yield folder / f"{path.stem}-{side}.jpg"


def mix(large: Sequence[Path], small: Sequence[Path], folder: Path, count: int) -> None:
    """Photos that differ in what follows their end, which is a part of their identity."""
    folder.mkdir()
    for number in range(count):
        turn, after = divmod(number, LARGE_EVERY)
        source = small[number % len(small)] if after else large[turn % len(large)]
        (folder / f"{number:05}.jpg").write_bytes(source.read_bytes() + number.to_bytes(4, "big"))


def watched(command: Sequence[str], limit: float) -> tuple[list[Sample], str]:
    """Samples until the command ends or `limit` seconds are over, which ends it as ctrl+c does; what it printed."""
    samples, began, stopped = list[Sample](), time.monotonic(), False
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        while process.poll() is None:
            each = {pid: memory for pid in family(process.pid) if (memory := memory_of(pid))}
            samples.append(Sample(time.monotonic() - began, each))
            if not stopped and time.monotonic() - began > limit:
                process.send_signal(signal.SIGINT)
                stopped = True
            time.sleep(SAMPLE)
        assert process.stdout is not None
        return samples, process.stdout.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=15, help="at most so many")
    parser.add_argument("--made", type=int, default=24, help="different photos of 12 megapixels")
    parser.add_argument("options", nargs="*", help="further options of tui-tagger scan, after --")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tui-tagger-memory-") as scratch:
        large = list(make_photos(Path(scratch) / "large", asked.made, Sources.load(PEOPLE, Path(scratch))))
        folder, database = Path(scratch) / "photos", Path(scratch) / "library.db"
        mix(large, list(smaller(large, Path(scratch) / "small")), folder, asked.photos)
        command = [sys.executable, "-m", "tui_tagger", "scan", str(folder), "--db", str(database), "--json"]
        samples, output = watched([*command, *asked.options], asked.minutes * 60)
    report = json.loads(output.splitlines()[-1])
    _tell(samples, int(report["new"]), int(report["faces"]))


def _tell(samples: Sequence[Sample], photos: int, faces: int) -> None:
    print(f"{photos} photos, one in {LARGE_EVERY} of 12 megapixels, {faces} faces in {samples[-1].at:.0f} s,")
    print(f"load {os.getloadavg()[0]:.1f} at the end.\n")
    print("| seconds | most MB of all | mean MB of all | most MB of one process | processes |\n|---|---|---|---|---|")
    size = -(-len(samples) // PARTS)
    for at in range(0, len(samples), size):
        part = samples[at : at + size]
        totals, largest = [sample.total for sample in part], max(max(sample.each.values()) for sample in part)
        row = (part[-1].at, max(totals) / 1e6, sum(totals) / len(totals) / 1e6, largest / 1e6)
        print("|", " | ".join(f"{value:.0f}" for value in row), f"| {max(len(sample.each) for sample in part)} |")

    reading = while_reading(samples)
    quarter = len(reading) // 4
    first, last, warm = reading[:quarter], reading[-quarter:], reading[quarter:]
    rate = photos / reading[-1].at
    print("\n| MB, mean (most), while photos are read | first quarter | last quarter | growth a 1,000 photos |")
    print("|---|---|---|---|")
    _tell_row("all processes", first, last, warm, rate, None)
    for number, pid in enumerate(sorted(set.intersection(*(set(sample.each) for sample in warm))), 1):
        _tell_row(f"process {number}", first, last, warm, rate, pid)
    grouping = [sample.total / 1e6 for sample in samples[len(reading) :]]
    print(
        f"\nAfterwards, {samples[-1].at - reading[-1].at:.0f} s of grouping: {max(grouping, default=0):.0f} MB at most."
    )


def while_reading(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Those with the processes that extract, which end with the last photo; without the last few."""
    most = max(len(sample.each) for sample in samples)
    last = max(number for number, sample in enumerate(samples) if len(sample.each) == most)
    return samples[: max(last - ENDING, 4)]


def _tell_row(
    name: str, first: Sequence[Sample], last: Sequence[Sample], warm: Sequence[Sample], rate: float, pid: int | None
) -> None:
    """`rate` is in photos a second; without `pid`, of all processes together."""

    def megabytes(samples: Sequence[Sample]) -> np.ndarray:
        return np.array([(sample.total if pid is None else sample.each.get(pid, 0)) / 1e6 for sample in samples])

    cells = [f"{values.mean():.0f} ({values.max():.0f})" for values in (megabytes(first), megabytes(last))]
    a_second = np.polyfit([sample.at for sample in warm], megabytes(warm), 1)[0]
    print(f"| {name} | {' | '.join(cells)} | {1000 * a_second / rate:+.1f} |")


if __name__ == "__main__":
    main()
