"""How a job ended, in a line."""

from __future__ import annotations

from tui_tagger.services.importing import ImportReport
from tui_tagger.services.jobs import JobService
from tui_tagger.services.views import JobState, JobView
from tui_tagger.widgets.keys import KeyNames
from tui_tagger.widgets.text import counted


def ending(job: JobView, jobs: JobService, keys: KeyNames) -> str:
    """`job` is the last of `jobs`."""
    if job.state is JobState.FAILED:
        return f"{job.title}: {job.message or 'failed'}"
    unreadable = keys.told(f"; <jobs.failures> lists {len(job.failures)} unreadable") if job.failures else ""
    if isinstance(jobs.result, ImportReport) and job.id == jobs.result_of:
        return f"{imported(jobs.result, keys)}{unreadable}"
    word = "cancelled" if job.state is JobState.CANCELLED else "done"
    return f"{job.title}: {word}, {job.done:,} of {job.total:,}{unreadable}"


def imported(report: ImportReport, keys: KeyNames) -> str:
    """What names in the files changed."""
    new = report.matched + report.added + report.present
    said = f"{counted(new, 'face')} named by other programs" if new else "No name that was not known"
    undo = keys.told("; <app.undo> undoes") if new else ""
    return f"{said} in {counted(report.photos, 'photo')}{undo}"
