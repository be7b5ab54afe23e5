#!/usr/bin/env python3
"""Kills a process that writes names, with SIGKILL at random moments, and looks at what is left.

    python -m benchmarks.kills [--times 200] [--photos 8] [--seed 1]

Each time: a library of drawn JPEG, PNG, WebP and GIF files (which get a sidecar) with a confirmed name each; one
process writes the names and is killed; another opens the library as the app does at its start. Then each file must be
the old one or a new one that holds its name, with an undo record for every new one; nothing else may lie in the
folder; the rest of the queue is written, and undo gives every file its old bytes back. Prints one JSON object; status
1 if a kill left anything else.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tui_tagger.metadata.undo import UndoRecord
from tui_tagger.metadata.xmp import read_people
from tui_tagger.services.listing import unwritten
from tui_tagger.services.tagging import TaggingService
from tui_tagger.storage.database import open_database
from tui_tagger.storage.models import Face, FileWrite, Person, Photo

SUFFIXES = (".jpg", ".png", ".webp", ".gif")
Contents = dict[str, bytes]


def make_library(folder: Path, photos: int) -> None:
    """Files and a database in which each has a confirmed name of its own."""
    (folder / "photos").mkdir(parents=True)
    database = open_database(folder / "library.db")
    for number in range(photos):
        path = folder / "photos" / f"{number:02}{SUFFIXES[number % len(SUFFIXES)]}"
        Image.effect_noise((64, 48), 60).convert("RGB").save(path)
        status = path.stat()
        row = Photo.create(
            path=path,
            folder=path.parent,
            name=path.name,
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            image_hash=path.name,
            width=64,
            height=48,
        )
        person = Person.create(name=f"Person {number}")
        Face.create(photo=row, person=person, state="confirmed", x=8, y=8, width=16, height=16)
    database.close()


def in_child(work: Callable[[], None], kill_after: float | None = None) -> float:
    """Runs `work` in a forked process, killed after so many seconds; the seconds it took. Raises if it fails."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # the child must not go on as its parent
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, -signal.SIGKILL):
        raise AssertionError("the child found something wrong")
    return time.monotonic() - began


def write_all(folder: Path) -> None:
    open_database(folder / "library.db")
    tagging = TaggingService()
    tagging.recover()
    tagging.write()


def contents(folder: Path) -> Contents:
    return {each.name: each.read_bytes() for each in (folder / "photos").iterdir()}


def judge(folder: Path, before: Contents) -> None:
    """What the next start finds and does; writes the counts to judged.json. Raises AssertionError."""
    litter = len(contents(folder).keys() - before.keys() - {f"{name}.xmp" for name in before})
    open_database(folder / "library.db")
    tagging = TaggingService()
    recovered = tagging.recover()
    found = contents(folder)
    assert not any(name.endswith(".tmp") for name in found), "litter is left"
    new = {name for name, data in found.items() if before.get(name) != data}
    recorded = {UndoRecord.from_bytes(row.undo).path.name for row in FileWrite.select()}
    assert new == recorded, f"new files {new}, but undo records for {recorded}"
    for photo in Photo.select():
        is_new = bool({photo.name, f"{photo.name}.xmp"} & new)
        names = [region.name for region in read_people(photo.path)]
        assert names == ([f"Person {int(photo.path.stem)}"] if is_new else []), (photo.name, names)
        assert (photo.id in unwritten()) == (not is_new), (photo.name, "the queue")
    tagging.write()  # the rest of the queue
    assert not unwritten()
    for _ in range(2):  # the interrupted write and the rest of the queue; or one of them
        if contents(folder) != before:
            tagging.undo_last()
    assert contents(folder) == before, "undo did not give the old bytes back"
    counts = {"new": len(new), "old": len(before) - len(new), "litter swept": litter, "interrupted": recovered}
    (folder / "judged.json").write_text(json.dumps(counts))


def run(times: int, photos: int, seed: int) -> dict[str, int]:
    chance = random.Random(seed)
    counts: Counter[str] = Counter(kills=0)
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        original = Path(scratch) / "original"
        make_library(original, photos)
        before = contents(original)
        for number in range(times + 1):
            folder = Path(scratch) / "trial"  # the paths in the database are those of the original
            shutil.copytree(original, folder)
            original.rename(original.with_name("kept"))
            folder.rename(original)
            if number == 0:
                whole = in_child(lambda: write_all(original))
            else:
                in_child(lambda: write_all(original), chance.uniform(0, whole))
                in_child(lambda: judge(original, before))
                counts += Counter(json.loads((original / "judged.json").read_text()))
                counts["kills"] += 1
            shutil.rmtree(original)
            original.with_name("kept").rename(original)
    return dict(counts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--photos", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.times, arguments.photos, arguments.seed)))
