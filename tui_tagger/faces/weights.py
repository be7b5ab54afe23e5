"""Which embedders there are, and where the weights come from that do not ship with the package. Loads no model."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tui_tagger.config import DATA, cache_dir
from tui_tagger.errors import ModelError
from tui_tagger.private import make_file, own_folder

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all. What it raises stops the work; a download can go on later."""

CHUNK = 1 << 18
TIMEOUT = 30.0  # seconds without a byte


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A published file of weights, accepted only byte for byte: `size` in bytes and `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str
    url: str


FACENET = WeightsFile(
    name="20180402-114759-vggface2.pt",
    size=111_898_327,
    sha256="281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
    url="https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180402-114759-vggface2.pt",
)
COMPACT_PATH = DATA / "compact.npz"
COMPACT = "compact"
COMPACT_ID = f"{COMPACT}-2"  # the one place of the shipped model's id: other weights, other number
FACENET_ID = "facenet-vggface2"
FACENET_TEXT = f"InceptionResnetV1 trained on VGGFace2, {FACENET.size / 1e6:.0f} MB"
COMPACT_TEXT = "ships with the package; a stand-in until FaceNet is installed"
INSTALL_HINT = "Install it with: tui-tagger models install"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """An embedder; `path` is where its weights are, None while they are not installed."""

    model_id: str
    title: str
    text: str  # what it is, in a line
    dimension: int
    path: Path | None
    size: int  # bytes of the weights, 0 if unknown

    @property
    def installed(self) -> bool:
        return self.path is not None


def available_models(cache: Path | None = None) -> tuple[ModelInfo, ...]:
    """All embedders, the more accurate first, installed or not."""
    shipped = COMPACT_PATH if COMPACT_PATH.is_file() else None
    return (
        ModelInfo(FACENET_ID, "FaceNet", FACENET_TEXT, 512, installed_path(cache), FACENET.size),
        ModelInfo(COMPACT_ID, COMPACT, COMPACT_TEXT, 256, shipped, _size(COMPACT_PATH)),
    )


def current_id(model_id: str) -> str:
    """The id under which a model is known now: every compact model gives way to the one that ships."""
    return COMPACT_ID if model_id.partition("-")[0] == COMPACT else model_id


def installed_path(cache: Path | None = None, file: WeightsFile = FACENET) -> Path | None:
    """Where `file` is installed, or None. Only a complete and checked file gets its name."""
    path = _target(cache, file)
    return path if _size(path) == file.size else None


def install_from_file(
    source: Path, progress: Progress | None = None, cache: Path | None = None, file: WeightsFile = FACENET
) -> Path:
    """Copies a file that the user has fetched into the cache and returns its place there.

    Raises ModelError when it cannot be read or is not the published file.
    """
    part = _part(cache, file)
    try:
        if source.stat().st_size != file.size:
            raise _wrong_file(source, f"it has {source.stat().st_size:,} bytes, not {file.size:,}", file)
        with source.open("rb") as reader, part.open("wb") as writer:
            _pump(reader, writer, 0, file, progress)
        return _checked(part, file, source)
    except OSError as error:
        raise ModelError(f"{source}: cannot be installed ({error})", "Check the path and the free space.") from error


def download(progress: Progress | None = None, cache: Path | None = None, file: WeightsFile = FACENET) -> Path:
    """Downloads the weights, or goes on with a download that was stopped, and returns their place in the cache.

    What is installed already stays. Uses the proxies that the environment names. Raises ModelError with what to do when
    the connection fails or what came is not the published file.
    """
    installed = installed_path(cache, file)
    if installed is not None and _digest(installed) == file.sha256:
        return installed
    part = _part(cache, file)
    try:
        if _size(part) > file.size:
            part.unlink()
        if _size(part) < file.size:
            _fetch(part, file, progress)
        return _checked(part, file, file.url)
    except (OSError, http.client.HTTPException) as error:
        raise _failed(file, error) from error


def _failed(file: WeightsFile, error: Exception) -> ModelError:
    reason: object = error
    if isinstance(error, urllib.error.HTTPError):
        error.close()  # it holds the connection
    elif isinstance(error, urllib.error.URLError):
        reason = error.reason
    return ModelError(
        f"{file.url}: the download failed ({reason})",
        f"Try again: it goes on where it stopped. Or fetch {file.name} elsewhere and install it with --from-file.",
    )


def _fetch(part: Path, file: WeightsFile, progress: Progress | None) -> None:
    """Brings `part` to the full size, from the byte on where it ends if the server can do that."""
    start = _size(part)
    opener = urllib.request.build_opener()  # `urlopen` would keep the proxies of its first call
    opener.addheaders = [("User-Agent", "tui-tagger"), *([("Range", f"bytes={start}-")] if start else [])]
    with opener.open(file.url, timeout=TIMEOUT) as response:
        resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        with part.open("ab" if resumed else "wb") as writer:
            done = _pump(response, writer, start if resumed else 0, file, progress)
    if done < file.size:
        raise ConnectionError(f"it ended after {done:,} of {file.size:,} bytes")


def _pump(
    reader: BinaryIO | http.client.HTTPResponse,
    writer: BinaryIO,
    done: int,
    file: WeightsFile,
    progress: Progress | None,
) -> int:
    """Copies up to the size of `file` and returns the bytes that are there, `done` of which were before."""
    while done < file.size and (chunk := reader.read(min(CHUNK, file.size - done))):
        writer.write(chunk)
        done += len(chunk)
        if progress is not None:
            progress(done, file.size)
    return done


def _checked(part: Path, file: WeightsFile, source: object) -> Path:
    """Gives a complete file its name; deletes it if it is another one."""
    digest = _digest(part)
    if digest != file.sha256:
        part.unlink()
        raise _wrong_file(source, f"its SHA-256 is {digest}", file)
    return part.replace(part.with_suffix(""))


def _digest(path: Path) -> str:
    with path.open("rb") as reader:
        return hashlib.file_digest(reader, "sha256").hexdigest()


def _wrong_file(source: object, reason: str, file: WeightsFile) -> ModelError:
    return ModelError(f"{source}: is not the published {file.name} ({reason})", f"Fetch it again from {file.url}")


def _part(cache: Path | None, file: WeightsFile) -> Path:
    """The unfinished file, for the owner's eyes only, in a folder that exists."""
    target = _target(cache, file)
    try:
        own_folder(target.parent)
        part = target.with_name(target.name + ".part")
        make_file(part)
    except OSError as error:
        raise ModelError(f"{target.parent}: cannot be written ({error})", "Check the folder's permissions.") from error
    return part


def _target(cache: Path | None, file: WeightsFile) -> Path:
    return (cache or cache_dir()) / "models" / file.name


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
