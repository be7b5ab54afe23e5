"""The licences of what the standalone program bundles: the packages that `pip install tui-tagger` brings along.

Usage: python -m tools.build_licences [TARGET]

Read from the metadata of the installed packages, with their licence files in full. What comes without one is refused
until its licence lies in packaging/licences/.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PARTS = ("raw",)  # optional parts that the program is built with where they are installed
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|copyright)", re.IGNORECASE)
RULE = "=" * 100
ROOT = Path(__file__).resolve().parents[1]
TEXTS = ROOT / "packaging" / "licences"
STARTER = "pyinstaller"  # its starter and hooks are in the program; what it needs itself is not
PYTHON = f"Python {sys.version.split()[0]}"
NAMES = {"exifread": "BSD-3-Clause", "peewee": "MIT"}  # of packages whose metadata name none

HEAD = f"""TUI Tagger's standalone program bundles {PYTHON} (PSF-2.0) and the packages below.
Data in it: coastlines by Natural Earth (public domain), place names by GeoNames (CC BY 4.0).
The program itself is under the licence in LICENSE.txt, and its source is public: whoever wants another version of a
package under the LGPL in it builds it anew with that, as packaging/tui-tagger.spec says. Each package's own terms
follow the list.
"""


def bundled() -> list[metadata.Distribution]:
    """All packages that pyproject.toml asks for, and what these need, by name; those of other systems left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = (line for part in PARTS for line in project["optional-dependencies"][part])
    asked = [*project["dependencies"], *filter(installed, optional)]
    waiting = [(Requirement(line), "") for line in asked]
    found: dict[str, metadata.Distribution] = {}
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": extra})
        if not wanted or (name in found and not requirement.extras):
            continue
        found[name] = metadata.distribution(name)
        for more in ("", *requirement.extras):
            waiting += [(Requirement(line), more) for line in found[name].requires or []]
    if installed(STARTER):
        found[STARTER] = metadata.distribution(STARTER)
    return [found[name] for name in sorted(found)]


def installed(requirement: str) -> bool:
    """Whether there is a package of that name."""
    return any(metadata.distributions(name=Requirement(requirement).name))


def licence(package: metadata.Distribution) -> str:
    """The licence's name, as the package's metadata states it: an SPDX expression, a classifier or its first line."""
    if (name := NAMES.get(canonical(package))) is not None:
        return name
    about: Any = package.metadata  # an email.message.Message, of which its type tells half
    classifiers = [line.rsplit(" :: ", 1)[1] for line in about.get_all("Classifier") or [] if "License ::" in line]
    stated = (about.get("License") or "").strip()
    return about.get("License-Expression") or ", ".join(classifiers) or stated.split("\n")[0]


def canonical(package: metadata.Distribution) -> str:
    return canonicalize_name(package.metadata["Name"])


def files(package: metadata.Distribution) -> Iterator[tuple[str, str]]:
    """Names and texts of the licence files in the package's metadata folder, or of the one kept for it here.

    Raises SystemExit where there is neither.
    """
    own = [
        path
        for path in sorted(package.files or [], key=str)
        if ".dist-info" in path.parts[0] and LICENCE_FILE.search(path.name)
    ]
    for path in own:
        yield "/".join(path.parts[1:]), Path(str(path.locate())).read_text("utf-8", errors="replace")
    if own:
        return
    kept = TEXTS / f"{canonical(package)}.txt"
    if not kept.exists():
        raise SystemExit(f"{canonical(package)} comes without its licence: put the text into {kept}.")
    yield licence(package), kept.read_text("utf-8")


def of_python() -> str:
    """The licence of Python and of what its standard library contains, where this Python has it."""
    places = (Path(sysconfig.get_path("stdlib")), Path(sys.base_prefix))  # the second on Windows
    found = next((place / "LICENSE.txt" for place in places if (place / "LICENSE.txt").exists()), None)
    if found is None:
        raise SystemExit(f"LICENSE.txt of Python is in none of {', '.join(map(str, places))}.")
    return found.read_text("utf-8", errors="replace")


def of_system(libraries: Sequence[str]) -> dict[str, str]:
    """Debian's packages that these shared libraries come from, with what Debian tells of their licences.

    Raises SystemExit for a library of no package, or on another system.
    """
    told: dict[str, str] = {}
    for name in libraries:
        command = ["dpkg-query", "--search", f"*/{name}"]
        found = subprocess.run(command, capture_output=True, text=True).stdout if shutil.which(command[0]) else ""
        package = found.partition(":")[0]
        kept = Path("/usr/share/doc", package, "copyright")
        if not package or not kept.exists():
            raise SystemExit(f"{name}: no licence found. Build on Debian or Ubuntu, whose packages have theirs.")
        told[package] = kept.read_text("utf-8", errors="replace")
    return told


def text(libraries: Sequence[str] = ()) -> str:
    """THIRD-PARTY.txt of a program with these libraries of the system in it."""
    packages = bundled()
    lines = [HEAD]
    lines += [f"{each.metadata['Name']:24} {each.version:18} {licence(each)}" for each in packages]
    texts = [(PYTHON, of_python())]
    for package in packages:
        texts += [(f"{package.metadata['Name']} {package.version}: {name}", kept) for name, kept in files(package)]
    system = of_system(libraries)
    if system:
        lines += ["", f"Libraries of the system it was built on: {', '.join(system)}."]
    texts += [(f"{name}, of the system", content) for name, content in system.items()]
    texts.append(("GPL 3, of which the LGPL speaks", (TEXTS / "gpl-3.txt").read_text("utf-8")))
    for title, content in texts:
        lines += ["", RULE, title, RULE, content.strip()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?", type=Path)
    target = parser.parse_args().target
    target.write_text(text(), "utf-8") if target else sys.stdout.write(text())
