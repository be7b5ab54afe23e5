"""Random damage to everything that is only read: no exception but PhotoError, whatever the bytes say."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metadata.photos import PACKET, drawn, encoded
from tests.metadata.test_hierarchies import CATEGORIES
from tests.metadata.test_iptc import BLOCK, jpeg
from tests.metadata.test_naming import MP, mwg, packet, shown, tagged
from tests.metadata.test_picasa import INI
from tui_tagger.errors import PhotoError
from tui_tagger.metadata import iptc, picasa
from tui_tagger.metadata.exif import read_entries, read_info
from tui_tagger.metadata.hierarchies import assigned_categories
from tui_tagger.metadata.naming import LONGEST_NAME, MOST_PEOPLE, read_naming
from tui_tagger.metadata.writer import exif_bytes
from tui_tagger.metadata.xmp import read_keywords

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about broken metadata

XMP = packet(mwg(("Anna", 0.5), ("Bo", 0.2)), MP.format(name="Anna", x=0.4), shown("Dora"), tagged("People/Emil"))


def tiff() -> bytes:
    target = io.BytesIO()
    drawn(24, 16).save(target, "TIFF", exif=exif_bytes(taken_at="2019-07-12T14:03:22", latitude=1.0, longitude=2.0))
    return target.getvalue()


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Some bytes changed, inserted or left out, numbers made huge, and perhaps cut short."""
    data = bytearray(whole)
    patches = st.one_of(st.binary(max_size=8), st.sampled_from([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0"]))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        data[start : start + draw(st.integers(0, 8))] = draw(patches)
    return bytes(data[: draw(st.integers(len(data) // 3, len(data)))])


FILES = {
    ".jpg": encoded(".jpg", 6, XMP),
    ".tif": tiff(),
    ".png": encoded(".png", 3, XMP),
    ".webp": encoded(".webp", 8, XMP),
    ".jpeg": jpeg(BLOCK),
}


@given(st.sampled_from(sorted(FILES)).flatmap(lambda suffix: st.tuples(st.just(suffix), damaged(FILES[suffix]))))
@settings(max_examples=200, deadline=None)
def test_damaged_photos(case: tuple[str, bytes]) -> None:
    suffix, data = case
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"photo{suffix}"
        path.write_bytes(data)
        for read in (read_info, read_entries):
            with contextlib.suppress(PhotoError):
                read(path)
        found = read_naming(path)
        read_keywords(path)
    assert len(found.people) <= MOST_PEOPLE
    assert all(0 < len(each.name) <= LONGEST_NAME for each in found.people)
    assert all(each.box is None or each.box.area > 0 for each in found.people)


@given(damaged(XMP) | damaged(PACKET), damaged(INI.replace("IMG_1.JPG", "photo.jpg").encode()))
@settings(max_examples=150, deadline=None)
def test_damaged_sidecars_and_picasa_files(xmp: bytes, ini: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(FILES[".jpeg"])
        path.with_name("photo.jpg.xmp").write_bytes(xmp)
        (Path(folder) / ".picasa.ini").write_bytes(ini)
        assert read_info(path).width == 160
        read_naming(path)
        read_entries(path)


@given(damaged(BLOCK))
@settings(deadline=None)
def test_damaged_iptc(block: bytes) -> None:
    found = iptc.parse(block)
    assert all(isinstance(value, str) for _, value in found.entries)


@given(st.text() | st.text(alphabet="[]=faces;(),rect640123\n\r\0").map(lambda text: f"[photo.jpg]\nfaces={text}"))
def test_any_text_as_picasa_s_file(text: str) -> None:
    for entries in picasa.parse(text).values():
        assert all(isinstance(value, str) for value in entries.values())


@given(st.text() | damaged(CATEGORIES.encode()).map(lambda data: data.decode("utf-8", "replace")))
@settings(deadline=None)
def test_any_text_as_acdsee_s_categories(text: str) -> None:
    assert all(isinstance(level, str) for path in assigned_categories(text) for level in path)
