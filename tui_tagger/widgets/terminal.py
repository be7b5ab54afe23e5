"""Which pictures the terminal can draw: asked once, in one go, before the app starts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Literal, cast, get_args

from tui_tagger.errors import UsageError

Protocol = Literal["kitty", "sixel", "halfcell", "none"]
PROTOCOLS: tuple[str, ...] = get_args(Protocol)

DEADLINE = 2.0  # seconds; round trips over a bad line are below one
TMUX_DEADLINE = 1.0
VT340_CELL = (10, 20)  # what sixel terminals pretend to have when their font is anything else
MUTE_TERMINALS = ("dumb", "linux")  # they print the questions instead of answering them

# Kitty graphics with Unicode placeholders (https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders).
# Others answer OK to the graphics query and have no placeholders, so the query alone decides nothing.
PLACEHOLDERS_SINCE = {"kitty": (0, 28), "ghostty": (1, 0)}
# Terminals that draw 24-bit colours whatever COLORTERM says; ssh does not pass that variable on.
TRUE_COLOUR = frozenset({"kitty", "ghostty", "foot", "wezterm", "konsole", "contour", "xterm", "tmux", "iterm2"})

# Kitty graphics query, XTVERSION, cell size, number of sixel colours (XTSMGRAPHICS), and last the device attributes,
# which every terminal answers: all other answers came before that one or never come.
QUESTIONS = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[>0q\x1b[16t\x1b[?1;1;0S\x1b[c"
GRAPHICS = re.compile(r"\x1b_Gi=31;OK\x1b\\")
VERSION = re.compile(r"\x1bP>\|([^\x1b]{,100})\x1b\\")  # NAME takes hours on thousands of characters
NAME = re.compile(r"\s*([A-Za-z][\w.-]*?)[\s(]*(?:v?(\d[\w.+-]*))?\)?\s*$")
NUMBERS = re.compile(r"\d+(\.\d+)*")
CELL = re.compile(r"\x1b\[6;(\d{1,4});(\d{1,4})t")
REGISTERS = re.compile(r"\x1b\[\?1;0;(\d{1,9})S")
ATTRIBUTES = re.compile(r"\x1b\[\?([\d;]*)c")
SIXEL_ATTRIBUTE = "4"


@dataclass(frozen=True)
class Terminal:
    """What is known about the terminal. `cell` is width and height of a character in pixels.

    `notes` say in plain words why pictures are drawn as they are; `colours` is the largest palette of a sixel picture.
    """

    protocol: Protocol
    cell: tuple[int, int]
    name: str
    notes: tuple[str, ...]
    in_tmux: bool
    colours: int = 256
    true_colour: bool = False
    round_trip: float = field(default=0.0, compare=False)  # seconds that the answers took
    found: tuple[str, ...] = field(default=(), compare=False)  # each answer in words, for the doctor


@dataclass(frozen=True)
class Answers:
    """The terminal's answers, taken apart."""

    graphics: bool
    name: str  # in lower case, as the other tables have it
    version: tuple[int, ...]
    release: str  # name and version as the terminal writes them
    cell: tuple[int, int] | None
    registers: int | None
    sixel: bool
    complete: bool


def parse(answer: str) -> Answers:
    """Reads the answers wherever they stand: keys that were typed meanwhile may lie between them."""
    version = VERSION.search(answer)
    named = NAME.match(version[1]) if version else None
    attributes = ATTRIBUTES.search(answer)
    size, registers = CELL.search(answer), REGISTERS.search(answer)
    return Answers(
        graphics=GRAPHICS.search(answer) is not None,
        name=named[1].lower() if named else "",
        version=_numbers(named[2]) if named else (),
        release=f"{named[1]} {named[2] or ''}".strip() if named else "",
        cell=(int(size[2]), int(size[1])) if size else None,
        registers=int(registers[1]) if registers else None,
        sixel=attributes is not None and SIXEL_ATTRIBUTE in attributes[1].split(";"),
        complete=attributes is not None,
    )


def _numbers(version: str | None) -> tuple[int, ...]:
    found = NUMBERS.match(version or "")
    return tuple(int(part[:9]) for part in found[0].split(".")) if found else ()


def decide(
    answer: str,
    environment: Mapping[str, str],
    images: str = "auto",
    window: tuple[int, int, int, int] = (0, 0, 0, 0),
    is_tty: bool = True,
    tmux_features: str | None = None,
) -> Terminal:
    """The terminal as far as its answers and the environment tell.

    `window` is rows, columns, width and height in pixels (0: unknown); `tmux_features` is what tmux says about the
    terminal around it, None where it was not or could not be asked. A forced `images` has the last word.
    Raises UsageError for an unknown `images`.
    """
    _check(images)
    answers = parse(answer)
    in_tmux = bool(environment.get("TMUX")) or answers.name == "tmux"
    protocol, notes = _ladder(answers, environment, is_tty, in_tmux, tmux_features)
    if images not in ("auto", protocol):
        notes = (*notes, f"Pictures as {images} were asked for; {protocol} would have been chosen.")
        protocol = cast(Protocol, images)
    if answer and not answers.complete:
        notes = (*notes, f"The terminal did not answer all questions within {DEADLINE:g} s.")
    return Terminal(
        protocol=protocol,
        cell=_cell(answers, window, environment),
        name=answers.release or _name(environment),
        notes=notes,
        in_tmux=in_tmux,
        colours=min(256, answers.registers) if answers.registers and answers.registers >= 2 else 256,
        true_colour=answers.name in TRUE_COLOUR or in_tmux or protocol == "kitty",
        found=_found(answers, window, environment, tmux_features),
    )


def _found(
    answers: Answers, window: tuple[int, int, int, int], environment: Mapping[str, str], tmux_features: str | None
) -> tuple[str, ...]:
    """What the terminal and its surroundings said, one fact a line."""

    def told(value: object) -> str:
        return str(value) if value else "no answer"

    rows, columns, width, height = window
    cell = f"{answers.cell[0]} x {answers.cell[1]} pixels" if answers.cell else ""
    size = f"{columns} x {rows} characters, {f'{width} x {height}' if width else 'unknown'} pixels" if rows else ""
    variables = ("TERM", "COLORTERM", "NO_COLOR", "TERM_PROGRAM", "TMUX", "SSH_CONNECTION")
    here = [f"{name}={'set' if name in ('TMUX', 'SSH_CONNECTION') else environment[name]}"
            for name in variables if environment.get(name)]  # fmt: skip
    return (
        f"name (XTVERSION): {told(answers.release)}",
        f"kitty graphics: {'yes' if answers.graphics else 'no'}",
        f"sixel (device attributes): {'yes' if answers.sixel else 'no' if answers.complete else 'no answer'}",
        f"sixel colours (XTSMGRAPHICS): {told(answers.registers)}",
        f"cell (CSI 16 t): {told(cell)}",
        f"window (kernel): {told(size)}",
        f"environment: {', '.join(here) or 'nothing that matters'}",
        *([f"tmux about its terminal: {told(tmux_features)}"] if environment.get("TMUX") else []),
    )


def _check(images: str) -> None:
    if images not in ("auto", *PROTOCOLS):
        raise UsageError(f"--images {images}: unknown", f"Choose one of auto, {', '.join(PROTOCOLS)}.")


def _ladder(
    answers: Answers, environment: Mapping[str, str], is_tty: bool, in_tmux: bool, tmux_features: str | None
) -> tuple[Protocol, tuple[str, ...]]:
    if not is_tty:
        return "none", ("Not a terminal: no pictures.",)
    if environment.get("TERM") == "dumb":
        return "none", ("TERM is dumb: no pictures.",)
    if environment.get("NO_COLOR"):
        return "halfcell", ("NO_COLOR is set: pictures are half-cells, since it would rewrite the colour of others.",)
    if in_tmux:
        return _in_tmux(answers, tmux_features)
    since = PLACEHOLDERS_SINCE.get(answers.name)
    if answers.graphics and since is not None and answers.version >= since:
        return "kitty", ("Pictures in kitty's protocol.",)
    if answers.sixel:
        return "sixel", ("Pictures as sixels.",)
    return "halfcell", (_no_graphics(answers),)


def _in_tmux(answers: Answers, features: str | None) -> tuple[Protocol, tuple[str, ...]]:
    """Sixels through tmux, which since 3.4 says it has them even where the terminal around it has none."""
    if not answers.sixel:
        return "halfcell", ("This tmux passes no sixels on (3.4 was the first that can): half-cells.",)
    if features is None:
        return "halfcell", ("tmux cannot be asked about its terminal: half-cells. If it has sixels: --images sixel.",)
    if "sixel" in re.split(r"[,\s]+", features):
        return "sixel", ("Pictures as sixels, through tmux.",)
    return "halfcell", (
        "The terminal around tmux has no sixels, or tmux does not know it: half-cells. "
        "If it has: set -as terminal-features ',*:sixel'.",
    )


def _no_graphics(answers: Answers) -> str:
    if answers.name == "kitty":
        return "This kitty is older than 0.28, which first places pictures in text: half-cells."
    if answers.graphics:
        return "The terminal has kitty's pictures but does not place them in text: half-cells."
    return "The terminal says neither sixel nor kitty graphics: half-cells."


def _cell(answers: Answers, window: tuple[int, int, int, int], environment: Mapping[str, str]) -> tuple[int, int]:
    rows, columns, width, height = window
    measured = (width // columns, height // rows) if rows and columns else (0, 0)
    served = (_number(environment, "TEXTUAL_CELL_WIDTH"), _number(environment, "TEXTUAL_CELL_HEIGHT"))
    for cell in (answers.cell, measured, served):
        if cell and all(2 <= side <= 200 for side in cell):
            return cell
    return VT340_CELL


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 5 else 0


def _name(environment: Mapping[str, str]) -> str:
    return environment.get("TERM_PROGRAM") or environment.get("TERM") or "unknown"


def probe(images: str = "auto") -> Terminal:
    """Asks the terminal. Call before the app starts: afterwards the answers would be taken for keys.

    Without a terminal, and where there is no termios (Windows), nothing is asked. Raises UsageError.
    """
    _check(images)
    is_tty = _is_tty()
    began = time.monotonic()
    answer = _ask() if is_tty and os.environ.get("TERM") not in MUTE_TERMINALS else ""
    took = time.monotonic() - began if ATTRIBUTES.search(answer) else 0.0
    features = _tmux_features() if is_tty and os.environ.get("TMUX") else None
    return replace(decide(answer, os.environ, images, _window(), is_tty, features), round_trip=took)


def measured_again(terminal: Terminal) -> Terminal:
    """The terminal with the size of its cells read anew, as far as the kernel knows: safe while the app runs."""
    rows, columns, width, height = _window()
    if not (rows and columns and width and height):
        return terminal
    return replace(terminal, cell=_cell(parse(""), (rows, columns, width, height), {}))


def install(terminal: Terminal) -> None:
    """Prepares textual and textual_image for the terminal. Call before the app is made.

    textual_image asks the terminal on import, 0.1 s a question; later answers would be typed into the app.
    A shell may have left LINES and COLUMNS in the environment: textual would believe them rather than the kernel, and
    no change of size would be seen.
    """
    if all(_window()[:2]):
        for name in ("LINES", "COLUMNS"):
            os.environ.pop(name, None)
    if terminal.true_colour and not os.environ.get("COLORTERM"):
        os.environ["COLORTERM"] = "truecolor"  # else the colour that carries the number of a kitty picture is rounded
    silence_library(terminal.cell)


def silence_library(cell: tuple[int, int] | None = None) -> None:
    """Stops textual_image from asking the terminal, and tells it the size of a cell where that is known."""
    from textual_image import _terminal as library

    library.capture_terminal_response = _no_answer
    if cell:
        library.get_cell_size._result = library.CellSize(*cell)  # type: ignore[attr-defined]


@contextmanager
def _no_answer(start_marker: str, end_marker: str, timeout: float | None = None) -> Iterator[SimpleNamespace]:  # noqa: ARG001
    """Stands in for textual_image's own questions: nothing is written to the terminal, nothing read."""
    raise TimeoutError("the terminal was asked already")
    yield SimpleNamespace()


def _is_tty() -> bool:
    try:
        return bool(sys.__stdin__ and sys.__stdout__ and sys.__stdin__.isatty() and sys.__stdout__.isatty())
    except ValueError:  # closed
        return False


def _window() -> tuple[int, int, int, int]:
    """Rows, columns, width and height in pixels; zeros where unknown."""
    try:
        import fcntl
        import struct
        import termios

        assert sys.__stdout__ is not None
        raw = fcntl.ioctl(sys.__stdout__.fileno(), termios.TIOCGWINSZ, bytes(8))
        rows, columns, width, height = struct.unpack("HHHH", raw)
    except (ImportError, AssertionError, OSError, ValueError):
        return 0, 0, 0, 0
    return rows, columns, width, height


def _ask() -> str:
    """All questions in one write; reads until the device attributes or the deadline. "" where it is not possible."""
    try:
        import termios
        import tty

        assert sys.__stdin__ is not None
        assert sys.__stdout__ is not None
        source, target = sys.__stdin__.fileno(), sys.__stdout__.fileno()
        before = termios.tcgetattr(source)
    except (ImportError, AssertionError, OSError, ValueError):
        return ""
    except termios.error:
        return ""
    try:
        tty.setcbreak(source, termios.TCSANOW)
        os.write(target, QUESTIONS.encode())
        return _read_answer(source)
    except OSError:
        return ""
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)


def _read_answer(source: int) -> str:
    import select

    answer, end = "", time.monotonic() + DEADLINE
    while not ATTRIBUTES.search(answer):
        if not select.select([source], [], [], max(0.0, end - time.monotonic()))[0]:
            break
        data = os.read(source, 4096)
        if not data:
            break
        answer += data.decode("latin-1")
    return answer


def _tmux_features() -> str | None:
    """What tmux knows about the terminal around it, None where it cannot be asked. tmux before 3.2 answers nothing."""
    program = shutil.which("tmux")
    if program is None:
        return None
    command = [program, "display-message", "-p", "#{client_termfeatures}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TMUX_DEADLINE, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
