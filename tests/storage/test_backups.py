from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.drawn import add_photo
from tui_tagger.errors import DatabaseDamaged, DatabaseError
from tui_tagger.services import Services
from tui_tagger.services.views import FaceState
from tui_tagger.storage import backups as module
from tui_tagger.storage.backups import backup_folder, backups, is_due, make_backup
from tui_tagger.storage.database import open_database, store_setting
from tui_tagger.storage.integrity import find_damage
from tui_tagger.storage.models import Face, Person
from tui_tagger.storage.restoring import restore

DAY = 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Services]:
    services = Services.open(path)
    yield services
    services.close()


def decide(services: Services, name: str, faces: int = 1) -> list[int]:
    ids = [add_photo([0])[0] for _ in range(faces)]
    services.review.name(ids, name)
    return ids


def age(backup: Path, seconds: float) -> None:
    at = time.time() - seconds
    os.utime(backup, (at, at))


def smash(path: Path, start: float = 0.2, end: float = 0.9) -> None:
    """Overwrites the middle of a database that nobody has open."""
    data = bytearray(path.read_bytes())
    first, last = (int(len(data) * part) // 4096 * 4096 for part in (start, end))
    data[first:last] = os.urandom(last - first)
    path.write_bytes(data)


def test_a_backup_is_the_database_in_one_file_for_the_owner_alone(opened: Services, path: Path) -> None:
    decide(opened, "Anna")
    made = make_backup(path)
    assert made is not None
    assert [each.name for each in backup_folder(path).iterdir()] == ["000001.db"]
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    connection = sqlite3.connect(made.path)
    assert connection.execute("SELECT name FROM person").fetchall() == [("Anna",)]
    connection.close()


def test_it_is_made_while_another_connection_keeps_writing(opened: Services, path: Path) -> None:
    store_setting("filler", "x" * 4_000_000)
    decide(opened, "Anna")
    ended = threading.Event()

    def write() -> None:
        connection = sqlite3.connect(path, timeout=10)
        while not ended.is_set():
            connection.execute("UPDATE setting SET value = value WHERE key = 'filler'")
            connection.commit()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = make_backup(path)
    finally:
        ended.set()
        writer.join()
    assert made is not None
    assert find_damage(made.path) == ""


def test_one_is_due_after_decisions_once_in_half_a_day(opened: Services, path: Path) -> None:
    assert not is_due(path)  # nothing that a scan would not find again
    decide(opened, "Anna")
    assert is_due(path)
    made = make_backup(path)
    assert made is not None
    assert not is_due(path)
    decide(opened, "Bo")
    assert not is_due(path)
    assert is_due(path, age=0)
    age(made.path, DAY)
    assert is_due(path)
    age(made.path, -DAY)  # the clock was set back
    assert is_due(path)


def test_days_and_bytes_are_bounded_and_the_newest_stays(
    opened: Services, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(opened, "Anna")
    for day in range(module.DAYS + 3):
        for backup in backups(path):
            age(backup.path, (module.DAYS + 3 - backup.number) * DAY)
        assert make_backup(path) is not None, day
    numbers = [backup.number for backup in backups(path)]
    assert numbers == list(range(module.DAYS + 3, 3, -1))
    make_backup(path)  # the second of its day: the first one goes
    assert [backup.number for backup in backups(path)][:2] == [module.DAYS + 4, module.DAYS + 2]
    monkeypatch.setattr(module, "MOST_BYTES", 1)
    module.prune(path)
    assert [backup.number for backup in backups(path)] == [module.DAYS + 4]


def test_a_cancelled_backup_leaves_nothing(opened: Services, path: Path) -> None:
    decide(opened, "Anna")
    assert make_backup(path, cancelled=lambda: True) is None
    assert list(backup_folder(path).iterdir()) == []


def test_without_room_there_is_none_and_it_is_told(
    opened: Services, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(opened, "Anna")
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1000}))
    with pytest.raises(DatabaseError, match="no room"):
        make_backup(path)


def test_a_damaged_database_does_not_replace_good_backups(path: Path) -> None:
    services = Services.open(path)
    decide(services, "Anna", 20)
    make_backup(path)
    services.close()
    smash(path)
    with pytest.raises(DatabaseError):
        make_backup(path)
    assert [backup.number for backup in backups(path)] == [1]
    assert [each.name for each in backup_folder(path).iterdir()] == ["000001.db"]


@pytest.mark.parametrize("start", [0.0, 0.001, 0.3])
def test_damage_is_found_when_it_is_opened_and_the_backup_named(path: Path, start: float) -> None:
    services = Services.open(path)
    decide(services, "Anna", 20)
    make_backup(path)
    services.close()
    smash(path, start)
    before = path.read_bytes()
    with pytest.raises(DatabaseDamaged) as raised:
        open_database(path)
    assert "doctor --repair" in raised.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize("lost", ["removed", "emptied"])
def test_a_lost_database_is_not_silently_begun_anew(path: Path, lost: str) -> None:
    services = Services.open(path)
    decide(services, "Anna")
    make_backup(path)
    services.close()
    path.unlink() if lost == "removed" else path.write_bytes(b"")
    with pytest.raises(DatabaseDamaged, match="lost"):
        open_database(path)
    restored = restore(path)
    assert restored.backup is not None
    opened = open_database(path)
    assert Person.get().name == "Anna"
    opened.close()


def test_a_restored_backup_has_the_decisions_made_since(path: Path) -> None:
    """All that can still be read: here the damage hit nothing but an index."""
    services = Services.open(path)
    first = decide(services, "Anna", 3)
    make_backup(path)
    services.review.ignore(first[:1])
    later = decide(services, "Bo", 2)
    services.review.name(first[1:2], "Clara")
    services.review.ignore(later[1:])
    services.review.undo()
    services.close()
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'face_state'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    damaged = path.read_bytes()
    with pytest.raises(DatabaseDamaged):
        open_database(path)
    restored = restore(path)
    assert restored.decisions == 4  # the undone one among them
    assert restored.aside is not None
    assert restored.aside.read_bytes() == damaged
    opened = open_database(path)
    people = {person.id: person.name for person in Person.select()}
    found = {face.id: (face.state, people.get(face.person_id)) for face in Face.select()}
    assert found[first[0]] == (FaceState.IGNORED, None)
    assert found[first[1]] == (FaceState.CONFIRMED, "Clara")
    assert found[first[2]] == (FaceState.CONFIRMED, "Anna")
    assert {found[face] for face in later} == {(FaceState.CONFIRMED, "Bo")}
    opened.close()


def test_without_a_backup_what_can_be_read_is_saved(path: Path) -> None:
    services = Services.open(path)
    decide(services, "Anna", 30)
    services.close()
    smash(path, 0.97, 1.0)
    if not find_damage(path):
        pytest.fail("the damage hit nothing")
    restored = restore(path)
    assert restored.backup is None
    opened = open_database(path)
    assert Person.get().name == "Anna"
    assert find_damage(path) == ""
    opened.close()


def test_what_others_have_open_is_not_put_aside(path: Path) -> None:
    services = Services.open(path)
    decide(services, "Anna")
    make_backup(path)
    with pytest.raises(DatabaseError, match="in use"):
        restore(path)
    services.close()
