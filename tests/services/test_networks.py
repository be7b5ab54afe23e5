from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError

import pytest

from tui_tagger.faces import devices
from tui_tagger.services import networks as module
from tui_tagger.services.networks import networks


@pytest.mark.parametrize(("installed", "device"), [("2.13.0+cpu", "cpu"), ("2.13.0", "cuda"), ("2.13.0+cu130", "cuda")])
def test_a_torch_for_processors_is_told_by_its_version(
    installed: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "version", lambda _: installed)
    monkeypatch.setattr(devices, "resolve", lambda _: "cuda")
    assert networks("compact", "auto").device() == device
    assert networks("compact", "cuda").device() == "cuda"


def test_a_torch_without_a_version_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module, "version", missing)
    monkeypatch.setattr(devices, "resolve", lambda _: "mps")
    assert networks("compact", "auto").device() == "mps"


def test_saying_the_device_of_a_torch_for_processors_loads_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "version", lambda _: "2.13.0+cpu")
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it would raise
    assert networks("compact").device() == "cpu"
