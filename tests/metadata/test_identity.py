from __future__ import annotations

from pathlib import Path

import pytest

from tests.metadata.photos import FORMATS, PACKET, encoded
from tui_tagger.errors import PhotoError
from tui_tagger.metadata.identity import file_hash, image_hash


@pytest.mark.parametrize("suffix", FORMATS)
def test_metadata_does_not_change_the_identity(suffix: str) -> None:
    plain = image_hash(encoded(suffix))
    assert len(plain) == 32
    assert image_hash(encoded(suffix, orientation=6)) == plain
    assert image_hash(encoded(suffix, xmp=PACKET)) == plain


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_another_picture_has_another_identity(suffix: str) -> None:
    assert image_hash(encoded(suffix)) != image_hash(encoded(suffix, quality=40))


def test_what_follows_the_end_of_a_jpeg_does_not_count() -> None:
    data = encoded()
    assert image_hash(data + b"trailer of some phone") == image_hash(data)


def test_broken_and_unknown_files_are_hashed_whole() -> None:
    data = encoded(".png")
    assert image_hash(data[:-6]) != image_hash(data[:-7])
    assert image_hash(b"GIF89a1") != image_hash(b"GIF89a2")


def test_a_file_that_is_not_there_is_a_photo_error(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"gone\.jpg"):
        file_hash(tmp_path / "gone.jpg")
