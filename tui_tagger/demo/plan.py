"""Who is in which photo, where they stand and what the light is: all that chance decides, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

import numpy as np

from tui_tagger.demo.cast import NAMED, STRANGERS
from tui_tagger.demo.people import Hat, Look, Person
from tui_tagger.demo.trips import TRIPS, Trip

LONG_SIDE, SHORT_SIDE = 1600, 1200
PNG, WEBP, DAMAGED = 3, 5, 10  # the photos that are not sound JPEGs, by number
GROUPS = (1, 2, 1, 3, 1, 2, 4, 1, 2, 3, 1, 5, 2, 1, 3, 2)  # people in a photo, round and round
STRANGER_SHARE = 0.2
GLASSES_OFF, HAT_OFF, HAT_ON = 0.12, 0.25, 0.25
HATS: dict[str, Hat] = {"snow": "beanie", "beach": "brim", "mountains": "cap"}
ANGLE_SPREAD, ANGLE_LIMIT = (0.19, 0.06, 0.07), (0.36, 0.13, 0.18)  # yaw, pitch, roll in radians


@dataclass(frozen=True)
class Standing:
    """One person in a photo: middle of the head and pixels a head unit, in the upright photo."""

    person: Person
    look: Look
    x: float
    y: float
    pixels: float


@dataclass(frozen=True)
class Shot:
    """One photo before it is drawn. `name` is relative to the library; `size` is upright, width and height."""

    name: str
    size: tuple[int, int]
    scene: str
    people: tuple[Standing, ...]
    trip: Trip
    taken_at: datetime
    orientation: int
    place: tuple[float, float, float] | None
    direction: float | None
    damaged: bool
    seed: int


class Deck:
    """Deals people in random order, everyone once before anyone again, and nobody twice into one photo."""

    def __init__(self, people: tuple[Person, ...], rng: np.random.Generator) -> None:
        self._people, self._rng = people, rng
        self._rest: list[Person] = []

    def deal(self, present: list[Person]) -> Person:
        while True:
            if not self._rest:
                self._rest = [self._people[i] for i in self._rng.permutation(len(self._people))]
            for person in self._rest:
                if person not in present:
                    self._rest.remove(person)
                    return person
            self._rest = []


def plan_library(seed: int) -> list[Shot]:
    """Every photo of the demo, the same for the same seed."""
    rng = np.random.default_rng(seed)
    named, strangers = Deck(NAMED, rng), Deck(STRANGERS, rng)
    shots: list[Shot] = []
    for trip in TRIPS:
        for moment in _moments(trip, rng):
            people: list[Person] = []
            for _ in range(GROUPS[len(shots) % len(GROUPS)]):
                people.append((strangers if rng.random() < STRANGER_SHARE else named).deal(people))
            shots.append(_shot(trip, moment, people, len(shots), rng))
    return shots


def _moments(trip: Trip, rng: np.random.Generator) -> list[datetime]:
    midnight = datetime.combine(trip.first_day, time())
    minutes = sorted(int(day) * 1440 + int(minute) for day, minute in zip(
        rng.integers(0, trip.days, trip.photos), rng.integers(9 * 60, 21 * 60, trip.photos), strict=True
    ))  # fmt: skip
    return [midnight + timedelta(minutes=m, seconds=int(rng.integers(60))) for m in minutes]


def _shot(trip: Trip, moment: datetime, people: list[Person], number: int, rng: np.random.Generator) -> Shot:
    upright_format = len(people) <= 2 and rng.random() < 0.35
    size = (SHORT_SIDE, LONG_SIDE) if upright_format else (LONG_SIDE, SHORT_SIDE)
    scene = trip.scenes[int(rng.integers(len(trip.scenes)))]
    suffix = {PNG: ".png", WEBP: ".webp"}.get(number, ".jpg")
    place = trip.place if trip.camera.has_gps and rng.random() < 0.85 else None
    if place:
        place = (
            place[0] + float(rng.normal(0, 0.006)),
            place[1] + float(rng.normal(0, 0.008)),
            place[2] + float(rng.uniform(0, 9)),
        )
    compass = place is not None and trip.camera.has_compass and rng.random() < 0.7
    return Shot(
        name=f"{trip.folder}/{_file_name(trip, moment, number)}{suffix}", size=size, scene=scene,
        people=_arranged([_dressed(one, trip, scene, rng) for one in people], size, scene, rng),
        trip=trip, taken_at=moment,
        orientation=number % 8 + 1 if suffix == ".jpg" else 1, place=place,
        direction=round(float(rng.uniform(0, 360)), 1) if compass else None,
        damaged=number == DAMAGED, seed=int(rng.integers(1 << 31)),
    )  # fmt: skip


def _file_name(trip: Trip, moment: datetime, number: int) -> str:
    if trip.camera.make in ("Google", "samsung"):
        return f"PXL_{moment:%Y%m%d_%H%M%S}" if trip.camera.make == "Google" else f"{moment:%Y%m%d_%H%M%S}"
    prefix = {"SONY": "DSC0", "NIKON CORPORATION": "DSC_"}.get(trip.camera.make, "IMG_")
    return f"{prefix}{2017 + number * 13:04d}"


def _arranged(
    people: list[Person], size: tuple[int, int], scene: str, rng: np.random.Generator
) -> tuple[Standing, ...]:
    """The people side by side at nearly one height, so that no shoulder hides a chin, with one light for all."""
    width, height = size
    light = (float(rng.uniform(-0.8, 0.8)), float(rng.uniform(-0.8, -0.2)), 0.8)
    contrast = float(rng.uniform(0.4, 0.8)) * (0.85 if scene == "snow" else 1)
    count = len(people)
    pixels = min(
        float(rng.uniform(0.57, 1.0)) * {1: 275, 2: 210, 3: 170, 4: 140, 5: 128}[count], width / (1.95 * count)
    )
    gap = min(width / count, pixels * float(rng.uniform(2.2, 2.8)))
    middle = width / 2 + float(rng.uniform(-0.5, 0.5)) * max(0.0, width - gap * count - pixels)
    ground = height * float(rng.uniform(0.36, 0.5))
    level = min(max(ground, height - 4.5 * pixels, 1.75 * pixels), height - 1.9 * pixels)
    standing = []
    for place, person in enumerate(people):
        own = pixels * float(rng.uniform(0.93, 1.07))
        x = middle + (place - (count - 1) / 2) * gap + float(rng.normal(0, 0.04)) * own
        y = level + float(rng.normal(0, 0.1)) * own
        standing.append(Standing(person, _look(light, contrast, rng), x, y, own))
    return tuple(standing)


def _dressed(person: Person, trip: Trip, scene: str, rng: np.random.Generator) -> Person:
    """The person on that day: a little older than on the first trip, now and then with a hat or without glasses."""
    face = replace(person.face, age=min(1.0, person.face.age + 0.02 * (trip.first_day.year - TRIPS[0].first_day.year)))
    if face.glasses != "none" and rng.random() < GLASSES_OFF:
        face = replace(face, glasses="none")
    if face.hat != "none" and (scene == "room" or rng.random() < HAT_OFF):
        face = replace(face, hat="none")
    elif face.hat == "none" and scene in HATS and rng.random() < HAT_ON:
        face = replace(face, hat=HATS[scene])
    return replace(person, face=face)


def _look(light: tuple[float, float, float], contrast: float, rng: np.random.Generator) -> Look:
    angles = np.clip(rng.normal(0, ANGLE_SPREAD), np.negative(ANGLE_LIMIT), ANGLE_LIMIT)
    clothes = rng.uniform(0.12, 0.85, 3)
    look = Look(
        yaw=float(angles[0]), pitch=float(angles[1]), roll=float(angles[2]), smile=float(rng.uniform(-0.1, 1)),
        mouth_open=max(0.0, float(rng.uniform(-1, 0.9))), eyes_open=float(rng.uniform(0.8, 1.1)),
        brow_raise=float(rng.uniform(0, 0.6)), gaze=float(rng.normal(0, 0.4)), light=light, contrast=contrast,
        seed=int(rng.integers(1 << 31)),
    )  # fmt: skip
    return replace(look, clothes=(float(clothes[0]), float(clothes[1]), float(clothes[2])))
