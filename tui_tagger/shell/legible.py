"""Inks that can be read: a theme's own may be pale on its own papers, the light ones' above all."""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import BLACK, WHITE, Color

INKS = ("foreground", "foreground-muted", "text-accent", "text-error", "text-primary", "text-success", "text-warning")
PAPERS = ("background", "surface", "panel")
LEAST = 4.5  # of the ratio below: WCAG 2.1, success criterion 1.4.3, level AA
LEAST_BOLD = 3.0  # the same, of large or bold text, which rows under the cursor are
CURSOR = 0.48  # how much of the primary colour is in the row below the cursor (app.tcss)
STEPS = 20  # from a theme's ink to black or white


def contrast(one: Color, other: Color) -> float:
    """The ratio of WCAG 2.1: 1 for the same colour, 21 for black and white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def legible(variables: Mapping[str, str]) -> dict[str, str]:
    """A theme's variables with the nearest inks that can be read on every paper they are used on.

    A theme of the terminal's own sixteen colours, which nobody but the terminal knows, is left as it is.
    """
    if Color.parse(variables["background"]).ansi is not None:
        return dict(variables)
    colours = {name: Color.parse(variables[name]) for name in (*INKS, *PAPERS, "primary", "warning-muted")}
    plain = [(colours[name], LEAST) for name in PAPERS]
    plain.append((colours["background"].blend(colours["primary"], CURSOR), LEAST_BOLD))
    found = {}
    for name in INKS:
        papers = [*plain, (colours["warning-muted"], LEAST)] if name == "text-warning" else plain
        found[name] = _nearest(colours[name], papers).hex
    return {**variables, **found}


def _nearest(ink: Color, papers: list[tuple[Color, float]]) -> Color:
    """The first legible ink on the way from `ink` to black or white; the end of the way where there is none."""
    end = max((BLACK, WHITE), key=lambda extreme: min(contrast(extreme, paper) for paper, _ in papers))
    for step in range(STEPS):
        way = step / STEPS
        mixed = Color.parse(ink.blend(end, way, 1 - (1 - ink.a) * (1 - way)).hex)
        if all(contrast(paper + mixed, paper) >= least for paper, least in papers):
            return mixed
    return end


def _luminance(colour: Color) -> float:
    parts = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
