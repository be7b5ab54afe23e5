"""The stored size and orientation of a photo, from its header, the same way that the program turns it upright."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tui_tagger.formats import open_bytes, open_image
from tui_tagger.imaging import ORIENTATION_TAG, TRANSPOSING
from tui_tagger.metadata.regions import Frame
from tui_tagger.metadata.splice import Refused


def frame_of(image: Image.Image) -> Frame:
    """The frame of an image that is open but not yet decoded."""
    orientation = orientation_of(image)
    width, height = image.size
    if image.format in ("TIFF", "HEIF") and orientation in TRANSPOSING:  # they come turned already
        width, height = height, width
    return Frame(width, height, orientation)


def orientation_of(image: Image.Image) -> int:
    """1 to 8; 1 where the metadata is broken or silent."""
    try:
        value = image.info.get("original_orientation") or image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # Pillow raises nearly anything on broken EXIF
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def read_frame(data: bytes) -> Frame:
    """Raises Refused where the bytes are no image that can be read."""
    try:
        with open_bytes(data) as image:
            return frame_of(image)
    except Exception as error:  # decoders raise nearly anything on damaged files
        raise Refused("it is not an image whose size can be read") from error


def frame_at(path: Path) -> Frame:
    """The frame of the image that the program shows: a RAW file's is its preview's. Raises Refused."""
    try:
        with open_image(path) as image:
            return frame_of(image)
    except Exception as error:
        raise Refused("it is not an image whose size can be read") from error
