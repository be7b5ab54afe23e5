"""`people split`, `hide`, `show`, `alias` and `export --person` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.fakes import FakeEmbedder
from tests.services.drawn import add_photo
from tui_tagger.cli import cli
from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.storage.database import store_setting


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Anna has ten faces of hers (1 to 10) and five of Bo's (11 to 15); one more of Anna waits."""
    services = Services.open(tmp_path / "x.db")
    store_setting("embedder", FakeEmbedder.model_id)
    faces = [add_photo([0])[0] for _ in range(10)] + [add_photo([1])[0] for _ in range(5)]
    add_photo([0])
    services.recognition.update()
    services.review.name(faces, "Anna")
    services.close()
    return tmp_path / "x.db"


def run(db: Path, *arguments: object) -> list[dict[str, Any]]:
    words = [str(argument) for argument in (*arguments, "--db", db, "--json")]
    return [json.loads(line) for line in CliRunner().invoke(cli, words, catch_exceptions=False).stdout.splitlines()]


def people(db: Path) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in run(db, "people", "list")}


def test_split_shows_and_does_the_same(db: Path) -> None:
    split = ("people", "split", "Anna", "--seeds", 12, "--seeds", 13, "--into", "Bo")
    plan = run(db, *split, "--dry-run")
    assert sorted(row["id"] for row in plan) == list(range(1, 16))
    assert {row["id"] for row in plan if row["person"] == "Bo"} == {11, 12, 13, 14, 15}
    assert {row["id"] for row in plan if row["seed"]} == {12, 13}
    assert people(db).keys() == {"Anna"}
    assert run(db, *split) == [{"message": "5 faces of Anna split off: Bo", "faces": 5}]
    assert {name: row["confirmed"] for name, row in people(db).items()} == {"Anna": 10, "Bo": 5}


def test_hide_and_show(db: Path) -> None:
    assert people(db)["Anna"]["suggested"] == 1
    run(db, "people", "hide", "anna")
    assert people(db)["Anna"]["hidden"]
    assert people(db)["Anna"]["suggested"] == 0
    run(db, "people", "show", "Anna")
    assert people(db)["Anna"]["suggested"] == 1


def test_other_names(db: Path) -> None:
    run(db, "people", "alias", "Anna", "Nonna")
    assert people(db)["Anna"]["aliases"] == ["Nonna"]
    run(db, "people", "alias", "nonna", "Nonna", "--remove")
    assert people(db)["Anna"]["aliases"] == []
    with pytest.raises(UsageError):
        run(db, "people", "alias", "Anna", "Nonna", "--remove")


def test_export_of_one_person(db: Path) -> None:
    rows = run(db, "export", "--person", "Anna")
    assert len(rows) == 15
    assert {row["person"] for row in rows} == {"Anna"}
