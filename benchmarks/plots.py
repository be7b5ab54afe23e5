"""The figures of benchmarks/README.md. matplotlib is loaded when one is drawn: only benchmarks need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.verification import KINDS, Verification

Series = Mapping[str, Sequence[tuple[float, float]]]  # name -> points (x, y)
FALSE_ACCEPTS = np.logspace(-3, -0.3, 60)


def roc(measured: Mapping[str, Mapping[str, Verification]], path: Path) -> None:
    """True accepts over false accepts of each embedder, `measured[embedder][kind]`, frontal and profile pairs apart."""
    figure, axes = _figure(len(KINDS), sharey=True)
    for axis, kind in zip(axes, KINDS, strict=True):
        for name, by_kind in measured.items():
            one = by_kind[kind]
            thresholds = np.quantile(one.scores[~one.pairs.same], 1 - FALSE_ACCEPTS)
            accepted = (one.scores[one.pairs.same][:, None] > thresholds).mean(0)
            axis.plot(FALSE_ACCEPTS, accepted, label=name)
        axis.set(xscale="log", xlabel="false accept rate", title=f"frontal to {kind}", ylim=(0, 1))
    axes[0].set_ylabel("true accept rate")
    _save(figure, axes[-1], path)


def detection(panels: Mapping[str, Series], path: Path) -> None:
    """Detection and identification rate over the number of enrolled faces, a panel an embedder, a line a method."""
    figure, axes = _figure(len(panels), sharey=True)
    for axis, (title, series) in zip(axes, panels.items(), strict=True):
        for name, points in series.items():
            axis.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name)
        axis.set(xlabel="enrolled faces a person", title=title, xscale="log", xticks=[1, 2, 3, 5, 10])
        axis.set_xticklabels(["1", "2", "3", "5", "10"])
        axis.minorticks_off()
    axes[0].set_ylabel("DIR at 1 % false alarms")
    _save(figure, axes[-1], path)


def reliability(series: Series, path: Path) -> None:
    """How often the best candidate is right over how probable it is said to be; the diagonal is perfect."""
    figure, (axis,) = _figure(1)
    axis.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
    for name, points in series.items():
        axis.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name)
    axis.set(xlabel="stated probability", ylabel="share right", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    _save(figure, axis, path)


def _figure(panels: int, **options: Any) -> tuple[Any, Sequence[Any]]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, panels, figsize=(4.6 * panels, 3.8), layout="constrained", **options)
    return figure, list(np.atleast_1d(axes))


def _save(figure: Any, axis: Any, path: Path) -> None:
    axis.legend(fontsize=8, loc="lower right")
    for each in figure.axes:
        each.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
