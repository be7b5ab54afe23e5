"""Where networks compute: on the processor, or on an accelerator that is there."""

from __future__ import annotations

from tui_tagger.errors import ModelError

DEVICES = ("auto", "cpu", "cuda", "mps")  # what may be asked for


def resolve(name: str) -> str:
    """The device to compute on, "cpu", "cuda" or "mps", for what was asked for, one of DEVICES.

    "auto" is an accelerator where one is there. Raises ModelError when what was asked for is not there. Torch is loaded
    here and not before, so that the names can be read without it.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    usable = [device for device, is_there in there.items() if is_there]
    if name == "auto":
        return usable[0]
    if name not in there:
        raise ModelError(f"There is no kind of device called {name}", f"These are known: {', '.join(DEVICES)}")
    if name not in usable:
        raise ModelError(
            f"Torch finds no {name} device on this machine",
            f'What is there: {", ".join(usable)}. "auto" takes the first of these.',
        )
    return name
