"""What works here and what does not: models, strangers, formats."""

from __future__ import annotations

from collections.abc import Iterator

from tui_tagger.config import DATA, cache_dir
from tui_tagger.errors import TaggerError
from tui_tagger.faces.strangers import bank_for
from tui_tagger.faces.weights import FACENET, installed_path
from tui_tagger.formats import EXTRAS, Extra
from tui_tagger.services.banks import ships_bank
from tui_tagger.services.calibration import calibration, wanted
from tui_tagger.services.models import standing
from tui_tagger.services.recognition import current_model
from tui_tagger.services.storage_check import Check

BUILD_BANK = "Better with one: `tui-tagger models strangers DIR` (DIR/<person>/*.jpg), --lfw (a download) or --ignored."


def check_all() -> Iterator[Check]:
    """Each check with what to do where it fails; needs an open database, which storage_check.py looks at."""
    yield _compact()
    yield _facenet()
    yield _model()
    yield _bank()
    yield _calibration()
    yield from (_format(extra) for extra in EXTRAS)


def _compact() -> Check:
    path = DATA / "compact.npz"
    if not path.exists():
        return Check("compact model", False, f"{path} is missing", "Install the package again.")
    return Check("compact model", True, f"ships with the package, {path.stat().st_size / 1e6:.1f} MB")


def _facenet() -> Check:
    if installed_path(cache_dir()) is None:
        hint = "Optional and better: `tui-tagger models install`, or --from-file without a network."
        return Check("FaceNet", True, "not installed; the compact model is used", hint)
    return Check("FaceNet", True, f"{FACENET.name} is installed")


def _model() -> Check:
    now = standing()
    text = f"{now.model} is in use" + (f"; {now.replaced} gave way to it" if now.replaced else "")
    if not now.lacking:
        return Check("model", True, text)
    hint = f"The app embeds them by itself, or: tui-tagger models use {now.model}"
    return Check("model", True, f"{text}; {now.lacking} faces have no embedding of it yet", hint)


def _bank() -> Check:
    model = current_model()
    try:
        strangers = len(bank_for(model).stranger_means)
    except TaggerError as error:
        return Check("strangers", False, error.message, error.hint)
    if not strangers:
        text = f"no bank for {model}: the likelihood threshold alone tells strangers apart"
        return Check("strangers", True, text, BUILD_BANK)
    return Check("strangers", True, f"{strangers} for {model}")


def _calibration() -> Check:
    model = current_model()
    if ships_bank(model):
        return Check("calibration", True, f"{model} was calibrated before it was shipped")
    done = calibration(model)
    if done is None:
        return Check("calibration", True, "not calibrated yet", f"Confirm {wanted(model)}.")
    text = f"from {done.people} people, {done.faces} faces on {done.at[:10]}"
    if not done.changed:
        return Check("calibration", True, f"looked at again {text}; error {done.before:.0%}, nothing to change")
    return Check("calibration", True, f"calibrated {text}; error {done.after:.0%}, before {done.before:.0%}")


def _format(extra: Extra) -> Check:
    if extra.installed():
        return Check(f"{extra.photos} photos", True, "can be opened")
    return Check(f"{extra.photos} photos", True, "cannot be opened; a scan lists them", extra.need)
