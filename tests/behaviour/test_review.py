"""Every scenario through the services, and through keys at two sizes; also where scores wait for a pause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.behaviour.drivers import Driver, ThroughKeys, ThroughServices
from tests.behaviour.library import copy, fill, open_library
from tests.behaviour.scenarios import SCENARIOS, Scenario
from tests.screens.screen_text import LARGE, SMALL
from tui_tagger.services import recognition

DRIVERS: dict[str, Callable[[Path], Driver]] = {
    "services": ThroughServices,
    "keys-80x24": lambda folder: ThroughKeys(folder, SMALL),
    "keys-120x40": lambda folder: ThroughKeys(folder, LARGE),
}


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that every scenario begins with."""
    folder = tmp_path_factory.mktemp("library")
    services = open_library(folder)
    fill(services, folder)
    services.close()
    return folder


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_review(scenario: Scenario, driver: str, original: Path, tmp_path: Path) -> None:
    copy(original, tmp_path)
    await play(scenario, DRIVERS[driver](tmp_path))


@pytest.mark.parametrize("scenario", SCENARIOS[2::3], ids=lambda scenario: scenario.__name__)
async def test_review_of_a_large_library(
    scenario: Scenario, original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with so many faces that scoring them waits until no key comes; one scenario in three takes long enough."""
    monkeypatch.setattr(recognition, "MANY", 0)
    copy(original, tmp_path)
    await play(scenario, DRIVERS["keys-80x24"](tmp_path))


async def play(scenario: Scenario, driver: Driver) -> None:
    await driver.start()
    try:
        await scenario(driver)
    finally:
        await driver.close()
