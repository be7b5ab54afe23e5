"""Files made to do harm: they are read within bounds, and nothing that they say can steer a terminal."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from tests.metadata.photos import drawn, encoded, saved
from tui_tagger.errors import PhotoError
from tui_tagger.metadata.exif import read_entries, read_info
from tui_tagger.metadata.naming import LONGEST_NAME, MOST_PEOPLE, read_naming
from tui_tagger.metadata.writer import exif_bytes
from tui_tagger.metadata.xmp import read_keywords, read_people

HEAD = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:digiKam="http://www.digikam.org/ns/1.0/">"""
TAIL = b"</rdf:Description></rdf:RDF></x:xmpmeta>"
PERSON = b"<Iptc4xmpExt:PersonInImage><rdf:Bag>%s</rdf:Bag></Iptc4xmpExt:PersonInImage>"
ESCAPES = "\x1b]0;gone\x07\x1b[2J\x9b31m\u202eevil[/bold][red]{x}\r\n"


def person(*names: bytes) -> bytes:
    return HEAD + PERSON % b"".join(b"<rdf:li>%s</rdf:li>" % name for name in names) + TAIL


def beside(folder: Path, packet: bytes) -> Path:
    """A photo with a sidecar, whose size no format limits."""
    path = saved(folder)
    path.with_name("photo.jpg.xmp").write_bytes(packet)
    return path


BOMBS = {
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
    + person(b"&j;"),
    "external entity": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + person(b"&a;"),
    "depth": b"<a>" * 100_000 + b"</a>" * 100_000,
    "elements": person(*[b"A"] * 300_000),
    "attribute": b'<a b="' + b"x" * 10_000_000 + b'"/>',
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_xmp_that_would_blow_up_is_not_read(tmp_path: Path, bomb: str) -> None:
    path = beside(tmp_path, BOMBS[bomb])
    assert read_people(path) == ()
    if bomb == "elements":
        return  # each reader would take its seconds until the limit
    assert read_keywords(path) == ()
    assert read_info(path).taken_at == "2019-07-12T14:03:22"
    assert all("aaaaaaaaaa" not in entry.value and "root:" not in entry.value for entry in read_entries(path))


def test_a_name_of_ten_megabytes_is_left_out_and_said_so(tmp_path: Path) -> None:
    naming = read_naming(beside(tmp_path, person(b"x" * 10_000_000, b"Anna")))
    assert [each.name for each in naming.people] == ["Anna"]
    assert naming.notes == (f"a name longer than {LONGEST_NAME} characters is left out",)


def test_more_people_than_a_photo_can_hold_are_cut_off(tmp_path: Path) -> None:
    naming = read_naming(beside(tmp_path, person(*[b"P%d" % n for n in range(20_000)])))
    assert len(naming.people) == MOST_PEOPLE
    assert naming.notes == (f"more than {MOST_PEOPLE} people are named; only the first are used",)


def test_no_control_character_gets_into_names_facts_or_the_table(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    block = exif_bytes(make="Acme", model=ESCAPES, description=ESCAPES)
    escaped = "\u202eAnna\x85\u2028\u009b31m".encode()
    drawn().save(path, exif=block, xmp=person(escaped))
    info = read_info(path)
    texts = [info.camera, info.description, *(each.name for each in read_naming(path).people)]
    texts += [text for entry in read_entries(path) for text in (entry.group, entry.name, entry.value, entry.raw)]
    assert len(texts) > 20
    for text in texts:
        assert not {character for character in text if ord(character) < 32 or 0x7F <= ord(character) < 0xA0}
    assert all("\u202e" not in entry.value for entry in read_entries(path))


def test_names_that_are_paths_or_markup_stay_names(tmp_path: Path) -> None:
    names = [b"../../etc/passwd", b"[bold]x[/bold]", b"C:\\Windows", b"`rm -rf`"]
    assert [each.name for each in read_naming(beside(tmp_path, person(*names))).people] == [
        "../../etc/passwd",
        "[bold]x[/bold]",
        "C:\\Windows",
        "`rm -rf`",
    ]


def exif_of(*entries: tuple[int, int, int, int]) -> bytes:
    """EXIF with these entries (tag, type, count, value), big-endian."""
    body = b"".join(struct.pack(">HHII", *entry) for entry in entries)
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, len(entries)) + body + struct.pack(">I", 0)


def bomb(kind: str) -> bytes:
    """A maker note of four billion values; tags that have a thousand values each; directories that go round."""
    if kind == "maker note":
        exif = exif_of((0x8769, 4, 1, 26), (0x010F, 2, 4, 0x41000000))[:-4]
        exif += b"\0\0\0\0" + struct.pack(">H", 1) + struct.pack(">HHII", 0x927C, 7, 0xFFFFFFFF, 8) + b"\0\0\0\0"
        return exif.replace(struct.pack(">HHII", 0x8769, 4, 1, 26), struct.pack(">HHII", 0x8769, 4, 1, 38))
    if kind == "many values":
        return exif_of(*[(0x9000 + n % 0x800, 3, 999, 8) for n in range(5_000)])
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + struct.pack(">HHII", 0x8769, 4, 1, 8) + struct.pack(">I", 8)


@pytest.mark.parametrize("kind", ["maker note", "many values", "loop"])
def test_exif_that_never_ends_is_read_within_bounds(tmp_path: Path, kind: str) -> None:
    """In a process of its own, with limits that a reader without bounds would not keep."""
    segment = bomb(kind)
    data = encoded()
    start = data.index(b"\xff\xe1")
    end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
    path = tmp_path / "photo.jpg"
    path.write_bytes(data[:start] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[end:])
    code = (
        "import json, resource, sys; from pathlib import Path\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "from tui_tagger.metadata.exif import read_entries, read_info\n"
        "path = Path(sys.argv[1])\n"
        "print(json.dumps([read_info(path).width, len(read_entries(path))]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=True, timeout=300)
    width, entries = json.loads(done.stdout)
    assert width == 160
    assert entries < 6_000


def test_a_png_whose_text_unpacks_to_much_more_is_refused(tmp_path: Path) -> None:
    packed = zlib.compress(b"\0" * 100_000_000, 9)
    body = b"iTXt" + b"XML:com.adobe.xmp\0\1\0\0\0" + packed
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    whole = encoded(".png")
    path = tmp_path / "photo.png"
    path.write_bytes(whole[:33] + chunk + whole[33:])
    assert read_people(path) == ()
    with pytest.raises(PhotoError, match="not a photo that can be read"):
        read_info(path)
