"""A person's faces, least likely first, so that wrong ones float to the top; and why one is doubtful."""

from __future__ import annotations

from collections.abc import Mapping

from tui_tagger.services.birth import age_on
from tui_tagger.services.library import face_views
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.views import FaceState, PersonFace, SuspiciousFace
from tui_tagger.storage.models import Face, Person, Photo
from tui_tagger.text import percent

SUSPICIOUS = 0.5  # probability of being the person's, by their other faces: below it somebody else is likelier


def person_faces(person_id: int, state: FaceState, fits: Mapping[int, float]) -> tuple[PersonFace, ...]:
    """The confirmed faces of a person, those that fit least first, or the suggested ones, strongest first.

    `fits` is what Recognition.fit says of the confirmed ones.
    """
    born = Person.get_by_id(person_id).birth_date
    fields = (Face.id, Face.photo, Photo.path, Photo.taken_at, Photo.date_source, Face.probability)
    rows = Face.select(*fields).join(Photo).where((Face.person == person_id) & (Face.state == state)).tuples()
    confirmed = state is FaceState.CONFIRMED
    found = []
    for face, photo, path, taken, source, probability in rows:
        chance = fits.get(face) if confirmed else probability
        age = None if source in ("", "file") else age_on(born, taken)
        doubted = confirmed and chance is not None and chance < SUSPICIOUS
        found.append(PersonFace(face, photo, path, taken, age, state, chance, doubted))
    if confirmed:
        return tuple(sorted(found, key=lambda face: (1.0 if face.chance is None else face.chance, face.id)))
    return tuple(sorted(found, key=lambda face: (-(face.chance or 0), face.id)))


def suspicious(recognition: Recognition, limit: int) -> tuple[SuspiciousFace, ...]:
    """Confirmed faces that are more likely not the person's, of all people, least likely first; at most `limit`."""
    fits = {person: recognition.fit(person) for (person,) in Person.select(Person.id).tuples()}
    found = [
        (chance, face, person) for person, fit in fits.items() for face, chance in fit.items() if chance < SUSPICIOUS
    ]
    worst = sorted(found)[:limit]
    views = {view.id: view for view in face_views([face for _, face, _ in worst])}
    return tuple(
        SuspiciousFace(views[face], chance, doubt(recognition, face, person, len(fits[person])))
        for chance, face, person in worst
        if face in views
    )


def doubt(recognition: Recognition, face_id: int, person_id: int, faces: int) -> str:
    """Why one of the `faces` of a person does not look like theirs."""
    other = recognition.other(face_id, person_id)
    names = dict(Person.select(Person.id, Person.name).tuples())
    if other is not None and other.probability > SUSPICIOUS:
        return f"looks more like {names[other.person]}, {percent(other.probability)}"
    return f"unlike {names[person_id]}'s other {'face' if faces == 2 else f'{faces - 1} faces'}"
