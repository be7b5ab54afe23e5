"""The ranked candidates for a face, each with its probability, the first with its reasons."""

from __future__ import annotations

from textual.content import Content

from tui_tagger.services.views import CandidateView, ReviewItem
from tui_tagger.text import percent, visible
from tui_tagger.widgets.fitted import Fitted
from tui_tagger.widgets.text import cell

BAR = 8  # cells
ADVICE = {
    "strong": ("strong suggestion", "$text-success"),
    "medium": ("likely", "$text-accent"),
    "weak": ("weak: look closely", "$text-warning"),
    "none": ("nobody known looks like this", "$text-warning"),
}


class Candidates(Fitted):
    """Numbered as the keys choose them."""

    item: ReviewItem | None = None

    def show(self, item: ReviewItem | None) -> None:
        self.item = item
        self.fit(lambda width: Content("\n").join(lines(item, width)) if item else Content())


def lines(item: ReviewItem, width: int) -> list[Content]:
    """The advice, then a line a candidate with the age then; reasons are indented beneath, for the first all."""
    words, style = ADVICE.get(item.recommendation, (item.recommendation, ""))
    drawn = [Content.styled(words, f"bold {style}")]
    drawn += [reason_line(reason, width) for reason in item.reasons]
    for number, candidate in enumerate(item.candidates, 1):
        drawn.append(candidate_line(number, candidate, width))
        told = candidate.reasons if number == 1 else candidate.reasons[1:]  # the first is how alike they look
        drawn += [reason_line(reason, width) for reason in told if reason not in item.reasons]
    return drawn


def candidate_line(number: int, candidate: CandidateView, width: int) -> Content:
    full = round(candidate.probability * BAR)
    bar = ("━" * full, "$text-accent"), ("━" * (BAR - full), "$foreground-darken-3")
    age = "" if candidate.age is None else f", {candidate.age}"
    name = cell(candidate.person + age, width - BAR - 9, "bold" if number == 1 else "")
    return Content.assemble((f"{number} ", "bold $text-accent"), name, f" {percent(candidate.probability):>4} ", *bar)


def reason_line(reason: str, width: int) -> Content:
    return Content.styled(f"  {visible(reason)}", "$foreground-muted").truncate(width, ellipsis=True)
