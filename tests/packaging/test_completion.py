"""Completion in bash, zsh and fish: the scripts are made, installed where the shell looks, and answer."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shutil
import subprocess
import sys
import time
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


def environment(program: Path) -> dict[str, str]:
    """A home of its own, and the program on the path."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ZDOTDIR"))}
    env |= {"HOME": str(program.parents[1]), "PYTHONPATH": os.pathsep.join(sys.path)}
    return env | {"PATH": f"{program.parent}{os.pathsep}{env['PATH']}"}


def tagger(program: Path, *arguments: str, **variables: str) -> str:
    env = environment(program) | variables
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


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_a_command(program: Path) -> None:
    """What fish offers after `tui-tagger sc`, with the script where --install-completion puts it."""
    tagger(program, "--install-completion", "fish", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    done = subprocess.run(
        ["fish", "-c", "complete -C 'tui-tagger sc'"],
        env=environment(program),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["scan"], done.stderr


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_completes_a_command(program: Path) -> None:
    """Tab in a new zsh, as --install-completion leaves it: the first one loads, the second one completes."""
    tagger(program, "--install-completion", "zsh", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("zsh", ["zsh", "-i"], environment(program) | {"TERM": "dumb", "PS1": "ready> "})
    shown = b""
    try:
        for keys, answer in (("", "ready> "), ("tui-tagger mod\t\t", "tui-tagger models"), ("inst\t", " install")):
            os.write(terminal, keys.encode())
            until = time.monotonic() + 60
            while answer not in shown.decode("utf-8", "replace").replace("\a", ""):  # zsh beeps at the first
                assert time.monotonic() < until, shown
                if select.select([terminal], [], [], 0.5)[0]:
                    shown += os.read(terminal, 4096)
    finally:
        os.close(terminal)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)
        os.waitpid(pid, 0)
