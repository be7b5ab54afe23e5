"""The library's filter language: `person:Anna has:gps holiday` as a condition on photos."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable

from peewee import Expression, fn

from tui_tagger.errors import UsageError
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Face, Person, Photo

WAITING = (FaceState.UNKNOWN, FaceState.SUGGESTED)
AREA_MARGIN = 1e-5  # degrees: what an area loses when its word is rounded


def fold(text: str | bytes | None) -> str:
    """Text for comparison: without case and accents."""
    if text is None:
        return ""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def condition(query: str) -> Expression | None:
    """The condition that a query puts on photos; None for an empty one. Raises UsageError with what would be right."""
    try:
        words = shlex.split(query)
    except ValueError:  # a quote that is still open, as while somebody types
        words = query.replace('"', "").split()
    found: Expression | None = None
    for word in words:
        key, colon, value = word.partition(":")
        part = KEYS[key.lower()](value) if colon and value and key.lower() in KEYS else _anywhere(word)
        found = part if found is None else found & part
    return found


def _like(field: object, text: str) -> Expression:
    return fn.instr(fn.fold(field), fold(text)) > 0


def _anywhere(word: str) -> Expression:
    return _like(Photo.path, word) | _like(Photo.place, word) | _person(word) | _like(Photo.description, word)


def _person(text: str) -> Expression:
    names = [name.strip() for name in text.split("&") if name.strip()]
    found: Expression | None = None
    for name in names:
        with_name = (
            Face.select(Face.photo).join(Person).where((Face.state == FaceState.CONFIRMED) & _like(Person.name, name))
        )
        part = Photo.id.in_(with_name)
        found = part if found is None else found & part
    return found if found is not None else (Photo.id == 0)


def _faces(text: str) -> Expression:
    match = re.fullmatch(r"(>=|<=|>|<|)(\d+)(\+?)", text)
    if not match:
        raise UsageError(f"faces:{text} is not a number", "Try faces:3, faces:>2 or faces:2+.")
    wanted = int(match[2])
    counted = fn.COALESCE(
        Face.select(fn.COUNT(Face.id)).where((Face.photo == Photo.id) & (Face.state != FaceState.NOT_A_FACE)), 0
    )
    compare: dict[str, Callable[[], Expression]] = {
        "": lambda: counted == wanted,
        ">": lambda: counted > wanted,
        "<": lambda: counted < wanted,
        ">=": lambda: counted >= wanted,
        "<=": lambda: counted <= wanted,
    }
    return compare[">=" if match[3] else match[1]]()


def _face(text: str) -> Expression:
    states = {state.value: (state,) for state in FaceState} | {"waiting": WAITING, "not": (FaceState.NOT_A_FACE,)}
    if text not in states:
        raise UsageError(f"face:{text} is not a state", "States are: " + ", ".join(sorted(states)) + ".")
    return Photo.id.in_(Face.select(Face.photo).where(Face.state.in_(states[text])))


def _date(text: str) -> Expression:
    return fn.substr(Photo.taken_at, 1, len(text)) == text


def _has(text: str) -> Expression:
    kinds: dict[str, Callable[[], Expression]] = {
        "gps": lambda: Photo.latitude.is_null(False),
        "date": lambda: Photo.taken_at.is_null(False),
        "direction": lambda: Photo.direction.is_null(False),
        "description": lambda: Photo.description != "",
        "faces": lambda: Photo.id.in_(Face.select(Face.photo).where(Face.state != FaceState.NOT_A_FACE)),
        "people": lambda: Photo.id.in_(Face.select(Face.photo).where(Face.state == FaceState.CONFIRMED)),
    }
    if text not in kinds:
        raise UsageError(f"has:{text} is not known", "Known are: " + ", ".join(f"has:{kind}" for kind in kinds) + ".")
    return kinds[text]()


def _is(text: str) -> Expression:
    if text not in ("offline", "failed", "ready"):
        raise UsageError(f"is:{text} is not known", "Known are: is:ready, is:offline, is:failed.")
    return Photo.status == text


def area_word(south: float, west: float, north: float, east: float) -> str:
    """The query word for an area in degrees, about 1 m larger on each side; west > east across the antimeridian."""
    lowest, highest = max(-90.0, south - AREA_MARGIN), min(90.0, north + AREA_MARGIN)
    if (east - west) % 360 + 2 * AREA_MARGIN >= 360 or east - west >= 360:
        west, east = -180.0, 180.0
    else:
        west, east = ((edge + 180) % 360 - 180 for edge in (west - AREA_MARGIN, east + AREA_MARGIN))
    return f"area:{lowest:.5f},{west:.5f},{highest:.5f},{east:.5f}"


def _area(text: str) -> Expression:
    """An index finds the latitudes; a west beyond the east goes across the antimeridian."""
    hint = "Degrees as area:south,west,north,east: area:38.6,-9.3,38.8,-9.0."
    try:
        south, west, north, east = (float(number) for number in text.split(","))
    except ValueError:
        raise UsageError(f"area:{text} is not an area", hint) from None
    if not (-90 <= south <= north <= 90 and all(abs(number) <= 180 for number in (west, east))):
        raise UsageError(f"area:{text} is not on the globe", hint)
    across = (
        Photo.longitude.between(west, east) if west <= east else (Photo.longitude >= west) | (Photo.longitude <= east)
    )
    return Photo.latitude.between(south, north) & across


KEYS: dict[str, Callable[[str], Expression]] = {
    "person": _person,
    "faces": _faces,
    "face": _face,
    "date": _date,
    "place": lambda text: _like(Photo.place, text),
    "has": _has,
    "is": _is,
    "path": lambda text: _like(Photo.path, text),
    "area": _area,
    "camera": lambda text: _like(Photo.camera, text),
}
