from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.services.drawn import add_photo
from tests.storage.test_backups import age, decide, smash
from tui_tagger.errors import DatabaseDamaged
from tui_tagger.services import Services
from tui_tagger.services.repair import repair
from tui_tagger.services.storage_check import OLD, Check, check_storage
from tui_tagger.services.upkeep import after_session, look_after
from tui_tagger.storage import integrity
from tui_tagger.storage.backups import backup_folder, backups, make_backup
from tui_tagger.storage.database import open_database, store_setting


def checks(path: Path) -> dict[str, Check]:
    return {check.name: check for check in check_storage(path)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library with a person, closed, with one backup."""
    services = Services.open(tmp_path / "x.db")
    decide(services, "Anna", 20)
    services.close()
    after_session(tmp_path / "x.db")
    return tmp_path / "x.db"


def test_all_is_well(path: Path) -> None:
    found = checks(path)
    assert all(check.ok for check in found.values())
    assert found.keys() == {"database", "references", "values", "writes", "backups", "permissions", "disk"}
    assert found["backups"].text.startswith("1, 0 MB")
    assert list(repair(path)) == []


def test_before_the_first_start_nothing_is_wrong(tmp_path: Path) -> None:
    assert all(check.ok for check in check_storage(tmp_path / "none" / "x.db"))


def test_damage_is_told_and_mended(path: Path) -> None:
    smash(path)
    found = checks(path)
    assert not found["database"].ok
    assert "doctor --repair" in found["database"].hint
    (text,) = repair(path)
    assert "is in place" in text
    assert "x.db.damaged-1" in text
    assert all(check.ok for check in check_storage(path))
    services = Services.open(path)
    assert [person.name for person in services.people.list()] == ["Anna"]
    services.close()


@pytest.mark.parametrize("backed_up", [True, False])
def test_a_table_that_is_gone_is_damage(path: Path, backed_up: bool) -> None:
    if not backed_up:
        shutil.rmtree(backup_folder(path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE decision")
    with pytest.raises(DatabaseDamaged, match="its table decision is gone"):
        open_database(path)
    assert checks(path)["database"].text.endswith("its table decision is gone")
    assert "is in place" in next(repair(path)) or not backed_up
    assert all(check.ok for check in check_storage(path))
    services = Services.open(path)
    assert [person.name for person in services.people.list()] == ["Anna"]
    services.close()


def test_rows_that_refer_to_nothing_are_found_and_removed(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO rejection (face_id, person_id) VALUES (999, 1)")
    connection.execute("UPDATE face SET person_id = 777 WHERE id = 2")
    connection.commit()
    connection.close()
    assert "2 rows" in checks(path)["references"].text
    assert list(repair(path)) == ["2 rows that referred to nothing were removed"]
    services = Services.open(path)
    assert services.library.counts() is not None
    services.close()
    assert checks(path)["references"].ok


def test_a_write_whose_process_is_gone_is_finished_in_the_books(path: Path) -> None:
    services = Services.open(path)
    store_setting("writing:999999999", 12345)
    services.database.close()
    assert not checks(path)["writes"].ok
    assert "1 writes that were cut off are finished in the books" in list(repair(path))
    assert checks(path)["writes"].ok


def test_permissions_are_closed_again(path: Path) -> None:
    for each in (path, backups(path)[0].path, backups(path)[0].path.parent):
        each.chmod(0o755)
    assert "and 2 more" in checks(path)["permissions"].text
    assert list(repair(path)) == ["3 files closed to others"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(backups(path)[0].path.parent.stat().st_mode) == 0o700


def test_a_backup_that_is_too_old_is_told(path: Path) -> None:
    age(backups(path)[0].path, OLD + 100)
    assert checks(path)["backups"].ok  # nothing was decided since
    services = Services.open(path)
    decide(services, "Bo")
    services.close()
    assert not checks(path)["backups"].ok


def test_a_session_with_decisions_ends_with_a_backup_of_a_small_database(path: Path) -> None:
    services = Services.open(path)
    add_photo([1])
    services.close()
    before = backups(path)
    after_session(path)
    assert [backup.number for backup in backups(path)] == [before[0].number + 1]  # one a day stays
    after_session(path)
    assert len(backups(path)) == 1
    assert backups(path)[0].number == before[0].number + 1


def test_a_large_database_is_checked_behind_the_first_frame(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_tagger.services.upkeep.CHECKED_AT_ONCE", 0)
    assert look_after(path) is None
    assert look_after(path, cancelled=lambda: True) is None
    smash(path)
    with pytest.raises(DatabaseDamaged):
        look_after(path)


def test_the_check_can_be_cancelled(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_tagger.services.upkeep.CHECKED_AT_ONCE", 0)
    asked: list[int] = []
    services = Services.open(path)
    store_setting("filler", ["x" * 100] * 50_000)
    services.close()
    integrity.find_damage(path)

    def cancelled() -> bool:
        asked.append(1)
        return True

    assert look_after(path, cancelled) is None
    make_backup(path)


DATE = b"2019-07-13T14:03:23"


@pytest.fixture
def dated(path: Path) -> Path:
    """The library with a photo whose date stands in tables and in indexes."""
    services = Services.open(path)
    add_photo([0], DATE.decode())
    services.close()
    make_backup(path)
    return path


def test_a_value_broken_in_the_file_is_mended_whatever_the_indexes_say(dated: Path) -> None:
    """One byte of a date, in each place where it is stored: indexes that know the old value let no row be changed."""
    whole, told = dated.read_bytes(), set()
    places = [at for at in range(len(whole)) if whole.startswith(DATE, at)]
    assert len(places) > 1
    for at in places:
        dated.write_bytes(whole[: at + 2] + b"\x11" + whole[at + 3 :])
        told |= {line.partition(":")[0] for line in repair(dated)}
        assert all(check.ok for check in check_storage(dated) if check.name != "permissions")
        with sqlite3.connect(dated) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
    assert "The indexes were made anew" in told


def test_indexes_that_cannot_be_made_anew_end_in_a_backup(dated: Path) -> None:
    with sqlite3.connect(dated) as connection:
        (table, columns), *_ = connection.execute(
            "SELECT tbl_name, sql FROM sqlite_master WHERE sql LIKE 'CREATE UNIQUE INDEX%photo%path%'"
        ).fetchall()
        assert (table, "path" in columns) == ("photo", True)
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'UNIQUE ', '') WHERE sql = ?", (columns,))
    connection.close()
    with sqlite3.connect(dated) as connection:  # two rows with one path, under an index that forbids it
        names = [row[1] for row in connection.execute("PRAGMA table_info(photo)") if row[1] != "id"]
        connection.execute(f"INSERT INTO photo ({', '.join(names)}) SELECT {', '.join(names)} FROM photo LIMIT 1")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE sql = ?", (columns, columns.replace("UNIQUE ", "")))
    connection.close()
    told = list(repair(dated))
    assert any("is in place" in line for line in told), told
    assert all(check.ok for check in check_storage(dated))
    assert list(repair(dated)) == []
