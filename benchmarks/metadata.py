#!/usr/bin/env python3
"""Writes names into a copy of every file of the metadata corpus and looks for harm.

    python -m benchmarks.metadata --data ../shared/data [--quick]

`--data` holds a folder `metadata` of real and broken photos. Each is copied and gets two names, one with a face box.
Then the same again with a description, which EXIF gets too where piexif can write it without loss. Checked for each:
the hash of the image data, everything outside of the XMP byte by byte, what `exiftool -json -G1 -a` and `exiv2 -pa` see
before and after (where they are installed), that the names are read back, that a second write finds nothing to do, and
that undo gives the old bytes back. Then processes that write are killed at 200 random moments (benchmarks/kills.py).
`--quick`: every 8th file and 20 kills. Exit status 1 if there is any harm.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import kills, oracles
from tui_tagger.errors import TaggerError
from tui_tagger.geometry import Box
from tui_tagger.metadata import container, exiftext, writer
from tui_tagger.metadata.identity import image_hash
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.writer import UndoRecord, WritePlan, WriteRequest
from tui_tagger.metadata.xmp import read_people

PEOPLE = (NamedRegion("Zoë & 李", Box(2, 3, 8, 9)), NamedRegion("Bob Test", None))
DESCRIPTION = "Zoë & 李 and Bob Test, Lisbon, 12 July 2019"
NAMES = {region.name for region in PEOPLE}


@dataclass
class Trial:
    """One file's way through the benchmark."""

    source: Path
    path: Path  # the copy
    before: bytes
    description: str = ""
    complaints: set[str] = field(default_factory=set)
    plan: WritePlan | None = None
    error: str = ""
    records: list[UndoRecord] = field(default_factory=list)
    seconds: float = 0.0
    in_exif: bool = False  # the description
    harm: list[str] = field(default_factory=list)

    def request(self) -> WriteRequest:
        return WriteRequest(self.path, PEOPLE, description=self.description)


def corpus(data: Path, step: int = 1) -> list[Path]:
    found = (each for each in (data / "metadata").rglob("*") if each.suffix not in ("", ".tsv", ".txt", ".xmp"))
    return sorted(found)[::step]


def copied(source: Path, folder: Path, number: int, description: str) -> Trial:
    (folder / f"{number:04}").mkdir()
    path = folder / f"{number:04}" / source.name
    path.write_bytes(source.read_bytes())
    return Trial(source, path, path.read_bytes(), description)


def write(trial: Trial) -> None:
    began = time.perf_counter()
    try:
        trial.plan = writer.plan(trial.request())
        if trial.plan.kind in ("file", "sidecar"):
            writer.apply(trial.plan, trial.records.append)
    except TaggerError as error:
        trial.error = str(error)
    trial.seconds = time.perf_counter() - began


def verify(trial: Trial) -> None:
    """Harm that our own parsers can see."""
    after = trial.path.read_bytes()
    plan = trial.plan
    if plan is None or plan.kind != "file":
        check(trial, after == trial.before, "the photo changed without being written to")
    else:
        kind = container.sniff(trial.before)
        old, new = container.remainder(kind, trial.before), container.remainder(kind, after)
        if new != old and trial.description and kind == "jpeg":
            trial.in_exif = True
            exiftext.verify(old, new)
        else:
            check(trial, new == old, "bytes outside of the XMP changed")
    check(trial, image_hash(after) == image_hash(trial.before), "the image data changed")
    if trial.records:
        check(trial, {region.name for region in read_people(trial.path)} >= NAMES, "the names are not read back")
        check(trial, writer.plan(trial.request()).kind == "none", "a second write changes something")


def undo(trial: Trial) -> None:
    for record in reversed(trial.records):
        writer.undo(record)
    check(trial, trial.path.read_bytes() == trial.before, "undo does not give the old bytes back")
    check(trial, len(list(trial.path.parent.iterdir())) == 1, "undo leaves files")


def check(trial: Trial, good: bool, harm: str) -> None:
    if not good:
        trial.harm.append(harm)


def measure(data: Path, step: int, folder: Path, description: str = "") -> list[Trial]:
    folder.mkdir()
    trials = [copied(source, folder, number, description) for number, source in enumerate(corpus(data, step))]
    paths = [trial.path for trial in trials]
    with_exiftool, with_exiv2 = shutil.which("exiftool"), shutil.which("exiv2")
    seen = oracles.exiftool_tags(paths) if with_exiftool else {}
    for trial in trials:
        trial.complaints = oracles.exiv2_complaints(trial.path) if with_exiv2 else set()
        write(trial)
        verify(trial)
        if with_exiv2 and trial.plan and trial.plan.kind == "file":
            new = oracles.exiv2_complaints(trial.path) - trial.complaints
            trial.harm += [f"exiv2: {line}" for line in sorted(new)]
    after = oracles.exiftool_tags(paths) if with_exiftool else {}
    for trial in trials:
        growth = trial.path.stat().st_size - len(trial.before)
        found = oracles.differences(seen.get(trial.path, {}), after.get(trial.path, {}), growth)
        trial.harm += [f"exiftool: {line}" for line in found]
        undo(trial)
    return trials


def report(trials: list[Trial]) -> None:
    kinds = Counter(trial.plan.kind if trial.plan else "error" for trial in trials)
    written = [trial for trial in trials if trial.records]
    print(f"files tried                       {len(trials)}")
    for kind, words in (("file", "written in the file"), ("sidecar", "written as a sidecar")):
        print(f"{words:33} {kinds[kind]}")
    reasons = Counter(trial.plan.reason for trial in trials if trial.plan and trial.plan.kind == "sidecar")
    _print_reasons(reasons)
    refused = [trial for trial in trials if trial.plan is None or trial.plan.kind == "refused"]
    print(f"refused                           {len(refused)}")
    _print_reasons(Counter(trial.plan.reason if trial.plan else trial.error for trial in refused))
    print(f"verified, and undone byte by byte {sum(not trial.harm for trial in written)} of {len(written)}")
    print(f"oracles                           {', '.join(filter(shutil.which, ('exiftool', 'exiv2'))) or 'none'}")
    times = sorted(trial.seconds * 1e3 for trial in written)
    if times:
        print(f"milliseconds a file               {statistics.median(times):.1f} (median), {times[-1]:.0f} (longest)")
    report_harm(trials)


def report_described(trials: list[Trial]) -> None:
    offered = [trial for trial in trials if trial.plan and trial.plan.description]
    print(f"descriptions offered              {len(offered)} of {sum(bool(trial.records) for trial in trials)}")
    print(f"  in EXIF too                     {sum(trial.in_exif for trial in offered)}")
    print(f"  verified, undone byte by byte   {sum(not trial.harm for trial in offered)}")
    report_harm(trials)


def report_harm(trials: list[Trial]) -> None:
    for trial in trials:
        for harm in trial.harm:
            print(f"HARM {trial.source.parent.name}/{trial.source.name}: {harm[:300]}")


def _print_reasons(reasons: Counter[str]) -> None:
    for reason, count in reasons.most_common():
        print(f"  {count:4}  {reason}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # Pillow's, about broken metadata
    logging.disable(logging.WARNING)
    step = 8 if arguments.quick else 1
    with tempfile.TemporaryDirectory(prefix="metadata-") as folder:
        trials = measure(arguments.data, step, Path(folder) / "names")
        described = measure(arguments.data, step, Path(folder) / "described", DESCRIPTION)
    report(trials)
    report_described(described)
    counts = kills.run(20 if arguments.quick else 200, 8, seed=1)
    print("kills                             " + ", ".join(f"{count} {word}" for word, count in counts.items()))
    return int(any(trial.harm for trial in [*trials, *described]))


if __name__ == "__main__":
    sys.exit(main())
