"""Photos kept small on disk, so that they open quickly again and again, and while their disk is away.

One file a photo and size in the cache folder, for the owner alone: named by the hash of the image data and by the
orientation that was applied. All of it can be deleted at any time.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from PIL import Image

from tui_tagger import config
from tui_tagger.errors import PhotoError
from tui_tagger.imaging import load_upright
from tui_tagger.private import FILE, own_folder
from tui_tagger.storage.models import Photo

SIDES = (640, 1280, 2560)  # pixels of the long side that are kept; what is asked for comes from the next larger one
QUALITY = 90
MOST_BYTES = 500_000_000
SPARED = 0.9  # of the bytes that stay when the oldest are removed


class Previews:
    """The cache of one folder; files that were used last go last."""

    def __init__(self, folder: Path | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most_bytes
        self._bytes: int | None = None  # in the folder; None until it was looked at

    @property
    def folder(self) -> Path:
        return self._folder or config.cache_dir() / "previews"

    def picture(self, photo: Photo, side: int) -> Image.Image:
        """The upright photo, RGB, at most `side` pixels long. Raises PhotoError.

        A photo whose file is not there comes from the cache, one that changed since it was scanned never does.
        """
        kept = next((each for each in SIDES if each >= side), None)
        if kept is None or max(photo.width, photo.height) <= kept or not _as_scanned(photo):
            return load_upright(photo.path, side).pixels
        path = self.folder / f"{photo.image_hash}-{photo.orientation}-{kept}.jpg"
        image = _opened(path)
        if image is None:
            image = load_upright(photo.path, kept).pixels
            self._keep(path, image)
        if max(image.size) > side:
            image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
        return image

    def _keep(self, path: Path, image: Image.Image) -> None:
        """A cache that cannot be written is none: the picture is shown all the same."""
        with contextlib.suppress(OSError):
            own_folder(self.folder)
            number, name = tempfile.mkstemp(dir=self.folder, suffix=".part")  # made for the owner alone
            try:
                with os.fdopen(number, "wb") as file:
                    image.save(file, "JPEG", quality=QUALITY)
                Path(name).chmod(FILE)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._bytes = (self._held() if self._bytes is None else self._bytes) + path.stat().st_size
            if self._bytes > self._most:
                self._remove_oldest()

    def _held(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each file was used last, its size, and where it is."""
        found = []
        for path in self.folder.iterdir():
            with contextlib.suppress(OSError):
                told = path.stat()
                found.append((told.st_mtime, told.st_size, path))
        return sorted(found)

    def _remove_oldest(self) -> None:
        files = self._files()
        held = sum(size for _, size, _ in files)
        for _, size, path in files:
            if held <= self._most * SPARED:
                break
            path.unlink(missing_ok=True)
            held -= size
        self._bytes = held


def _as_scanned(photo: Photo) -> bool:
    """Whether the file is what was scanned, or away: then the cache may stand for it."""
    try:
        told = Path(photo.path).stat()
    except OSError:
        return True
    return bool(told.st_size == photo.size and told.st_mtime_ns == photo.mtime_ns)


def _opened(path: Path) -> Image.Image | None:
    """The picture of a cache file, and its use noted; None where there is none, or a damaged one."""
    try:
        image = load_upright(path).pixels
        os.utime(path)
    except (PhotoError, OSError):
        return None
    return image
