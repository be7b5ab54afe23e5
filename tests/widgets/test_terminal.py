"""What the terminal is taken for, from answers as real ones give them; and the asking, over a pseudo terminal."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tui_tagger.errors import UsageError
from tui_tagger.widgets.terminal import QUESTIONS, VT340_CELL, Terminal, decide, parse

ROOT = Path(__file__).resolve().parents[2]
OK = "\x1b_Gi=31;OK\x1b\\"
CELL = "\x1b[6;17;8t"

XTERM = f"\x1bP>|XTerm(390)\x1b\\{CELL}\x1b[?1;0;1024S\x1b[?64;1;2;4;6;9;15;18;21;22c"
XTERM_16_COLOURS = f"\x1bP>|XTerm(379)\x1b\\{CELL}\x1b[?1;0;16S\x1b[?63;1;2;4;6;9;15;22c"
XTERM_PLAIN = "\x1bP>|XTerm(390)\x1b\\\x1b[?64;1;2;6;9;15;18;21;22c"
FOOT = f"\x1bP>|foot(1.16.2)\x1b\\{CELL}\x1b[?62;4;22;28c"
KITTY_OLD = f"{OK}\x1bP>|kitty(0.26.5)\x1b\\{CELL}\x1b[?62;c"
KITTY = f"{OK}\x1bP>|kitty(0.41.1)\x1b\\{CELL}\x1b[?62;c"
GHOSTTY = f"{OK}\x1bP>|ghostty 1.1.3\x1b\\{CELL}\x1b[?62;22c"
WEZTERM = f"{OK}\x1bP>|WezTerm 20240203-110809-5046fc22\x1b\\{CELL}\x1b[?65;4;6;18;22c"
KONSOLE = f"{OK}\x1bP>|Konsole 23.08.5\x1b\\{CELL}\x1b[?62;1;4c"
VTE = "\x1bP>|VTE(7600)\x1b\\\x1b[?65;1;9c"
TMUX = f"\x1bP>|tmux 3.5a\x1b\\{CELL}\x1b[?1;2;4c"
TMUX_OLD = "\x1bP>|tmux 3.3a\x1b\\\x1b[?1;2c"
GRAPHICS_WITHOUT_PLACEHOLDERS = f"{OK}\x1bP>|somebody 3.1\x1b\\\x1b[?62;22c"


@pytest.mark.parametrize(
    ("answer", "protocol", "name"),
    [
        (XTERM, "sixel", "XTerm 390"),
        (XTERM_PLAIN, "halfcell", "XTerm 390"),
        (FOOT, "sixel", "foot 1.16.2"),
        (KITTY_OLD, "halfcell", "kitty 0.26.5"),
        (KITTY, "kitty", "kitty 0.41.1"),
        (GHOSTTY, "kitty", "ghostty 1.1.3"),
        (WEZTERM, "sixel", "WezTerm 20240203-110809-5046fc22"),
        (KONSOLE, "sixel", "Konsole 23.08.5"),
        (VTE, "halfcell", "VTE 7600"),
        (GRAPHICS_WITHOUT_PLACEHOLDERS, "halfcell", "somebody 3.1"),
        ("\x1b[?1;2c", "halfcell", "vt100"),
        ("", "halfcell", "vt100"),
    ],
)
def test_protocol_of_real_terminals(answer: str, protocol: str, name: str) -> None:
    terminal = decide(answer, {"TERM": "vt100"})
    assert (terminal.protocol, terminal.name) == (protocol, name)
    assert terminal.notes
    assert not terminal.in_tmux


def test_kitty_is_allowed_from_the_version_that_has_placeholders() -> None:
    def protocol(version: str) -> str:
        return decide(f"{OK}\x1bP>|kitty({version})\x1b\\\x1b[?62;c", {}).protocol

    assert [protocol(version) for version in ("0.27.1", "0.28.0", "0.100.0", "1.0.0")] == [
        "halfcell",
        "kitty",
        "kitty",
        "kitty",
    ]


def test_kitty_that_does_not_say_ok_draws_half_cells() -> None:
    assert decide(KITTY.replace(";OK", ";ENOTSUPPORTED:no"), {}).protocol == "halfcell"


@pytest.mark.parametrize(
    ("answer", "features", "protocol"),
    [
        (TMUX, "256,RGB,clipboard,sixel,title", "sixel"),
        (TMUX, "256,RGB,clipboard,title", "halfcell"),
        (TMUX, "256,nosixel", "halfcell"),
        (TMUX, "", "halfcell"),
        (TMUX, None, "halfcell"),  # tmux is on another machine
        (TMUX_OLD, "sixel", "halfcell"),
    ],
)
def test_tmux_is_believed_only_about_the_terminal_around_it(answer: str, features: str | None, protocol: str) -> None:
    terminal = decide(answer, {"TMUX": "/tmp/tmux-0/default,1,0"}, tmux_features=features)
    assert (terminal.protocol, terminal.in_tmux) == (protocol, True)


def test_tmux_is_known_by_its_name_where_the_variable_did_not_come_along() -> None:
    assert decide(TMUX, {}).in_tmux


def test_a_file_gets_no_pictures() -> None:
    assert decide("", {}, is_tty=False).protocol == "none"


def test_a_dumb_terminal_gets_no_pictures() -> None:
    assert decide("", {"TERM": "dumb"}).protocol == "none"


@pytest.mark.parametrize("answer", [KITTY, XTERM])
def test_no_color_means_half_cells(answer: str) -> None:
    assert decide(answer, {"NO_COLOR": "1"}).protocol == "halfcell"
    assert decide(answer, {"NO_COLOR": ""}).protocol != "halfcell"


@pytest.mark.parametrize("images", ["kitty", "sixel", "halfcell", "none"])
def test_what_was_asked_for_has_the_last_word(images: str) -> None:
    for environment in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert decide(VTE, environment, images).protocol == images
    assert decide("", {}, images, is_tty=False).protocol == images


def test_what_was_asked_for_is_noted() -> None:
    assert "sixel were asked for; halfcell" in " ".join(decide(VTE, {}, "sixel").notes)


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(UsageError, match="iterm"):
        decide("", {}, "iterm")


def test_typed_keys_between_the_answers_do_no_harm() -> None:
    typed = "jj\x1b[A" + XTERM.replace("\x1b[6;", "q\x1b[6;").replace("\x1b[?64", ":\x1b[?64")
    assert decide(typed, {}) == decide(XTERM, {})


@pytest.mark.parametrize("cut", range(0, len(KITTY), 3))
def test_a_cut_answer_never_breaks_and_never_promises_sixels(cut: int) -> None:
    terminal = decide(KITTY[:cut], {})
    assert terminal.protocol in ("halfcell", "kitty")
    assert not cut or any("did not answer all" in note for note in terminal.notes)


def test_cell_size_from_the_terminal_then_the_kernel_then_the_server_then_the_standard() -> None:
    served = {"TEXTUAL_CELL_WIDTH": "9", "TEXTUAL_CELL_HEIGHT": "18"}
    window = (24, 80, 800, 480)
    assert decide(XTERM, served, window=window).cell == (8, 17)
    assert decide(VTE, served, window=window).cell == (10, 20)
    assert decide(VTE, served, window=(24, 80, 0, 0)).cell == (9, 18)
    assert decide(VTE, {}).cell == VT340_CELL
    assert decide(XTERM.replace(CELL, "\x1b[6;0;0t"), {}, window=window).cell == (10, 20)


def test_colour_registers_bound_the_palette() -> None:
    assert decide(XTERM_16_COLOURS, {}).colours == 16
    assert decide(XTERM, {}).colours == 256
    assert decide(FOOT, {}).colours == 256


def test_true_colour_is_claimed_only_for_terminals_that_have_it() -> None:
    assert decide(KITTY, {}).true_colour
    assert decide(TMUX_OLD, {"TMUX": "x"}).true_colour
    assert not decide("\x1b[?1;2c", {}).true_colour


def test_a_name_without_end_is_none() -> None:
    assert parse(f"\x1bP>|kitty{'x' * 90}\x1b\\").name == f"kitty{'x' * 90}"
    for long in ("x" * 200, "6-" * 100_000, "019-" * 50_000):
        assert parse(f"\x1bP>|kitty{long}\x1b\\").name == ""


def test_parse_tells_a_complete_answer() -> None:
    assert parse(XTERM).complete
    assert not parse(XTERM[:-1]).complete


PROBE = """
import json, os, sys
from dataclasses import asdict
from tui_tagger.widgets.terminal import install, probe
terminal = probe()
install(terminal)
import textual_image.widget
from textual_image._terminal import get_cell_size
found = asdict(terminal) | {"COLORTERM": os.environ.get("COLORTERM"), "library": list(get_cell_size())}
open(sys.argv[1], "w").write(json.dumps(found))
"""


def ask_over_pty(tmp_path: Path, answer: bytes, late: float = 0.0) -> tuple[dict[str, object], bytes]:
    """What `probe` finds where a terminal gives this answer, and all that it wrote."""
    pty = pytest.importorskip("pty")
    keeper, end = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR", "COLORTERM", "TERM_PROGRAM")}
    target = tmp_path / "found.json"
    process = subprocess.Popen(
        [sys.executable, "-c", PROBE, str(target)],
        stdin=end,
        stdout=end,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment | {"TERM": "xterm-256color"},
    )
    os.close(end)
    written = b""
    try:
        while process.poll() is None:
            if select.select([keeper], [], [], 0.05)[0]:
                try:
                    written += os.read(keeper, 4096)
                except OSError:  # the other end is closed
                    break
                if written.endswith(b"\x1b[c") and answer:
                    time.sleep(late)
                    os.write(keeper, answer)
                    answer = b""
        process.wait(20)
    finally:
        os.close(keeper)
    return json.loads(target.read_text()), written


def test_probe_asks_once_and_the_library_not_at_all(tmp_path: Path) -> None:
    found, written = ask_over_pty(tmp_path, KITTY.encode(), late=0.4)
    assert found["protocol"] == "kitty"
    assert found["cell"] == found["library"] == [8, 17]
    assert found["COLORTERM"] == "truecolor"
    assert written.count(b"\x1b[c") == 1
    assert written.decode().startswith(QUESTIONS)


def test_probe_goes_on_without_answers(tmp_path: Path) -> None:
    found, written = ask_over_pty(tmp_path, b"")
    assert found["protocol"] == "halfcell"
    assert found["COLORTERM"] is None
    assert written.count(b"\x1b[c") == 1


def test_importing_the_probe_loads_neither_textual_nor_the_library() -> None:
    code = (
        "import sys, tui_tagger.widgets.terminal; print([m for m in ('textual', 'textual_image') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_terminal_is_a_value() -> None:
    assert decide(XTERM, {}) == Terminal("sixel", (8, 17), "XTerm 390", ("Pictures as sixels.",), False, 256, True)


MEASURE = """
import shutil, sys
from pathlib import Path
from tui_tagger.widgets.terminal import decide, install
install(decide("", {}))
Path(sys.argv[1]).write_text("{0.columns}x{0.lines}".format(shutil.get_terminal_size()))
"""


@pytest.mark.parametrize(("window", "taken"), [((30, 100), "100x30"), ((0, 0), "80x24")])
def test_the_kernel_knows_the_size_better_than_the_shell(tmp_path: Path, window: tuple[int, int], taken: str) -> None:
    """Shells export LINES and COLUMNS, and do not change them for a program that runs."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    keeper, end = pty.openpty()
    termios.tcsetwinsize(end, window)
    environment = os.environ | {"LINES": "24", "COLUMNS": "80"}
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "size")]
    subprocess.run(command, stdin=end, stdout=end, cwd=ROOT, env=environment, check=True)
    os.close(end)
    os.close(keeper)
    assert (tmp_path / "size").read_text() == taken
