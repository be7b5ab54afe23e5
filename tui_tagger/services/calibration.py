"""Calibrating from the user's confirmed faces where nobody could measure an embedder before: FaceNet, so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from tui_tagger.faces.calibration import LEAST_FACES, LEAST_PEOPLE, recalibration
from tui_tagger.services.banks import base_bank, base_stamp, calibrated_path, ships_bank, store_bank
from tui_tagger.services.recognition import from_blobs
from tui_tagger.services.views import FaceState
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Embedding, Face, now

GROWTH = 1.2  # times the confirmed faces of the last calibration make another one worth its time


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration came from and what it brought; errors are expected calibration errors, 0 to 1."""

    model: str
    people: int
    faces: int
    changed: bool  # False: the bank before was no worse, and stays
    before: float
    after: float
    base: int  # which bank it started from: `base_stamp`
    at: str  # UTC, ISO 8601


def calibration(model: str) -> Calibration | None:
    """The calibration that holds now, or None."""
    row = setting(_key(model))
    if row is None or row["base"] != base_stamp(model) or (row["changed"] and not calibrated_path(model).exists()):
        return None
    return Calibration(**row)


def due(model: str) -> bool:
    """Whether `calibrate` has something to say: no bank ships, people enough, and clearly more faces than last time."""
    if ships_bank(model):
        return False
    (people, faces), last = confirmed(model), calibration(model)
    return people >= LEAST_PEOPLE and (last is None or faces >= GROWTH * last.faces)


def calibrate(model: str) -> Calibration | None:
    """Fits the bank to the confirmed faces; None where these are too few to tell anything."""
    rows = list(Embedding.select(Embedding.vector, Face.person).join(Face).where(_condition(model)).tuples())
    if not rows:
        return None
    vectors, people = from_blobs([blob for blob, _ in rows]), [str(person) for _, person in rows]
    base, found = base_stamp(model), recalibration(base_bank(model, vectors.shape[1]), vectors, people)
    if found.before is None or found.after is None:
        return None
    if found.changed:
        store_bank(found.bank, calibrated_path(model))
    else:
        calibrated_path(model).unlink(missing_ok=True)
    done = Calibration(model, found.people, found.faces, found.changed, found.before, found.after, base, now())
    store_setting(_key(model), asdict(done))
    return done


def confirmed(model: str) -> tuple[int, int]:
    """How many people have enough confirmed faces with an embedding of `model`, and how many faces those are."""
    people = Face.select(Face.person).join(Embedding).where(_condition(model)).tuples()
    enough = [count for count in Counter(person for (person,) in people).values() if count >= LEAST_FACES]
    return len(enough), sum(enough)


def wanted(model: str) -> str:
    """What has to be confirmed before a calibration can be tried, in words."""
    people, _ = confirmed(model)
    return f"at least {LEAST_FACES} faces of {LEAST_PEOPLE} people; so far {people} have as many"


def _condition(model: str) -> Any:
    return (Face.state == FaceState.CONFIRMED) & Face.person.is_null(False) & (Embedding.model == model)


def _key(model: str) -> str:
    return f"calibration {model}"
