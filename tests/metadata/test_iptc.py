from __future__ import annotations

from pathlib import Path

import pytest
from PIL import TiffImagePlugin

from tests.metadata.photos import drawn, encoded
from tui_tagger.metadata.exif import read_entries, read_info
from tui_tagger.metadata.iptc import parse, read
from tui_tagger.metadata.naming import read_naming
from tui_tagger.metadata.xmp import read_keywords


def record(data_set: tuple[int, int], value: bytes) -> bytes:
    return b"\x1c" + bytes(data_set) + len(value).to_bytes(2, "big") + value


def resource(block: bytes) -> bytes:
    """Photoshop's image resource, as APP13 of a JPEG holds it, after one of another kind."""
    parts = [b"8BIM\x03\xed\0\0" + (3).to_bytes(4, "big") + b"abc\0"]
    parts.append(b"8BIM\x04\x04\0\0" + len(block).to_bytes(4, "big") + block)
    return b"Photoshop 3.0\0" + b"".join(parts)


def jpeg(block: bytes, pieces: int = 1) -> bytes:
    """A JPEG without EXIF; the resource may be spread over several segments."""
    data, payload = encoded(), resource(block)
    start = data.index(b"\xff\xe1")
    end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
    body, size = payload[14:], len(payload[14:]) // pieces + 1
    chunks = [b"Photoshop 3.0\0" + body[at : at + size] for at in range(0, len(body), size)]
    segments = b"".join(b"\xff\xed" + (len(each) + 2).to_bytes(2, "big") + each for each in chunks)
    return data[:start] + segments + data[end:]


BLOCK = (
    record((1, 90), b"\x1b%G")
    + record((2, 0), b"\0\2")
    + record((2, 25), "Straße".encode())
    + record((2, 25), b"People/Anna")
    + record((2, 55), b"20190712")
    + record((2, 60), b"140322+0200")
    + record((2, 120), b"By the river")
)


@pytest.mark.parametrize("pieces", [1, 3])
def test_keywords_caption_and_date(tmp_path: Path, pieces: int) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg(BLOCK, pieces))
    info = read_info(path)
    assert (info.taken_at, info.offset, info.date_source) == ("2019-07-12T14:03:22", "+02:00", "IPTC DateCreated")
    assert info.description == "By the river"
    assert read_keywords(path) == ("Straße", "People/Anna")
    assert [each.name for each in read_naming(path).people] == ["Anna"]
    entries = [(entry.name, entry.value) for entry in read_entries(path) if entry.group == "IPTC"]
    assert entries[0] == ("Keywords", "Straße")
    assert ("Caption-Abstract", "By the river") in entries


def test_iptc_of_a_tiff(tmp_path: Path) -> None:
    path = tmp_path / "photo.tif"
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[33723] = BLOCK
    tags.tagtype[33723] = 7
    drawn().save(path, tiffinfo=tags)
    assert read_keywords(path) == ("Straße", "People/Anna")
    assert read_info(path).description == "By the river"


@pytest.mark.parametrize(
    ("declared", "value", "text"),
    [
        (b"\x1b%G", "Łódź".encode(), "Łódź"),
        (b"\x1b-B", "Łódź".encode("iso8859-2"), "Łódź"),
        (b"\x1b-L", "Москва".encode("iso8859-5"), "Москва"),
        (b"", "Zoë".encode(), "Zoë"),  # nothing declared: UTF-8 where it is that
        (b"", "Zoë".encode("cp1252"), "Zoë"),
        (b"\x1b%G", "Zoë".encode("cp1252"), "Zoë"),  # declared wrongly
    ],
)
def test_character_sets(declared: bytes, value: bytes, text: str) -> None:
    block = (record((1, 90), declared) if declared else b"") + record((2, 25), value)
    assert parse(block).keywords == (text,)


@pytest.mark.parametrize("time", [b"", b"ab", b"250000", b"1403"])
def test_a_time_that_is_none_leaves_the_day_or_nothing(time: bytes) -> None:
    found = parse(record((2, 55), b"20190712") + record((2, 60), time))
    assert found.date in ("2019-07-12T00:00:00", None)
    assert found.offset is None


def test_what_breaks_off_is_read_up_to_there() -> None:
    data = jpeg(BLOCK)
    at = data.index(b"By the river")
    assert read(data[: at + 4]).keywords == ("Straße", "People/Anna")
    assert read(b"\xff\xd8" + b"\xff" * 50).entries == ()
