"""Makes the standalone program in dist/: a folder, and what is handed out: on Linux one file that unpacks once.

Usage: python -m tools.standalone       (`make dist`)

PyInstaller makes the folder (packaging/tui-tagger.spec). Linux: its large libraries lose the symbols that only
debuggers read, and packaging/unpack.sh is put before the packed folder. Windows: the folder becomes a zip file.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.build_licences import text as licences
from tui_tagger import __version__

ROOT = Path(__file__).resolve().parents[1]
NAME = "tui-tagger"
# The largest libraries with symbols. Not all: libraries that auditwheel has changed do not survive `strip`.
SYMBOLS = ("libtorch_cpu.so", "libtorch_python.so", "libpython3*.so*", "lib-dynload/*.so")
COMPRESSORS = {"gzip": ["gzip", "-9"], "xz": ["xz", "-6", "-T2"], "zstd": ["zstd", "-19", "--long=27", "-T2", "-q"]}
UNPACKERS = {"gzip": "gzip -dc", "xz": "xz -T0 -dc", "zstd": "zstd -dc"}  # xz before 5.4 passes over -T0


def build(dist: Path, work: Path) -> Path:
    """Runs PyInstaller; the folder of the program."""
    refuse_cuda()
    options = ["--noconfirm", "--distpath", str(dist), "--workpath", str(work)]
    spec = ROOT / "packaging" / f"{NAME}.spec"
    subprocess.run([sys.executable, "-m", "PyInstaller", *options, str(spec)], check=True, cwd=ROOT)
    return dist / NAME


def refuse_cuda() -> None:
    """Raises SystemExit beside a CUDA build of torch, whose libraries would make the program ten times as large."""
    import torch

    if torch.version.cuda:
        raise SystemExit(f"torch {torch.__version__} is a CUDA build: install the CPU build first (README.md, Set up).")


def finish(folder: Path) -> None:
    """Adds the licences and, on Linux, the manual page; drops symbols there."""
    (folder / "THIRD-PARTY.txt").write_text(licences(system_libraries(folder)), "utf-8")
    shutil.copy(ROOT / "LICENSE", folder / "LICENSE.txt")
    if sys.platform == "linux":
        shutil.copy(ROOT / "packaging" / f"{NAME}.1", folder / f"{NAME}.1")
        for pattern in SYMBOLS:
            for library in folder.rglob(pattern):
                subprocess.run(["strip", "--strip-unneeded", str(library)], check=True)


def system_libraries(folder: Path) -> list[str]:
    """Names of the libraries that are in the program from the system it is built on; none on Windows."""
    own = (path.name for path in (folder / "_internal").glob("*.so*") if not path.is_symlink())
    return sorted(name for name in own if not name.startswith("libpython"))


def glibc(folder: Path) -> int:
    """The newest glibc that any file of the program asks for, 36 of 2.36; older systems cannot run it."""
    found = {0}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and _is_program(path):
            symbols = subprocess.run(["objdump", "-T", str(path)], capture_output=True, text=True, check=True).stdout
            found |= {int(minor) for minor in re.findall(r"\bGLIBC_2\.(\d+)", symbols)}
    return max(found)


def _is_program(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def pack(folder: Path, target: Path, compressor: str) -> Path:
    """The one file: a script that unpacks, followed by the packed folder. `target` is replaced when it is whole."""
    part = target.with_name(f".{target.name}.part")
    names = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"]
    with part.open("wb") as file:
        tar = subprocess.Popen(["tar", *names, "-cf", "-", folder.name], cwd=folder.parent, stdout=subprocess.PIPE)
        subprocess.run(COMPRESSORS[compressor], stdin=tar.stdout, stdout=file, check=True)
        if tar.wait():
            raise SystemExit("tar failed")
    digest = hashlib.sha256()
    with part.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    script = header(digest.hexdigest(), part.stat().st_size, compressor, glibc(folder))
    with target.open("wb") as file, part.open("rb") as payload:
        file.write(script)
        shutil.copyfileobj(payload, file, 1 << 20)
    part.unlink()
    target.chmod(0o755)
    return target


def header(digest: str, payload: int, compressor: str, libc: int) -> bytes:
    """packaging/unpack.sh for a payload of that many bytes. It holds its own length, which is put in last."""
    script = (ROOT / "packaging" / "unpack.sh").read_text("utf-8")
    values = {"VERSION": __version__, "DIGEST": digest[:12], "SHA256": digest, "COMPRESSOR": compressor}
    values |= {"UNPACKER": UNPACKERS[compressor], "GLIBC": str(libc)}
    values["MACHINE"] = platform.machine()
    for name, value in values.items():
        script = script.replace(f"@{name}@", value)
    length = len(script.replace("@SKIP@", " " * 8).replace("@SIZE@", " " * 12).encode())
    script = script.replace("@SKIP@", f"{length + 1:<8}").replace("@SIZE@", f"{length + payload:<12}")
    return script.encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dist", type=Path, default=ROOT / "dist")
    parser.add_argument("--work", type=Path, default=ROOT / "build")
    parser.add_argument("--compressor", choices=COMPRESSORS, default="xz")
    parser.add_argument("--packed-only", action="store_true", help="Pack the folder that is there.")
    options = parser.parse_args()
    folder = options.dist / NAME
    if not options.packed_only:
        finish(build(options.dist, options.work))
    if sys.platform == "win32":
        archive = options.dist / f"{NAME}-{__version__}-windows-{platform.machine().lower()}"
        made = Path(shutil.make_archive(str(archive), "zip", options.dist, NAME))
    else:
        made = pack(folder, options.dist / f"{NAME}-{__version__}-linux-{platform.machine()}", options.compressor)
    print(f"{made}  {made.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
