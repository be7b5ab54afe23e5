#!/usr/bin/env python3
"""Compares a scan with the original's way on the same photos of 12 megapixels, in one run.

    python -m benchmarks.scan [--quick] [--photos 128] [--baseline 8] [--rounds 2] [--recall 48] [-- OPTION...]

Ours is the command itself: `tui-tagger scan` with all its processes on a new database, and what follows `--`. The
baseline is what the original does (benchmarks/original.py): a whole decode, `facenet_pytorch.MTCNN` at full size with
its defaults, each face cut and embedded alone. Both take turns, so that other work on the machine meets both. Ours is
timed twice: the command from start to end, and from its first photo in the database to its last.

Prints a table for benchmarks/README.md: photos a second, their ratio, processor time a photo, the most memory of all
processes, and where the time of ours goes in one process. Beside it recall: how many of the baseline's boxes are found
again (shorter side over 40 px of the full photo, IoU > 0.5), all of them and those that lie on a face that is known to
be there (benchmarks/large_photos.py), since the baseline takes hands and neckties for faces as well. `--recall` has the
baseline look for faces in so many further photos. `--embedder facenet-vggface2` gives ours the baseline's network where
its weights are installed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
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
OVERLAP = 0.5  # of a box and the same one found again
ON_FACE = 0.4  # of a box and the face it lies on: those who annotated faces drew them in other ways


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


@dataclass(frozen=True)
class Compared:
    """One photo: the boxes of the baseline, ours, and the faces that are known to be there."""

    theirs: Sequence[Box]
    ours: Sequence[Box]
    known: Sequence[Box]

    def over(self, least: float) -> Compared:
        """The baseline's boxes and the known faces with a shorter side over `least`; ours may be a little smaller."""
        theirs, known = ([box for box in boxes if _side(box) > least] for boxes in (self.theirs, self.known))
        return Compared(theirs, self.ours, known)

    def again(self, on_faces: bool) -> tuple[int, int]:
        """How many of the baseline's boxes, or of those on known faces, are among ours, and of how many."""
        wanted = [box for box in self.theirs if not on_faces or _meets(box, self.known, ON_FACE)]
        return sum(_meets(box, self.ours, OVERLAP) for box in wanted), len(wanted)

    def found(self) -> tuple[int, int, int]:
        """How many known faces the baseline finds, how many ours, and of how many."""
        theirs, ours = (sum(_meets(face, boxes, ON_FACE) for face in self.known) for boxes in (self.theirs, self.ours))
        return theirs, ours, len(self.known)

    def elsewhere(self) -> tuple[int, int]:
        """How many boxes of the baseline lie on no known face, and of ours."""
        theirs, ours = (
            sum(not _meets(box, self.known, ON_FACE) for box in boxes) for boxes in (self.theirs, self.ours)
        )
        return theirs, ours


def _side(box: Box) -> float:
    return min(box.width, box.height)


def _meets(box: Box, others: Sequence[Box], least: float) -> bool:
    return any(box.iou(other) > least for other in others)


def interval(hits: int, of: int) -> tuple[float, float]:
    """In which share of hits, 95 % (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    z, share = 1.96, hits / of
    middle, width = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - width) / (1 + z * z / of), (middle + width) / (1 + z * z / of)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=PEOPLE, help="photos of people; drawn ones where it is absent")
    parser.add_argument("--photos", type=int, default=128)
    parser.add_argument(
        "--baseline", type=int, default=8, help="photos that the baseline takes a round: 8 are one of each kind"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--recall", type=int, default=48, help="further photos in which the baseline looks for faces")
    parser.add_argument("--embedder", default=COMPACT_ID)
    parser.add_argument("--quick", action="store_true", help="16 photos, of which the baseline takes 8, once")
    parser.add_argument("options", nargs="*", help="further options of tui-tagger scan, after --")
    asked = parser.parse_args()
    if asked.quick:
        asked.photos, asked.baseline, asked.rounds, asked.recall = 16, 8, 1, 0
    with tempfile.TemporaryDirectory(prefix="tui-tagger-scan-") as scratch:
        _compare(asked, Path(scratch))


def _compare(asked: argparse.Namespace, scratch: Path) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):  # the cache may hold FaceNet's weights
        os.environ[name] = str(scratch / "home")
    known = make_photos(scratch / "photos", asked.photos, Sources.load(asked.data, scratch))
    photos = list(known)
    original = Original()
    watcher, seen, runs = Watcher(original.pid), dict[Path, Seen](), list[tuple[Run, Arrivals]]()
    for turn in range(asked.rounds):
        some = range(turn * asked.baseline, (turn + 1) * asked.baseline)
        seen |= original.scan([photos[number % len(photos)] for number in some])
        runs.append(scan_ours(scratch / "photos", scratch / f"{turn}.db", asked.embedder, asked.options))
    watcher.end()
    timed = list(seen.values())
    seen |= original.scan([photo for photo in photos if photo not in seen][: asked.recall], embed=False)
    original.close()

    ours = boxes_in(scratch / "0.db")
    megabytes = sum(path.stat().st_size for path in photos) / len(photos) / 1e6
    print(f"{len(photos)} photos of 4000x3000, {megabytes:.1f} MB each, {sum(map(len, ours.values()))} faces found;")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; {asked.embedder}, theirs: FaceNet.\n")
    _tell_speed(timed, runs, len(photos), watcher.memory)
    _tell_recall([Compared(seen[photo].boxes, ours.get(str(photo), []), known[photo]) for photo in seen])
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


def _tell_recall(photos: Sequence[Compared]) -> None:
    print(f"\n| {len(photos)} photos | the original's | ours |\n|---|---|---|")
    for least in LEAST_SIDES:
        large = [photo.over(least) for photo in photos]
        for on_faces in (False, True):
            again, of = _sums(photo.again(on_faces) for photo in large)
            low, high = interval(again, of)
            which = " on known faces" if on_faces else ""
            share = f"{again / max(1, of):.1%}, 95 %: {low:.1%} to {high:.1%}"
            print(f"| its boxes over {least} px{which}; found again | {of} | {again} ({share}) |")
        theirs, ours, of = _sums(photo.found() for photo in large)
        print(f"| of {of} known faces over {least} px | {theirs} | {ours} |")
    theirs, ours = _sums(photo.elsewhere() for photo in photos)
    print(f"| boxes of any size on no known face | {theirs} | {ours} |")


def _sums(counts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*counts, strict=True)))


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
