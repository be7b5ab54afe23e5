from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import PAINTED, fake_models, paint_photo, scan_fake
from tests.fakes import paint
from tui_tagger.demo.library import STORED_AS
from tui_tagger.geometry import Box
from tui_tagger.metadata import writer
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.writer import WriteRequest, exif_bytes
from tui_tagger.services import Services
from tui_tagger.services.embedding import embed_missing
from tui_tagger.services.importing import ImportReport, import_names
from tui_tagger.services.library import all_faces
from tui_tagger.services.views import FaceState, FaceView
from tui_tagger.storage.models import Decision, Embedding, Face, Photo

LEFT, RIGHT = Box(20, 40, 60, 60), Box(130, 40, 60, 60)  # where paint_photo puts its faces
ELSEWHERE = Box(240, 120, 50, 60)

PICASA = """[encoding]
utf8=1
[Contacts2]
d10a8325c557b085=Bo Lind;;
8e62398ebda8c1a5=Zoë;;
[a1.jpg]
faces=rect64({left}),d10a8325c557b085;rect64({elsewhere}),ffffffffffffffff
backuphash=1
"""


def write(path: Path, *regions: NamedRegion, to: writer.Target = "file") -> None:
    writer.apply(writer.plan(WriteRequest(path, regions), to), lambda record: None)


def run(services: Services, *folders: Path) -> ImportReport:
    return import_names(services.recognition, folders or None)


def faces_in(path: Path) -> list[FaceView]:
    return [face for face in all_faces() if face.photo_path == path]


def rect64(box: Box, width: int = 320, height: int = 200) -> str:
    corners = (box.x / width, box.y / height, box.right / width, box.bottom / height)
    return "".join(f"{round(corner * 65535):04x}" for corner in corners).lstrip("0")


def test_regions_confirm_the_faces_that_they_overlap(scanned: Services, photos: Path) -> None:
    path = photos / "a2.jpg"
    near = Box(RIGHT.x + 8, RIGHT.y - 5, 66, 62)
    write(path, NamedRegion("Anna Rossi", LEFT), NamedRegion("Bo Lind", near))
    report = run(scanned, photos)
    assert (report.photos, report.people, report.faces) == (1, 2, 2)
    assert (report.matched, report.added, report.present, report.skipped, report.failed) == (2, 0, 0, (), ())
    faces = faces_in(path)
    assert [(face.person, face.state) for face in faces] == [
        ("Anna Rossi", FaceState.CONFIRMED),
        ("Bo Lind", FaceState.CONFIRMED),
    ]
    assert faces[1].box == RIGHT  # the detector's box stays: it has landmarks and an embedding
    assert Face.get_by_id(faces[0].id).source == "imported: MWG region in a2.jpg"


def test_the_gallery_learns_at_once(scanned: Services, photos: Path) -> None:
    for name in ("a1.jpg", "a2.jpg"):
        write(photos / name, NamedRegion("Anna Rossi", LEFT))
    run(scanned, photos)
    others = [face.person for name in ("a3.jpg", "b2.jpg") for face in faces_in(photos / name)]
    assert others == ["Anna Rossi", None, None, "Anna Rossi"]  # suggested where person 0 was painted


def test_a_second_run_changes_nothing_and_makes_no_decision(scanned: Services, photos: Path) -> None:
    write(photos / "a2.jpg", NamedRegion("Anna", LEFT), NamedRegion("Cleo", ELSEWHERE), NamedRegion("Dora", None))
    first = run(scanned, photos)
    assert (first.matched, first.added, first.present) == (1, 1, 1)
    before = [(face.id, face.person, face.box) for face in all_faces()]
    decisions = Decision.select().count()
    again = run(scanned, photos)
    assert (again.matched, again.added, again.present, again.unchanged, again.skipped) == (0, 0, 0, 3, ())
    assert [(face.id, face.person, face.box) for face in all_faces()] == before
    assert Decision.select().count() == decisions


def test_an_import_is_one_decision_for_undo_and_redo(scanned: Services, photos: Path) -> None:
    before = [(face.id, face.person, face.state) for face in all_faces()]
    write(photos / "a2.jpg", NamedRegion("Anna", LEFT), NamedRegion("Cleo", ELSEWHERE))
    write(photos / "b1.jpg", NamedRegion("Bo", LEFT))
    run(scanned, photos)
    after = [(face.id, face.person, face.state) for face in all_faces("confirmed")]
    assert len(after) == 3
    outcome = scanned.review.undo()
    assert outcome is not None
    assert outcome.message == "Undone: imported 3 faces of 3 people"
    assert [(face.id, face.person, face.state) for face in all_faces()] == before
    assert scanned.people.list() == ()
    assert [photo.written for photo in Photo.select() if photo.written] == []
    scanned.review.redo()
    assert [(face.id, face.person, face.state) for face in all_faces("confirmed")] == after


def test_a_region_without_a_detected_face_becomes_one_and_is_embedded(scanned: Services, photos: Path) -> None:
    write(photos / "a1.jpg", NamedRegion("Cleo", ELSEWHERE))
    report = run(scanned, photos)
    assert (report.added, report.new_boxes) == (1, (photos / "a1.jpg",))
    cleo = next(face for face in all_faces("confirmed") if face.person == "Cleo")
    assert cleo.box is not None
    assert cleo.box.iou(ELSEWHERE) > 0.99
    embed_missing(fake_models(), lambda *_: True)
    assert Embedding.select().where(Embedding.face == cleo.id).count() == 1


def test_a_name_without_a_region_is_a_person_present_without_a_face(scanned: Services, photos: Path) -> None:
    write(photos / "a1.jpg", NamedRegion("Dora", None))
    report = run(scanned, photos)
    assert (report.faces, report.present) == (0, 1)
    face, dora = faces_in(photos / "a1.jpg")
    assert (face.state, face.person) == (FaceState.UNKNOWN, None)
    assert (dora.box, dora.person, dora.state) == (None, "Dora", FaceState.CONFIRMED)


def test_a_region_gives_a_place_to_a_person_who_was_only_known_to_be_there(scanned: Services, photos: Path) -> None:
    write(photos / "a1.jpg", NamedRegion("Dora", None))
    run(scanned, photos)
    write(photos / "a1.jpg", NamedRegion("Dora", ELSEWHERE))
    report = run(scanned, photos)
    assert (report.matched, report.added) == (1, 0)
    dora = [face for face in faces_in(photos / "a1.jpg") if face.person == "Dora"]
    assert [face.box is not None for face in dora] == [True]


@pytest.mark.parametrize("decided", ["other person", "ignored", "not a face", "rejected"])
def test_what_a_human_decided_otherwise_is_left_alone_and_reported(
    scanned: Services, photos: Path, decided: str
) -> None:
    path = photos / "a1.jpg"
    (face,) = faces_in(path)
    if decided == "other person":
        scanned.review.name([face.id], "Bo")
    elif decided == "ignored":
        scanned.review.ignore([face.id])
    elif decided == "not a face":
        scanned.review.not_a_face([face.id])
    else:
        scanned.people.add("Anna")
        scanned.review.reject(face.id, scanned.people.find("Anna"))
    before = Face.get_by_id(face.id).state, Face.get_by_id(face.id).person_id
    write(path, NamedRegion("Anna", LEFT))
    report = run(scanned, photos)
    assert (report.matched, report.added, report.present) == (0, 0, 0)
    ((left_alone,)) = report.skipped
    assert left_alone.path == path
    assert left_alone.reason.startswith("Anna: this face was")
    assert (Face.get_by_id(face.id).state, Face.get_by_id(face.id).person_id) == before


def test_a_person_confirmed_on_another_face_is_not_put_into_the_photo_twice(scanned: Services, photos: Path) -> None:
    first, _second = faces_in(photos / "a2.jpg")
    scanned.review.name([first.id], "Anna")
    write(photos / "a2.jpg", NamedRegion("Anna", ELSEWHERE))
    report = run(scanned, photos)
    assert report.added == 0
    assert report.skipped[0].reason == "Anna: is confirmed on another face of this photo"


def test_one_person_on_two_regions_of_a_file_is_taken_as_it_is_said(scanned: Services, photos: Path) -> None:
    write(photos / "a2.jpg", NamedRegion("Anna", LEFT), NamedRegion("Anna", RIGHT))
    assert run(scanned, photos).matched == 2


def test_names_are_matched_without_case_and_in_one_unicode_form(scanned: Services, photos: Path) -> None:
    scanned.people.add("Zoë Ünal")
    write(photos / "a1.jpg", NamedRegion("ZOE\u0308 u\u0308nal", LEFT))
    write(photos / "b1.jpg", NamedRegion("Zoe Unal", LEFT))  # accents count
    report = run(scanned, photos)
    assert (report.matched, report.people) == (2, 2)
    assert {person.name: person.confirmed for person in scanned.people.list()} == {"Zoe Unal": 1, "Zoë Ünal": 1}


def test_names_that_stand_in_the_files_do_not_count_as_unwritten(scanned: Services, photos: Path) -> None:
    scanned.people.add("Bo")
    write(photos / "a1.jpg", NamedRegion("Anna", LEFT))
    write(photos / "b1.jpg", NamedRegion("BO", LEFT))
    run(scanned, photos)
    assert [row.path.name for row in scanned.library.page().rows if row.unwritten] == ["b1.jpg"]


def test_control_characters_are_no_part_of_a_name(scanned: Services, photos: Path) -> None:
    write(photos / "a1.jpg", NamedRegion("\x1b[31mAnna\u202e  Rossi", LEFT))
    run(scanned, photos)
    assert [person.name for person in scanned.people.list()] == ["[31mAnna Rossi"]


def test_picasa_s_faces_and_contacts(scanned: Services, photos: Path) -> None:
    text = PICASA.format(left=rect64(LEFT), elsewhere=rect64(ELSEWHERE))
    (photos / ".picasa.ini").write_text(text, "utf-8")
    report = run(scanned, photos)
    assert (report.people, report.faces, report.matched, report.added) == (1, 1, 1, 0)
    (face,) = faces_in(photos / "a1.jpg")
    assert face.person == "Bo Lind"
    assert Face.get_by_id(face.id).source == "imported: Picasa"
    assert scanned.library.counts().unwritten == 1  # Picasa's file is not the photo's metadata


def test_picasa_and_the_file_name_one_face_once(scanned: Services, photos: Path) -> None:
    text = PICASA.format(left=rect64(LEFT), elsewhere=rect64(ELSEWHERE))
    (photos / ".picasa.ini").write_text(text, "utf-8")
    write(photos / "a1.jpg", NamedRegion("Bo Lind", Box(24, 42, 58, 60)))
    assert run(scanned, photos).faces == 1
    (photos / "a1.jpg.xmp").unlink(missing_ok=True)


def test_photos_that_cannot_be_read_are_listed_and_stop_nothing(scanned: Services, photos: Path) -> None:
    write(photos / "a2.jpg", NamedRegion("Anna", LEFT))
    (photos / "a1.jpg").unlink()
    report = run(scanned, photos)
    assert report.matched == 1
    assert [failure.path.name for failure in report.failed] == ["a1.jpg"]


def test_only_the_folders_asked_for(scanned: Services, photos: Path) -> None:
    write(photos / "a1.jpg", NamedRegion("Anna", LEFT))
    write(photos / "trip" / "c2.jpg", NamedRegion("Cleo", LEFT))
    assert run(scanned, photos / "trip").people == 1
    assert [person.name for person in scanned.people.list()] == ["Cleo"]


@pytest.mark.parametrize("to", ["file", "sidecar"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_faces_are_found_however_the_photo_is_stored(
    services: Services, tmp_path: Path, orientation: int, to: writer.Target
) -> None:
    """The region of each painted face, named after its colour, confirms the face of that colour and no other."""
    folder = tmp_path / "turned"
    folder.mkdir()
    upright = paint((320, 200), [(0, LEFT), (1, Box(200, 20, 70, 80)), (2, Box(90, 120, 40, 60))])
    stored = upright.transpose(STORED_AS[orientation]) if orientation != 1 else upright
    path = folder / "photo.jpg"
    stored.save(path, quality=95, subsampling=0, exif=exif_bytes(orientation=orientation))
    scan_fake([folder])
    names = ("Anna", "Bo", "Cleo")
    boxes = (LEFT, Box(200, 20, 70, 80), Box(90, 120, 40, 60))
    write(path, *(NamedRegion(name, box) for name, box in zip(names, boxes, strict=True)), to=to)
    report = run(services, folder)
    assert (report.matched, report.added) == (3, 0)
    for name, box in zip(names, boxes, strict=True):
        (face,) = [face for face in faces_in(path) if face.person == name]
        assert face.box is not None
        assert face.box.iou(box) > 0.9


def test_regions_of_a_photo_that_was_cropped_since_only_say_who_is_there(scanned: Services, photos: Path) -> None:
    path = photos / "a2.jpg"
    write(path, NamedRegion("Anna", LEFT))
    with Image.open(path) as image:
        image.crop((0, 0, 200, 200)).save(path, quality=95, xmp=image.info["xmp"])
    scan_fake([photos])
    report = run(scanned, photos)
    assert (report.matched, report.present) == (0, 1)
    assert "made for 320x200 pixels" in report.skipped[0].reason


def test_every_painted_face_named_by_files_gives_back_who_was_painted(scanned: Services, photos: Path) -> None:
    for name, persons in PAINTED.items():
        regions = [NamedRegion(f"Person {each}", (LEFT, RIGHT)[place]) for place, each in enumerate(persons)]
        if regions:
            write(photos / name, *regions)
    report = run(scanned, photos)
    assert report.matched == sum(map(len, PAINTED.values()))
    found = {name: tuple(face.person for face in faces_in(photos / name)) for name in PAINTED}
    assert found == {name: tuple(f"Person {each}" for each in persons) for name, persons in PAINTED.items()}


def test_a_photo_of_the_same_pixels_elsewhere_is_another_photo(scanned: Services, photos: Path) -> None:
    paint_photo(photos / "copy" / "a1.jpg", (0,))
    scan_fake([photos])
    write(photos / "copy" / "a1.jpg", NamedRegion("Anna", LEFT))
    run(scanned, photos)
    assert [face.person for face in faces_in(photos / "copy" / "a1.jpg")] == ["Anna"]
    assert faces_in(photos / "a1.jpg")[0].state != FaceState.CONFIRMED


def test_faces_keep_what_only_the_detector_knows(scanned: Services, photos: Path) -> None:
    (before,) = faces_in(photos / "a1.jpg")
    marks = Face.get_by_id(before.id).landmarks
    write(photos / "a1.jpg", NamedRegion("Anna", LEFT))
    run(scanned, photos)
    assert np.array_equal(np.frombuffer(Face.get_by_id(before.id).landmarks), np.frombuffer(marks))


def test_what_was_read_until_it_is_stopped_is_taken_in(scanned: Services, photos: Path) -> None:
    for name in ("a1.jpg", "b1.jpg"):
        write(photos / name, NamedRegion("Anna Rossi", LEFT))
    asked: list[tuple[int, int, str]] = []

    def go_on(done: int, total: int, path: Path | None) -> bool:
        asked.append((done, total, path.name if path else ""))
        return path is None or path.name != "b1.jpg"

    report = import_names(scanned.recognition, [photos], go_on)
    assert (report.photos, report.matched) == (1, 1)
    assert asked[0] == (0, len(PAINTED), "a1.jpg") and asked[-1][2] == "b1.jpg"
    scanned.review.undo()
    assert import_names(scanned.recognition, [photos]).matched == 2
