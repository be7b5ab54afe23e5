"""A command with all its processes: what it printed, its time, processor time and memory (Linux)."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SAMPLE = 0.1  # seconds


@dataclass(frozen=True)
class Run:
    output: str
    wall: float  # seconds
    processor: float  # seconds, of all processes
    memory: int  # bytes, the most of all processes together at one time; what they share counts once
    processes: int  # the most at one time


def run(command: Sequence[str], watch: Callable[[], None] = lambda: None) -> Run:
    """Runs `command` to its end; `watch` is called every `SAMPLE` seconds meanwhile. Raises on exit status 2."""
    before, began = _children_time(), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        most = Watcher(process.pid, watch)
        output, errors = process.communicate()
        most.end()
    if process.returncode not in (0, 1):
        raise RuntimeError(errors)
    return Run(output, time.perf_counter() - began, _children_time() - before, most.memory, most.processes)


class Watcher:
    """Looks at a process and its children now and then, in a thread."""

    def __init__(self, pid: int, watch: Callable[[], None] = lambda: None) -> None:
        self.memory = self.processes = 0
        self._pid, self._watch, self._over = pid, watch, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(SAMPLE):
            everyone = family(self._pid)
            self.processes = max(self.processes, len(everyone))
            self.memory = max(self.memory, sum(map(memory_of, everyone)))
            self._watch()

    def end(self) -> None:
        self._over.set()
        self._thread.join()


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for each in found:
        with suppress(OSError):
            for task in os.listdir(f"/proc/{each}/task"):  # noqa: PTH208
                found += map(int, Path(f"/proc/{each}/task/{task}/children").read_text().split())
    return found


def memory_of(pid: int) -> int:
    """Bytes in memory, what several processes share divided among them; 0 for one that ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _children_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
