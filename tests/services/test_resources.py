from __future__ import annotations

from dataclasses import fields

import pytest

from tui_tagger.cli.options import Device
from tui_tagger.faces.devices import DEVICES
from tui_tagger.services import resources
from tui_tagger.services.resources import Layout, Resources
from tui_tagger.settings import Scan


@pytest.mark.parametrize(
    ("cores", "asked", "device", "expected"),
    [
        (1, Resources(), "cpu", Layout(1, 1)),
        (2, Resources(), "cpu", Layout(2, 1)),
        (8, Resources(), "cpu", Layout(2, 4)),  # 1500 MB
        (64, Resources(memory=64_000), "cpu", Layout(64, 1)),
        (64, Resources(memory=600), "cpu", Layout(1, 64)),
        (64, Resources(processes=16), "cpu", Layout(16, 4)),
        (2, Resources(processes=4), "cpu", Layout(4, 1)),
        (16, Resources(), "cuda", Layout(1, 16)),
        (16, Resources(processes=2), "cuda", Layout(2, 8)),
    ],
)
def test_processes_and_threads_share_the_cores(
    cores: int, asked: Resources, device: str, expected: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "usable_cores", lambda: cores)
    monkeypatch.setattr(resources, "_installed_memory", lambda: 1_000_000)
    assert asked.layout(device) == expected


def test_a_small_machine_keeps_half_of_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "usable_cores", lambda: 4)
    monkeypatch.setattr(resources, "_installed_memory", lambda: 3_000)
    assert Resources().layout() == Layout(2, 2)


def test_option_setting_and_devices_have_the_same_names() -> None:
    choices = next(entry.metadata["choices"] for entry in fields(Scan) if entry.name == "device")
    assert choices == DEVICES == tuple(device.value for device in Device)
