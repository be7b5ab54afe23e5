"""What docs/security.md promises of the program as a whole: no code out of data, no network, nothing open to others."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import tui_tagger
from tests.faults.harm import AppInTerminal
from tests.screens.small_library import fill
from tui_tagger.cli.commands import cli
from tui_tagger.config import cache_dir, log_dir
from tui_tagger.services import Services

PACKAGE = Path(tui_tagger.__file__).parent
MODULES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}

RUNS_DATA = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "code", "runpy"}
CALLS = {"eval", "exec", "compile", "__import__", "breakpoint"}
ATTRIBUTES = {
    ("os", "system"),
    ("os", "popen"),
    ("importlib", "import_module"),
    ("torch.jit", "load"),
    ("torch", "jit"),
}
NETWORK = {"urllib.request", "urllib.error", "http.client", "http.server", "socket", "ftplib", "smtplib", "requests",
           "httpx", "aiohttp", "socketserver", "ssl", "asyncio.streams"}  # fmt: skip

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def calls(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call]]:
    """The owner and the name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield "", node.func.id, node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func.value), node.func.attr, node


def keyword(call: ast.Call, name: str) -> object:
    values = [word.value for word in call.keywords if word.arg == name]
    return values[0].value if values and isinstance(values[0], ast.Constant) else None


def code_out_of_data(tree: ast.AST) -> list[str]:
    found = [f"import {name}" for name in imported(tree) if name.partition(".")[0] in RUNS_DATA]
    for owner, name, call in calls(tree):
        fixed = name == "import_module" and all(isinstance(word, ast.Constant) for word in call.args)
        wrong = (owner == "" and name in CALLS) or ((owner, name) in ATTRIBUTES and not fixed)
        wrong = wrong or (owner == "torch" and name == "load" and keyword(call, "weights_only") is not True)
        wrong = wrong or (owner in ("np", "numpy") and name == "load" and keyword(call, "allow_pickle") is not False)
        wrong = wrong or keyword(call, "shell") is True
        found += [f"{owner}.{name}"] * wrong
    return found


def test_nothing_that_is_read_is_ever_run() -> None:
    assert {str(path): found for path, tree in MODULES.items() if (found := code_out_of_data(tree))} == {}
    assert sum(owner == "torch" and name == "load" for tree in MODULES.values() for owner, name, _ in calls(tree)) >= 2


@pytest.mark.parametrize(
    "text",
    [
        "import pickle", "from yaml import load", "eval(x)", "torch.load(p)", "torch.load(p, weights_only=False)",
        "np.load(p)", "np.load(p, allow_pickle=True)", "os.system(x)",
        "importlib.import_module(x)", "subprocess.run(x, shell=True)",
    ],
)  # fmt: skip
def test_the_search_for_it_can_find_it(text: str) -> None:
    assert len(code_out_of_data(ast.parse(text))) >= 1


def test_one_module_alone_knows_the_network() -> None:
    users = {path.name for path, tree in MODULES.items() if NETWORK & set(imported(tree))}
    assert users == {"weights.py"}


# Fails where anything connects or looks up a name. (urllib3, which facenet-pytorch loads, binds ::1 once for a moment.)
NO_NETWORK = """
import sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        address = arguments[1] if len(arguments) > 1 else arguments
        if not isinstance(address, (str, bytes)):  # not one of this machine's own sockets
            import os
            os.write(2, f"NETWORK: {event} {arguments}\\n".encode())
            os._exit(99)
sys.addaudithook(hook)
"""


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose `sitecustomize` watches every process of Python that is started, worker and pool among them."""
    folder = tmp_path / "hook"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, sys.path)]))
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Path:
    services = Services.open(tmp_path / "library.db")
    fill(services, tmp_path / "Pictures", photos=3)
    services.close()
    return tmp_path / "library.db"


def tagger(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tui_tagger", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)


DB = ("--db", "library.db")
TRIED = (
    ("scan", "Pictures", *DB),
    ("identify", "Pictures/party [0].jpg", *DB),
    ("write", *DB),
    ("write", "--undo", *DB),
    ("faces", *DB),
    ("people", "list", *DB),
    ("models", "list", *DB),
    ("settings", "--default"),
    ("doctor", "--bundle", "x.zip", "--images", "none", *DB),
)
OTHERS = {  # what those commands do, from another end
    "open": "tried by the test of the app",
    "demo": "a scan of drawn photos",
    "enrol": "a scan, and names",
    "watch": "a scan whenever photos arrive",
    "cluster": "works on the database alone",
    "import": "reads metadata as a scan does",
    "export": "works on the database alone",
}


@posix
def test_no_command_needs_the_network(offline: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(library.parent)
    for words in TRIED:
        done = tagger(*words)
        assert "NETWORK" not in done.stderr, (words, done.stderr)
        assert done.returncode in (0, 1), (words, done.stderr)
    app = AppInTerminal(*DB, "--images", "none")
    try:
        app.wait_for(b"Library")
        app.press(b"\x11")
        assert app.end() == 0
        assert b"NETWORK" not in app.shown
    finally:
        app.close()


@posix
def test_the_watch_over_the_network_can_see_it(offline: Path) -> None:
    code = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 99
    done = tagger("models", "install")
    assert (done.returncode, "NETWORK" in done.stderr) == (99, True)


KEPT = """
import os, sys, time
from pathlib import Path
os.umask(0)
from tests.services.workers import main
from tui_tagger import log
from tui_tagger.cli.detaching import scan_detached
from tui_tagger.faces.bank_files import bank_path, spherical_bank
from tui_tagger.services import Services, banks
from tui_tagger.services.elsewhere import Announcement
from tui_tagger.services.exporting import export_person
from tui_tagger.services.jobs import JobService
from tui_tagger.services.repair import repair
from tui_tagger.services.upkeep import after_session
from tui_tagger.storage.database import store_setting

if __name__ == "__main__":
    made, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    log.start()
    path = made / "new.db"
    opened = Services.open(path)
    store_setting("embedder", "fake-embedder")
    jobs = JobService(path, main)
    jobs.scan([pictures])
    while jobs.busy:
        jobs.wait(0.1)
    Announcement(path).follow([pictures], jobs.current())
    jobs.close()
    for photo in opened.library.photo_ids():
        opened.library.picture(photo, 300)
        opened.review.add_present(photo, "Anna")
    list(opened.tagging.write(to="sidecar"))
    for ending in ("json", "csv"):
        export_person(opened.people.find("Anna"), made / f"anna.{ending}")
    banks.store_bank(spherical_bank("fake", 256), bank_path("fake"))
    banks.store_bank(spherical_bank("fake", 256), banks.calibrated_path("fake"))
    for each in made.iterdir():  # while it is open: the log of SQLite too
        assert not each.stat().st_mode & 0o077, each
    assert {each.name for each in made.iterdir()} >= {"new.db", "new.db-wal", "new.db-shm"}
    opened.close()
    os.waitpid(scan_detached(path, [pictures]), 0)
    after_session(path)
    path.write_bytes(path.read_bytes()[:9000])
    list(repair(path))
"""
BUNDLE = """
import os, sys
os.umask(0)
from tui_tagger.cli import main
sys.argv[1:] = ["doctor", "--bundle", sys.argv[1] + "/x.zip", "--db", sys.argv[1] + "/new.db", "--images", "none"]
main()
"""


@posix
def test_with_any_umask_what_the_program_keeps_is_its_owner_s_alone(library: Path, tmp_path: Path) -> None:
    """Database, its logs, backups, previews, banks, logs, a bundle, exports: made by the real code with umask 000."""
    pictures, made = tmp_path / "Pictures", tmp_path / "made"
    Image.effect_noise((2000, 1500), 60).convert("RGB").save(pictures / "big.jpg")
    for photo in pictures.iterdir():
        photo.chmod(0o640)
    (tmp_path / "keep.py").write_text(KEPT)
    script = [sys.executable, str(tmp_path / "keep.py"), str(made), str(pictures)]
    done = subprocess.run(script, capture_output=True, text=True, env=_environment(), timeout=300)
    assert done.returncode == 0, done.stderr
    subprocess.run([sys.executable, "-c", BUNDLE, str(made)], capture_output=True, env=_environment(), timeout=300)
    kept = [path for folder in (made, cache_dir(), log_dir()) for path in (folder, *folder.rglob("*"))]
    names = {path.name for path in kept}
    assert {path.suffix for path in kept} >= {".db", ".damaged-1", ".backups", ".log", ".zip", ".jpg", ".npz", ".csv"}
    assert names >= {"anna.json", "strangers-fake.npz", "worker.log", "x.zip"}
    assert [name for name in names if name.startswith("strangers-fake-of-")]
    assert [name for name in names if name.startswith("new.db.scan-")]
    assert [path for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    beside = list(pictures.glob("*.xmp"))
    assert beside
    assert {stat.S_IMODE(path.stat().st_mode) for path in beside} == {0o640}  # as the photos


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), *filter(None, sys.path)])}


def test_a_new_command_is_to_be_thought_about_here() -> None:
    names = {command.name or command.callback.__name__ for command in cli.registered_commands if command.callback}
    names |= {str(group.name) for group in cli.registered_groups if group.name}
    assert names - {words[0] for words in TRIED} - OTHERS.keys() == set()
