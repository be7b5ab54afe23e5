"""Values that make no sense are found, and mended with as little loss as can be."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from benchmarks.fuzz_library import VALUES, make_library
from tui_tagger.errors import DatabaseDamaged
from tui_tagger.services import Services
from tui_tagger.services.repair import repair
from tui_tagger.services.storage_check import check_storage
from tui_tagger.services.upkeep import look_after, told
from tui_tagger.storage.integrity import connect
from tui_tagger.storage.models import Decision, Face, Person, Photo
from tui_tagger.storage.rules import RULES
from tui_tagger.storage.values import find_nonsense

NAN = np.full(256, np.nan, np.float16).tobytes()

WRONG = [  # SQL, and the words of what is found
    ("UPDATE photo SET width = -1 WHERE id = 1", "photo: a size"),
    ("UPDATE photo SET orientation = 9 WHERE id = 1", "photo: a size"),
    ("UPDATE photo SET taken_at = '2019-02-30T10:00:00' WHERE id = 1", "photo: a date"),
    ("UPDATE photo SET taken_at = '2019-13-01T10:00:00' WHERE id = 1", "photo: a date"),
    ("UPDATE photo SET utc_offset = 'east' WHERE id = 1", "photo: a date"),
    ("UPDATE photo SET latitude = 91 WHERE id = 2", "photo: a position"),
    ("UPDATE photo SET longitude = 9e999 WHERE id = 2", "photo: a position"),
    ("UPDATE photo SET status = 'odd' WHERE id = 1", "photo: a status"),
    ("UPDATE photo SET path = x'00' WHERE id = 1", "photo: a place"),
    ("UPDATE photo SET written = '[1]' WHERE id = 1", "photo: the names in its file"),
    ("UPDATE photo SET camera = x'ff' WHERE id = 1", "photo: a text"),
    ("UPDATE photo SET mtime_ns = 'x' WHERE id = 1", "photo: a file's state"),
    ("UPDATE person SET name = ' ' WHERE id = 1", "person: a name"),
    ("UPDATE person SET birth_date = '1978-13' WHERE id = 1", "person: a birth date"),
    ("UPDATE person SET hidden = 7 WHERE id = 1", "person: a mark"),
    ("UPDATE alias SET name = '' WHERE id = 1", "alias: a name"),
    ("UPDATE face SET state = 'odd' WHERE id = 3", "face: a state"),
    ("UPDATE face SET person_id = NULL WHERE id = 1", "face: a state"),
    ("UPDATE face SET state = 'ignored' WHERE id = 1", "face: a person"),
    ("UPDATE face SET width = -80 WHERE id = 1", "face: a box of somebody"),
    ("UPDATE face SET x = NULL WHERE id = 1", "face: a box of somebody"),
    ("UPDATE face SET height = 9e999 WHERE id = 4", "face: a box"),
    ("UPDATE face SET probability = 1.5 WHERE id = 3", "face: a number"),
    ("UPDATE face SET landmarks = x'00' WHERE id = 3", "face: a number"),
    ("UPDATE face SET recommendation = 'odd' WHERE id = 3", "face: a number"),
    ("UPDATE embedding SET vector = x'0000' WHERE id = 1", "embedding: a vector"),
    ("UPDATE embedding SET vector = 'text' WHERE id = 1", "embedding: a vector"),
    ("UPDATE embedding SET vector = zeroblob(512) WHERE id = 1", "embedding: a vector"),
    (f"UPDATE embedding SET vector = x'{NAN.hex()}' WHERE id = 1", "embedding: a vector"),
    ("UPDATE decision SET changes = '{' WHERE id = 1", "decision: what it changed"),
    ("UPDATE decision SET changes = '[[1,2]]' WHERE id = 1", "decision: what it changed"),
    ("UPDATE decision SET undone = 5 WHERE id = 1", "decision: a text"),
    ("UPDATE filewrite SET undo = 'x' WHERE id = 1", "filewrite: what undoes it"),
    ("INSERT INTO setting (key, value) VALUES ('x', '{')", "setting: a value"),
    ("INSERT INTO setting (key, value) VALUES ('writing:x', '1')", "setting: a value"),
    ("UPDATE change SET kind = 'odd'", "change: a face"),
    ("UPDATE listing SET folder = x'00' WHERE id = 1", "listing: an entry"),
    ("INSERT INTO job (kind, arguments, state, started_at, done, total, failures)"
     " VALUES ('scan', '{', 'done', '', 0, 0, '[]')", "job: a record"),
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("values"))


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    (tmp_path / "library.db").write_bytes(whole.read_bytes())
    return tmp_path / "library.db"


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def values(path: Path) -> str:
    (check,) = (check for check in check_storage(path) if check.name == "values")
    return "" if check.ok else check.text


def test_a_library_in_use_makes_sense(path: Path) -> None:
    assert find_nonsense(path) == ()
    assert values(path) == ""
    assert not any("mended" in text for text in repair(path))


@pytest.mark.parametrize(("statement", "words"), WRONG, ids=range(len(WRONG)))
def test_what_makes_no_sense_is_found_and_mended_and_the_rest_stays(path: Path, statement: str, words: str) -> None:
    spoil(path, statement)
    assert words in values(path)
    done = list(repair(path))
    assert any(f"mended: {words}" in text for text in done)
    assert path.with_name("library.db.damaged-1").exists()
    assert find_nonsense(path) == ()
    assert all(check.ok for check in check_storage(path) if check.name in ("database", "references", "values"))
    services = Services.open(path)
    services.recognition.update()
    assert services.library.counts().photos == 4
    assert len(services.people.list()) == 2
    assert Decision.select().count() == 8
    services.close()


def test_every_rule_has_an_example() -> None:
    assert {f"{rule.table}: {rule.what}" for rule in RULES} == {words for _, words in WRONG} - {"embedding: a vector"}


def test_a_confirmed_face_with_a_broken_box_stays_somebody_present(path: Path) -> None:
    spoil(path, "UPDATE face SET width = -80, state = 'confirmed', person_id = 1 WHERE id = 1")
    list(repair(path))
    services = Services.open(path)
    face = Face.get_by_id(1)
    assert (face.state, face.person_id, face.x, face.width) == ("confirmed", 1, None, None)
    services.close()


def test_what_was_read_from_a_file_is_read_again_by_the_next_scan(path: Path) -> None:
    spoil(path, "UPDATE photo SET taken_at = 'then', latitude = 5000 WHERE id = 2")
    list(repair(path))
    services = Services.open(path)
    photo = Photo.get_by_id(2)
    assert (photo.taken_at, photo.latitude, photo.mtime_ns) == (None, None, -1)
    services.close()


def test_another_name_of_nobody_is_removed(path: Path) -> None:
    spoil(path, "UPDATE alias SET person_id = -9e999 WHERE id = 1")
    assert "1 rows that referred to nothing were removed" in list(repair(path))
    assert all(check.ok for check in check_storage(path) if check.name in ("database", "references", "values"))


@pytest.fixture
def opened(path: Path) -> Iterator[Services]:
    spoil(path, "UPDATE embedding SET vector = 'text' WHERE id = 1")
    services = Services.open(path)
    yield services
    services.close()


def test_an_error_that_comes_of_it_is_told_as_what_it_is(opened: Services, path: Path) -> None:
    with pytest.raises(TypeError) as raised:
        opened.recognition.update()
    trouble = told(raised.value)
    assert isinstance(trouble, DatabaseDamaged)
    assert "library.db holds values that make no sense (embedding: a vector (1))" in trouble.message
    assert "doctor --repair" in trouble.hint
    opened.close()
    list(repair(path))
    assert told(raised.value) is None  # then it would be a mistake in the program


def test_it_is_told_before_a_backup_would_hold_it(path: Path) -> None:
    spoil(path, "UPDATE face SET width = -1 WHERE id = 3")
    with pytest.raises(DatabaseDamaged, match="make no sense"):
        look_after(path)
    list(repair(path))
    assert look_after(path) is not None


def test_any_value_anywhere_is_mended_or_does_no_harm(path: Path, whole: Path) -> None:
    """Every column of every table with some of the values that fuzzing draws from: repaired, nothing is left."""
    draw = random.Random(3)
    with closing(connect(whole)) as connection:
        columns = [
            (rule, row[1])
            for rule in dict.fromkeys(rule.table for rule in RULES)
            for row in connection.execute(f"PRAGMA table_info({rule})")
            if row[1] not in ("id", "photo_id", "face_id", "decision_id")
        ]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table, column in columns:
            for value in draw.sample(VALUES, 4):
                try:
                    one = f"(SELECT id FROM {table} ORDER BY random() LIMIT 1)"
                    connection.execute(f"UPDATE {table} SET {column} = ? WHERE id = {one}", (value,))
                except sqlite3.IntegrityError:
                    continue
    list(repair(path))
    assert find_nonsense(path) == ()
    services = Services.open(path)
    services.recognition.update()
    assert Person.select().count() == 2
    services.close()
