"""A photo's identity: a hash of its image data, which renaming, moving and tagging leave alone."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from tui_tagger.errors import PhotoError
from tui_tagger.formats import read_bytes
from tui_tagger.metadata.container import image_data
from tui_tagger.metadata.splice import Refused

DIGEST_BYTES = 16


def image_hash(data: bytes) -> str:
    """BLAKE2b-128 in hex over the image data without metadata; over the whole file where it cannot be walked."""
    try:
        picture = image_data(data)
    except Refused:
        picture = data
    return blake2b(picture, digest_size=DIGEST_BYTES).hexdigest()


def file_hash(path: Path) -> str:
    """`image_hash` of a file. Raises PhotoError if it cannot be read."""
    try:
        return image_hash(read_bytes(path))
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read ({error.strerror})", "Is its disk connected?") from error
