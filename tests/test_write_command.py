"""tui-tagger write: dry run, descriptions, undo, and names that must not reach the terminal as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.screens.small_library import fill
from tui_tagger.cli import cli
from tui_tagger.errors import UsageError
from tui_tagger.metadata.exif import read_info
from tui_tagger.services import Services
from tui_tagger.storage.models import Person


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Three photos with a confirmed name each, and three without."""
    services = Services.open(tmp_path / "library.db")
    fill(services, tmp_path / "Pictures")
    Person.update(name="Anna \x1b[31m[b]").where(Person.name == "Anna Rossi").execute()
    services.close()
    return tmp_path / "library.db"


def run(db: Path, *options: str) -> str:
    result = CliRunner().invoke(cli, ["write", "--db", str(db), *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def descriptions(db: Path) -> set[str]:
    return {read_info(path).description for path in sorted((db.parent / "Pictures").glob("*.jpg"))} - {""}


def test_descriptions_are_off_by_default_and_shown_by_a_dry_run(db: Path) -> None:
    assert "Lisbon" not in run(db, "--dry-run")
    shown = run(db, "--dry-run", "--describe")
    assert '"Bo Lind, Oslo, 2 July 2019"' in shown
    assert "3 would write (nothing was written)" in shown
    assert descriptions(db) == set()


def test_they_are_written_as_json_tells_and_undone(db: Path) -> None:
    rows = [
        json.loads(line) for line in run(db, "--describe", "--json", "--template", "{place}: {people}").splitlines()
    ]
    told = {row["description"] for row in rows if "description" in row}
    assert told == {"Lisbon: Anna [31m[b]", "Oslo: Bo Lind", "Clara Ek"}
    assert descriptions(db) == told
    assert rows[-1] == {"files": 3, "written": 3}
    assert "Undone" in run(db, "--undo")
    assert descriptions(db) == set()


def test_an_unknown_field_is_refused_and_nothing_kept(db: Path) -> None:
    with pytest.raises(UsageError, match="peple"):
        run(db, "--describe", "--template", "{peple}")
    assert "Bo Lind, Oslo" in run(db, "--describe", "--dry-run")


def test_control_characters_do_not_reach_the_terminal(db: Path) -> None:
    assert "\x1b" not in run(db, "--dry-run", "--describe") + run(db, "--describe")
