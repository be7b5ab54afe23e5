"""The process in which inputs are tried: it may crash, hang or be killed; benchmarks/fuzz_runner.py looks on.

    python -m benchmarks.fuzz_child '{"seed": 1, "targets": ["photo"], "first": 0, "corpus": "...", "scratch": "..."}'

Prints one JSON object a trial. The trial after the last one that was told is the one at which the process ended.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import fuzz_library, fuzz_odd, fuzz_targets
from benchmarks.fuzz_targets import Target, Trial
from tui_tagger.errors import TaggerError

SECONDS = 40.0  # of processor time, after which an input counts as one that hangs; 289 megapixels take 18
MEMORY = 3_000_000_000  # bytes of address space that an input may take beyond what was there

TARGETS = {
    target.name: target
    for target in (
        Target("photo", fuzz_targets.photo, 60),
        Target("odd files", fuzz_odd.odd_files, 3),
        Target("sidecar", fuzz_targets.sidecar, 40),
        Target("picasa", fuzz_targets.picasa, 40),
        Target("undo record", fuzz_targets.undo_record, 60),
        Target("settings", fuzz_targets.settings, 60),
        Target("database rows", fuzz_library.database_rows, 10),
        Target("database file", fuzz_library.database_file, 5),
        Target("export", fuzz_library.export, 20),
        Target("compact weights", fuzz_targets.compact, 4),
        Target("FaceNet weights", fuzz_targets.facenet, 40),
        Target("stranger bank", fuzz_targets.bank, 8),
        Target("answers and searches", fuzz_targets.terminal, 200),
    )
}


def schedule(names: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Target and number of every trial, for ever: some of each target in turn."""
    turn = 0
    while True:
        for name in names:
            batch = TARGETS[name].batch
            yield from ((name, number) for number in range(turn * batch, (turn + 1) * batch))
        turn += 1


def verdict(trial: Trial, draw: random.Random, folder: Path) -> tuple[str, str]:
    """What became of one input, and why."""
    try:
        trial(draw, folder)
    except TaggerError as error:
        if not (error.message.strip() and error.hint.strip()):
            return "crashed", f"a refusal without a reason: {error!r}"
        return "refused", error.message
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return "crashed", f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {error}"[:500]
    return "accepted", ""


def fresh(folder: Path) -> Path:
    """An empty folder, whatever the last trial left in it."""
    for path in (folder, *folder.rglob("*")) if folder.exists() else ():
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def held() -> int:
    """Bytes of memory that are held now; from now on the most is counted."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS:")


def _status(name: str) -> int:
    return int(Path("/proc/self/status").read_text().partition(name)[2].split()[0]) * 1024


def limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def main() -> None:
    told: dict[str, Any] = json.loads(sys.argv[1])
    warnings.simplefilter("ignore")
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what else is printed does not get between the reports
    names, first, scratch = told["targets"], told["first"], Path(told["scratch"])
    trials: dict[str, Trial] = {}
    for at, (name, number) in enumerate(schedule(names)):
        if at < first:
            continue
        if name not in trials:
            own = scratch / "own" / name
            own.mkdir(parents=True, exist_ok=True)
            own.chmod(0o711)
            trials[name] = TARGETS[name].prepare(Path(told["corpus"]), fresh(own))
            own.chmod(0o711)
        folder = fresh(scratch / "input")
        draw = random.Random(f"{told['seed']} {name} {number}")
        before = held()
        limit_memory()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # its signal ends the process
        result, reason = verdict(trials[name], draw, folder)
        used = SECONDS - signal.setitimer(signal.ITIMER_PROF, 0)[0]
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        row = {"at": at, "result": result, "reason": reason, "seconds": used, "memory": _status("VmHWM:") - before}
        print(json.dumps(row), file=report, flush=True)
        if result == "crashed":
            return  # who knows what state it left


if __name__ == "__main__":
    main()
