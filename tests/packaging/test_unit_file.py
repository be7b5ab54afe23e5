"""The unit for systemd: what systemd says of it, and that it starts what there is."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from tui_tagger.cli import cli

UNIT = Path(__file__).resolve().parents[2] / "packaging" / "tui-tagger-watch.service"


def test_starts_a_command_that_exists() -> None:
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(UNIT.read_text("utf-8"))
    program, command, *folders = parser["Service"]["ExecStart"].split()
    assert program.endswith("/tui-tagger")
    assert folders
    assert command == "watch"
    assert command in get_command(cli).commands  # type: ignore[attr-defined]


def test_ends_the_program_by_its_first_process_alone() -> None:
    """The worker processes end with it; a signal to them would look like photos that crash the decoder."""
    assert "KillMode=mixed" in UNIT.read_text("utf-8").splitlines()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_has_nothing_to_complain_about(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8").replace("%h/.local/bin/tui-tagger", "/bin/true")
    (tmp_path / UNIT.name).write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / UNIT.name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    complaints = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert not complaints
