from __future__ import annotations

import sys
from subprocess import run

import numpy as np
import pytest
import torch
from PIL import Image

from tui_tagger.errors import ModelError
from tui_tagger.faces.detector import MtcnnDetector
from tui_tagger.faces.devices import DEVICES, resolve
from tui_tagger.faces.embedder import load_embedder
from tui_tagger.faces.weights import COMPACT_ID
from tui_tagger.imaging import UprightImage


@pytest.fixture
def only_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("only_a_processor")
def test_without_an_accelerator_the_processor_computes() -> None:
    assert resolve("auto") == resolve("cpu") == "cpu"


@pytest.mark.parametrize("accelerator", ["cuda", "mps"])
@pytest.mark.usefixtures("only_a_processor")
def test_an_accelerator_is_taken_where_it_is_there(accelerator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda if accelerator == "cuda" else torch.backends.mps, "is_available", lambda: True)
    assert resolve("auto") == resolve(accelerator) == accelerator
    assert resolve("cpu") == "cpu"


@pytest.mark.parametrize("name", ["cuda", "mps"])
@pytest.mark.usefixtures("only_a_processor")
def test_models_refuse_a_device_that_is_not_there(name: str) -> None:
    for load in (lambda: MtcnnDetector(device=name), lambda: load_embedder(COMPACT_ID, device=name)):
        with pytest.raises(ModelError, match=f"no {name} device") as caught:
            load()
        assert "What is there: cpu" in caught.value.hint


def test_other_names_are_no_devices() -> None:
    with pytest.raises(ModelError, match="no kind of device called tpu") as caught:
        resolve("tpu")
    assert all(name in caught.value.hint for name in DEVICES)


def test_names_are_read_without_torch() -> None:
    run([sys.executable, "-c", "import sys, tui_tagger.faces.devices; assert 'torch' not in sys.modules"], check=True)


@pytest.mark.skipif(resolve("auto") == "cpu", reason="no accelerator here")
def test_an_accelerator_gives_what_the_processor_gives() -> None:
    crops = np.random.default_rng(0).integers(0, 256, (4, 112, 112, 3), dtype=np.uint8)
    here, there = (load_embedder(COMPACT_ID, device=name).embed(crops) for name in ("cpu", "auto"))
    assert (here * there).sum(1).min() > 0.999
    photo = UprightImage(Image.new("RGB", (300, 200), "white"), 1.0, (300, 200))
    assert MtcnnDetector(device="auto").detect(photo) == []
