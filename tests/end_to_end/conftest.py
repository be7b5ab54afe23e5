"""The real program on the real models: a library drawn once, and the command line as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tui_tagger.demo.library import GroundTruth, load_ground_truth


@dataclass(frozen=True)
class Result:
    status: int
    lines: list[dict[str, Any]]
    stderr: str


def tagger(*arguments: object, check: int | None = 0) -> Result:
    """Runs `tui-tagger ARGUMENTS --json` and parses what it prints."""
    command = [sys.executable, "-m", "tui_tagger", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, stdin=subprocess.DEVNULL)
    assert check is None or done.returncode == check, done.stdout + done.stderr
    return Result(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)


@pytest.fixture(scope="session")
def truth(demo_library: Path) -> GroundTruth:
    return load_ground_truth(demo_library)


@pytest.fixture(autouse=True)
def _real_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
