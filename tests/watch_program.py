"""`tui-tagger` on the fake models of tests/services/workers.py, for tests that run it as a process."""

from __future__ import annotations

from pathlib import Path

import tui_tagger.services
from tests.services import workers
from tui_tagger.cli import main
from tui_tagger.services.jobs import JobService


def _fake_jobs(database: Path) -> JobService:
    return JobService(database, workers.main)


if __name__ == "__main__":
    setattr(tui_tagger.services, "JobService", _fake_jobs)  # noqa: B010  what Services.open makes
    main()
