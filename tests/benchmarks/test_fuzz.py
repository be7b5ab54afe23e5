"""A short run of benchmarks/fuzz.py, always the same one: nothing crashes, nothing hangs."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from benchmarks import fuzz_odd
from benchmarks.fuzz_child import TARGETS, verdict
from benchmarks.fuzz_mutations import mutated
from benchmarks.fuzz_runner import Plan, Tally, _watched, run, table

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX limits, signals and pipes")

ROUND = sum(target.batch for target in TARGETS.values())
SLOW = {"bomb within the limit, transparent", "bomb within the limit", "bomb of 2.5 gigapixels"}


def test_some_of_every_kind_of_input_neither_crash_nor_hang(tmp_path: Path) -> None:
    quick = tuple(name for name in TARGETS if name not in ("odd files", "compact weights", "FaceNet weights"))
    tallies = run(Plan(quick, tmp_path / "no corpus", seed=7, inputs=ROUND))
    assert [(name, each) for name, tally in tallies.items() for each in tally.found] == []
    assert all(tally.tried for tally in tallies.values())
    assert sum(tally.counts["refused"] for tally in tallies.values()) > 50


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Loaded as root, for what runs as another user."""
    folder = tmp_path_factory.mktemp("odd")
    fuzz_odd.odd_files(folder, folder)


@pytest.mark.parametrize("name", sorted(set(fuzz_odd.ODD) - SLOW))
@pytest.mark.usefixtures("odd")
def test_odd_things_in_a_folder_are_left_out_or_shown(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    fuzz_odd.ODD[name](folder)

    def trial(_draw: random.Random, _folder: Path) -> None:
        fuzz_odd.use(folder, tmp_path / "library.db")

    result, reason = verdict(trial, random.Random(0), folder)
    assert result in ("accepted", "refused"), reason


def test_the_same_seed_makes_the_same_input() -> None:
    first, again = (mutated(random.Random("1 x 5"), b"whole" * 50, [b"other" * 50], [b"token"]) for _ in range(2))
    assert first == again != b"whole" * 50


def test_what_crashes_hangs_or_gives_no_hint_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tui_tagger.errors import UsageError

    def fail(_draw: random.Random, _folder: Path) -> None:
        raise ValueError("odd")

    def refuse(_draw: random.Random, _folder: Path) -> None:
        raise UsageError("no", "")

    draw = random.Random(0)
    assert verdict(fail, draw, tmp_path)[0] == verdict(refuse, draw, tmp_path)[0] == "crashed"
    monkeypatch.setattr("benchmarks.fuzz_runner.WALL", 0.05)
    (tmp_path / "input").mkdir()
    monkeypatch.setattr("benchmarks.fuzz_runner.STARTING", 0.05)
    began = time.monotonic()
    (row,) = _watched(Plan(("photo",), tmp_path), 0, tmp_path)
    assert row["result"] == "hung"
    assert time.monotonic() - began < 20
    tally = Tally()
    tally.counts["hung"] += 1
    assert "| photo | 1 | 0 | 0 | 0 | 1 |" in table({"photo": tally})
