"""Things in a folder of photos that are no photos, or want too much: each is scanned, shown, identified and written."""

from __future__ import annotations

import os
import random
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.fuzz_targets import Trial, every
from tui_tagger.errors import PhotoError

NOBODY = 65534


def png(width: int, height: int, kind: int = 0, depth: int = 1, extra: bytes = b"") -> bytes:
    """A PNG of zeros, compressed well; `kind`: 0 grey, 2 colours, 6 with transparency."""
    row = (width * depth * {0: 1, 2: 3, 6: 4}[kind] + 7) // 8 + 1
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(row)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = [_chunk(b"IHDR", header), extra, _chunk(b"IDAT", packed), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _claims(width: int, height: int) -> bytes:
    """A PNG that says it is large and holds nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


def _jpeg(folder: Path, name: str | bytes) -> None:
    Image.effect_noise((64, 48), 60).convert("RGB").save(folder / "made.jpg")
    (folder / "made.jpg").rename(folder / os.fsdecode(name))


def _huge_jpeg(folder: Path) -> None:
    _jpeg(folder, "x.jpg")
    data = bytearray((folder / "x.jpg").read_bytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65500, 65500)
    (folder / "x.jpg").write_bytes(data)


def _tiff(folder: Path) -> None:
    """Claims tiles of two billion pixels."""
    entries = ((256, 4, 1, 1000), (257, 4, 1, 1000), (258, 3, 1, 8), (259, 3, 1, 5), (262, 3, 1, 1),
               (322, 4, 1, 0x7FFFFFFF), (323, 4, 1, 0x7FFFFFFF), (324, 4, 1, 8), (325, 4, 1, 0xFFFFFFFF))  # fmt: skip
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    (folder / "x.tif").write_bytes(b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", 8))


def _sparse(folder: Path) -> None:
    with (folder / "x.jpg").open("wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(60_000_000_000)


def _empty(folder: Path) -> None:
    for suffix in ("jpg", "png", "webp", "tif", "heic", "avif", "dng", "jpg.xmp"):
        (folder / f"x.{suffix}").touch()


def _sidecars(folder: Path) -> None:
    """In the place of sidecars: a folder, a pipe, a link to a device, a link to itself."""
    for number in range(4):
        _jpeg(folder, f"{number}.jpg")
    (folder / "0.jpg.xmp").mkdir()
    os.mkfifo(folder / "1.jpg.xmp")
    (folder / "2.jpg.xmp").symlink_to("/dev/zero")
    (folder / "3.jpg.xmp").symlink_to(folder / "3.jpg.xmp")
    os.mkfifo(folder / ".picasa.ini")


def _loops(folder: Path) -> None:
    (folder / "x.jpg").symlink_to(folder / "x.jpg")
    (folder / "a.jpg").symlink_to(folder / "b.jpg")
    (folder / "b.jpg").symlink_to(folder / "a.jpg")
    (folder / "down").symlink_to(folder, target_is_directory=True)
    (folder / "dangling.jpg").symlink_to(folder / "is not there.jpg")


def _specials(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    (folder / "zero.jpg").symlink_to("/dev/zero")
    (folder / "terminal.jpg").symlink_to("/dev/tty")
    with socket.socket(socket.AF_UNIX) as opened:
        here = Path.cwd()
        os.chdir(folder)  # the name of a socket may not be long
        opened.bind("socket.jpg")
        os.chdir(here)


def _unreadable(folder: Path) -> None:
    _jpeg(folder, "x.jpg")
    (folder / "x.jpg").chmod(0)
    _jpeg(folder, "y.jpg")
    (folder / "closed").mkdir(mode=0)


def _names(folder: Path) -> None:
    for name in (b"\xff\xfe.jpg", b"a\nb.jpg", b"\x1b]0;gone\x07\x1b[2J.jpg", "\u202egnp.jpg".encode(), b"[red].jpg",
                 b"%s{0}$HOME`id`.jpg", b"-rf.jpg", b" .jpg", b"x" * 251 + b".jpg"):  # fmt: skip
        _jpeg(folder, name)
    odd = folder / os.fsdecode(b"\xff\n\x1b[31m")
    odd.mkdir()
    _jpeg(odd, "x.jpg")


def _file(name: str, make: Callable[[], bytes]) -> Callable[[Path], None]:
    def place(folder: Path) -> None:
        (folder / name).write_bytes(make())

    return place


def _folders(folder: Path) -> None:
    for name in ("x.jpg", "y.png", "x.xmp"):
        (folder / name).mkdir()


ODD: dict[str, Callable[[Path], None]] = {
    "bomb of 2.5 gigapixels": _file("x.png", lambda: png(50_000, 50_000)),
    "bomb within the limit": _file("x.png", lambda: png(17_000, 17_000)),
    "bomb within the limit, transparent": _file("x.png", lambda: png(17_000, 17_000, 6, 8)),
    "claims 2 billion wide": _file("x.png", lambda: _claims(2**31 - 1, 1)),
    "claims 2 billion both ways": _file("x.png", lambda: _claims(2**31 - 1, 2**31 - 1)),
    "JPEG that claims 4 gigapixels": _huge_jpeg,
    "100,000 pixels wide": _file("x.png", lambda: png(100_000, 40, 2, 8)),
    "100,000 pixels high": _file("x.png", lambda: png(3, 100_000, 2, 8)),
    "one pixel high": _file("x.png", lambda: png(100_000, 1)),
    "text that unpacks to 2 GB": _file(
        "x.png", lambda: png(40, 40, extra=_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)))
    ),
    "TIFF with tiles of 2 billion": _tiff,
    "60 GB of nothing": _sparse,
    "0 bytes": _empty,
    "folders named like photos": _folders,
    "links that loop": _loops,
    "pipes, sockets, devices": _specials,
    "pipes and devices as sidecars": _sidecars,
    "unreadable": _unreadable,
    "names": _names,
}  # fmt: skip


class NoFaces:
    """A detector for photos in which nothing is looked for."""

    model_id = "none"

    def detect(self, _image: Any) -> list[Any]:
        return []


def use(folder: Path, database: Path) -> None:
    """Scans the folder and each entry by its own name, shows what was found, and writes a name into it."""
    from tui_tagger.metadata.naming import read_naming
    from tui_tagger.services import Services
    from tui_tagger.services.extraction import Models
    from tui_tagger.services.extractors import InProcess
    from tui_tagger.services.scan import scan
    from tui_tagger.storage.models import Photo

    def no_embedder() -> Any:
        raise AssertionError("nothing is embedded")

    extractors = InProcess(Models(NoFaces, no_embedder, "none"))
    services = Services.open(database)
    try:
        entries = [entry for entry in folder.iterdir() if entry.suffix != ".xmp" and entry.name != ".picasa.ini"]
        reports = [scan([folder, *(entry for entry in entries if entry.exists())], extractors, lambda *_: True)]
        photos = [photo for (photo,) in Photo.select(Photo.id).tuples()]
        for path in [*entries, *services.library.paths(photos)]:
            if path.is_file():
                every([partial(read_naming, path)])
        for photo in photos:
            every(
                [
                    partial(services.library.photo, photo),
                    partial(services.library.picture, photo, 64),
                    partial(services.library.entries, photo),
                    partial(services.review.add_present, photo, "Anna"),
                ]
            )
        every([services.tagging.write, services.tagging.undo_last])
    finally:
        services.close()
    if failed := [failure for report in reports for failure in report.failed]:
        raise PhotoError(failed[0].reason)


@contextmanager
def no_longer_root(*folders: Path) -> Iterator[None]:
    """Root may read everything; so this is done as another user where root runs it."""
    for folder in folders:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def odd_files(_corpus: Path, scratch: Path) -> Trial:
    """One of ODD, as a user who is not root."""
    numbers = iter(range(1_000_000))
    Image.init()
    (scratch / "warm").mkdir()
    _jpeg(scratch / "warm", "x.jpg")
    use(scratch / "warm", scratch / "warm.db")  # loads what another user may not be able to load

    def trial(draw: random.Random, folder: Path) -> None:
        ODD[draw.choice(sorted(ODD))](folder)
        with no_longer_root(folder, database := scratch / f"{next(numbers)}"):
            use(folder, database / "library.db")

    return trial
