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


def test_what_drops_rights_comes_with_users_of_its_own() -> None:
    """A user's systemd has no right to drop rights but in such a namespace: the unit would not start (218)."""
    lines = UNIT.read_text("utf-8").splitlines()
    walls = [line for line in lines if line.startswith(("Private", "Protect", "CapabilityBoundingSet", "ReadWrite"))]
    assert walls[0] == "PrivateUsers=yes"
    assert len(walls) > 5


def test_every_folder_that_it_may_write_is_made_first() -> None:
    """A missing one stops the unit (226)."""
    text = UNIT.read_text("utf-8")
    (writable,) = (line for line in text.splitlines() if line.startswith("ReadWritePaths="))
    made = text.partition("mkdir -p ")[2].splitlines()[0].split()
    assert {folder.replace("%h", "~") for folder in writable.partition("=")[2].split()} < set(made)
    assert f"mkdir -p {' '.join(made)}" in (UNIT.parents[1] / "docs" / "watching.md").read_text("utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_has_nothing_to_complain_about(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8").replace("%h/.local/bin/tui-tagger", "/bin/true")
    (tmp_path / UNIT.name).write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / UNIT.name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    complaints = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert not complaints
