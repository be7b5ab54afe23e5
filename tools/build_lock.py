"""Builds requirements.lock: all packages that pyproject.toml's dependencies bring along, pinned, with files' hashes.

Usage: python -m tools.build_lock       (needs `pip install uv` and the network)

For all systems and Pythons at once (`uv pip compile --universal`), but for a torch without CUDA: the 5 GB of CUDA's
packages that PyPI's torch for Linux asks for are left out, and the files of PyTorch's own CPU index are let in.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
CUDA = re.compile(r"(nvidia-|cuda-|triton\b)")

# sha256 of PyTorch's CPU builds for Linux, which no index of PyPI tells. x86_64 of Python 3.11 was computed from the
# file, the others were found alike in two public lists. For others: `pip download torch==...+cpu`, `pip hash FILE`.
TORCH = "2.13.0"
CPU_BUILDS = (
    "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",  # cp311 x86_64
    "84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7",  # cp311 aarch64
    "6f307c2c32d764ffc6ff6893b801fad6d4752f3e67966cb8abf1843427c02604",  # cp312 aarch64
    "0b8f7d0423027ae8b90c7977c627f3379f325363a08224dffad9b4b2d684a83d",  # cp313 aarch64
    "ca021f9eb2f8345c83fa03e3a04587308afb8df71bd472670b3ece00df58621c",  # cp314 aarch64
)
HEAD = """\
# Made by `python -m tools.build_lock`. Install: pip install --require-hashes -r requirements.lock
"""


def compiled() -> str:
    """What uv makes of pyproject.toml: a requirement a paragraph, its hashes on lines of their own."""
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    quiet = ["--no-header", "--no-annotate", "--quiet"]
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "-", *options, *quiet]
    asked = f"torch=={TORCH}\n"
    return subprocess.run(command, input=asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def without_cuda(lock: str) -> str:
    """`lock` less CUDA's packages, and with the CPU builds of torch on Linux."""
    entries = re.split(r"\n(?=\S)", lock.strip())
    kept = [entry for entry in entries if not CUDA.match(entry)]
    return "\n".join(_torch(entry) if entry.startswith("torch==") else entry for entry in kept) + "\n"


def _torch(entry: str) -> str:
    """The entry for the other systems, whose torch has no CUDA, and one for Linux. pip takes the file of a known hash
    before a CPU build, so that one entry with the hashes of both gives CUDA."""
    elsewhere = entry.replace(f"torch=={TORCH}", f"torch=={TORCH} ; sys_platform != 'linux'", 1)
    hashes = (f"    --hash=sha256:{digest}" for digest in CPU_BUILDS)
    return elsewhere + "\n" + " \\\n".join([f"torch=={TORCH}+cpu ; sys_platform == 'linux'", *hashes])


if __name__ == "__main__":
    LOCK.write_text(HEAD + without_cuda(compiled()), "utf-8")
