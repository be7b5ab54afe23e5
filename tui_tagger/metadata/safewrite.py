"""Replacing a file so that a crash, a full disk or another program's write never leaves half of it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from tui_tagger.errors import MetadataError
from tui_tagger.metadata.splice import Refused

_PREFIX, _SUFFIX = ".tui-tagger-", ".tmp"  # between them: the process that writes, and a random part
_LITTER_AGE = 3600.0  # seconds after which a temporary file is litter where processes cannot be looked up
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP})  # of some network mounts
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


def check_free(path: Path) -> None:
    """Raises Refused where no new file of this name can be made."""
    if os.path.lexists(path):  # what is there is no file, or it would have been read
        raise Refused(f"{path.name} is there and is no file")
    check_folder(path.parent)


def check_folder(folder: Path) -> None:
    """Raises Refused for a folder in which no file can be made."""
    if not folder.stat().st_mode & 0o222 or not os.access(folder, os.W_OK | os.X_OK):
        raise Refused("its folder is read-only")


def replace(path: Path, old: bytes, status: os.stat_result, new: bytes) -> None:
    """Puts `new` in the place of the file that was read as `old` with `status`.

    Times, mode, owner, access lists and extended attributes stay. Raises MetadataError if the file changed since, or
    OSError; the file is then as it was.
    """
    temporary = _write_beside(path, new, status)
    try:
        now = path.stat()
        if _identity(now) != _identity(status) or len(old) != now.st_size:
            raise MetadataError(f"{path}: changed while names were being written", CHANGED_HINT)
        _rename(temporary, path, new)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _rename(temporary: Path, path: Path, new: bytes) -> None:
    try:
        temporary.replace(path)
    except OSError:
        # Over NFS an answer may be lost after the work was done: the second try then fails.
        if temporary.exists() or not path.exists() or path.read_bytes() != new:
            raise


def create(path: Path, new: bytes, mode: int = 0o666) -> None:
    """Makes a new file, whole or not at all, for who is let in by `mode` and the umask, and for its owner.

    Raises MetadataError if there is one already, or OSError.
    """
    temporary = _write_beside(path, new, mode)
    try:
        try:
            os.link(temporary, path)  # unlike a rename, this fails where the name is taken
        except FileExistsError as error:
            raise MetadataError(f"{path}: appeared while it was being written", CHANGED_HINT) from error
        except OSError:  # a file system without hard links
            if path.exists():
                raise MetadataError(f"{path}: appeared while it was being written", CHANGED_HINT) from None
            _rename(temporary, path, new)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    """What tells that a file was not written to: the change time too, since programs like to set mtime back."""
    changed = status.st_ctime_ns if os.name == "posix" else 0  # elsewhere it is the time of creation
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, changed


def _write_beside(path: Path, data: bytes, like: os.stat_result | int) -> Path:
    """A synced file in the same folder with the data, read back; like the one it is to replace, or of a new mode."""
    handle, name = tempfile.mkstemp(prefix=f"{_PREFIX}{os.getpid()}-", suffix=_SUFFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if isinstance(like, int):
                temporary.chmod((like & 0o666 | 0o600) & ~_umask())
            else:
                _copy_attributes(path, temporary, like)
            _sync(file.fileno())
        if not isinstance(like, int):
            os.utime(temporary, ns=(like.st_atime_ns, like.st_mtime_ns))
        if digest(temporary.read_bytes()) != digest(data):
            raise MetadataError(f"{path}: the disk did not give back what was written", "Is the disk failing?")
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _copy_attributes(source: Path, target: Path, status: os.stat_result) -> None:
    """Owner, mode, access lists and extended attributes; what the new file has already is not asked for."""
    made = target.stat()
    if hasattr(os, "chown") and (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.chown(target, status.st_uid, status.st_gid)
        except PermissionError as error:
            raise MetadataError(f"{source}: belongs to another user", "Write sidecars for this folder.") from error
    if stat.S_IMODE(target.stat().st_mode) != stat.S_IMODE(status.st_mode):
        target.chmod(stat.S_IMODE(status.st_mode))
    if hasattr(os, "listxattr"):
        for name in _attribute_names(source):
            _copy_attribute(source, target, name)


def _attribute_names(path: Path) -> list[str]:
    try:
        return os.listxattr(path)
    except OSError as error:
        if error.errno in _UNSUPPORTED:  # a file system without extended attributes
            return []
        raise


def _copy_attribute(source: Path, target: Path, name: str) -> None:
    """Raises OSError where one of the user's own, or the access list, cannot be carried over."""
    try:
        value = os.getxattr(source, name)
        try:
            there = os.getxattr(target, name)
        except OSError:  # not there yet
            there = None
        if value != there:
            os.setxattr(target, name, value)
    except OSError:
        if name.startswith(("user.", "system.posix_acl")):
            raise  # the others (labels of security modules) are the system's, which gives the new file its own


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


def _sync_folder(folder: Path) -> None:
    """Makes the new name durable where the file system can.

    A failure is no error: the file has its new name by now, and if a power cut takes that away the old file is back.
    """
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def sweep(folder: Path) -> int:
    """Removes temporary files that an interrupted write left in this folder; how many. A running write's stay."""
    count = 0
    for litter in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            if _abandoned(litter):
                litter.unlink()
                count += 1
    return count


def _abandoned(litter: Path) -> bool:
    """Whether the process that made a temporary file has ended; where that cannot be asked, whether it is old."""
    process = litter.name.removeprefix(_PREFIX).partition("-")[0]
    if os.name == "posix" and process.isdecimal():
        return not runs(int(process))
    return time.time() - litter.stat().st_ctime > _LITTER_AGE


def runs(process: int) -> bool:
    """Whether another process with this id runs. False where it cannot be asked (Windows would end it)."""
    if os.name != "posix" or process == os.getpid() or not 0 < process < 2**31:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True
