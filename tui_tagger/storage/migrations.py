"""Numbered changes of the schema, each applied once and recorded, after a backup of what was there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Step:
    number: int
    name: str
    sql: str


STEPS = (
    Step(
        1,
        "photos, faces, persons and the journal",
        """
        CREATE TABLE photo (
            id INTEGER PRIMARY KEY, path TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL,
            size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, image_hash TEXT NOT NULL,
            width INTEGER NOT NULL, height INTEGER NOT NULL, orientation INTEGER NOT NULL,
            taken_at TEXT, utc_offset TEXT, date_source TEXT NOT NULL, camera TEXT NOT NULL,
            latitude REAL, longitude REAL, direction REAL, description TEXT NOT NULL, place TEXT NOT NULL,
            status TEXT NOT NULL, failure TEXT NOT NULL, detector TEXT, written TEXT NOT NULL);
        CREATE UNIQUE INDEX photo_path ON photo (path) WHERE status != 'offline';
        CREATE INDEX photo_hash ON photo (image_hash);
        CREATE INDEX photo_folder ON photo (folder);
        CREATE INDEX photo_taken ON photo (taken_at, id);
        CREATE INDEX photo_name ON photo (name, id);
        CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL,
            used_at TEXT NOT NULL);
        CREATE TABLE face (
            id INTEGER PRIMARY KEY, photo_id INTEGER NOT NULL REFERENCES photo ON DELETE CASCADE,
            x REAL, y REAL, width REAL, height REAL, landmarks BLOB, score REAL NOT NULL, sharpness REAL,
            source TEXT NOT NULL, state TEXT NOT NULL, person_id INTEGER REFERENCES person ON DELETE SET NULL,
            probability REAL, recommendation TEXT NOT NULL);
        CREATE INDEX face_photo ON face (photo_id);
        CREATE INDEX face_person ON face (person_id, state);
        CREATE INDEX face_state ON face (state);
        CREATE TABLE embedding (
            id INTEGER PRIMARY KEY, face_id INTEGER NOT NULL REFERENCES face ON DELETE CASCADE,
            model TEXT NOT NULL, vector BLOB NOT NULL, UNIQUE (face_id, model));
        CREATE TABLE rejection (
            id INTEGER PRIMARY KEY, face_id INTEGER NOT NULL REFERENCES face ON DELETE CASCADE,
            person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE, UNIQUE (face_id, person_id));
        CREATE INDEX rejection_person ON rejection (person_id);
        CREATE TABLE decision (
            id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, message TEXT NOT NULL, at TEXT NOT NULL,
            changes TEXT NOT NULL, undone INTEGER NOT NULL);
        CREATE TABLE filewrite (
            id INTEGER PRIMARY KEY, decision_id INTEGER NOT NULL REFERENCES decision ON DELETE CASCADE,
            photo_id INTEGER NOT NULL REFERENCES photo ON DELETE CASCADE, undo BLOB NOT NULL);
        CREATE INDEX filewrite_decision ON filewrite (decision_id);
        CREATE INDEX filewrite_photo ON filewrite (photo_id);
        CREATE TABLE job (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, arguments TEXT NOT NULL, state TEXT NOT NULL,
            started_at TEXT NOT NULL, finished_at TEXT, done INTEGER NOT NULL, total INTEGER NOT NULL,
            failures TEXT NOT NULL);
        CREATE TABLE setting (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
        """,
    ),
    Step(
        2,
        "birth dates, and a record of what changed",
        """
        ALTER TABLE person ADD COLUMN birth_date TEXT;
        CREATE TABLE change (id INTEGER PRIMARY KEY AUTOINCREMENT, face_id INTEGER NOT NULL, kind TEXT NOT NULL);
        CREATE TRIGGER face_added AFTER INSERT ON face
            BEGIN INSERT INTO change (face_id, kind) VALUES (new.id, 'face'); END;
        CREATE TRIGGER face_changed
            AFTER UPDATE OF photo_id, x, width, height, sharpness, state, person_id, probability, recommendation ON face
            BEGIN INSERT INTO change (face_id, kind) VALUES (new.id, 'face'); END;
        CREATE TRIGGER face_removed AFTER DELETE ON face
            BEGIN INSERT INTO change (face_id, kind) VALUES (old.id, 'face'); END;
        CREATE TRIGGER embedding_added AFTER INSERT ON embedding
            BEGIN INSERT INTO change (face_id, kind) VALUES (new.face_id, 'embedding'); END;
        CREATE TRIGGER embedding_changed AFTER UPDATE ON embedding
            BEGIN INSERT INTO change (face_id, kind) VALUES (new.face_id, 'embedding'); END;
        CREATE TRIGGER embedding_removed AFTER DELETE ON embedding
            BEGIN INSERT INTO change (face_id, kind) VALUES (old.face_id, 'embedding'); END;
        CREATE TRIGGER rejection_added AFTER INSERT ON rejection
            BEGIN INSERT INTO change (face_id, kind) VALUES (new.face_id, 'rejection'); END;
        CREATE TRIGGER rejection_removed AFTER DELETE ON rejection
            BEGIN INSERT INTO change (face_id, kind) VALUES (old.face_id, 'rejection'); END;
        CREATE TRIGGER photo_changed AFTER UPDATE ON photo
            WHEN (old.taken_at, old.date_source, old.status) IS NOT (new.taken_at, new.date_source, new.status)
            BEGIN INSERT INTO change (face_id, kind) SELECT id, 'face' FROM face WHERE photo_id = new.id; END;
        """,
    ),
    Step(
        3,
        "clusters of faces",
        "ALTER TABLE face ADD COLUMN cluster INTEGER; ALTER TABLE face ADD COLUMN cohesion REAL",
    ),
    Step(4, "descriptions that a human typed", "ALTER TABLE photo ADD COLUMN typed TEXT"),
    Step(
        5,
        "hidden people, and faces chosen to show a person",
        """
        ALTER TABLE person ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE person ADD COLUMN keyface INTEGER;
        """,
    ),
    Step(
        6,
        "other names of people",
        """
        CREATE TABLE alias (
            id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
            name TEXT NOT NULL, UNIQUE (person_id, name));
        """,
    ),
    Step(
        7,
        "an index that counts a person's faces and photos without reading them",
        "DROP INDEX face_person; CREATE INDEX face_person ON face (person_id, state, photo_id)",
    ),
    Step(
        8,
        "an index of where photos were taken",
        "CREATE INDEX photo_position ON photo (latitude, longitude) WHERE latitude IS NOT NULL",
    ),
    Step(
        9,
        "what the library's lists sort and filter by, and which photos' entries are out of date",
        """
        CREATE TABLE listing (
            id INTEGER PRIMARY KEY, folder TEXT NOT NULL, name TEXT NOT NULL, taken TEXT NOT NULL,
            status TEXT NOT NULL, faces INTEGER NOT NULL, waiting INTEGER NOT NULL, confirmed INTEGER NOT NULL,
            unwritten INTEGER NOT NULL, path TEXT NOT NULL, place TEXT NOT NULL, camera TEXT NOT NULL,
            description TEXT NOT NULL, people TEXT NOT NULL);
        CREATE INDEX listing_taken ON listing (taken, name, id);
        CREATE INDEX listing_name ON listing (name, id);
        CREATE INDEX listing_waiting ON listing (waiting DESC, taken, name, id);
        CREATE INDEX listing_confirmed ON listing (confirmed DESC, taken, name, id);
        CREATE INDEX listing_folder ON listing (folder, waiting);
        CREATE INDEX listing_status ON listing (status);
        CREATE INDEX listing_unwritten ON listing (id) WHERE unwritten;
        CREATE TABLE outdated (id INTEGER PRIMARY KEY);
        INSERT INTO outdated SELECT id FROM photo;
        CREATE TRIGGER listed_photo_added AFTER INSERT ON photo
            BEGIN INSERT OR IGNORE INTO outdated VALUES (new.id); END;
        CREATE TRIGGER listed_photo_changed AFTER UPDATE OF path, folder, name, taken_at, place, camera, description,
            status, typed, written ON photo
            BEGIN INSERT OR IGNORE INTO outdated VALUES (new.id); END;
        CREATE TRIGGER listed_photo_removed AFTER DELETE ON photo
            BEGIN DELETE FROM listing WHERE id = old.id; DELETE FROM outdated WHERE id = old.id; END;
        CREATE TRIGGER listed_face_added AFTER INSERT ON face
            BEGIN INSERT OR IGNORE INTO outdated VALUES (new.photo_id); END;
        CREATE TRIGGER listed_face_changed AFTER UPDATE OF photo_id, x, y, width, height, state, person_id ON face
            WHEN old.photo_id != new.photo_id
                OR old.state NOT IN ('unknown', 'suggested') OR new.state NOT IN ('unknown', 'suggested')
            BEGIN
                INSERT OR IGNORE INTO outdated VALUES (old.photo_id);
                INSERT OR IGNORE INTO outdated VALUES (new.photo_id);
            END;
        CREATE TRIGGER listed_face_removed AFTER DELETE ON face
            BEGIN INSERT OR IGNORE INTO outdated SELECT id FROM photo WHERE id = old.photo_id; END;
        CREATE TRIGGER listed_person_renamed AFTER UPDATE OF name ON person
            BEGIN INSERT OR IGNORE INTO outdated SELECT photo_id FROM face WHERE person_id = new.id; END;
        CREATE TRIGGER listed_alias_added AFTER INSERT ON alias
            BEGIN INSERT OR IGNORE INTO outdated SELECT photo_id FROM face WHERE person_id = new.person_id; END;
        CREATE TRIGGER listed_alias_changed AFTER UPDATE ON alias
            BEGIN
                INSERT OR IGNORE INTO outdated
                    SELECT photo_id FROM face WHERE person_id IN (old.person_id, new.person_id);
            END;
        CREATE TRIGGER listed_alias_removed AFTER DELETE ON alias
            BEGIN INSERT OR IGNORE INTO outdated SELECT photo_id FROM face WHERE person_id = old.person_id; END;
        """,
    ),
    Step(
        10,
        "an index that answers which photos have faces of a state",
        "DROP INDEX face_state; CREATE INDEX face_state ON face (state, photo_id)",
    ),
    Step(11, "when sidecars were changed", "ALTER TABLE photo ADD COLUMN sidecar_ns INTEGER"),
)

LEDGER = """CREATE TABLE IF NOT EXISTS migration (
    id INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, at TEXT NOT NULL)"""


def applied(connection: sqlite3.Connection) -> int:
    """The number of the newest step that this database has; 0 for an empty one."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone()
    return connection.execute("SELECT coalesce(max(number), 0) FROM migration").fetchone()[0] if known else 0


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one; a trigger holds statements of its own."""
    statement = ""
    for part in script.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def migrate(connection: sqlite3.Connection) -> None:
    """Applies each missing step in a transaction of its own."""
    for step in STEPS:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(LEDGER)
            if step.number > applied(connection):  # a second program may have been faster
                for statement in statements(step.sql):
                    connection.execute(statement)
                at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                row = (step.number, step.name, at)
                connection.execute("INSERT INTO migration (number, name, at) VALUES (?, ?, ?)", row)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
