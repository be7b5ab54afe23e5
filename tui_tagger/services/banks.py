"""Which stranger bank suggestions are made with, and where the banks that were made on this machine are kept."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path

from tui_tagger import config
from tui_tagger.errors import ModelError
from tui_tagger.faces.strangers import StrangerBank, bank_for, bank_path, load_bank, save_bank, spherical_bank
from tui_tagger.private import close_to_others, own_folder
from tui_tagger.storage.models import proxy


def bank_in_use(model: str, dimension: int) -> StrangerBank:
    """The bank calibrated from this library's people if there is one, else the embedder's. Raises ModelError."""
    try:
        calibrated = load_bank(calibrated_path(model))
    except ModelError:  # there is none, or it is damaged: the next calibration replaces it
        return base_bank(model, dimension)
    return calibrated if len(calibrated.mean) == dimension else base_bank(model, dimension)


def base_bank(model: str, dimension: int) -> StrangerBank:
    """The bank of an embedder before any calibration, a spherical one where nothing was measured. Raises ModelError."""
    bank = bank_for(model)
    return bank if len(bank.mean) == dimension else spherical_bank(model, dimension)


def bank_stamp(model: str) -> tuple[int, ...]:
    """Another one as soon as `bank_in_use` may be another bank."""
    return base_stamp(model), _written_at(calibrated_path(model))


def base_stamp(model: str) -> int:
    """Another one as soon as the bank of `model` made on this machine is another one; 0 without one."""
    return _written_at(bank_path(model))


def forget_calibrations(model: str) -> None:
    """Deletes what was calibrated, in any library, from the bank of `model` that gave way to another."""
    for path in bank_path(model).parent.glob(f"{bank_path(model).stem}-of-*.npz"):
        path.unlink(missing_ok=True)


def _written_at(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def calibrated_path(model: str) -> Path:
    """One file a library: what its people taught is no use for the people of another."""
    return bank_path(f"{model}-of-{_library()}")


def forget_library() -> None:
    """Deletes what this library's people taught the banks of any model; the next calibration makes them anew."""
    for path in config.cache_dir().glob(f"strangers-*-of-{_library()}.npz"):
        path.unlink(missing_ok=True)


def _library() -> str:
    return blake2b(os.fsencode(Path(proxy.obj.database).absolute()), digest_size=6).hexdigest()


def ships_bank(model: str) -> bool:
    return (config.DATA / bank_path(model).name).exists()


def store_bank(bank: StrangerBank, path: Path) -> Path:
    """Writes `bank` where nobody else can read it: statistics of people are biometric data too."""
    try:
        own_folder(config.cache_dir())
        save_bank(bank, path)
        close_to_others(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be written ({error})", "Check the folder and the free space.") from error
    return path
