"""What the app can do, without a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_tagger.services.forgetting import Forgetting
from tui_tagger.services.jobs import JobService
from tui_tagger.services.library import LibraryService
from tui_tagger.services.people import PeopleService
from tui_tagger.services.places import PlacesService
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.review import ReviewService
from tui_tagger.services.tagging import TaggingService
from tui_tagger.storage.database import open_database


@dataclass(frozen=True)
class Services:
    """The services on one database. One set a process: the tables are bound to it."""

    database: Any
    recognition: Recognition
    library: LibraryService
    review: ReviewService
    people: PeopleService
    places: PlacesService
    tagging: TaggingService
    jobs: JobService

    @property
    def path(self) -> Path:
        """The database's file."""
        return Path(self.database.database)

    @property
    def forgetting(self) -> Forgetting:
        """Removing what is known of a person for good."""
        return Forgetting(self.path, self.people, self.tagging, self.recognition.update)

    @classmethod
    def open(cls, path: Path) -> Services:
        """Raises DatabaseError."""
        database = open_database(path)
        recognition, tagging = Recognition(), TaggingService()
        tagging.recover()
        return cls(
            database=database,
            recognition=recognition,
            library=LibraryService(),
            review=ReviewService(recognition, tagging.undo_write, tagging.redo_write),
            people=PeopleService(recognition),
            places=PlacesService(),
            tagging=tagging,
            jobs=JobService(path),
        )

    def close(self) -> None:
        """Ends the worker and closes the database."""
        self.jobs.close()
        self.database.close()
