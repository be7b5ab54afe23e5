"""Every error that a user sees says what to do about it."""

from __future__ import annotations

import ast
import importlib
import pickle
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import tui_tagger
from tui_tagger import errors
from tui_tagger.errors import TaggerError

PACKAGE = Path(tui_tagger.__file__).parent


def error_classes() -> dict[str, type[TaggerError]]:
    """All subclasses, by name; importing the modules that raise them makes those of theirs known."""
    for module in pkgutil.walk_packages([str(PACKAGE / "services")], "tui_tagger.services."):
        importlib.import_module(module.name)
    found, todo = {}, [TaggerError]
    while todo:
        kind = todo.pop()
        found[kind.__name__] = kind
        todo += kind.__subclasses__()
    return found


def made(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and named(node.func) in names:
            yield node


def named(node: ast.expr) -> str:
    """The last part: `PhotoError` of `errors.PhotoError`."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def test_all_kinds_of_errors_are_known_here() -> None:
    """Also one that a screen or a command declares."""
    kinds = set(error_classes())
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and kinds & set(map(named, node.bases)):
                assert node.name in kinds, path


def gives_hint(call: ast.Call) -> bool:
    words = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "hint")]
    return any(not (isinstance(word, ast.Constant) and not word.value) for word in words)


def test_every_error_that_is_made_has_a_hint() -> None:
    kinds = error_classes()
    bare, count = [], 0
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in made(ast.parse(path.read_text()), set(kinds)):
            count += 1
            if not gives_hint(call) and not kinds[named(call.func)].usual_hint:
                bare.append(f"{path.relative_to(PACKAGE)}:{call.lineno}")
    assert bare == []
    assert count > 80


@pytest.mark.parametrize("kind", [errors.PhotoError, errors.MetadataError, errors.ModelError, errors.DatabaseError])
def test_a_kind_of_error_has_a_usual_hint_which_a_better_one_replaces(kind: type[TaggerError]) -> None:
    assert kind("It broke").hint == kind.usual_hint != ""
    assert kind("It broke", "Mend it.").hint == "Mend it."


def test_errors_cross_the_process_border_whole() -> None:
    for error in (errors.PhotoError("a", "b"), errors.DatabaseDamaged("a")):
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), copy.message, copy.hint) == (type(error), error.message, error.hint)
