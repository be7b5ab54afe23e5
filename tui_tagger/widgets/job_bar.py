"""The one job bar: what runs, how far it is, how fast, how long still, how to stop it."""

from __future__ import annotations

from textual.content import Content

from tui_tagger.services.views import JobState, JobView
from tui_tagger.text import visible
from tui_tagger.widgets.fitted import Fitted
from tui_tagger.widgets.text import cell

BAR, SHORT_BAR = 14, 6  # cells
ACTIVE = (JobState.RUNNING, JobState.PAUSED)


class JobBar(Fitted):
    """One line; empty while nothing runs."""

    def show(self, job: JobView | None, keys: str) -> None:
        """`keys` says which keys pause and cancel it."""
        active = job if job is not None and job.state in ACTIVE else None
        self.fit(lambda width: job_line(active, keys, width) if active else Content())


def job_line(job: JobView, keys: str, width: int) -> Content:
    """The job in at most `width` cells: the title gives way first."""
    share = job.done / job.total if job.total else 0.0
    long = BAR if width >= 100 else SHORT_BAR
    filled = round(share * long)
    numbers = (f" {job.done:,} of {job.total:,}" if job.total else " starting") + pace(job)
    if job.failures:
        numbers += f" · {len(job.failures)} unreadable"
    tail = f"{numbers}   {keys} "
    room = width - long - len(tail) - 3
    title = cell(" " + visible(job.title), min(max(room, 0), len(job.title) + 2))
    bar = ("━" * filled, "$text-accent"), ("━" * (long - filled), "$foreground-darken-3")
    return Content.assemble(title, " ", *bar, tail)


def pace(job: JobView) -> str:
    if job.state is JobState.PAUSED:
        return " · paused"
    rate = f" · {job.rate:.1f}/s" if job.rate else ""
    return rate + (f" · {duration(job.eta)} left" if job.eta is not None else "")


def duration(seconds: float) -> str:
    """Such as "0:25", "1:02:03"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def job_state(job: JobView | None) -> str:
    """A word for the footer: "scanning 41 %"."""
    if job is None or job.state not in ACTIVE:
        return ""
    verb = visible(job.title).partition(" ")[0].lower()
    share = f"{100 * job.done // job.total} %" if job.total else ""
    return f"{'paused' if job.state is JobState.PAUSED else verb} {share}".strip()
