"""Calibrating from the user's confirmed faces where nobody could measure an embedder before: FaceNet, so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from tui_tagger.errors import ModelError
from tui_tagger.services.banks import base_bank, calibrated_path, ships_bank, store_bank
from tui_tagger.services.recognition import from_blobs
from tui_tagger.services.views import FaceState
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Embedding, Face, now

LEAST_PEOPLE, LEAST_FACES = 8, 3  # confirmed, so that something can be said of how faces of one person differ
GROWTH = 1.2  # times the confirmed faces of the last calibration make another one worth its time


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration came from and what it brought; errors are expected calibration errors, 0 to 1."""

    model: str
    people: int
    faces: int
    before: float
    after: float
    at: str  # UTC, ISO 8601


def calibration(model: str) -> Calibration | None:
    """The calibration that suggestions are made with now, or None."""
    row = setting(_key(model))
    return Calibration(**row) if row is not None and calibrated_path(model).exists() else None


def due(model: str) -> bool:
    """Whether `calibrate` has something to say: no bank ships, people enough, and clearly more faces than last time."""
    if ships_bank(model):
        return False
    people, faces = confirmed(model)
    last = setting(_key(model)) if calibrated_path(model).exists() else None
    return people >= LEAST_PEOPLE and faces >= (GROWTH * last["faces"] if last else 0)


def calibrate(model: str) -> Calibration | None:
    """Fits the bank to the confirmed faces and stores it; None where they turn out to say too little."""
    from tui_tagger.faces.calibration import recalibrated

    rows = list(Embedding.select(Embedding.vector, Face.person).join(Face).where(_condition(model)).tuples())
    vectors, people = from_blobs([blob for blob, _ in rows]), [str(person) for _, person in rows]
    try:
        bank, report = recalibrated(base_bank(model, vectors.shape[1]), vectors, people)
    except ModelError:
        return None
    store_bank(bank, calibrated_path(model))
    done = Calibration(model, report.people, report.faces, report.before, report.after, now())
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
