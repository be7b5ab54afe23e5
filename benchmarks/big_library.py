#!/usr/bin/env python3
"""A large library's database, as scans and months of reviewing leave it. There are no photo files to it.

    python -m benchmarks.big_library FILE [--photos 100000] [--faces 300000] [--people 500] [--seed 0]

Folders by year and trip over twenty years; 60 % of the photos with coordinates; who is in a photo depends on the trip,
and few people are in most. Embeddings are drawn from the stranger bank's two-covariance model of the compact embedder.
Half of the faces are confirmed; the suggestions of the waiting third are the program's own. Built once and copied from
the cache folder from then on.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.big_world import CAMERAS, OCCASIONS, PLACES, person_names
from tui_tagger import config
from tui_tagger.faces.strangers import bank_for
from tui_tagger.faces.weights import COMPACT_ID
from tui_tagger.services import Services
from tui_tagger.storage.database import open_database
from tui_tagger.storage.migrations import STEPS

MADE = 1  # of what this module draws; a database of another number is built anew
ROOT = "/photos"
PHOTOS_A_TRIP = 60
STRANGERS_A_PERSON = 20  # identities without a name, for each with one
STATES = ("confirmed", "unknown", "ignored", "not a face")
SHARES = (0.5, 0.34, 0.13, 0.03)  # of faces of people with a name; strangers are ignored where those are confirmed
OFFLINE, FAILED, UNWRITTEN, NO_DATE, GPS = 0.03, 0.005, 0.1, 0.02, 0.6
AT_ONCE = 20_000

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Photos:
    """Arrays [n]: trip (ascending), seconds of local wall time since 2004, index of the place, status."""

    trip: Ints
    seconds: Ints
    place: Ints
    status: NDArray[np.str_]


@dataclass(frozen=True)
class Faces:
    """Arrays [n]: index of the photo (ascending), identity (those under `people` have names), index into STATES."""

    photo: Ints
    who: Ints
    state: Ints
    boxes: NDArray[np.float64]  # [n, 4]


def build(path: Path, photos: int = 100_000, faces: int = 300_000, people: int = 500, seed: int = 0) -> Path:
    """Puts the database of these numbers to `path`, which must not exist; from the cache where it was built before."""
    name = f"library-{photos}-{faces}-{people}-{seed}.{MADE}-{STEPS[-1].number}.db"
    kept = config.cache_dir() / "benchmarks" / name
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        new = kept.with_suffix(f".{os.getpid()}")
        _make(new, photos, faces, people, np.random.default_rng(seed))
        new.replace(kept)
    shutil.copyfile(kept, path)
    path.chmod(0o600)
    return path


def _make(path: Path, photos: int, faces: int, people: int, rng: np.random.Generator) -> None:
    open_database(path).close()
    where = _photos(photos, rng)
    who = _faces(where, faces, people, rng)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = off")
        triggers = _without_changes(connection)
        connection.execute("BEGIN")
        _store_people(connection, people)
        _store_photos(connection, where, _written(where, who, people, rng), rng)
        _store_faces(connection, who, rng)
        _store_embeddings(connection, who, rng)
        _store_settings(connection)
        connection.execute("COMMIT")
        for sql in triggers:
            connection.execute(sql)
    services = Services.open(path)
    services.recognition.update()
    services.library.counts()  # makes the listing
    services.database.execute_sql("DELETE FROM change WHERE id < (SELECT max(id) FROM change)")
    services.database.execute_sql("ANALYZE")
    services.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _without_changes(connection: sqlite3.Connection) -> list[str]:
    """Drops the triggers that record changes of faces: nobody has seen the library yet. What makes them again."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%INTO change%'"
    )
    triggers = dict(found.fetchall())
    for name in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    return list(triggers.values())


def _photos(count: int, rng: np.random.Generator) -> Photos:
    trips = max(1, count // PHOTOS_A_TRIP)
    trip = np.sort(rng.choice(trips, count, p=_skewed(rng.lognormal(0, 0.8, trips))))
    begins = np.sort(rng.integers(0, 20 * 365 * 86400, trips))
    seconds = begins[trip] + rng.integers(0, 4 * 86400, count)
    seconds = seconds[np.lexsort((seconds, trip))]
    place = rng.choice(len(PLACES), trips, p=_skewed(1 / np.arange(1, len(PLACES) + 1)))[trip]
    offline = rng.random(trips)[trip] < OFFLINE
    status = np.where(offline, "offline", np.where(rng.random(count) < FAILED, "failed", "ready"))
    return Photos(trip, seconds, place, status)


def _faces(photos: Photos, count: int, people: int, rng: np.random.Generator) -> Faces:
    """Nobody is twice in one photo: a photo takes neighbours from its trip's company."""
    there = photos.status != "failed"
    weights = np.where(there & (rng.random(len(there)) < 0.6), rng.lognormal(0, 0.7, len(there)), 0)
    photo = np.sort(rng.choice(len(there), count, p=_skewed(weights)))
    number = np.arange(count) - np.searchsorted(photo, photo)  # of the face within its photo
    company = _companies(photos, people, rng)
    first = rng.integers(0, company.shape[1], len(there))
    who = company[photos.trip[photo], (first[photo] + number) % company.shape[1]]
    crowd = number >= company.shape[1]
    who[crowd] = people * (1 + STRANGERS_A_PERSON) + np.arange(crowd.sum())  # each seen once
    state = rng.choice(len(STATES), count, p=SHARES)
    state[(who >= people) & (state == 0)] = STATES.index("ignored")
    # Strangers are half of the company: what they lack in confirmed faces, people with names have more.
    state[(who < people) & (state >= 2) & (rng.random(count) < 0.9)] = 0
    side = rng.lognormal(4.6, 0.5, count)
    boxes = np.stack([60.0 + 300 * number, rng.uniform(200, 900, count), side, side * 1.25], axis=1)
    return Faces(photo, who, state, boxes.round(1))


def _companies(photos: Photos, people: int, rng: np.random.Generator) -> Ints:
    """Who was along on each trip [trips, 16]: mostly people with names, those of the front more often."""
    trips, size = int(photos.trip.max()) + 1, 16
    known = _skewed(1 / (np.arange(people) + 8.0))
    company = np.empty((trips, size), np.int64)
    strangers = people + rng.integers(0, people * STRANGERS_A_PERSON, (trips, size))
    for trip in range(trips):
        named = min(people, 11)
        chosen = rng.choice(people, named, replace=False, p=known)
        company[trip] = np.concatenate([chosen, np.unique(strangers[trip])[: size - named], strangers[trip]])[:size]
        rng.shuffle(company[trip])
    return company


def _skewed(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(weights / weights.sum(), np.float64)


def _written(photos: Photos, faces: Faces, people: int, rng: np.random.Generator) -> list[str]:
    """What stands in each photo's file: the confirmed names, but for those of some photos."""
    names = person_names(people)
    entries: list[list[dict[str, Any]]] = [[] for _ in photos.trip]
    late = rng.random(len(photos.trip)) < UNWRITTEN
    for at in np.flatnonzero((faces.state == 0) & ~late[faces.photo]).tolist():
        name, box = names[faces.who[at]], faces.boxes[at].tolist()
        entries[faces.photo[at]].append({"name": name, "ours": True, "box": box})
    return [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in entries]


def _store_people(connection: sqlite3.Connection, people: int) -> None:
    rows = [(n, name, "2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z") for n, name in enumerate(person_names(people), 1)]
    connection.executemany("INSERT INTO person (id, name, created_at, used_at) VALUES (?, ?, ?, ?)", rows)


def _store_photos(connection: sqlite3.Connection, photos: Photos, written: list[str], rng: np.random.Generator) -> None:
    count = len(photos.trip)
    taken = (np.datetime64("2004-01-01T00:00:00") + photos.seconds.astype("timedelta64[s]")).astype(str).tolist()
    dated, located = rng.random(count) >= NO_DATE, rng.random(count) < GPS
    spread = rng.normal(0, 0.03, (count, 2))
    begun: dict[int, str] = {}
    rows = []
    for n in range(count):
        place, trip = PLACES[photos.place[n]], int(photos.trip[n])
        what = place.name.split(",")[0] if trip % 3 else OCCASIONS[trip % len(OCCASIONS)]
        folder = begun.setdefault(trip, f"{ROOT}/{taken[n][:4]}/{taken[n][:10]} {what} {trip}")
        name = f"IMG_{n % 10_000:04}.jpg" if n % 10_000 // 5_000 else f"DSC{n:06}.JPG"
        camera = CAMERAS[min(len(CAMERAS) - 1, int(photos.seconds[n] // (20 * 365 * 86400 / len(CAMERAS))))]
        latitude, longitude = place.latitude + spread[n, 0], place.longitude + spread[n, 1]
        where = (round(latitude, 6), round(longitude, 6), place.name) if located[n] else (None, None, "")
        status = str(photos.status[n])
        rows.append((
            *(n + 1, f"{folder}/{name}", folder, name, 3_000_000 + n, 1_700_000_000_000_000_000 + n, f"{n:064x}"),
            *(4000, 3000, 1, taken[n] if dated[n] else None, "DateTimeOriginal" if dated[n] else "", camera, *where),
            *("", status, "the file ends in the middle of the image" if status == "failed" else "", written[n]),
            None if status == "failed" else "mtcnn",
        ))  # fmt: skip
    columns = """id, path, folder, name, size, mtime_ns, image_hash, width, height, orientation, taken_at, date_source,
        camera, latitude, longitude, place, description, status, failure, written, detector"""
    marks = ", ".join("?" * len(columns.split(",")))
    connection.executemany(f"INSERT INTO photo ({columns}) VALUES ({marks})", rows)


def _store_faces(connection: sqlite3.Connection, faces: Faces, rng: np.random.Generator) -> None:
    count = len(faces.photo)
    sharpness, score = rng.lognormal(4.5, 0.8, count).round(1), (1 - rng.exponential(0.01, count)).clip(0.6).round(4)
    # Clusters as the truth has them, a tenth of the faces left out; the program's own would take minutes.
    grouped = (faces.state <= 1) & (rng.random(count) < 0.9) & (np.bincount(faces.who)[faces.who] > 1)
    cohesion = rng.beta(8, 2, count).round(3)
    landmarks = np.zeros((5, 2), np.float32).tobytes()
    rows = [
        (
            *(n + 1, int(faces.photo[n]) + 1, *faces.boxes[n].tolist(), landmarks, float(score[n])),
            *(float(sharpness[n]), "detected", STATES[faces.state[n]], "none"),
            int(faces.who[n]) + 1 if faces.state[n] == 0 else None,
            *((int(faces.who[n]) + 1, float(cohesion[n])) if grouped[n] else (None, None)),
        )
        for n in range(count)
    ]
    columns = """id, photo_id, x, y, width, height, landmarks, score, sharpness, source, state, recommendation,
        person_id, cluster, cohesion"""
    marks = ", ".join("?" * len(columns.split(",")))
    connection.executemany(f"INSERT INTO face ({columns}) VALUES ({marks})", rows)


def _store_embeddings(connection: sqlite3.Connection, faces: Faces, rng: np.random.Generator) -> None:
    """Unit vectors as float16, each the person's mean and what differs within a person."""
    bank = bank_for(COMPACT_ID)
    between = np.sqrt(bank.between).astype(np.float32)
    means = rng.standard_normal((int(faces.who.max()) + 1, len(between)), np.float32) * between
    back = np.linalg.pinv(bank.basis).astype(np.float32)
    for at in range(0, len(faces.who), AT_ONCE):
        who = faces.who[at : at + AT_ONCE]
        vectors = bank.mean + (means[who] + rng.standard_normal((len(who), len(between)), np.float32)) @ back
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
        rows = [(at + n + 1, COMPACT_ID, vector.tobytes()) for n, vector in enumerate(vectors)]
        connection.executemany("INSERT INTO embedding (face_id, model, vector) VALUES (?, ?, ?)", rows)


def _store_settings(connection: sqlite3.Connection) -> None:
    newest = connection.execute("SELECT max(id), count(*) FROM embedding").fetchone()
    known = {"embedder": COMPACT_ID, "clustered": [COMPACT_ID, *newest], "clusters made": 1}
    rows = [(key, json.dumps(value)) for key, value in known.items()]
    connection.executemany("INSERT INTO setting (key, value) VALUES (?, ?)", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    for name, default in (("photos", 100_000), ("faces", None), ("people", 500), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    faces = 3 * options.photos if options.faces is None else options.faces
    build(options.file, options.photos, faces, options.people, options.seed)


if __name__ == "__main__":
    main()
