"""Replacing a file so that a crash, a full disk or another program's write never leaves half of it."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from hashlib import sha256
from pathlib import Path

from tui_tagger.errors import MetadataError
from tui_tagger.metadata.splice import Refused

_PREFIX, _SUFFIX = ".tui-tagger-", ".tmp"
CHANGED_HINT = "Another program wrote to it. Try again: the names are then added to its new state."


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return sha256(data).hexdigest()


def check_writable(path: Path) -> None:
    """Raises Refused where replacing the file would harm something or cannot work: links, read-only, no right."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Refused("it is not a regular file")
    if status.st_nlink > 1:
        raise Refused("it has hard links, which replacing it would part")
    if not status.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise Refused("it is read-only")
    check_folder(path.parent)


def check_folder(folder: Path) -> None:
    """Raises Refused for a folder in which no file can be made."""
    if not folder.stat().st_mode & 0o222 or not os.access(folder, os.W_OK | os.X_OK):
        raise Refused("its folder is read-only")


def replace(path: Path, old: bytes, status: os.stat_result, new: bytes) -> None:
    """Puts `new` in the place of the file that was read as `old` with `status`.

    Times, mode, owner and extended attributes stay. Raises MetadataError if the file changed since, or OSError; the
    file is then as it was.
    """
    temporary = _write_beside(path, new, status)
    try:
        now = path.stat()
        if _identity(now) != _identity(status) or len(old) != now.st_size:
            raise MetadataError(f"{path}: changed while names were being written", CHANGED_HINT)
        temporary.replace(path)
        _sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def create(path: Path, new: bytes) -> None:
    """Makes a new file, whole or not at all. Raises MetadataError if there is one already, or OSError."""
    temporary = _write_beside(path, new, None)
    try:
        try:
            os.link(temporary, path)  # unlike a rename, this fails where the name is taken
        except FileExistsError as error:
            raise MetadataError(f"{path}: appeared while it was being written", CHANGED_HINT) from error
        except OSError:  # a file system without hard links
            if path.exists():
                raise MetadataError(f"{path}: appeared while it was being written", CHANGED_HINT) from None
            temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _write_beside(path: Path, data: bytes, like: os.stat_result | None) -> Path:
    """A synced file in the same folder with the data, read back, that looks like the one it is to replace."""
    handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if like is None:
                temporary.chmod(0o666 & ~_umask())
            else:
                _copy_attributes(path, temporary, like)
            os.fsync(file.fileno())
        if like is not None:
            os.utime(temporary, ns=(like.st_atime_ns, like.st_mtime_ns))
        if digest(temporary.read_bytes()) != digest(data):
            raise MetadataError(f"{path}: the disk did not give back what was written", "Is the disk failing?")
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _copy_attributes(source: Path, target: Path, status: os.stat_result) -> None:
    if hasattr(os, "chown"):
        try:
            os.chown(target, status.st_uid, status.st_gid)
        except PermissionError as error:
            raise MetadataError(f"{source}: belongs to another user", "Write sidecars for this folder.") from error
    target.chmod(stat.S_IMODE(status.st_mode))
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):  # a file system without extended attributes
            for name in os.listxattr(source):
                os.setxattr(target, name, os.getxattr(source, name))


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> int:
    """Removes temporary files that an interrupted write left in this folder; how many."""
    count = 0
    for litter in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            litter.unlink()
            count += 1
    return count
