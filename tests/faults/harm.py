"""What every fault is followed by: the database is sound and whole, no photo is harmed; and processes to be killed."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tui_tagger.metadata.identity import image_hash
from tui_tagger.storage.integrity import broken_references, connect, find_damage


def decisions(database: Path) -> int:
    """How many decisions another program sees."""
    with closing(connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM decision").fetchone()[0])


def hashes(folder: Path) -> dict[str, str]:
    """Each photo's image data, without its metadata."""
    return {path.name: image_hash(path.read_bytes()) for path in folder.rglob("*.jpg")}


def judge(database: Path) -> None:
    """The database is sound, and all rows refer to rows that are there."""
    assert find_damage(database) == ""
    with closing(connect(database)) as connection:
        assert broken_references(connection) == 0


class Acknowledged:
    """A forked process that reports each thing done; it can be killed at any moment."""

    def __init__(self, work: Callable[[Callable[[int], None]], None]) -> None:
        self._reader, writer = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            status = 1
            try:
                os.close(self._reader)
                work(lambda number: (os.write(writer, struct.pack("i", number)), None)[1])
                status = 0
            finally:
                os._exit(status)
        os.close(writer)

    def kill(self) -> list[int]:
        os.kill(self.process, signal.SIGKILL)
        return self.wait()[1]

    def wait(self) -> tuple[int, list[int]]:
        """The exit status, and what was reported."""
        data = b""
        while part := os.read(self._reader, 65536):
            data += part
        os.close(self._reader)
        _, status = os.waitpid(self.process, 0)
        return os.waitstatus_to_exitcode(status), [number for (number,) in struct.iter_unpack("i", data)]


class AppInTerminal:
    """The program in a pseudo-terminal of its own, as a user starts it."""

    def __init__(self, *arguments: object) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        command = [sys.executable, "-m", "tui_tagger", *map(str, arguments)]
        environment = os.environ | {"TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.shown = b""

    def read(self, seconds: float) -> None:
        """Takes what the program draws for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    self.shown += os.read(self.master, 65536)
                except OSError:  # the program has ended
                    return

    def wait_for(self, text: bytes, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < until, f"{text!r} did not appear in {self.shown[-2000:]!r}"
            assert self.process.poll() is None or text in self.shown, self.shown[-2000:]
            self.read(0.1)

    def press(self, keys: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self.master, keys)

    def end(self, seconds: float = 30) -> int:
        """Waits for the end; the exit status."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self.read(0.1)
        self.close()
        return self.process.returncode

    def close(self) -> None:
        """Kills the program and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self.master)
