"""`import` and `export` as a user calls them, without models: the photos are scanned by fakes before."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.conftest import scan_fake
from tests.fakes import FakeEmbedder
from tests.services.test_importing import LEFT, write
from tui_tagger.cli import cli
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.services import Services
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Person

HOSTILE = "\x1b]0;gone\x07=cmd\x9b31m"


@pytest.fixture
def db(tmp_path: Path, photos: Path) -> Path:
    """A database of the painted photos, closed."""
    (photos / "b1.jpg").rename(photos / f"b{HOSTILE}.jpg")
    opened = Services.open(tmp_path / "x.db")
    store_setting("embedder", FakeEmbedder.model_id)
    scan_fake([photos])
    opened.close()
    return tmp_path / "x.db"


def tagger(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_import_reports_what_it_found_and_did(db: Path, photos: Path) -> None:
    write(photos / "a1.jpg", NamedRegion("Anna", LEFT), NamedRegion("Dora", None))
    result = tagger("import", "--db", db, "--json")
    assert result.exit_code == 0
    assert lines(result) == [
        {
            "photos": 1,
            "people": 2,
            "faces": 1,
            "matched": 1,
            "added": 0,
            "present": 1,
            "unchanged": 0,
            "skipped": [],
            "failed": [],
        }
    ]
    again = tagger("import", "--db", db)
    assert again.stdout.splitlines() == [
        "2 people in 1 photo, 2 known",
        "0 faces confirmed, 0 added, 0 present without a face",
    ]


def test_import_ends_with_1_where_a_photo_cannot_be_read(db: Path, photos: Path) -> None:
    (photos / "a1.jpg").unlink()
    result = tagger("import", "--db", db, "--json")
    assert result.exit_code == 1
    assert [Path(failure["path"]).name for failure in lines(result)[-1]["failed"]] == ["a1.jpg"]


def test_export_as_a_table_and_as_json(db: Path, photos: Path) -> None:
    write(photos / "a1.jpg", NamedRegion('Anna, of "A"', LEFT))
    tagger("import", "--db", db)
    rows = lines(tagger("export", "--db", db, "--json"))
    table = list(csv.DictReader(io.StringIO(tagger("export", "--csv", "--db", db).stdout)))
    assert len(rows) == len(table) == 11
    (anna,) = [row for row in rows if row["state"] == "confirmed"]
    assert (anna["person"], anna["box"]) == ('Anna, of "A"', [20.0, 40.0, 60.0, 60.0])
    assert anna["source"] == "imported: MWG region in a1.jpg"
    (cells,) = [row for row in table if row["state"] == "confirmed"]
    assert (cells["person"], cells["box"], cells["decided"]) == ('Anna, of "A"', "20.0 40.0 60.0 60.0", anna["decided"])
    assert tagger("export", "--db", db).stdout.splitlines()[0].startswith("photo,hash,box,state,person")


def test_an_export_can_be_imported_into_another_database(db: Path, tmp_path: Path, photos: Path) -> None:
    write(photos / "a1.jpg", NamedRegion("Anna", LEFT))
    tagger("import", "--db", db)
    (tmp_path / "faces.jsonl").write_text(tagger("export", "--json", "--db", db).stdout)
    opened = Services.open(tmp_path / "y.db")
    scan_fake([photos])
    opened.close()
    result = tagger("import", "--from-export", tmp_path / "faces.jsonl", "--db", tmp_path / "y.db", "--json")
    assert lines(result)[-1]["matched"] == 1


@pytest.mark.parametrize("command", [["export"], ["faces"], ["people", "list"], ["import"], ["export", "--json"]])
def test_hostile_names_reach_the_terminal_harmlessly(db: Path, photos: Path, command: list[str]) -> None:
    opened = Services.open(db)
    opened.people.add("Anna")
    Person.update(name=f"A{HOSTILE}\nnext").execute()
    opened.close()
    shown = tagger(*command, "--db", db).stdout
    assert shown
    assert all(character.isprintable() or character == "\n" for character in shown)
