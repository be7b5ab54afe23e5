"""The manual page says what the command line says, and is roff that a reader can format."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tools.build_manpage import TARGET, escaped, page


def test_manual_page_is_up_to_date() -> None:
    assert TARGET.read_text("utf-8") == page(), "run: make man"


def test_text_is_never_a_request() -> None:
    assert escaped(".so /etc/passwd") == r"\&.so /etc/passwd"
    assert escaped("--db\n C:\\x") == r"\-\-db C:\ex"


def test_all_commands_and_options_are_in_it() -> None:
    text = page()
    for words in (".SS scan", ".SS models install", ".SS people birth", r"\fB\-\-dry\-run\fR", "EXIT STATUS"):
        assert words in text


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_complain_about() -> None:
    command = ["groff", "-man", "-Tutf8", "-ww", str(TARGET)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "tag the people in your photos" in done.stdout
