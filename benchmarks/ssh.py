#!/usr/bin/env python3
"""What the app sends over the line, and how soon after a key: bytes and milliseconds for each screen and protocol.

    python -m benchmarks.ssh [--quick] [--photos 100000] > table.md

Runs the real app in a pseudo terminal that answers like one without graphics, with sixels, or kitty: on a large
library's database (its photos are not there, so nothing but text is drawn), on the same while a scan runs, and on a
small library of drawn photos for the pictures. `first` is the time from the key to the end of the first frame that
changes anything between header and status row; `all` to the last byte; `busy` the processor time of the interface's
thread up to `first`, which says what a machine without other work would take. Bytes and times are median and most of
the repeated keys, behind the bytes of several pictures their number. The goals stand beside: 150 kB a picture, 4 kB a
cursor step in a list, 50 ms to the next face, of which `busy` counts: other work on the machine is not the program's.
Exit status 1 when one is missed. What is printed is the table of benchmarks/README.md; eleven minutes on two cores that
do nothing else.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pyte
from PIL import Image, ImageOps

from benchmarks.big_library import build
from tui_tagger import config
from tui_tagger.demo.library import make_library
from tui_tagger.services import Services

PYTHON = (sys.executable, "-m", "tui_tagger")
CELL = (8, 17)
SIZES = ((80, 24), (140, 45))
PROTOCOLS = ("halfcell", "sixel", "kitty")
NAMES = {"halfcell": "plain(1)", "sixel": "XTerm(390)", "kitty": "kitty(0.41.1)"}
ATTRIBUTES = {"halfcell": "?62;22c", "sixel": "?62;4;22c", "kitty": "?62;c"}
QUERY = re.compile(
    rb"\x1b\[(?P<attributes>0?)c|\x1b_G(?P<graphics>i=31)[^\x1b]*\x1b\\|\x1b\[(?P<cell>16)t|\x1b\[>0?(?P<name>q)"
    rb"|\x1b\[(?P<cursor>6)n|\x1b\[\?(?P<mode>\d+)\$p|\x1b\[\?1;1;0(?P<registers>S)"
)
PICTURES = re.compile(rb"\x1bP[\d;]*q.*?\x1b\\|\x1b_G.*?\x1b\\", re.S)
FIRST = re.compile(rb"\x1bP|\x1b_Gi=\d+,f=")  # a sixel image, or the first part of one of kitty's
FRAME = b"\x1b[?2026l"  # a synchronised update ends
KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
}
PICTURE_LIMIT, STEP_LIMIT, FACE_LIMIT = 150_000, 4_000, 50.0
HALFCELL_LIMIT = 165_000  # text with pictures in it: half-cells come first whatever the terminal can show
QUIET = 0.35  # seconds without a byte: the redraw is over
LONGEST = 8.0  # seconds
ENOUGH = 1.5  # seconds after the first frame
VARIANTS = 12  # of each drawn photo, so that a scan lasts


@dataclass
class Step:
    """What followed one key."""

    first_ms: float
    busy_ms: float
    all_ms: float
    text: int
    picture: int  # bytes of all of them
    pictures: int = 0


@dataclass
class Row:
    """The same key some times on one screen. `limits` are bytes of text, bytes of a picture, ms of the first frame."""

    where: str
    key: str
    steps: list[Step] = field(default_factory=list)
    limits: tuple[float, float, float] = (0, PICTURE_LIMIT, 0)

    @property
    def goals(self) -> str:
        text, picture, face = self.limits
        told = [f"{text / 1000:g} kB" if text else "", f"{picture / 1000:g} kB a picture" if self.pictured else ""]
        return ", ".join(filter(None, [*told, f"{face:g} ms" if face else ""]))

    @property
    def pictured(self) -> bool:
        return any(step.picture for step in self.steps)

    def broken(self) -> list[str]:
        if not any(step.text for step in self.steps):
            return ["the key did nothing"]
        largest = max(step.picture / max(step.pictures, 1) for step in self.steps)
        most = (max(step.text for step in self.steps), largest)
        typical = median(step.busy_ms for step in self.steps)
        pairs = zip(("text", "picture", "next face"), (*most, typical), self.limits, strict=True)
        return [name for name, value, limit in pairs if limit and value > limit]

    def told(self) -> str:
        columns = ["first_ms", "busy_ms", "all_ms", "text", "picture"]
        values = [[getattr(step, name) for step in self.steps] for name in columns]
        numbers = [f"{median(each):.0f} / {max(each):.0f}" for each in values]
        if (count := max(step.pictures for step in self.steps)) > 1:
            numbers[-1] += f" ({count})"
        over = ", ".join(self.broken())
        kept = f"MISSED: {over}" if over else "kept" if self.goals else ""
        return f"| {self.where} | {self.key} | {' | '.join(numbers)} | {self.goals} | {kept} |"


class Session:
    """The app in a pseudo terminal of a kind and size; one of the kind "mute" answers no question."""

    def __init__(
        self,
        protocol: str,
        size: tuple[int, int],
        arguments: Sequence[object],
        home: Path,
        hear: Callable[[bytes], object] = lambda _data: None,
        program: Sequence[str] = PYTHON,
    ) -> None:
        self.protocol, self.tail, self.hear = protocol, b"", hear
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._unseen = b""  # what the screen has not been told yet
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            time.sleep(0.1)  # the window's size is set first
            _become([*program, *map(str, arguments)], home)
        self.resize(size)

    def __enter__(self) -> Session:
        self.rest(LONGEST * 4, least=4.0)
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            os.kill(self.pid, number)
            for _each in range(40):
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self.fd)
                    return
                time.sleep(0.05)

    def resize(self, size: tuple[int, int]) -> None:
        """Gives the terminal so many columns and rows."""
        self._screen.resize(size[1], size[0])
        pixels = (size[0] * CELL[0], size[1] * CELL[1])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], *pixels))

    def press(self, key: str) -> Step:
        """Presses a key and waits until the redraw is over."""
        self._draw()
        body, busy = self._body(), self._thread_ms()
        began = time.monotonic()
        os.write(self.fd, KEYS.get(key, key).encode())
        written, last = b"", began
        frames: list[tuple[float, float, int]] = []  # when, processor time by then, bytes by then
        while time.monotonic() - began < LONGEST:
            data = self._read(0.002)
            if data:
                written, last = written + data, time.monotonic()
                if FRAME in data:
                    frames.append((last, self._thread_ms(), written.rindex(FRAME) + len(FRAME)))
            elif time.monotonic() - last > QUIET and (frames or time.monotonic() - began > 2):
                break
            if frames and time.monotonic() - frames[0][0] > ENOUGH:
                break  # something that ticks, such as a scan's progress
        first, used = self._first(frames, written, body) or (last, self._thread_ms())
        found = PICTURES.findall(written)
        pictures, count = sum(map(len, found)), sum(bool(FIRST.match(each)) for each in found)
        times = (1000 * (first - began), used - busy, 1000 * (last - began))
        return Step(*times, len(written) - pictures, pictures, count)

    def _first(
        self, frames: list[tuple[float, float, int]], written: bytes, body: list[object]
    ) -> tuple[float, float] | None:
        """When a frame changed what is between header and status row, and the processor time by then."""
        found, at, self._unseen = None, 0, b""
        for when, used, end in frames:
            self._stream.feed(PICTURES.sub(b"", written[at:end]))
            at = end
            if found is None and self._body() != body:
                found = when, used
        self._unseen = written[at:]
        return found

    def _draw(self) -> None:
        self._stream.feed(PICTURES.sub(b"", self._unseen))
        self._unseen = b""

    def _body(self) -> list[object]:
        lines = (self._screen.buffer[row] for row in range(1, self._screen.lines - 2))
        return [[(line[x].data, line[x].fg, line[x].bg) for x in range(self._screen.columns)] for line in lines]

    def _thread_ms(self) -> float:
        """Processor time of the interface's thread (Linux, Documentation/scheduler/sched-stats)."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/schedstat").read_text().split()[0]) / 1e6

    def rest(self, longest: float, least: float = 0.0) -> None:
        """Until the app has nothing more to draw and uses no processor time, at most `longest` seconds."""
        began = last = time.monotonic()
        used = self._used()
        while (now := time.monotonic()) - began < longest:
            self._read(0.02)
            if now - last > 0.5:
                before, used, last = used, self._used(), now
                if used - before < 0.05 and now - began > least:
                    return

    def _used(self) -> float:
        """Processor time of the app's own process in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _read(self, seconds: float) -> bytes:
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError as error:
            raise SystemExit(f"The app ended:\n{self.tail.decode(errors='replace')}") from error
        self.hear(data)
        self._unseen += data
        text, end = self.tail + data, 0
        for query in QUERY.finditer(text):
            end = query.end()
            os.write(self.fd, self._answer(query).encode())
        self.tail = text[end:][-200:]
        return data

    def _answer(self, query: re.Match[bytes]) -> str:
        if self.protocol == "mute":
            return ""
        if query["attributes"] is not None:
            return f"\x1b[{ATTRIBUTES[self.protocol]}"
        if query["graphics"]:
            return "\x1b_Gi=31;OK\x1b\\" if self.protocol == "kitty" else ""
        if query["cell"]:
            return f"\x1b[6;{CELL[1]};{CELL[0]}t"
        if query["name"]:
            return f"\x1bP>|{NAMES[self.protocol]}\x1b\\"
        if query["mode"]:
            return f"\x1b[?{query['mode'].decode()};{2 if query['mode'] == b'2026' else 0}$y"
        if query["registers"]:
            return "\x1b[?1;0;1024S" if self.protocol == "sixel" else ""
        return "\x1b[1;1R"


def _become(command: list[str], home: Path) -> None:
    away = ("TMUX", "NO_COLOR", "TERM_PROGRAM", "TUI_TAGGER_CONFIG")
    environment = {name: value for name, value in os.environ.items() if name not in away}
    environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_CONFIG_HOME": str(home)}
    os.execve(command[0], command, environment)


@dataclass(frozen=True)
class Plan:
    """Keys that open a screen, and the key that is measured there."""

    screen: str
    opening: tuple[str, ...]
    key: str
    limits: tuple[float, float, float] = (0, PICTURE_LIMIT, 0)


STEP = (STEP_LIMIT, PICTURE_LIMIT, FACE_LIMIT)
FACE = (0, PICTURE_LIMIT, FACE_LIMIT)
DOWN = ("\x04",) * 4  # half a page each: from here on a step scrolls
LISTS = (
    Plan("Library", ("f2",), "j", STEP),
    Plan("Library, scrolling", ("g", *DOWN), "j", STEP),
    Plan("People", ("f4",), "j", STEP),
    Plan("People, scrolling", ("g", *DOWN), "j", STEP),
)
REVIEW = (
    Plan("Review, a group accepted", ("f2", "f5"), "enter", FACE),
    Plan("Review, a step in a group", (), "l", STEP),
    Plan("Review, a face skipped", ("t",), "s", FACE),
    Plan("Review, a face accepted", (), "a", FACE),
    Plan("Review, undone", (), "u", FACE),
)
TEXT_PLANS = (
    *LISTS,
    Plan("Person", ("g", "enter"), "l", STEP),
    Plan("Person, scrolling", DOWN, "j", STEP),
    Plan("Photo", ("esc", "f2", "f3"), "]"),
    Plan("Map, zooming", ("f6",), "+"),
    *REVIEW,
)
SCAN_PLANS = (*LISTS[:2], *REVIEW)
PICTURED = (HALFCELL_LIMIT, PICTURE_LIMIT, 0)
PICTURED_FACE = (HALFCELL_LIMIT, PICTURE_LIMIT, FACE_LIMIT)
PICTURE_PLANS = (
    Plan("Library", ("f2",), "j", PICTURED),
    Plan("Person", ("f4", "enter"), "l", PICTURED),
    Plan("Photo", ("esc", "f2", "f3"), "]", PICTURED),
    Plan("Review, a step in a group", ("f2", "f5"), "l", PICTURED),
    Plan("Review, a face skipped", ("t",), "s", PICTURED_FACE),
    Plan("Review, a face accepted", (), "a", PICTURED_FACE),
)


def rows(session: Session, plans: Sequence[Plan], repeats: int, where: str) -> Iterator[Row]:
    for plan in plans:
        for key in plan.opening:
            session.press(key)
        session.rest(20)
        row = Row(f"{where} {plan.screen}", plan.key, limits=plan.limits)
        row.steps = [session.press(plan.key) for _ in range(repeats)]
        print(row.told(), flush=True)
        yield row


def small_library(photos: int) -> tuple[Path, Path]:
    """Drawn photos and their database, scanned by the real program; made once."""
    folder = config.cache_dir() / "benchmarks" / f"ssh-2-{photos}"
    kept = folder / "library.db"
    if not (folder / "done").exists():
        make_library(folder / "photos", photos=photos)
        command = [sys.executable, "-m", "tui_tagger", "scan", str(folder / "photos"), "--db", str(kept)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # one photo is damaged on purpose
        services = Services.open(kept)
        faces = services.review.groups()[0].face_ids
        services.review.name(faces[: len(faces) // 2], "Anna")  # the others wait as a group
        services.close()
        for photo in sorted((folder / "photos").rglob("*.jpg")):
            vary(photo, folder / "more")
        (folder / "done").touch()
    return folder / "more", kept


def vary(photo: Path, folder: Path) -> None:
    """Others like it, which a scan takes for new photos."""
    folder.mkdir(exist_ok=True)
    try:
        with Image.open(photo) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except OSError:
        return  # the one that is damaged on purpose
    for number in range(VARIANTS):
        upright.save(folder / f"{photo.stem}-{number}.jpg", quality=60 + 3 * number)


def scanning(database: Path) -> bool:
    """Whether the scan that was begun last still runs."""
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT state FROM job ORDER BY id DESC LIMIT 1").fetchone()
    return bool(found and found[0] == "running")


def measure(options: argparse.Namespace, scratch: Path) -> Iterator[Row]:
    sizes = SIZES[:1] if options.quick else SIZES
    photos, small = small_library(16 if options.quick else 48)
    large = scratch / "large.db"
    build(large, options.photos, options.photos * 3)
    for size in sizes:
        if options.only and options.only != f"{size[0]}x{size[1]}":
            continue
        name = f"{size[0]}x{size[1]}"
        with Session("halfcell", size, ["--db", large], scratch) as session:
            yield from rows(session, TEXT_PLANS, options.repeats, f"{name}, large:")
        with Session("halfcell", size, ["--db", large, photos], scratch) as session:
            yield from rows(session, SCAN_PLANS, options.repeats, f"{name}, large, scanning:")
            if not scanning(large):
                print(f"{name}: the scan ended before its rows did", file=sys.stderr)
                yield Row(name, "")
        for protocol in PROTOCOLS:
            own = scratch / f"{protocol}-{name}.db"
            shutil.copyfile(small, own)
            with Session(protocol, size, ["--db", own], scratch) as session:
                yield from rows(session, PICTURE_PLANS, options.repeats, f"{name}, {protocol}:")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="80x24, a library of 10,000 photos, fewer keys")
    parser.add_argument("--only", help="one size: 80x24 or 140x45")
    parser.add_argument("--photos", type=int)
    parser.add_argument("--repeats", type=int)
    options = parser.parse_args()
    options.photos = options.photos or (10_000 if options.quick else 100_000)
    options.repeats = options.repeats or (4 if options.quick else 8)
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before"
    print(f"{options.photos:,} photos, {load}; median / most of {options.repeats} keys\n")
    print("| where | key | first ms | busy ms | all ms | bytes of text | of pictures | goals | |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        broken = [row for row in measure(options, Path(scratch)) if row.broken()]
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
