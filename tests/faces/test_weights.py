from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tui_tagger.errors import ModelError
from tui_tagger.faces.weights import (
    COMPACT_ID,
    FACENET,
    FACENET_ID,
    WeightsFile,
    available_models,
    download,
    install_from_file,
    installed_path,
)

CONTENT = bytes(range(256)) * 4096  # 1 MiB


class Server(ThreadingHTTPServer):
    """Serves CONTENT, and does what can go wrong."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges = True  # answers requests for a part with that part
        self.stop_after: int | None = None  # bytes after which the connection breaks
        self.status = 200
        self.content = CONTENT
        self.moved = ""  # where requests for other paths are sent on to
        self.requests: list[tuple[str, str | None]] = []  # path and Range header

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of these tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.requests.append((self.path, asked))
        if self.server.moved and self.path != self.server.moved:
            self.send_response(302)
            self.send_header("Location", self.server.moved)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        match = re.fullmatch(r"bytes=(\d+)-", asked or "") if self.server.ranges else None
        start, whole = int(match[1]) if match else 0, self.server.content
        self.send_response(206 if match else self.server.status)
        if match:
            self.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        self.send_header("Content-Length", str(len(whole) - start))
        self.end_headers()
        self.wfile.write(whole[start:][: self.server.stop_after])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
        """Nothing on the terminal."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def file(server: Server) -> WeightsFile:
    return weights_file(f"http://127.0.0.1:{server.server_port}/small.pt")


def weights_file(url: str = "https://example.org/small.pt") -> WeightsFile:
    return WeightsFile("small.pt", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), url)


def part_of(cache: Path) -> Path:
    return cache / "models" / "small.pt.part"


def test_download_installs_the_file_for_its_owner_only(tmp_path: Path, file: WeightsFile) -> None:
    steps: list[tuple[int, int]] = []
    assert installed_path(tmp_path, file) is None
    path = download(lambda done, total: steps.append((done, total)), tmp_path, file)
    assert path.read_bytes() == CONTENT
    assert installed_path(tmp_path, file) == path
    assert not part_of(tmp_path).exists()
    assert steps == sorted(steps)
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path, server: Server, file: WeightsFile) -> None:
    server.stop_after = 300_000
    with pytest.raises(ModelError, match="ended after 300,000 of 1,048,576 bytes") as caught:
        download(cache=tmp_path, file=file)
    assert "--from-file" in caught.value.hint
    assert installed_path(tmp_path, file) is None
    server.stop_after = None
    first: list[int] = []
    path = download(lambda done, _: first.append(done), tmp_path, file)
    assert path.read_bytes() == CONTENT
    assert server.requests == [("/small.pt", None), ("/small.pt", "bytes=300000-")]
    assert first[0] > 300_000


def test_a_server_without_ranges_sends_all_again(tmp_path: Path, server: Server, file: WeightsFile) -> None:
    download(cache=tmp_path, file=file).rename(part_of(tmp_path))
    part_of(tmp_path).write_bytes(b"x" * 1000)
    server.ranges = False
    assert download(cache=tmp_path, file=file).read_bytes() == CONTENT
    assert server.requests[-1][1] == "bytes=1000-"


def test_a_redirected_download_goes_on_where_it_stopped(tmp_path: Path, server: Server, file: WeightsFile) -> None:
    server.moved, server.stop_after = "/elsewhere.pt?signed=1", 200_000
    with pytest.raises(ModelError, match="ended after 200,000"):
        download(cache=tmp_path, file=file)
    server.stop_after = None
    assert download(cache=tmp_path, file=file).read_bytes() == CONTENT
    assert server.requests[-1] == (server.moved, "bytes=200000-")


def test_what_is_installed_is_not_downloaded_again(tmp_path: Path, server: Server, file: WeightsFile) -> None:
    path = download(cache=tmp_path, file=file)
    asked = len(server.requests)
    assert download(cache=tmp_path, file=file) == path
    assert len(server.requests) == asked
    path.write_bytes(b"x" * len(CONTENT))
    assert download(cache=tmp_path, file=file).read_bytes() == CONTENT


LITTLE_ROOM = """
import resource, signal, sys
from pathlib import Path
from tui_tagger.errors import ModelError
from tui_tagger.faces.weights import WeightsFile, download, install_from_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
url, digest, size, cache, source = sys.argv[1:]
file = WeightsFile("small.pt", int(size), digest, url)
try:
    install_from_file(Path(source), None, Path(cache), file) if source else download(None, Path(cache), file)
except ModelError as error:
    print(error.message)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of this kind are POSIX's")
@pytest.mark.parametrize("from_file", [False, True])
def test_a_full_disk_leaves_nothing_broken(tmp_path: Path, server: Server, file: WeightsFile, from_file: bool) -> None:
    source = tmp_path / "fetched.pt"
    source.write_bytes(CONTENT)
    arguments = [file.url, file.sha256, str(file.size), str(tmp_path), str(source) if from_file else ""]
    done = subprocess.run([sys.executable, "-c", LITTLE_ROOM, *arguments], capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert installed_path(tmp_path, file) is None
    kept = part_of(tmp_path).read_bytes()
    assert len(kept) <= 400_000
    assert CONTENT.startswith(kept)
    assert download(cache=tmp_path, file=file).read_bytes() == CONTENT


def test_an_interrupted_download_keeps_its_part(tmp_path: Path, server: Server, file: WeightsFile) -> None:
    def interrupt(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(interrupt, tmp_path, file)
    kept = part_of(tmp_path).stat().st_size
    assert kept > len(CONTENT) // 2
    assert download(cache=tmp_path, file=file).read_bytes() == CONTENT
    assert server.requests[-1][1] == f"bytes={kept}-"


@pytest.mark.parametrize("kept", [b"", b"x" * 1000, b"x" * len(CONTENT), b"x" * (len(CONTENT) + 1)])
def test_another_content_is_refused_and_not_kept(
    tmp_path: Path, server: Server, file: WeightsFile, kept: bytes
) -> None:
    server.content = b"y" * len(CONTENT)
    part_of(tmp_path).parent.mkdir()
    part_of(tmp_path).write_bytes(kept)
    with pytest.raises(ModelError, match=r"is not the published small\.pt.*SHA-256"):
        download(cache=tmp_path, file=file)
    assert not part_of(tmp_path).exists()
    assert installed_path(tmp_path, file) is None
    server.content = CONTENT
    assert download(cache=tmp_path, file=file).read_bytes() == CONTENT


def test_an_endless_answer_is_cut_off(tmp_path: Path, server: Server, file: WeightsFile) -> None:
    server.content = CONTENT * 3
    assert download(cache=tmp_path, file=file).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [404, 500])
def test_a_refusal_is_reported(tmp_path: Path, server: Server, file: WeightsFile, status: int) -> None:
    server.status = status
    with pytest.raises(ModelError, match=f"the download failed .*{status}"):
        download(cache=tmp_path, file=file)
    assert installed_path(tmp_path, file) is None


def test_no_network_is_reported(tmp_path: Path, server: Server) -> None:
    server.shutdown()
    server.server_close()
    nowhere = weights_file(f"http://127.0.0.1:{server.server_port}/small.pt")
    with pytest.raises(ModelError, match="the download failed"):
        download(cache=tmp_path, file=nowhere)


def test_the_environment_names_a_proxy(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    url = "http://weights.invalid/small.pt"
    assert download(cache=tmp_path, file=weights_file(url)).read_bytes() == CONTENT
    assert server.requests == [(url, None)]


def test_install_from_file(tmp_path: Path) -> None:
    source = tmp_path / "fetched.pt"
    source.write_bytes(CONTENT)
    cache, steps = tmp_path / "cache", list[int]()
    path = install_from_file(source, lambda done, _: steps.append(done), cache, weights_file())
    assert path == installed_path(cache, weights_file())
    assert path.read_bytes() == source.read_bytes()
    assert steps[-1] == len(CONTENT)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(CONTENT[:-1], "has 1,048,575 bytes, not 1,048,576"), (b"x" * len(CONTENT), "SHA-256"), (None, "cannot be ins")],
)
def test_install_refuses_other_files(tmp_path: Path, content: bytes | None, reason: str) -> None:
    source = tmp_path / "fetched.pt"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(ModelError, match=reason) as caught:
        install_from_file(source, None, tmp_path, weights_file())
    assert caught.value.hint
    assert installed_path(tmp_path, weights_file()) is None


def test_a_cache_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="cannot be written"):
        install_from_file(tmp_path, None, tmp_path, weights_file())


def test_a_file_of_another_size_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / FACENET.name).write_bytes(b"part of it")
    assert installed_path(tmp_path) is None


def test_models_are_listed_without_their_weights(tmp_path: Path) -> None:
    facenet, compact = available_models(tmp_path)
    assert (facenet.model_id, facenet.dimension, facenet.installed) == (FACENET_ID, 512, False)
    assert (compact.model_id, compact.dimension) == (COMPACT_ID, 256)
    assert FACENET.url.startswith("https://")


def test_listing_models_loads_no_model_library() -> None:
    modules = "tui_tagger.faces.weights, tui_tagger.faces.protocols, tui_tagger.faces.alignment"
    check = f"import sys, {modules}; print(sorted({{'torch', 'facenet_pytorch', 'sklearn'}} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", check], text=True).strip() == "[]"
