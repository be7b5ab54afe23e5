from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui_tagger.cli.launch import Order, order
from tui_tagger.settings import Pictures


def test_what_plainly_opens_the_app(tmp_path: Path) -> None:
    assert order([]) == Order()
    assert order([str(tmp_path), "--db", "x.db"]) == Order((tmp_path,), Path("x.db"))
    assert order(["--images=sixel", "--config", "c.toml"]) == Order((), None, "sixel", Path("c.toml"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan"],
        ["--help"],
        ["--version"],
        ["-h"],
        ["--db"],
        ["--db="],
        ["--images", "ascii"],
        ["--unknown", "x"],
        ["/there/is/no/such/folder"],
        ["people", "list"],
        ["--", "x"],
    ],
)
def test_everything_else_is_for_the_command_line(arguments: list[str]) -> None:
    assert order(arguments) is None


def test_a_folder_with_the_name_of_a_command_is_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scan").mkdir()
    assert order(["scan"]) is None
    assert order([f".{os.sep}scan"]) == Order((Path("scan"),))


def test_completion_is_for_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TUI_TAGGER_COMPLETE", "complete_bash")
    assert order([]) is None


@pytest.mark.parametrize("protocol", Pictures.__dataclass_fields__["protocol"].metadata["choices"])
def test_every_protocol_is_known(protocol: str) -> None:
    assert order(["--images", protocol]) == Order(images=protocol)


def test_opening_the_app_loads_no_command_line() -> None:
    """Typer takes a third of the time until the first frame."""
    code = (
        "import sys, tui_tagger.cli, tui_tagger.widgets.terminal, tui_tagger.app;"
        "print(sorted({'typer', 'pydantic', 'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
