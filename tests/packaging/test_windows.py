"""What can be known about Windows without Windows: no module needs more than is there when it is imported."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "tui_tagger"
SOURCES = {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))}

# Modules and names of the standard library's documentation with "Availability: Unix"
POSIX_MODULES = {
    "curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty",
}  # fmt: skip
POSIX_NAMES = {
    "os": {
        "fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "getpgid", "getpgrp", "setsid", "setpgid",
        "killpg", "chown", "fchown", "lchown", "fchmod", "mkfifo", "mknod", "statvfs", "nice", "getloadavg",
        "sched_getaffinity", "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "O_NONBLOCK", "posix_fadvise", "sync", "uname",
        "posix_fallocate", "wait", "waitid", "WNOHANG", "pread", "pwrite", "sendfile", "listxattr", "getxattr",
        "setxattr",
    },
    "signal": {
        "SIGKILL", "SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGWINCH", "SIGSTOP", "SIGTSTP", "SIGCONT",
        "SIGQUIT", "pause", "alarm", "setitimer", "pthread_sigmask",
    },
    "time": {"tzset", "clock_settime"},
    "socket": {"AF_UNIX"},
}  # fmt: skip
GUARDS = ("os.name", "sys.platform", "hasattr(", "getattr(", "except ImportError", "except AttributeError")

IMPORT_ALL = """
import builtins, importlib, pkgutil, sys
real = builtins.__import__
def refuse(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__") or ""
    if level == 0 and importer.startswith("tui_tagger") and name.split(".")[0] in BLOCKED:
        raise ImportError(f"{importer} imports {name}, which Windows does not have")
    return real(name, globals, locals, fromlist, level)
builtins.__import__ = refuse
import tui_tagger
for module in pkgutil.walk_packages(tui_tagger.__path__, "tui_tagger."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def test_importing_needs_no_posix_module() -> None:
    code = f"BLOCKED = {POSIX_MODULES!r}\n{IMPORT_ALL}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr


def posix_only(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of each use of a POSIX-only name; not in a function that asks where it is, nor in a module that
    asks whether the standard library's module has such a name."""
    tree, lines = ast.parse(source), source.splitlines()
    for unit in tree.body:
        scopes: list[ast.stmt] = [node for node in ast.walk(unit) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        for scope in scopes or [unit]:
            text = "\n".join(lines[scope.lineno - 1 : scope.end_lineno])
            if any(guard in text for guard in GUARDS):
                continue
            for node in ast.walk(scope):
                match node:
                    case ast.Attribute(value=ast.Name(id=module), attr=name) if name in POSIX_NAMES.get(module, ()):
                        if f"hasattr({module}," not in source:
                            yield node.lineno, f"{module}.{name}"


def test_the_check_itself_finds() -> None:
    assert list(posix_only("import os\ndef f():\n    os.fork()\n")) == [(3, "os.fork")]
    assert list(posix_only("import os\nx = os.O_NOFOLLOW\n")) == [(2, "os.O_NOFOLLOW")]
    assert not list(posix_only("def f():\n    if os.name == 'posix':\n        os.fork()\n"))


def test_posix_names_are_asked_for() -> None:
    assert not {path: found for path, source in SOURCES.items() if (found := list(posix_only(source)))}


def unportable(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Text files opened in the system's encoding, and strftime codes that only glibc knows."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and any(code in node.value for code in ("%-d", "%-m", "%-H", "%-I", "%-y"))
        ):
            yield node.lineno, "strftime with %-"
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        names = {keyword.arg for keyword in node.keywords}
        if node.func.attr == "read_text" and not node.args and "encoding" not in names:
            yield node.lineno, "read_text without an encoding"
        if node.func.attr == "write_text" and len(node.args) < 2 and "encoding" not in names:
            yield node.lineno, "write_text without an encoding"


def test_that_check_finds_too() -> None:
    source = "path.read_text()\npath.read_text('utf-8')\npath.write_text(x)\nf'{day:%-d}'\n"
    assert sorted(unportable(ast.parse(source))) == [
        (1, "read_text without an encoding"),
        (3, "write_text without an encoding"),
        (4, "strftime with %-"),
    ]


def test_text_does_not_depend_on_the_system() -> None:
    found = {path: list(unportable(ast.parse(source))) for path, source in SOURCES.items()}
    assert not {path: lines for path, lines in found.items() if lines}
