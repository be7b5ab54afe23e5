"""The tables. storage/migrations.py creates them; the two are compared by a test."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from peewee import (
    AutoField,
    BlobField,
    BooleanField,
    CharField,
    DatabaseProxy,
    Field,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

proxy = DatabaseProxy()
UNDATED = "~"  # comes after every date


def now() -> str:
    """UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class PathField(Field):  # type: ignore[misc]
    """A file path; one that is not UTF-8 is kept as its bytes, which SQLite stores beside text."""

    field_type = "TEXT"

    def db_value(self, value: Path | str | None) -> str | bytes | None:
        if value is None:
            return None
        text = os.fspath(value)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return os.fsencode(text)
        return text

    def python_value(self, value: str | bytes | None) -> Path | None:
        if value is None:
            return None
        return Path(os.fsdecode(value))


class JsonField(TextField):  # type: ignore[misc]
    def db_value(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def python_value(self, value: str | None) -> Any:
        return None if value is None else json.loads(value)


class Table(Model):  # type: ignore[misc]
    id = AutoField()

    class Meta:
        database = proxy


class Photo(Table):
    path: Any = PathField()
    folder: Any = PathField()
    name = TextField()
    size = IntegerField()
    mtime_ns = IntegerField()
    sidecar_ns = IntegerField(null=True)  # when the sidecar was changed; null: there was none
    image_hash = CharField()  # of the image data without metadata: the photo's identity
    width = IntegerField(default=0)
    height = IntegerField(default=0)
    orientation = IntegerField(default=1)
    taken_at = TextField(null=True)
    utc_offset = TextField(null=True)
    date_source = TextField(default="")
    camera = TextField(default="")
    latitude = FloatField(null=True)
    longitude = FloatField(null=True)
    direction = FloatField(null=True)
    description = TextField(default="")
    place = TextField(default="")
    typed: Any = TextField(null=True)  # the description as the human typed it, until it is in the file
    status = TextField(default="ready")
    failure = TextField(default="")
    detector = TextField(null=True)  # the model that looked for faces; null: none yet
    written: Any = JsonField(
        default=list
    )  # the names that we wrote into the file or its sidecar, and still stand there


class Listing(Table):
    """What the library's lists sort and filter by; `id` is the photo's. Kept by services/listing.py.

    Texts are folded: without case and accents.
    """

    folder = TextField()
    name = TextField()
    taken = TextField()  # local wall time; UNDATED, which comes last, where there is none
    status = TextField()
    faces = IntegerField()  # without those marked "not a face"
    waiting = IntegerField()
    confirmed = IntegerField()
    unwritten = BooleanField()
    path = TextField()
    place = TextField()
    camera = TextField()
    description = TextField()
    people = TextField()  # names and other names of the confirmed, one a line


class Outdated(Table):
    """A photo whose listing is out of date; triggers write these rows, whichever program made the change."""


class Person(Table):
    name = TextField()
    created_at = TextField(default=now)
    used_at = TextField(default=now)  # last named by the human: type-ahead offers recent names first
    birth_date = TextField(null=True)  # "1978", "1978-03" or "1978-03-05"
    hidden = BooleanField(default=False)  # never suggested nor offered
    keyface = IntegerField(null=True)  # the face chosen to show them, as long as it is theirs


class Alias(Table):
    """Another name of a person: found and imported as theirs, never written to files."""

    person = ForeignKeyField(Person, backref="aliases", on_delete="CASCADE")
    name = TextField()


class Face(Table):
    photo = ForeignKeyField(Photo, backref="faces", on_delete="CASCADE")
    x = FloatField(null=True)  # pixels of the upright photo; all four null: present without a visible face
    y = FloatField(null=True)
    width = FloatField(null=True)
    height = FloatField(null=True)
    landmarks = BlobField(null=True)  # float32 [5, 2], pixels of the upright photo
    score = FloatField(default=1.0)
    sharpness = FloatField(null=True)
    source = TextField(default="detected")  # detected, drawn
    state = TextField(default="unknown")
    person = ForeignKeyField(Person, null=True, backref="faces", on_delete="SET NULL")
    probability = FloatField(null=True)
    recommendation = TextField(default="none")
    cluster = IntegerField(null=True)  # faces of one number looked like one person when clusters were last made
    cohesion = FloatField(null=True)  # how well the face fits into its cluster, 0 to 1


class Embedding(Table):
    face = ForeignKeyField(Face, backref="embeddings", on_delete="CASCADE")
    model = TextField()
    vector = BlobField()  # float16 [d], unit length


class Rejection(Table):
    """A human said: this face is not that person."""

    face = ForeignKeyField(Face, on_delete="CASCADE")
    person = ForeignKeyField(Person, on_delete="CASCADE")


class Change(Table):
    """Something of a face changed; triggers write these rows, whichever program made the change."""

    face_id = IntegerField()
    kind = TextField()  # face, embedding, rejection: the table in which it changed


class Decision(Table):
    """One undoable act of the human: the rows it changed, before and after."""

    kind = TextField()
    message = TextField()
    at = TextField(default=now)
    changes: Any = JsonField(default=list)
    undone = BooleanField(default=False)


class FileWrite(Table):
    """What is needed to take one file write back; recorded before the file is replaced."""

    decision = ForeignKeyField(Decision, backref="writes", on_delete="CASCADE")
    photo = ForeignKeyField(Photo, on_delete="CASCADE")
    undo = BlobField()


class Job(Table):
    kind = TextField()
    arguments: Any = JsonField(default=dict)
    state = TextField(default="running")
    started_at = TextField(default=now)
    finished_at = TextField(null=True)
    done = IntegerField(default=0)
    total = IntegerField(default=0)
    failures: Any = JsonField(default=list)


class Setting(Table):
    key = TextField(unique=True)
    value: Any = JsonField()


class Migration(Table):
    number = IntegerField(unique=True)
    name = TextField()
    at = TextField(default=now)


TABLES: dict[str, type[Table]] = {
    table._meta.table_name: table
    for table in (
        Photo,
        Listing,
        Outdated,
        Person,
        Alias,
        Face,
        Embedding,
        Rejection,
        Change,
        Decision,
        FileWrite,
        Job,
        Setting,
        Migration,
    )
}
