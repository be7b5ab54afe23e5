"""Watches the process that tries inputs, counts what becomes of them, and starts it anew after a crash."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.fuzz_child import schedule

ROOT = Path(__file__).parent.parent
WALL = 90.0  # seconds without a report, whatever the processor did: a wait that never ends
KEPT = 10_000_000  # bytes of an input that is kept
STARTING = 120.0  # seconds until the first report


@dataclass
class Tally:
    """What became of one target's inputs; `found`: the number of the trial and the reason, of what is not right."""

    counts: Counter[str] = field(default_factory=Counter)
    found: list[tuple[int, str, str]] = field(default_factory=list)
    seconds: float = 0.0  # of processor time, the most that an input took
    memory: int = 0  # bytes, the most that was held

    @property
    def tried(self) -> int:
        return self.counts.total()


@dataclass(frozen=True)
class Plan:
    """What to try: `inputs` in all or until `minutes` are over; wrong ones are kept in `keep`."""

    targets: tuple[str, ...]
    corpus: Path
    seed: int = 1
    inputs: int | None = None
    minutes: float | None = None
    keep: Path | None = None


def run(plan: Plan) -> dict[str, Tally]:
    """Tries inputs until the plan's end."""
    tallies = {name: Tally() for name in plan.targets}
    until = time.monotonic() + plan.minutes * 60 if plan.minutes else float("inf")
    end = plan.inputs if plan.inputs is not None else sys.maxsize
    scratch = Path(tempfile.mkdtemp(prefix="fuzz-"))
    scratch.chmod(0o711)
    order = schedule(plan.targets)
    done = 0
    try:
        while done < end and time.monotonic() < until:
            for row in _watched(plan, done, scratch):
                name, number = next(order)
                _count(tallies[name], number, row, scratch, plan.keep)
                done += 1
                if done >= end or time.monotonic() >= until:
                    break
    finally:
        for path in scratch.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(scratch, ignore_errors=True)
    return tallies


def _count(tally: Tally, number: int, row: dict[str, Any], scratch: Path, keep: Path | None) -> None:
    tally.counts[row["result"]] += 1
    tally.seconds = max(tally.seconds, row.get("seconds", 0.0))
    tally.memory = max(tally.memory, row.get("memory", 0))
    if row["result"] in ("crashed", "hung"):
        tally.found.append((number, row["result"], row["reason"]))
        if keep is not None and len(tally.found) <= 20:
            target = keep / f"{row['result']}-{len(list(keep.glob('*'))) if keep.exists() else 0:03}"
            shutil.copytree(scratch / "input", target, symlinks=True, ignore=_not_kept, dirs_exist_ok=True)


def _not_kept(folder: str, names: list[str]) -> list[str]:
    """What cannot be copied or is too large: the seed makes it again."""
    paths = (Path(folder) / name for name in names)
    return [path.name for path in paths if not (path.is_dir() or (path.is_file() and path.stat().st_size < KEPT))]


def _watched(plan: Plan, first: int, scratch: Path) -> Iterator[dict[str, Any]]:
    """A report a trial from number `first` on; the last one is of the trial that ended the process."""
    homes = {name: str(scratch / name.lower()) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    for home in homes.values():
        Path(home).mkdir(exist_ok=True)
        Path(home).chmod(0o777)
    told = {
        "seed": plan.seed,
        "targets": plan.targets,
        "first": first,
        "corpus": str(plan.corpus),
        "scratch": str(scratch),
    }
    environment = os.environ | homes | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.fuzz_child", json.dumps(told)]
    errors = (scratch / "errors").open("w+")
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors)
    assert child.stdout is not None
    wait = STARTING
    try:
        while True:
            ready = select.select([child.stdout], [], [], wait)[0]
            line = child.stdout.readline() if ready else b""
            if not line and not (scratch / "input").exists():
                raise RuntimeError((scratch / "errors").read_text(errors="replace"))  # it did not get so far
            if not line:
                yield _ended(child, hung=not ready, errors=(scratch / "errors").read_text(errors="replace"))
                return
            yield (row := json.loads(line))
            if row["result"] == "crashed":
                return  # it ends by itself, with the input left in place
            wait = WALL
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        errors.close()


def _ended(child: subprocess.Popen[bytes], hung: bool, errors: str) -> dict[str, Any]:
    if hung:
        return {"result": "hung", "reason": f"nothing happened for {WALL:.0f} seconds"}
    status = child.wait()
    if status == -signal.SIGPROF:
        return {"result": "hung", "reason": "it took more processor time than an input may"}
    last = " | ".join(errors.strip().splitlines()[-2:])
    return {"result": "crashed", "reason": f"the process ended with {status}: {last}"[:500]}


def table(tallies: dict[str, Tally]) -> str:
    """Markdown: a row a target, and all of them."""
    rows = ["| inputs | tried | accepted | refused | crashed | hung | longest, s | most memory |", "|---" * 8 + "|"]
    total: Counter[str] = Counter()
    for name, tally in tallies.items():
        total += tally.counts
        seconds, memory = f"{tally.seconds:.1f}", f"{tally.memory / 1e6:,.0f} MB"
        rows.append(_row(name, tally.counts, seconds, memory))
    rows.append(_row("all", total, f"{max(t.seconds for t in tallies.values()):.1f}", ""))
    return "\n".join(rows)


def _row(name: str, counts: Counter[str], seconds: str, memory: str) -> str:
    results: Sequence[str] = [f"{counts[word]:,}" for word in ("accepted", "refused", "crashed", "hung")]
    return f"| {' | '.join((name, f'{counts.total():,}', *results, seconds, memory))} |"
