from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tui_tagger.errors import DatabaseError
from tui_tagger.services import upkeep
from tui_tagger.services.storage_check import check_database
from tui_tagger.storage import migrations
from tui_tagger.storage.database import open_database, setting, store_setting
from tui_tagger.storage.migrations import STEPS, Step
from tui_tagger.storage.models import TABLES, Person, Photo


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def test_the_models_are_what_the_migrations_make(tmp_path: Path) -> None:
    open_database(tmp_path / "x.db").close()
    connection = sqlite3.connect(tmp_path / "x.db")
    for name, table in TABLES.items():
        assert columns(connection, name) == {field.column_name for field in table._meta.sorted_fields}, name
    connection.close()


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    database = open_database(tmp_path / "new" / "x.db")
    store_setting("a", 1)
    for path in (tmp_path / "new").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    database.close()


def test_write_ahead_log_and_foreign_keys_are_on(tmp_path: Path) -> None:
    database = open_database(tmp_path / "x.db")
    assert database.execute_sql("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert database.execute_sql("PRAGMA foreign_keys").fetchone()[0] == 1
    database.close()


def test_a_migration_runs_once_after_a_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(tmp_path / "x.db")
    store_setting("kept", [1, 2])
    database.close()
    more = Step(STEPS[-1].number + 1, "a later one", "ALTER TABLE photo ADD COLUMN later TEXT")
    steps = (*STEPS, more)
    monkeypatch.setattr(migrations, "STEPS", steps)
    monkeypatch.setattr("tui_tagger.storage.database.STEPS", steps)
    for _ in range(2):
        database = open_database(tmp_path / "x.db")
        assert setting("kept") == [1, 2]
        numbers = [row[0] for row in database.execute_sql("SELECT number FROM migration ORDER BY number")]
        assert numbers == [step.number for step in steps]
        database.close()
    backup = tmp_path / f"x.db.before-{more.number}"
    connection = sqlite3.connect(backup)
    assert "later" not in columns(connection, "photo")
    assert connection.execute("SELECT value FROM setting").fetchone()[0] == "[1,2]"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    connection.close()


def test_a_failing_migration_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_database(tmp_path / "x.db").close()
    bad = Step(STEPS[-1].number + 1, "bad", "ALTER TABLE photo ADD COLUMN later TEXT; SELECT nonsense FROM nowhere")
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, bad))
    monkeypatch.setattr("tui_tagger.storage.database.STEPS", (*STEPS, bad))
    with pytest.raises(DatabaseError):
        open_database(tmp_path / "x.db")
    connection = sqlite3.connect(tmp_path / "x.db")
    assert "later" not in columns(connection, "photo")
    connection.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    open_database(tmp_path / "x.db").close()
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("INSERT INTO migration (number, name, at) VALUES (99, 'from the future', '')")
    connection.commit()
    connection.close()
    with pytest.raises(DatabaseError, match="newer version"):
        open_database(tmp_path / "x.db")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Anna, " * 100)
    with pytest.raises(DatabaseError):
        open_database(path)
    assert path.read_text() == "Dear Anna, " * 100


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError):
        open_database(tmp_path / "file" / "x.db")


def test_paths_that_are_not_utf8_come_back_as_they_were(tmp_path: Path) -> None:
    database = open_database(tmp_path / "x.db")
    path = Path("/photos/caf\udce9.jpg")
    fields = {"folder": path.parent, "name": "x", "size": 1, "mtime_ns": 1, "image_hash": "x"}
    Photo.create(path=path, **fields)
    assert Photo.get(Photo.path == path).path == path
    database.close()


def test_a_program_that_ends_leaves_the_log_that_another_writes_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever closes a database last removes its log, and a lock says who is not the last."""
    monkeypatch.setattr(upkeep, "CHECKED_AT_ONCE", 0)
    path = tmp_path / "library.db"
    look = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM person'); c.close()"
    opened = open_database(path)
    Person.create(name="Anna")
    upkeep.look_after(path)
    assert check_database(path).ok
    second = open_database(path)
    subprocess.run([sys.executable, "-c", look, path], check=True)
    assert path.with_name("library.db-wal").exists()
    Person.create(name="Bo")
    second.close()
    opened.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (2,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
