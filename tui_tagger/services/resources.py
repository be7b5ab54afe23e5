"""What long work may use of this machine: how many processes, how much memory, which device."""

from __future__ import annotations

import os
from dataclasses import dataclass

MEMORY = 1500  # MB of all processes of a scan together
A_PROCESS = 600  # MB at most, on photos of 12 megapixels (benchmarks/scan_memory.py)
THE_REST = 250  # MB of the process that writes, and of the one that asked


@dataclass(frozen=True, slots=True)
class Resources:
    """What the user allows: `device` is one of `devices.DEVICES`; no `processes` means as many as fit.

    `memory` is in MB and bounds how many that are. With the address of a `cluster`, its workers extract instead.
    """

    device: str = "auto"
    processes: int = 0
    memory: int = MEMORY
    cluster: str = ""

    def layout(self, device: str = "cpu") -> Layout:
        """How to divide this machine where the networks compute on `device`, "cpu", "cuda" or "mps"."""
        cores = usable_cores()
        if self.processes:
            processes = self.processes
        elif device != "cpu":
            processes = 1  # several would wait for the one accelerator
        else:
            memory = min(self.memory, _installed_memory() // 2)
            processes = max(1, min(cores, (memory - THE_REST) // A_PROCESS))
        return Layout(processes, max(1, cores // processes))


@dataclass(frozen=True, slots=True)
class Layout:
    """How many processes extract, and how many threads each of them computes with."""

    processes: int
    threads: int


def usable_cores() -> int:
    """How many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _installed_memory() -> int:
    """MB; where the system does not say, as much as any."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    except (AttributeError, ValueError, OSError):
        return 1_000_000
