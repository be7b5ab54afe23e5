#!/usr/bin/env python3
"""How long `tui-tagger scan` takes over files that did not change.

    python -m benchmarks.rescan [--photos 100000] [--rounds 3]

Makes the library of benchmarks/big_library.py with a file of one byte for each photo that is there, a tenth of them
with a sidecar, and scans it. Prints the time of the command from start to end, that of the scan itself, and memory.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.big_library import ROOT, build
from benchmarks.processes import Run, run
from tui_tagger.services.worker import SETTLED, suggestions_follow
from tui_tagger.storage.database import open_database, store_setting

SIDECARS = 10  # photos for each with a sidecar


def lay_out(folder: Path, database: Path) -> int:
    """Makes the files of the photos that are there, and lets the database know them; how many."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT id, path FROM photo WHERE status != 'offline'").fetchall()
        known = [(*_made(folder, path, beside=photo % SIDECARS == 0), photo) for photo, path in rows]
        connection.executemany(
            "UPDATE photo SET path = ?, folder = ?, size = ?, mtime_ns = ?, sidecar_ns = ? WHERE id = ?", known
        )
        connection.execute("DELETE FROM outdated")
        connection.commit()
    opened = open_database(database)
    store_setting(SETTLED, suggestions_follow())  # as the scan before leaves it: the suggestions were made already
    opened.close()
    return len(rows)


def _made(root: Path, known_as: str, beside: bool) -> tuple[str, str, int, int, int | None]:
    """Where a photo is now, its folder, its size and the times of it and its sidecar."""
    path = root / known_as.removeprefix(ROOT).lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    stat, sidecar = path.stat(), Path(f"{path}.xmp")
    if beside:
        sidecar.write_bytes(b"x")
    changed = sidecar.stat().st_mtime_ns if beside else None
    return str(path), str(path.parent), stat.st_size, stat.st_mtime_ns, changed


def scanned(folder: Path, database: Path) -> tuple[Run, dict[str, Any]]:
    command = [sys.executable, "-m", "tui_tagger", "scan", str(folder), "--db", str(database), "--json"]
    done = run(command)
    return done, json.loads(done.output.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, database = Path(scratch) / "photos", Path(scratch) / "library.db"
        build(database, options.photos, 3 * options.photos)
        files = lay_out(folder, database)
        print("| round | files | unchanged | command s | scan s | processor s | most memory MB |")
        print("|---|---|---|---|---|---|---|")
        for number in range(options.rounds):
            done, report = scanned(folder, database)
            times = f"{done.wall:.2f} | {report['seconds']} | {done.processor:.2f}"
            print(f"| {number + 1} | {files} | {report['unchanged']} | {times} | {done.memory / 1e6:.0f} |", flush=True)


if __name__ == "__main__":
    main()
