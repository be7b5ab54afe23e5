"""Errors that a user is told about: what happened, to which file, and what to do."""

from __future__ import annotations


class TaggerError(Exception):
    """The root of all errors that are shown without a traceback.

    `message` says what happened and to what; `hint` says what to do about it. A kind of error for which one thing is
    usually to be done has a `usual_hint`; the others need one each time.
    """

    title = "Error"
    usual_hint = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.usual_hint

    def __reduce__(self) -> tuple[type[TaggerError], tuple[str, str]]:
        # Errors cross the process border; the default would call the class with the message alone.
        return type(self), (self.message, self.hint)


class PhotoError(TaggerError):
    """A photo that cannot be read, decoded or located."""

    title = "Photo cannot be read"
    usual_hint = "Does another program open it? It is left out until the file changes."


class MetadataError(TaggerError):
    """Metadata that cannot be written without risk to what is already there."""

    title = "Metadata"
    usual_hint = "The file was left as it was."


class ModelError(TaggerError):
    """Model weights that are missing, damaged or of another architecture."""

    title = "Model"
    usual_hint = "`tui-tagger doctor` says which models are here."


class DatabaseError(TaggerError):
    """A database that cannot be opened, migrated or written."""

    title = "Database"
    usual_hint = "`tui-tagger doctor` looks at it."


class DatabaseDamaged(DatabaseError):
    """A database whose content is broken, or lost while its backups are there."""


class UsageError(TaggerError):
    """A request that cannot be carried out as it was put: an unknown name, an empty selection, a wrong value."""

    title = "Not possible"


class SettingsError(TaggerError):
    """A settings file that cannot be read, or says what is unknown or wrong; the message names file and line."""

    title = "Settings"
