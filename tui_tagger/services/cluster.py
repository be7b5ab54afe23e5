"""Extracting on other machines: the workers of a Dask cluster that see the same files under the same paths.

Results come back to the one process that writes. Dask's connections unpickle what their other ends send, so a scheduler
and its workers are trusted as much as this program is (docs/scale.md); nothing is unpickled here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from tui_tagger import log
from tui_tagger.errors import PhotoError, TaggerError, UsageError
from tui_tagger.formats import install, lacking
from tui_tagger.services.extraction import Extracted, File, Models
from tui_tagger.services.extractors import Result

AHEAD = 2  # photos that a worker has: the one it is at, and the next
CONNECTING = 15.0  # seconds to wait for the scheduler, and for its first worker
PATIENCE = 60.0  # seconds without any worker after which a scan gives up
MOST_TROUBLE = 10  # photos in a row that end in an error nobody foresaw: then it is not the photos
NEEDED = install("cluster")


class Cluster:
    """Extracts on the workers of the scheduler at `address`, "tcp://HOST:PORT" or "tls://HOST:PORT".

    A worker that dies costs nothing: what it was at is done by another. A photo at which several died in a row is tried
    once more with nothing beside it, and failed if they die again. The certificates of tls are those of Dask's own
    configuration.
    """

    def __init__(self, address: str, load: Callable[[], Models]) -> None:
        """Raises UsageError for another kind of address, and where Dask is not installed."""
        if not address.startswith(("tcp://", "tls://")):
            raise UsageError(f"{address}: not the address of a cluster", "tcp://HOST:8786, or tls://HOST:8786.")
        try:
            import distributed  # noqa: F401
        except ImportError as error:
            raise UsageError(f"Scanning on a cluster needs an optional part{lacking()}", NEEDED) from error
        self._address = address
        self._load = load

    def extract(self, files: Iterable[File], known: Collection[str]) -> Generator[Result, None, None]:
        """As `Extractors` says. Raises TaggerError where the cluster is not there or a worker cannot take part."""
        left = iter(files)
        first = next(left, None)
        if first is None:
            return
        with self._connected() as client, _prepared(client, self._load, known) as name:
            _check(client, name, first)
            suspects: deque[File] = deque()
            everything = _chain(first, left)
            yield from _Flow(client, name).run(everything, suspects.append)
            for file in suspects:  # alone: what several workers died of may have been its neighbour
                yield from _Flow(client, name).run([file], None)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        from distributed import Client

        make: Any = Client  # without annotations
        try:
            client = make(self._address, timeout=CONNECTING, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as error:
            reason = f"There is no Dask scheduler at {self._address} ({error})"
            raise TaggerError(reason, "Start one there: dask scheduler. For tls, see docs/scale.md.") from error
        try:
            client.wait_for_workers(1, timeout=CONNECTING)
            yield client
        except TimeoutError as error:
            start = f"Start some: dask worker {self._address} --nworkers auto --nthreads 1"
            raise TaggerError(f"The Dask scheduler at {self._address} has no workers", start) from error
        finally:
            client.close(timeout=5)


class _Flow:
    """Photos on their way: a bounded number given to the scheduler, and what comes back."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._under_way: dict[Any, File] = {}
        self._lonely_since: float | None = None
        self._trouble = 0

    def run(self, files: Iterable[File], suspect: Callable[[File], None] | None) -> Generator[Result, None, None]:
        """Extracts `files`. Those at which workers died go to `suspect`; without it they are failed."""
        left = iter(files)
        try:
            while True:
                for file in islice(left, max(0, self._most() - len(self._under_way))):
                    self._give(file)
                if not self._under_way:
                    return
                if (future := self._next()) is None:
                    continue
                file = self._under_way.pop(future)
                result = self._result(future, file)
                if result is not None:
                    yield file, result
                elif suspect is not None:
                    suspect(file)
                else:
                    yield file, PhotoError(f"{file.path}: decoding it crashed (several workers of the cluster)")
        finally:
            self._client.cancel(list(self._under_way), force=True)

    def _give(self, file: File) -> None:
        from tui_tagger.services.cluster_worker import work

        future = self._client.submit(work, self._name, file, key=f"tui-tagger-{uuid4()}", pure=False)
        self._under_way[future] = file
        future.add_done_callback(self._done.put)

    def _most(self) -> int:
        return AHEAD * max(1, len(_workers(self._client)))

    def _next(self) -> Any:
        """A future that is done; None when it is time to look whether there are more workers, or none any more."""
        try:
            return self._done.get(timeout=1.0)
        except Empty:
            pass
        if _workers(self._client):
            self._lonely_since = None
        elif self._lonely_since is None:
            self._lonely_since = time.monotonic()
        elif time.monotonic() - self._lonely_since > PATIENCE:
            raise TaggerError("The cluster has no workers any more", "Start some, then scan again: it goes on.")
        return None

    def _result(self, future: Any, file: File) -> Extracted | TaggerError | None:
        """What came of a file; None where the workers that had it died."""
        from distributed import KilledWorker

        if future.cancelled():
            raise TaggerError("The cluster's scheduler is gone", "Start it, then scan again: it goes on.")
        try:
            answer = future.result()
        except KilledWorker:
            log.event("workers of the cluster died at a photo")
            return None
        except TaggerError:
            raise  # no photo is to blame
        except Exception as error:  # whatever a worker's installation makes of it
            self._trouble += 1
            if isinstance(error, ImportError) or self._trouble > MOST_TROUBLE:
                raise _unfit("A worker", error) from error
            return PhotoError(f"{file.path}: extracting it failed ({type(error).__name__}: {error})")
        finally:
            future.release()
        self._trouble = 0
        if not answer.seen and file.path.parent.exists():
            raise _blind(answer.worker, file)
        return answer.result  # type: ignore[no-any-return]


@contextmanager
def _prepared(client: Any, load: Callable[[], Models], known: Collection[str]) -> Iterator[str]:
    """The name under which all workers have what they need meanwhile."""
    from tui_tagger.services.cluster_worker import Preparation

    name = f"tui-tagger-{uuid4()}"
    try:
        client.register_plugin(Preparation(name, load, known), name=name)
    except Exception as error:
        raise _unfit("The cluster", error) from error
    try:
        yield name
    finally:
        client.unregister_worker_plugin(name)


def _check(client: Any, name: str, file: File) -> None:
    """Raises TaggerError that names the workers that cannot take part, and why."""
    from tui_tagger.services.cluster_worker import probe

    answers = client.run(probe, name, file, on_error="return")
    unfit = {worker: answer for worker, answer in answers.items() if answer}
    if unfit:
        listed = "; ".join(f"{worker}: {answer}" for worker, answer in sorted(unfit.items())[:5])
        reason = f"{len(unfit)} of {len(answers)} workers of the cluster cannot take part: {listed}"
        raise TaggerError(reason, "Each needs this program, its models, and the photos under the same paths.")


def _blind(worker: str, file: File) -> TaggerError:
    reason = f"{worker}, a worker of the cluster, does not see the folder {file.path.parent}"
    return TaggerError(reason, "Mount it there under the same path, or stop that worker.")


def _unfit(who: str, error: Exception) -> TaggerError:
    reason = f"{who} cannot run this program ({type(error).__name__}: {error})"
    return TaggerError(reason, f"Install the same version there: {NEEDED}")


def _workers(client: Any) -> Collection[str]:
    return client.scheduler_info(n_workers=-1)["workers"]  # type: ignore[no-any-return]


def _chain(first: File, others: Iterator[File]) -> Iterator[File]:
    yield first
    yield from others
