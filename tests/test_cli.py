"""Commands that need no models, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.services.drawn import add_photo
from tui_tagger.cli import cli
from tui_tagger.errors import UsageError
from tui_tagger.services import Services


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Anna with six faces, of which one is somebody else's."""
    services = Services.open(tmp_path / "cli.db")
    faces = [add_photo([person])[0] for person in (0, 0, 0, 0, 0, 7)]
    services.review.name(faces, "Anna")
    services.close()
    return tmp_path / "cli.db"


def run(database: Path, *words: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(cli, [*words, "--db", str(database), "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_suspicious_faces_are_listed_with_their_reason(database: Path) -> None:
    (face,) = run(database, "faces", "--suspicious")
    assert face.keys() == {"id", "photo", "box", "state", "person", "probability", "reason"}
    assert (face["id"], face["person"], face["reason"]) == (6, "Anna", "unlike Anna's other 5 faces")
    assert face["probability"] < 0.5
    assert len(run(database, "faces")) == 6
    assert "reason" not in run(database, "faces")[0]


def test_suspicious_and_a_state_exclude_each_other(database: Path) -> None:
    with pytest.raises(UsageError):
        run(database, "faces", "--suspicious", "--state", "unknown")


def test_birth_dates_are_set_shown_and_removed(database: Path) -> None:
    assert run(database, "people", "birth", "anna", "1978-03") == [{"message": "Anna: born 1978-03", "faces": 0}]
    assert run(database, "people", "list")[0]["birth_date"] == "1978-03"
    run(database, "people", "birth", "Anna", "-")
    assert run(database, "people", "list")[0]["birth_date"] is None
    with pytest.raises(UsageError, match="birth date"):
        run(database, "people", "birth", "Anna", "yesterday")
