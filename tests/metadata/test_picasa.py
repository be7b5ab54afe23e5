from __future__ import annotations

from pathlib import Path

import pytest

from tui_tagger.geometry import Box
from tui_tagger.metadata.picasa import PicasaFace, faces_of, located, parse
from tui_tagger.metadata.regions import Area, Frame

INI = """[Picasa]
name=Birthday
[Contacts]
d10a8325c557b085=somebody_lh,cb989580bc43a91
[Contacts2]
d10a8325c557b085=Anna Rossi;anna@example.org;
0e62398ebda8c1a5=Zoë;;
[IMG_1.JPG]
rotate=rotate(1)
faces=rect64(400080008000c000),d10a8325c557b085;rect64(8001000c000),e62398ebda8c1a5;rect64(1),aaaa
backuphash=1
[img_2.jpg]
faces=rect64(0000000080008000),ffffffffffffffff;rect64(0000000080008000),1234;rect64(zz),d10a8325c557b085
"""


def beside(folder: Path, photo: str, text: str = INI, name: str = ".picasa.ini") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / photo


def test_faces_have_the_names_of_their_contacts(tmp_path: Path) -> None:
    anna, zoe = faces_of(beside(tmp_path, "IMG_1.JPG"))
    assert (anna.name, zoe.name) == ("Anna Rossi", "Zoë")
    assert (anna.area.x, anna.area.y, anna.area.width, anna.area.height) == pytest.approx(
        (0.25, 0.5, 0.25, 0.25), abs=1e-4
    )
    assert zoe.area.x == 0  # Picasa leaves leading zeros out
    assert (zoe.area.y, zoe.area.width, zoe.area.height) == pytest.approx(
        (0x800 / 65535, 0x1000 / 65535, (0xC000 - 0x800) / 65535)
    )


def test_the_photo_s_name_is_found_without_case_and_in_the_older_file_name(tmp_path: Path) -> None:
    assert len(faces_of(beside(tmp_path, "img_1.jpg", name="Picasa.ini"))) == 2


def test_faces_nobody_named_are_left_out(tmp_path: Path) -> None:
    assert faces_of(beside(tmp_path, "img_2.jpg")) == ()
    assert faces_of(tmp_path / "other.jpg") == ()


def test_a_folder_without_the_file_has_no_faces(tmp_path: Path) -> None:
    assert faces_of(tmp_path / "IMG_1.JPG") == ()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = beside(tmp_path, "IMG_1.JPG")
    assert faces_of(path)[0].name == "Anna Rossi"
    beside(tmp_path, "IMG_1.JPG", INI.replace("Anna Rossi", "Anna Verdi-Rossi"))
    assert faces_of(path)[0].name == "Anna Verdi-Rossi"


def test_coordinates_are_the_stored_image_s_but_a_raw_photo_s_are_upright() -> None:
    face = PicasaFace("Anna", Area(0.0, 0.0, 0.5, 0.25))
    frame = Frame(4000, 2000, 6)  # stored lying, shown standing: 2000 by 4000
    assert located(face, Path("a.nef"), frame) == Box(0, 0, 1000, 1000)
    assert located(face, Path("a.jpg"), frame) == Box(1500, 0, 500, 2000)


def test_sections_that_come_twice_are_one() -> None:
    assert parse("[a.jpg]\nstar=yes\n[b]\n[a.jpg]\nfaces=x")["a.jpg"] == {"star": "yes", "faces": "x"}
