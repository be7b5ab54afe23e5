"""Completion in bash, zsh and fish: the scripts are made, installed where the shell looks, and answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

VARIABLE = "_TUI_TAGGER_COMPLETE"
WHERE = {
    "bash": ".bash_completions/tui-tagger.sh",
    "zsh": ".zfunc/_tui-tagger",
    "fish": ".config/fish/completions/tui-tagger.fish",
}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """`tui-tagger` in a folder of its own: completion goes by the name of the program."""
    path = tmp_path / "bin" / "tui-tagger"
    path.parent.mkdir()
    path.write_text(f"#!{sys.executable}\nfrom tui_tagger.cli import main\nmain()\n", "utf-8")
    path.chmod(0o755)
    return path


def tagger(program: Path, *arguments: str, **variables: str) -> str:
    env = os.environ | {"HOME": str(program.parents[1]), "PYTHONPATH": os.pathsep.join(sys.path)} | variables
    env["PATH"] = f"{program.parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run([str(program), *arguments], env=env, capture_output=True, text=True, timeout=60)
    return done.stdout


@pytest.mark.parametrize("shell", WHERE)
def test_script_for(shell: str, program: Path) -> None:
    script = tagger(program, **{VARIABLE: f"source_{shell}"})
    assert "tui-tagger" in script
    assert VARIABLE in script
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("shell", WHERE)
def test_install_completion(shell: str, program: Path) -> None:
    said = tagger(program, "--install-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert f"{shell} completion installed" in said
    assert VARIABLE in (program.parents[1] / WHERE[shell]).read_text("utf-8")


def test_answers_commands_and_options(program: Path) -> None:
    def complete(line: str, word: int) -> list[str]:
        return tagger(program, **{VARIABLE: "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(word)}).split()

    assert complete("tui-tagger sc", 1) == ["scan"]
    assert {"--db", "--json", "--dry-run"} <= set(complete("tui-tagger write --", 2))
    assert "install" in complete("tui-tagger models in", 2)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_answers_the_other_shells(shell: str, program: Path) -> None:
    def complete(line: str) -> str:
        asked = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
        return tagger(program, **{VARIABLE: f"complete_{shell}"}, **asked)

    assert "scan" in complete("tui-tagger sc")
    assert "write" not in complete("tui-tagger sc")
    assert "install" in complete("tui-tagger models in")
    assert "--dry-run" in complete("tui-tagger write --d")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_a_command(program: Path) -> None:
    """What bash itself does with the installed script when tab is pressed after `tui-tagger sc`."""
    script = tagger(program, **{VARIABLE: "source_bash"})
    ask = 'COMP_WORDS=(tui-tagger sc); COMP_CWORD=1; _tui_tagger_completion tui-tagger; echo "${COMPREPLY[*]}"'
    env = os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "scan", done.stderr
