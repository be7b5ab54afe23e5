"""The log says what happened and never to whom."""

from __future__ import annotations

import ast
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_tagger import log
from tui_tagger.config import log_dir
from tui_tagger.errors import PhotoError
from tui_tagger.imaging import load_upright

PACKAGE = Path(log.__file__).parent


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    log.stop()


def test_events_and_errors_are_noted_without_what_they_are_about(tmp_path: Path) -> None:
    log.start()
    log.event("backup", number=3, bytes=4096)
    with pytest.raises(PhotoError) as raised:
        load_upright(tmp_path / "Anna Rossi at home.jpg")
    log.failure("refused", raised.value)
    text = (log_dir() / log.NAME).read_text()
    assert "backup number=3 bytes=4096" in text
    assert "PhotoError at imaging.py:" in text
    assert "Anna" not in text
    assert str(tmp_path) not in text


def test_an_error_is_followed_to_its_cause(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no picture")
    with pytest.raises(PhotoError) as raised:
        load_upright(tmp_path / "x.jpg")
    first, second = log.described(raised.value)[:2]
    assert first.startswith("PhotoError at imaging.py:")
    assert second.startswith("UnidentifiedImageError at")
    assert "formats.py:" in second


def test_a_text_among_the_numbers_does_not_get_through() -> None:
    log.start()
    log.event("scan", photos="Anna")  # type: ignore[arg-type]
    assert "Anna" not in (log_dir() / log.NAME).read_text()


def test_files_are_the_owner_s_alone_and_rotate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MOST_BYTES", 2000)
    log.start()
    for number in range(300):
        log.event("again", number=number)
    files = sorted(log_dir().iterdir())
    assert len(files) == 1 + log.KEPT
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert stat.S_IMODE(log_dir().stat().st_mode) == 0o700
    assert sum(file.stat().st_size for file in files) < 9000


def test_where_no_log_can_be_it_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(log, "log_dir", lambda: tmp_path / "file" / "log")
    log.start()
    log.event("nothing")


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "log" and node.func.attr in ("event", "failure"):
                yield node


def test_what_is_logged_is_named_in_the_source() -> None:
    """No f-string, no variable: so that no name of a person or a file can get into the log."""
    found = 0
    for path in PACKAGE.rglob("*.py"):
        for call in calls(ast.parse(path.read_text())):
            found += 1
            assert isinstance(call.args[0], ast.Constant), f"{path}:{call.lineno}"
    assert found > 5
