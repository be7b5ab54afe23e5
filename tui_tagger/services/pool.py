"""Extracting in several processes, each with its own models, on photos one by one.

On a processor that is faster than sharing one photo among threads, and batches of several photos are slower yet
(RECOGNITION.md section 1). A process that dies at a photo costs that photo: another takes its place.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from tui_tagger import log
from tui_tagger.errors import ModelError, PhotoError, TaggerError
from tui_tagger.services.extraction import File, Models, attempt
from tui_tagger.services.extractors import Result
from tui_tagger.services.resources import Resources

AHEAD = 2  # photos that a process has: the one it is at, and the next
MOST_DEATHS = 10  # in a row, without a photo done: then it is not the photos
CONTEXT = multiprocessing.get_context("spawn")


class Pool:
    """Extracts in processes of its own, started when there is something to do and ended with it.

    `load` gives each process its models. It must be a module's function, or a `partial` of one: it is sent there by
    its name. How many processes there are is decided when the first says on which device it computes.
    """

    def __init__(self, load: Callable[[], Models], resources: Resources) -> None:
        self._load = load
        self._resources = resources

    def extract(self, files: Iterable[File], known: Collection[str]) -> Generator[Result, None, None]:
        """As `Extractors` says. Raises TaggerError where processes keep dying."""
        left = _Left(files)
        processes: list[_Process] = []
        most = deaths = 0  # `most` is how many processes there may be; until it is known, there is one
        threads = self._resources.layout().threads
        try:
            while True:
                while left and (free := _free(processes, max(1, most))) is not None:
                    if free < len(processes):
                        processes[free].give(left.pop())
                    else:
                        processes.append(_Process(self._load, known, threads))
                busy = {process.pipe: process for process in processes if process.files}
                if not busy:
                    return
                for process in map(busy.__getitem__, wait(list(busy))):  # type: ignore[arg-type]
                    try:
                        message = process.pipe.recv()
                    except (EOFError, OSError):
                        file, reason = process.died()
                        left.put_back(process.files)
                        processes.remove(process)
                        deaths += 1
                        if deaths > MOST_DEATHS:
                            raise _hopeless(reason) from None
                        yield file, PhotoError(f"{file.path}: decoding it crashed ({reason})")
                        continue
                    if isinstance(message, str):
                        most = self._resources.layout(message).processes
                        continue
                    if isinstance(message, ModelError):
                        raise message
                    deaths = 0
                    yield process.files.popleft(), message
        finally:
            for process in processes:
                process.end()


class _Left:
    """The files that no process has."""

    def __init__(self, files: Iterable[File]) -> None:
        self._files = iter(files)
        self._first: deque[File] = deque()

    def __bool__(self) -> bool:
        if not self._first:
            self._first.extend(file for file in [next(self._files, None)] if file is not None)
        return bool(self._first)

    def pop(self) -> File:
        return self._first.popleft()

    def put_back(self, files: Iterable[File]) -> None:
        self._first.extend(files)


class _Process:
    """One process, and the files it was given and has not answered for, in their order."""

    def __init__(self, load: Callable[[], Models], known: Collection[str], threads: int) -> None:
        self.pipe, other = CONTEXT.Pipe()
        self.files: deque[File] = deque()
        arguments = (other, load, known, threads)
        self._process = CONTEXT.Process(target=serve, args=arguments, name="extracting", daemon=True)
        self._process.start()
        other.close()

    def give(self, file: File) -> None:
        self.files.append(file)
        with suppress(OSError):  # it died: the next look at its pipe tells
            self.pipe.send(file)

    def died(self) -> tuple[File, str]:
        """The file it was at, and how it ended."""
        self.pipe.close()
        self._process.join()
        code = self._process.exitcode or 0
        reason = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        log.event("a process that extracts died", status=code)
        return self.files.popleft(), reason

    def end(self) -> None:
        """At once: what it is at is nowhere yet."""
        self.pipe.close()
        self._process.kill()
        self._process.join()


def _free(processes: list[_Process], most: int) -> int | None:
    """Which process takes the next file: an idle one, one that is to be started (its number), the least busy one."""
    number = min(range(len(processes)), key=lambda at: len(processes[at].files), default=None)
    if number is not None and not processes[number].files:
        return number
    if len(processes) < most:
        return len(processes)
    return number if number is not None and len(processes[number].files) < AHEAD else None


def _hopeless(reason: str) -> TaggerError:
    return TaggerError(
        f"The processes that read photos end by themselves ({reason})",
        "Is memory scarce? --processes 1 needs the least. worker.log in the log folder may say more.",
    )


def serve(pipe: Connection, load: Callable[[], Models], known: Collection[str], threads: int) -> None:
    """What such a process does: says where it computes, then answers files, until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c reaches the whole group; who started this one ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = str(threads)  # read when torch loads
    with suppress(EOFError, OSError):  # nobody asks any more
        try:
            models = load()
            pipe.send(models.device())
            while True:
                pipe.send(attempt(pipe.recv(), models, known))
        except ModelError as error:
            pipe.send(error)


def _end_with_parent() -> None:
    """The process that started this one may be killed in the middle of anything."""
    parent: Any = multiprocessing.parent_process()
    parent.join()
    os._exit(0)
