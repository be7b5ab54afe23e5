from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import PAINTED, faces_by_person, fake_models, paint_photo, scan_fake
from tui_tagger.errors import PhotoError
from tui_tagger.geometry import Box
from tui_tagger.services import Services
from tui_tagger.services.detection import add_drawn, detect_again
from tui_tagger.services.library import all_faces, face_view
from tui_tagger.services.views import FaceState, PhotoStatus
from tui_tagger.storage.models import Photo

FACES = sum(len(persons) for persons in PAINTED.values())


def found(services: Services) -> list[tuple[str, list[int] | None]]:
    return [(face.photo_path.name, face.box.rounded() if face.box else None) for face in all_faces()]


def test_finds_photos_and_faces(services: Services, photos: Path) -> None:
    report = scan_fake([photos])
    assert (report.photos, report.new, report.faces, report.failed) == (len(PAINTED), len(PAINTED), FACES, ())
    assert services.library.counts().waiting == FACES
    assert [folder.path for folder in services.library.folders()] == [photos, photos / "trip"]


def test_a_second_scan_changes_nothing(services: Services, photos: Path) -> None:
    scan_fake([photos])
    before = found(services)
    report = scan_fake([photos])
    assert (report.new, report.unchanged, report.moved) == (0, len(PAINTED), 0)
    assert report.faces == FACES
    assert found(services) == before


@pytest.mark.parametrize("stop", [0, 1, 5])
def test_a_stopped_scan_goes_on_where_it_was(services: Services, photos: Path, stop: int) -> None:
    assert scan_fake([photos], stop_after=stop).new == stop
    report = scan_fake([photos])
    assert (report.new, report.unchanged) == (len(PAINTED) - stop, stop)
    assert report.faces == FACES


def test_a_moved_photo_keeps_its_decisions(scanned: Services, photos: Path) -> None:
    face = faces_by_person(scanned)[0][0]
    scanned.review.name([face], "Anna")
    (photos / "new").mkdir()
    (photos / "a1.jpg").rename(photos / "new" / "renamed.jpg")
    report = scan_fake([photos])
    assert (report.new, report.moved) == (0, 1)
    view = face_view(face)
    assert (view.person, view.photo_path) == ("Anna", photos / "new" / "renamed.jpg")
    assert scanned.library.counts().offline == 0


def test_a_missing_photo_is_offline_and_comes_back(scanned: Services, photos: Path, tmp_path: Path) -> None:
    face = faces_by_person(scanned)[0][0]
    scanned.review.name([face], "Anna")
    (photos / "a1.jpg").rename(tmp_path / "away.jpg")
    scan_fake([photos])
    assert scanned.library.counts().offline == 1
    assert face_view(face).person == "Anna"
    (tmp_path / "away.jpg").rename(photos / "a1.jpg")
    assert scan_fake([photos]).moved == 1
    assert scanned.library.photo(face_view(face).photo_id).row.status == PhotoStatus.READY


def test_scanning_one_folder_leaves_others_alone(scanned: Services, photos: Path) -> None:
    report = scan_fake([photos / "trip"])
    assert (report.photos, report.unchanged) == (3, 3)
    assert scanned.library.counts().offline == 0


def test_changed_metadata_keeps_the_faces(scanned: Services, photos: Path) -> None:
    ids = [face.id for face in all_faces()]
    data = (photos / "a1.jpg").read_bytes()
    comment = b"\xff\xfe\x00\x07hello"
    (photos / "a1.jpg").write_bytes(data[:2] + comment + data[2:])
    report = scan_fake([photos])
    assert (report.new, report.moved) == (0, 0)
    assert [face.id for face in all_faces()] == ids


def test_other_pixels_under_the_same_name_are_another_photo(scanned: Services, photos: Path) -> None:
    face = faces_by_person(scanned)[0][0]
    scanned.review.name([face], "Anna")
    paint_photo(photos / "a1.jpg", (3, 4))
    report = scan_fake([photos])
    assert (report.new, report.changed) == (0, 1)
    assert face_view(face).person == "Anna"
    assert scanned.library.counts().offline == 1
    assert Photo.select().where((Photo.path == photos / "a1.jpg") & (Photo.status == "ready")).count() == 1


def test_bad_files_are_listed_and_do_not_stop_the_scan(services: Services, photos: Path) -> None:
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "text.png").write_text("not a picture")
    data = (photos / "b1.jpg").read_bytes()
    (photos / "half.jpg").write_bytes(data[: len(data) // 3])
    (photos / "folder.jpg").mkdir()
    report = scan_fake([photos])
    assert {failure.path.name for failure in report.failed} == {"empty.jpg", "text.png", "half.jpg"}
    assert all(failure.path.name in failure.reason for failure in report.failed)
    assert report.faces == FACES
    again = scan_fake([photos])
    assert {failure.path.name for failure in again.failed} == {"empty.jpg", "text.png", "half.jpg"}
    paint_photo(photos / "empty.jpg", (0,))
    assert scan_fake([photos]).new == 1


def test_a_file_that_may_not_be_read_is_listed(services: Services, photos: Path) -> None:
    (photos / "a1.jpg").chmod(0)
    if os.access(photos / "a1.jpg", os.R_OK):
        pytest.skip("this user may read everything")
    assert [failure.path.name for failure in scan_fake([photos]).failed] == ["a1.jpg"]


def test_links_to_folders_and_hidden_folders_are_not_entered(services: Services, photos: Path) -> None:
    (photos / "loop").symlink_to(photos, target_is_directory=True)
    paint_photo(photos / ".thumbnails" / "a1.jpg", (0,))
    assert scan_fake([photos]).photos == len(PAINTED)


def test_names_that_are_not_utf8_and_odd_names_work(services: Services, photos: Path) -> None:
    odd = os.fsdecode(b"caf\xe9.jpg")
    paint_photo(photos / odd, (0,))
    paint_photo(photos / "new\nline [b]x.jpg", (1,))
    report = scan_fake([photos])
    assert report.failed == ()
    names = {face.photo_path.name for face in all_faces()}
    assert {odd, "new\nline [b]x.jpg"} <= names
    assert scan_fake([photos]).unchanged == len(PAINTED) + 2


def test_a_missing_folder_is_an_error(services: Services, tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no such folder"):
        scan_fake([tmp_path / "nowhere"])


def test_detecting_again_keeps_decided_faces(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    photo_id = face_view(faces[0][1]).photo_id  # a2.jpg shows 0 and 1
    scanned.review.name([faces[0][1]], "Anna")
    detect_again(Photo.get_by_id(photo_id), fake_models())
    scanned.recognition.update()
    after = scanned.library.photo(photo_id).faces
    assert len(after) == 2
    assert after[0].id == faces[0][1]
    assert after[0].person == "Anna"


def test_a_drawn_face_is_embedded_and_suggested(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    scanned.review.name([faces[0][0]], "Anna")
    photo_id = face_view(faces[0][1]).photo_id
    scanned.review.not_a_face([faces[0][1]])
    face = add_drawn(Photo.get_by_id(photo_id), Box(22, 42, 55, 55), fake_models())
    scanned.recognition.update()
    view = face_view(face)
    assert (view.state, view.person) == (FaceState.SUGGESTED, "Anna")


def test_what_only_is_named_like_a_photo_is_passed_over(services: Services, photos: Path) -> None:
    (photos / "loop.jpg").symlink_to(photos / "loop.jpg")
    (photos / "nowhere.jpg").symlink_to(photos / "is not there.jpg")
    (photos / "folder.jpg").mkdir()
    os.mkfifo(photos / "pipe.jpg")
    report = scan_fake([photos])
    assert report.photos == len(PAINTED)
    assert report.failed == ()


def sidecar(photo: Path, description: str) -> None:
    Path(f"{photo}.xmp").write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{description}</rdf:li>'
        "</rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def test_a_sidecar_that_changed_is_read_again(scanned: Services, photos: Path) -> None:
    before = [(face.id, face.state) for face in all_faces()]
    descriptions = []
    for text in ("On the beach", "In the hills"):
        sidecar(photos / "a1.jpg", text)
        report = scan_fake([photos])
        assert (report.reread, report.new, report.unchanged) == (1, 0, len(PAINTED) - 1)
        descriptions.append(Photo.get(Photo.name == "a1.jpg").description)
        assert scan_fake([photos]).unchanged == len(PAINTED)
    assert descriptions == ["On the beach", "In the hills"]
    (photos / "a1.jpg.xmp").unlink()
    assert scan_fake([photos]).reread == 1
    assert Photo.get(Photo.name == "a1.jpg").description == ""
    assert [(face.id, face.state) for face in all_faces()] == before


def test_what_became_of_files_is_told_apart(scanned: Services, photos: Path) -> None:
    (photos / "b2.jpg").unlink()  # gone
    (photos / "a1.jpg").rename(photos / "renamed.jpg")
    (photos / "a2.jpg").rename(photos / "trip" / "a2.jpg")  # moved
    paint_photo(photos / "a3.jpg", (4,))  # other pixels
    sidecar(photos / "b1.jpg", "On the beach")
    paint_photo(photos / "new.jpg", (5,))
    data = (photos / "trip" / "c1.jpg").read_bytes()
    (photos / "trip" / "c1.jpg").write_bytes(data[:2] + b"\xff\xfe\x00\x07hello" + data[2:])  # other metadata
    report = scan_fake([photos])
    assert (report.new, report.changed, report.reread, report.moved, report.gone) == (1, 1, 2, 2, 1)
    assert (report.photos, report.unchanged, report.failed) == (len(PAINTED), 2, ())


def test_photos_that_exchange_their_names_keep_their_decisions(scanned: Services, photos: Path) -> None:
    first, second = (faces_by_person(scanned)[0][0], faces_by_person(scanned)[3][0])
    scanned.review.name([first], "Anna")
    scanned.review.name([second], "Dora")
    one, other = photos / "a1.jpg", photos / "trip" / "c1.jpg"
    one.rename(photos / "between")
    other.rename(one)
    (photos / "between").rename(other)
    report = scan_fake([photos])
    assert (report.moved, report.new, report.changed) == (2, 0, 0)
    assert (face_view(first).photo_path, face_view(first).person) == (other, "Anna")
    assert (face_view(second).photo_path, face_view(second).person) == (one, "Dora")
    assert scan_fake([photos]).unchanged == len(PAINTED)
    assert scanned.library.counts().offline == 0


def test_of_two_copies_of_a_lost_photo_one_is_it_and_the_other_is_new(scanned: Services, photos: Path) -> None:
    face = faces_by_person(scanned)[0][0]
    scanned.review.name([face], "Anna")
    (photos / "copy.jpg").write_bytes((photos / "a1.jpg").read_bytes())
    (photos / "a1.jpg").rename(photos / "renamed.jpg")
    report = scan_fake([photos])
    assert (report.moved, report.new) == (1, 1)
    assert report.faces == FACES + 1
    assert [view.id for view in all_faces() if view.state == FaceState.CONFIRMED] == [face]


def test_a_photo_that_could_not_be_read_for_a_while_keeps_its_decisions(scanned: Services, photos: Path) -> None:
    face = faces_by_person(scanned)[0][0]
    scanned.review.name([face], "Anna")
    data = (photos / "a1.jpg").read_bytes()
    (photos / "a1.jpg").write_bytes(data[:300])
    assert [failure.path.name for failure in scan_fake([photos]).failed] == ["a1.jpg"]
    (photos / "a1.jpg").write_bytes(data)
    assert scan_fake([photos]).reread == 1
    assert (face_view(face).person, face_view(face).state) == ("Anna", FaceState.CONFIRMED)
    (photos / "a1.jpg").write_bytes(data[:300])
    scan_fake([photos])
    paint_photo(photos / "a1.jpg", (4,))
    assert scan_fake([photos]).changed == 1
    assert [view.state for view in all_faces() if view.photo_path.name == "a1.jpg" and view.person == "Anna"] == [
        FaceState.CONFIRMED
    ]
    assert scanned.library.counts().offline == 1


def test_our_own_writes_are_not_news(scanned: Services, photos: Path) -> None:
    scanned.review.name([faces_by_person(scanned)[0][0]], "Anna")
    scanned.tagging.write(to="sidecar")
    assert (photos / "a1.jpg.xmp").exists()
    assert scan_fake([photos]).unchanged == len(PAINTED)
