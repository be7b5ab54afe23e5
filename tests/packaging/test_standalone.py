"""The standalone program on Linux, as somebody has it who has nothing else: no Python, an empty home, no network.

`make dist-test` builds it first. TUI_TAGGER_DIST names another folder than dist/.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pyte
import pytest
from PIL import Image

from tests.conftest import paint_photo
from tools.build_licences import of_system
from tools.standalone import system_libraries
from tui_tagger import __version__

DIST = Path(os.environ.get("TUI_TAGGER_DIST", Path(__file__).resolve().parents[2] / "dist"))
FOLDER = DIST / "tui-tagger"
FILES = sorted(DIST.glob(f"tui-tagger-{__version__}-linux-*"))
CUT_OFF = ["unshare", "--user", "--map-root-user", "--net"]  # an empty network: not even the loopback is up
DEADLINE = 400
COMMANDS = ("cat", "grep", "kill", "ls", "mkdir", "mv", "rm", "sha256sum", "tail", "tar", "wc", "xz", "gzip", "zstd")

pytestmark = [
    pytest.mark.xdist_group("standalone"),
    pytest.mark.skipif(not FOLDER.is_dir() or not FILES, reason="dist/ has no build: make dist"),
]


def cut_off() -> list[str]:
    able = shutil.which("unshare") and subprocess.run([*CUT_OFF, "true"], capture_output=True).returncode == 0
    return CUT_OFF if able else []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for the module: the single file unpacks there once."""
    return tmp_path_factory.mktemp("home with spaces")


@pytest.fixture(params=["folder", "file"])
def program(request: pytest.FixtureRequest) -> Path:
    return FOLDER / "tui-tagger" if request.param == "folder" else FILES[0]


def environment(home: Path, program: Path) -> dict[str, str]:
    """`env -i`; the single file needs sh, tar, xz and their like, of which no folder with a Python is searched."""
    found = {"HOME": str(home), "TERM": "xterm-256color"}
    return found if program.parent == FOLDER else found | {"PATH": str(tools(home))}


def tools(home: Path) -> Path:
    folder = home / "tools"
    folder.mkdir(exist_ok=True)
    for name in COMMANDS:
        path = shutil.which(name)
        if path and not (folder / name).exists():
            (folder / name).symlink_to(path)
    return folder


def run(program: Path, home: Path, *arguments: object, status: int = 0, **variables: object) -> str:
    command = [*cut_off(), str(program), *map(str, arguments)]
    env = environment(home, program) | {name: str(value) for name, value in variables.items()}
    command[0] = shutil.which(command[0]) or command[0]
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def processes() -> dict[int, Path]:
    """Processes that run this program, from its folder or from where the file unpacked it: id and file."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/exe"):
        with contextlib.suppress(OSError):
            if (target := entry.readlink()).name == "tui-tagger":
                found[int(entry.parts[2])] = target
    return found


@contextlib.contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Kills the process after the deadline: reading what it prints ends then."""
    timer = threading.Timer(DEADLINE, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        process.kill()


def mapped(pid: int, library: str) -> bool:
    with contextlib.suppress(OSError):  # it ended meanwhile
        return library in Path(f"/proc/{pid}/maps").read_text()
    return False


@pytest.fixture(autouse=True)
def nothing_stays_behind() -> Iterator[None]:
    """No process of the program outlives what started it."""
    before = processes()
    yield
    until = time.monotonic() + 10
    while (left := processes().keys() - before) and time.monotonic() < until:
        time.sleep(0.1)
    assert not left


def test_version(program: Path, home: Path) -> None:
    assert run(program, home, "--version") == f"tui-tagger {__version__}\n"


def test_doctor(program: Path, home: Path) -> None:
    checks = {check["name"]: check for check in map(json.loads, run(program, home, "doctor", "--json").splitlines())}
    assert checks["database"]["ok"]
    assert checks["strangers"]["text"].startswith("500 ")
    assert checks["RAW photos"]["text"] == checks["AVIF photos"]["text"] == "can be opened"
    assert "standalone program lacks" in checks["HEIC photos"]["hint"]
    assert (home / ".local/share/tui-tagger/library.db").stat().st_mode & 0o077 == 0


def test_demo_finds_recognises_and_writes(home: Path) -> None:
    """Drawn photos are scanned by the worker process, which is this program started again."""
    report = json.loads(run(FOLDER / "tui-tagger", home, "demo", "--headless", "--json").splitlines()[-1])
    assert report["photos"] > 60
    assert report["faces_found"] > 0.9 * report["faces_drawn"]
    assert report["written"] > 0


def test_scan_of_a_folder(program: Path, home: Path, tmp_path: Path) -> None:
    paint_photo(tmp_path / "Été 写真" / "a.jpg", (0,))
    Image.new("RGB", (64, 48)).save(tmp_path / "plain.webp")
    report = json.loads(run(program, home, "scan", tmp_path, "--db", tmp_path / "x.db", "--json"))
    assert (report["photos"], report["failed"]) == (2, [])


def test_moved_and_read_only(home: Path, tmp_path: Path) -> None:
    """From a folder with a space in its name, in which nothing may be written."""
    moved = tmp_path / "a b" / "tui-tagger"
    shutil.copytree(FOLDER, moved, copy_function=os.link, symlinks=True)
    folders = [moved, *(path for path in moved.rglob("*") if path.is_dir())]
    before = sorted(str(path) for path in moved.rglob("*"))
    for folder in folders:
        folder.chmod(0o555)
    try:
        paint_photo(tmp_path / "photos" / "a.jpg", (0,))
        out = run(moved / "tui-tagger", home, "scan", tmp_path / "photos", "--db", tmp_path / "y.db", "--json")
        assert json.loads(out)["photos"] == 1
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert sorted(str(path) for path in moved.rglob("*")) == before


def test_scan_ended_by_a_signal(home: Path, tmp_path: Path) -> None:
    """Killed or asked to end, it takes its processes along, and the next scan finds what is missing."""
    for number in range(40):
        paint_photo(tmp_path / "photos" / f"{number}.jpg", (0, 1))
    command = [str(FOLDER / "tui-tagger"), "scan", str(tmp_path / "photos"), "--db", str(tmp_path / "x.db"), "--json"]
    env = environment(home, FOLDER / "tui-tagger")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        before = processes()
        scan = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 100
        while not any(mapped(pid, "libtorch_cpu") for pid in processes().keys() - before) and scan.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        scan.send_signal(number)
        scan.wait(60)
        while left := processes().keys() - before:
            assert time.monotonic() < until, left
            time.sleep(0.1)
    report = json.loads(run(FOLDER / "tui-tagger", home, *command[1:]))
    assert (report["photos"], report["failed"]) == (40, [])


def test_several_processes_extract(home: Path, tmp_path: Path) -> None:
    for number in range(40):
        paint_photo(tmp_path / "photos" / f"{number}.jpg", (0, 1))
    words = ("scan", str(tmp_path / "photos"), "--db", str(tmp_path / "x.db"), "--processes", "2", "--json")
    before, most = processes(), 0
    command, env = [str(FOLDER / "tui-tagger"), *words], environment(home, FOLDER / "tui-tagger")
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as scan, ended(scan):
        while scan.poll() is None:
            most = max(most, sum(mapped(pid, "libtorch_cpu") for pid in processes().keys() - before - {scan.pid}))
            time.sleep(0.05)
        assert scan.stdout is not None
        report = json.loads(scan.stdout.read().splitlines()[-1])
    assert (report["photos"], report["failed"]) == (40, [])
    assert most >= 2


def test_what_needs_no_model_loads_none(home: Path, tmp_path: Path) -> None:
    """The linker tells which libraries each process loads."""
    paint_photo(tmp_path / "photos" / "a.jpg", (0,))
    scan = ("scan", tmp_path / "photos", "--json")

    def loaded(*words: object) -> set[str]:
        folder = tmp_path / f"loaded {len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        db = () if words[0] == "--version" else ("--db", tmp_path / "x.db")
        run(FOLDER / "tui-tagger", home, *words, *db, LD_DEBUG="files", LD_DEBUG_OUTPUT=folder / "of")
        text = "".join(path.read_text("utf-8", "replace") for path in folder.iterdir())
        assert "libz" in text
        return {name for name in ("libtorch_cpu", "sklearn") if name in text}

    assert loaded(*scan) >= {"libtorch_cpu"}
    for words in (("--version",), ("people", "list"), ("faces",), ("export",), scan):  # of which nothing changed
        assert loaded(*words) == set(), words


def test_what_it_lacks_is_said(home: Path, tmp_path: Path) -> None:
    paint_photo(tmp_path / "photos" / "a.jpg", (0,))
    words = ("scan", tmp_path / "photos", "--db", tmp_path / "x.db", "--cluster", "tcp://localhost:8786")
    assert not run(FOLDER / "tui-tagger", home, *words, status=2)


def test_watch(home: Path, tmp_path: Path) -> None:
    paint_photo(tmp_path / "photos" / "a.jpg", (0,))
    os.utime(tmp_path / "photos" / "a.jpg", ns=(1, 1))  # so that nobody can be copying it
    command = [str(FOLDER / "tui-tagger"), "watch", str(tmp_path / "photos"), "--db", str(tmp_path / "x.db"), "--json"]
    env = environment(home, FOLDER / "tui-tagger")
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as watch, ended(watch):
        assert watch.stdout is not None
        assert json.loads(watch.stdout.readline())["new"] == 1
        paint_photo(tmp_path / "photos" / "b.jpg", (1,))
        assert json.loads(watch.stdout.readline())["new"] == 1
        watch.terminate()
        assert watch.wait(60) == 0


class Session:
    """The app in a pseudo-terminal of 80x24, which says what it is when it is asked, as every terminal does."""

    ASKED, ANSWER = b"\x1b[c", b"\x1b[?62;22c"

    def __init__(self, program: Path, home: Path, *arguments: object) -> None:
        self.screen = pyte.Screen(80, 24)  # only cells that change are sent: words are to be read where they stand
        self._stream = pyte.ByteStream(self.screen)
        self.answered = False
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.environ.clear()
            os.execve(str(program), [str(program), *map(str, arguments)], environment(home, program))
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self.file, keys.encode())

    def wait_for(self, pattern: str, seconds: float = 120) -> None:
        """Reads until the screen shows `pattern`."""
        self.wait_until(lambda: re.search(pattern, self.shown) is not None, seconds)

    @property
    def shown(self) -> str:
        return "\n".join(self.screen.display)

    def wait_until(self, met: Callable[[], bool], seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < until, self.shown
            self._read(0.1)

    def ended(self, seconds: float = 60) -> int:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._read(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("the app does not end")

    def _read(self, seconds: float) -> None:
        if not select.select([self.file], [], [], seconds)[0]:
            return
        with contextlib.suppress(OSError):  # Linux's way to say that the other side is gone
            sent = os.read(self.file, 1 << 16)
            self._stream.feed(sent)
            if not self.answered and self.ASKED in sent:
                self.answered = True
                os.write(self.file, self.ANSWER)


@pytest.fixture
def session(program: Path, home: Path, tmp_path: Path) -> Iterator[Session]:
    for name in ("a", "b"):
        paint_photo(tmp_path / "photos" / f"{name}.jpg", (0,))
    opened = Session(program, home, "--db", tmp_path / "z.db", "--images", "none", tmp_path / "photos")
    yield opened
    with contextlib.suppress(ProcessLookupError):
        os.kill(opened.pid, 9)
    os.close(opened.file)


def test_app_in_a_terminal(session: Session) -> None:
    """The first frame, the scan in processes of its own, the screens by their keys, and leaving."""
    session.wait_for("Library")
    session.wait_until(lambda: any(mapped(pid, "libtorch_cpu") for pid in processes()))
    session.wait_for("2 photos")
    assert not mapped(session.pid, "libtorch_cpu")
    for key, word in (("\x1bOS", "People"), ("\x1b[15~", "Review"), ("\x1b[17~", "Map"), ("\x1bOQ", "Library")):
        session.press(key)
        session.wait_for(rf"\A\s*{word}", 30)  # its title, at the top
    session.press("q")
    assert session.ended() == 0


def test_a_scan_left_running(home: Path, tmp_path: Path) -> None:
    """The app is closed, the scan goes on in a program of its own and ends by itself."""
    count = 400  # enough that the scan still runs when the key arrives, be this machine busy
    paint_photo(tmp_path / "one.jpg", (0, 1))
    photo = (tmp_path / "one.jpg").read_bytes()
    (tmp_path / "photos").mkdir()
    for number in range(count):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(photo + number.to_bytes(2, "big"))
    program, arguments = FOLDER / "tui-tagger", ("--db", tmp_path / "z.db", tmp_path / "photos")
    before = processes()
    opened = Session(program, home, "--images", "none", *arguments)
    opened.wait_for("(?i)scanning")  # in the footer, where a message stands in the place of the job
    opened.press("\x11")
    opened.wait_for("leave it running")
    opened.press("y")
    assert opened.ended() == 0
    os.close(opened.file)
    assert processes().keys() - before
    until = time.monotonic() + 200
    while processes().keys() - before:
        assert time.monotonic() < until
        time.sleep(0.2)
    report = json.loads(run(program, home, "scan", "--json", *arguments))
    assert (report["photos"], report["unchanged"], report["failed"]) == (count, count, [])


def test_killed_while_unpacking_and_two_at_once(tmp_path: Path) -> None:
    """A start killed half way leaves nothing that a later one trips over; two starts at once make one folder."""
    home = tmp_path / "home"
    home.mkdir()
    env = environment(home, FILES[0])
    started = subprocess.Popen([FILES[0], "--version"], env=env, start_new_session=True)
    base = home / ".cache/tui-tagger/program"
    until = time.monotonic() + 60
    while not list(base.glob("part.*/tui-tagger")):
        assert time.monotonic() < until
        time.sleep(0.01)
    os.killpg(started.pid, 9)
    started.wait()
    assert list(base.glob("part.*"))
    both = [subprocess.Popen([FILES[0], "--version"], env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [each.communicate(timeout=DEADLINE)[0] for each in both] == [f"tui-tagger {__version__}\n"] * 2
    (made,) = base.iterdir()
    assert made.name.startswith(f"{__version__}-")
    assert base.stat().st_mode & 0o077 == 0


def test_older_versions_go_unless_they_run(tmp_path: Path) -> None:
    base = tmp_path / ".cache/tui-tagger/program"
    old, runs = (base / name / "tui-tagger/tui-tagger" for name in ("0.0.1-old", "0.0.2-runs"))
    for program in (old, runs):
        program.parent.mkdir(parents=True)
        shutil.copy(shutil.which("sleep") or "", program)
    (base / "not ours").mkdir()
    command = [str(FILES[0]), "--version"]  # not cut off: from there the processes of others cannot be told
    with subprocess.Popen([str(runs), "300"], text=True) as running, ended(running):
        subprocess.run(command, env=environment(tmp_path, FILES[0]), check=True, timeout=DEADLINE)
    assert {path.name.partition("-")[0] for path in base.iterdir()} == {"0.0.2", "not ours", __version__}


def test_half_a_download_is_refused(tmp_path: Path) -> None:
    half = tmp_path / "tui-tagger"
    with FILES[0].open("rb") as file:
        half.write_bytes(file.read(1_000_000))
    half.chmod(0o755)
    done = subprocess.run(
        [half, "--version"], env=environment(tmp_path, half), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "not whole" in done.stderr


def test_an_older_system_is_told_before_anything_is_unpacked(tmp_path: Path) -> None:
    env = environment(tmp_path, FILES[0])
    for libc, status in (("glibc 2.28", 2), ("glibc 2.99", 0)):
        (tmp_path / "tools" / "getconf").write_text(f"#!/bin/sh\necho {libc}\n")
        (tmp_path / "tools" / "getconf").chmod(0o755)
        done = subprocess.run([FILES[0], "--version"], env=env, capture_output=True, text=True, timeout=DEADLINE)
        assert done.returncode == status, done.stderr
        assert ("is too old" in done.stderr) == bool(status)
        assert (tmp_path / ".cache").exists() == (not status)


def inside() -> set[str]:
    """Top-level modules in the program, compiled or not."""
    from PyInstaller.archive.readers import CArchiveReader

    archive = CArchiveReader(str(FOLDER / "tui-tagger"))
    packed = archive.open_embedded_archive("PYZ.pyz").toc
    beside = (path.name for path in (FOLDER / "_internal").iterdir() if path.is_dir() and path.suffix == "")
    return {name.partition(".")[0] for name in (*packed, *beside)}


def test_licences_of_what_is_bundled() -> None:
    """Every module in it that some package brought is of a package that THIRD-PARTY.txt names."""
    text = (FOLDER / "THIRD-PARTY.txt").read_text("utf-8")
    owners = packages_distributions()
    brought = {owners[name][0] for name in inside() if name in owners} - {"tui-tagger"}
    assert {"torch", "numpy", "textual", "rawpy"} <= brought
    assert not [name for name in brought if not re.search(rf"^{re.escape(name)} ", text, re.MULTILINE | re.IGNORECASE)]
    for library in system_libraries(FOLDER):
        assert of_system([library]).popitem()[0] in text


def test_nothing_in_it_is_under_the_gpl() -> None:
    """HEIC's x265, GNU's readline and gdbm: each would bring its licence to the whole program."""
    names = [path.name for path in (FOLDER / "_internal").rglob("*")]
    assert not [name for name in names if re.search("heif|x265|readline|gdbm|fftw|libgsl", name)]


def test_no_link_leads_nowhere() -> None:
    assert not [path for path in FOLDER.rglob("*") if not path.exists()]
