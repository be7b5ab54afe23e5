"""The wheel and the source archive: what is in them, and that they install and run where there is no checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import tui_tagger

ROOT = Path(__file__).resolve().parents[2]
VERSION = tui_tagger.__version__

pytestmark = pytest.mark.xdist_group("wheel")  # built once


def run(*command: object, folder: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=env, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both: the wheel is built from the source archive."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, folder=ROOT)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target")
    run(*pip, folder, built / f"tui_tagger-{VERSION}-py3-none-any.whl", folder=folder)
    return folder


@pytest.fixture
def elsewhere(installed: Path, tmp_path: Path) -> dict[str, str]:
    """An environment in which the installed wheel is found and the checkout is not."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {"PYTHONPATH": str(installed), "HOME": str(tmp_path)}


def test_version_comes_from_one_place(built: Path, tmp_path: Path, elsewhere: dict[str, str]) -> None:
    assert {path.name for path in built.iterdir()} == {
        f"tui_tagger-{VERSION}-py3-none-any.whl",
        f"tui_tagger-{VERSION}.tar.gz",
    }
    said = run(sys.executable, "-m", "tui_tagger", "--version", folder=tmp_path, env=elsewhere)
    assert said.strip() == f"tui-tagger {VERSION}"


def test_installed_wheel_runs_elsewhere(installed: Path, tmp_path: Path, elsewhere: dict[str, str]) -> None:
    where = run(sys.executable, "-c", "import tui_tagger; print(tui_tagger.__file__)", folder=tmp_path, env=elsewhere)
    assert Path(where.strip()).is_relative_to(installed)
    lines = run(sys.executable, "-m", "tui_tagger", "doctor", "--json", folder=tmp_path, env=elsewhere).splitlines()
    checks = {check["name"]: check for check in map(json.loads, lines)}
    assert checks["compact model"]["ok"]
    assert checks["strangers"]["text"].startswith("500 ")


def test_installed_wheel_brings_its_data(installed: Path) -> None:
    for name in ("app.tcss", "data/coastline.npz", "data/compact.npz", "data/strangers-compact-2.npz"):
        assert (installed / "tui_tagger" / name).read_bytes() == (ROOT / "tui_tagger" / name).read_bytes()
    assert (installed / "share/man/man1/tui-tagger.1").is_file()
    assert not (installed / "tests").exists()


def test_archives_hold_what_is_needed_and_nothing_else(built: Path) -> None:
    with tarfile.open(built / f"tui_tagger-{VERSION}.tar.gz") as archive:
        names = [Path(*Path(name).parts[1:]) for name in archive.getnames()]
    beside = {"PKG-INFO", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml"}
    assert {str(name) for name in names if name.parts[0] not in ("tui_tagger", "packaging")} == beside
    assert [str(name) for name in names if name.parts[0] == "packaging"] == ["packaging/tui-tagger.1"]
    with zipfile.ZipFile(built / f"tui_tagger-{VERSION}-py3-none-any.whl") as wheel:
        shipped = {name for name in wheel.namelist() if name.startswith("tui_tagger/")}
    assert shipped == {name.as_posix() for name in names if name.parts[0] == "tui_tagger"}
    tracked = subprocess.run(["git", "ls-files", "tui_tagger"], cwd=ROOT, capture_output=True, text=True).stdout
    if tracked:
        assert shipped >= set(tracked.split())
