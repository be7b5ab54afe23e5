"""What goes wrong with machines, at moments drawn from a seed, FAULT_SEED."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.screens.small_library import fill
from tui_tagger.services import Services
from tui_tagger.services.models import first_offer

SEED = int(os.environ.get("FAULT_SEED", "1"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """A row of moments for each test, the same for the same seed."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The database of six photos with twelve faces, three of them confirmed; nobody has it open."""
    services = Services.open(tmp_path / "library.db")
    first_offer()
    fill(services, tmp_path / "Pictures")
    services.close()
    return tmp_path / "library.db"
