"""A small library and the app on it, in a terminal without graphics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.small_library import fill
from tui_tagger.app import TaggerApp
from tui_tagger.services import Services
from tui_tagger.services.models import first_offer
from tui_tagger.widgets.terminal import Terminal

TERMINAL = Terminal("halfcell", (8, 17), "test", (), in_tmux=False)


@pytest.fixture
def empty_services(tmp_path: Path) -> Iterator[Services]:
    services = Services.open(tmp_path / "library.db")
    first_offer()  # not the first start: nothing is told at the start
    yield services
    services.close()


@pytest.fixture
def services(empty_services: Services, tmp_path: Path) -> Services:
    """Six photos, twelve faces: three confirmed, nine waiting with strong suggestions."""
    fill(empty_services, tmp_path / "Pictures")
    return empty_services


@pytest.fixture
def app(services: Services) -> TaggerApp:
    return TaggerApp(services, TERMINAL)


@pytest.fixture
def empty_app(empty_services: Services) -> TaggerApp:
    return TaggerApp(empty_services, TERMINAL)
