#!/usr/bin/env python3
"""Compares a scan with the original's way on the same photos of 12 megapixels, in one run.

    python -m benchmarks.scan [--quick] [--photos 32] [--baseline 8] [--rounds 2] [-- OPTION...]

Ours is the command itself: `tui-tagger scan` with all its processes on a new database, and what follows `--`. The
baseline is what the original does (benchmarks/original.py): a whole decode, `facenet_pytorch.MTCNN` at full size with
its defaults, each face cut and embedded alone. Both take turns, so that other work on the machine meets both. Ours is
timed twice: the command from start to end, and from its first photo in the database to its last.

Prints a table for benchmarks/README.md: photos a second, their ratio, processor time a photo, recall of the baseline's
boxes beside it (shorter side over 40 px of the full photo, found with IoU > 0.5), the most memory of all processes, and
where the time of ours goes in one process. `--embedder facenet-vggface2` gives ours the baseline's network where its
weights are installed.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import stages
from benchmarks.large_photos import PEOPLE, Sources, make_photos
from benchmarks.original import Original, Seen
from benchmarks.processes import Run, Watcher, run
from tui_tagger.faces.weights import COMPACT_ID
from tui_tagger.geometry import Box
from tui_tagger.services.models import use
from tui_tagger.storage.database import open_database

LEAST_SIDES = (40, 60, 100)  # pixels of the full photo
STAGED = 16  # photos whose stages are timed
OVERLAP = 0.5


@dataclass
class Arrivals:
    """How many photos were in a database at which time."""

    database: Path
    seen: list[tuple[float, int]] = field(default_factory=list)

    def look(self) -> None:
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM photo").fetchone()
            if count and (not self.seen or count > self.seen[-1][1]):
                self.seen.append((time.perf_counter(), count))

    @property
    def rate(self) -> float:
        """Photos a second from the first that arrived to the last."""
        (began, first), (ended, last) = self.seen[0], self.seen[-1]
        return (last - first) / (ended - began) if last > first else float("nan")


def scan_ours(photos: Path, database: Path, embedder: str, options: Sequence[str]) -> tuple[Run, Arrivals]:
    choose(database, embedder)
    arrivals = Arrivals(database)
    command = [sys.executable, "-m", "tui_tagger", "scan", str(photos), "--db", str(database), "--json", *options]
    done = run(command, arrivals.look)
    arrivals.look()
    report = json.loads(done.output.splitlines()[-1])
    assert not report["failed"], report
    return done, arrivals


def choose(database: Path, embedder: str) -> None:
    opened = open_database(database)
    use(embedder)
    opened.close()


def boxes_in(database: Path) -> dict[str, list[Box]]:
    """The boxes of all faces by their photo's path."""
    found: dict[str, list[Box]] = {}
    rows = "SELECT photo.path, face.x, face.y, face.width, face.height FROM face JOIN photo ON photo.id = face.photo_id"
    with closing(sqlite3.connect(database)) as connection:
        for path, *box in connection.execute(rows):
            found.setdefault(os.fsdecode(path), []).append(Box(*box))
    return found


def recall(seen: dict[Path, Seen], ours: dict[str, list[Box]], least: float) -> tuple[int, int]:
    """How many of the baseline's boxes with a shorter side over `least` are among ours, and of how many."""
    wanted = [(str(path), box) for path, one in seen.items() for box in one.boxes if min(box.width, box.height) > least]
    again = sum(any(box.iou(other) > OVERLAP for other in ours.get(path, [])) for path, box in wanted)
    return again, len(wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=PEOPLE, help="photos of people; drawn ones where it is absent")
    parser.add_argument("--photos", type=int, default=32)
    parser.add_argument("--baseline", type=int, default=8, help="photos that the baseline takes a round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--embedder", default=COMPACT_ID)
    parser.add_argument("--quick", action="store_true", help="16 photos, of which the baseline takes 4, one round")
    parser.add_argument("options", nargs="*", help="further options of tui-tagger scan, after --")
    asked = parser.parse_args()
    if asked.quick:
        asked.photos, asked.baseline, asked.rounds = 16, 4, 1
    with tempfile.TemporaryDirectory(prefix="tui-tagger-scan-") as scratch:
        _compare(asked, Path(scratch))


def _compare(asked: argparse.Namespace, scratch: Path) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):  # the cache may hold FaceNet's weights
        os.environ[name] = str(scratch / "home")
    photos = make_photos(scratch / "photos", asked.photos, Sources.load(asked.data, scratch))
    original = Original()
    watcher, seen, runs = Watcher(original.pid), dict[Path, Seen](), list[tuple[Run, Arrivals]]()
    for turn in range(asked.rounds):
        some = range(turn * asked.baseline, (turn + 1) * asked.baseline)
        seen |= original.scan([photos[number % len(photos)] for number in some])
        runs.append(scan_ours(scratch / "photos", scratch / f"{turn}.db", asked.embedder, asked.options))
    watcher.end()
    original.close()

    ours = boxes_in(scratch / "0.db")
    megabytes = sum(path.stat().st_size for path in photos) / len(photos) / 1e6
    print(f"{len(photos)} photos of 4000x3000, {megabytes:.1f} MB each, {sum(map(len, ours.values()))} faces found;")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; {asked.embedder}, theirs: FaceNet.\n")
    _tell_speed(list(seen.values()), runs, len(photos), watcher.memory)
    for least in LEAST_SIDES:
        again, wanted = recall(seen, ours, least)
        print(f"| boxes over {least} px; found again | {wanted} | {again} ({again / max(1, wanted):.1%}) | |")
    _tell_stages(photos, scratch / "stages.db", asked.embedder)


def _tell_speed(seen: Sequence[Seen], runs: Sequence[tuple[Run, Arrivals]], photos: int, memory: int) -> None:
    theirs = len(seen) / sum(one.wall for one in seen)
    steady = sum(arrivals.rate for _, arrivals in runs) / len(runs)
    whole = photos * len(runs) / sum(one.wall for one, _ in runs)
    used_theirs = sum(one.processor for one in seen) / len(seen)
    used = sum(one.processor for one, _ in runs) / len(runs) / photos
    ours, processes = max(one.memory for one, _ in runs), max(one.processes for one, _ in runs)
    print("| | the original's way | ours | ratio |\n|---|---|---|---|")
    print(f"| photos a second, models loaded | {theirs:.2f} | {steady:.2f} | {steady / theirs:.1f} |")
    print(f"| photos a second, the whole command | | {whole:.2f} | {whole / theirs:.1f} |")
    print(f"| processor seconds a photo, whole command | {used_theirs:.2f} | {used:.2f} | {used_theirs / used:.1f} |")
    print(f"| memory at most, all processes | {memory / 1e6:.0f} MB | {ours / 1e6:.0f} MB ({processes} processes) | |")


def _tell_stages(photos: Sequence[Path], database: Path, embedder: str) -> None:
    choose(database, embedder)
    opened = open_database(database)
    few = photos[: min(STAGED, len(photos) - 1)]
    parts, faces, facenet = stages.measured(few, photos[-1])
    opened.close()
    total = sum(parts.values())
    print(f"\nOne process, one thread, {len(few)} of the photos, {faces} faces: {1000 * total / len(few):.0f} ms of")
    print(f"processor time a photo. FaceNet would take {1000 * facenet / len(few):.0f} ms a photo to embed.\n")
    print("| part | ms a photo | share |\n|---|---|---|")
    for name, seconds in sorted(parts.items(), key=lambda each: -each[1]):
        print(f"| {name} | {1000 * seconds / len(few):.1f} | {seconds / total:.0%} |")


if __name__ == "__main__":
    main()
