"""What the services return: frozen values for screens, scripts and tests, never database rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tui_tagger.geometry import Box


class FaceState(StrEnum):
    """Where a face stands. A machine may change the first two; only a human changes the others."""

    UNKNOWN = "unknown"
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    IGNORED = "ignored"
    NOT_A_FACE = "not a face"


class PhotoStatus(StrEnum):
    READY = "ready"
    FAILED = "failed"  # could not be read; `PhotoDetail.failure` says why
    OFFLINE = "offline"  # was there once; kept with its decisions


class JobState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"  # the job itself broke; single bad files are in `failures`


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """One line of the library."""

    id: int
    path: Path
    taken_at: str | None  # local wall time, "2019-07-12T14:03:22"
    place: str  # "Lisbon, Portugal", or empty
    people: tuple[str, ...]  # confirmed, from left to right
    faces: int  # without those marked "not a face"
    waiting: int  # unknown or suggested
    status: PhotoStatus
    unwritten: bool  # confirmed names differ from what was written to the file
    failure: str = ""  # why it could not be read


@dataclass(frozen=True, slots=True)
class FaceView:
    id: int
    photo_id: int
    photo_path: Path
    number: int  # from 1, left to right within the photo
    box: Box | None  # None: a person present without a visible face
    score: float  # the detector's, 0 to 1; 1 for faces drawn by hand
    state: FaceState
    person_id: int | None  # of a confirmed or suggested face
    person: str | None
    probability: float | None  # of the suggestion; None once a human decided
    recommendation: str  # none, weak, medium, strong
    age: int | None = None  # of the person when the photo was taken, in full years, where both dates are known


@dataclass(frozen=True, slots=True)
class PhotoDetail:
    row: PhotoRow
    width: int  # of the upright photo
    height: int
    orientation: int
    offset: str | None  # "+02:00" where known
    date_source: str  # the tag that the date is from, or "file" for the file's own time
    camera: str
    latitude: float | None  # degrees, north positive
    longitude: float | None  # degrees, east positive
    direction: float | None  # degrees clockwise from north, where the camera looked
    description: str
    faces: tuple[FaceView, ...]
    failure: str


@dataclass(frozen=True, slots=True)
class FolderRow:
    path: Path
    photos: int
    waiting: int


@dataclass(frozen=True, slots=True)
class CandidateView:
    person_id: int
    person: str
    probability: float  # by looks alone
    reasons: tuple[str, ...]  # how alike they look, then what the photo says against it
    nearest: tuple[int, ...]  # ids of the most alike confirmed faces, at most three
    age: int | None = None  # in full years when the photo was taken, where both dates are known


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One question of the queue: who is this?"""

    face: FaceView
    candidates: tuple[CandidateView, ...]  # best first, at most nine
    recommendation: str  # none, weak, medium, strong: how far `candidates[0]` may be trusted
    reasons: tuple[str, ...]
    taken_at: str | None
    place: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision did: `message` for the status line, the faces it touched."""

    decision_id: int
    message: str
    face_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    decision_id: int
    at: str
    message: str
    undone: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: int
    name: str
    keyface_id: int | None
    confirmed: int
    suggested: int
    first: str | None  # earliest and latest dates of the confirmed photos
    last: str | None
    unwritten: int  # photos whose file does not yet hold this name
    birth_date: str | None = None  # "1978", "1978-03" or "1978-03-05"
    aliases: tuple[str, ...] = ()  # other names
    hidden: bool = False  # never suggested nor offered


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """What a list of many people needs of each; PersonRow has the rest."""

    id: int
    name: str
    confirmed: int
    suggested: int
    hidden: bool


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name offered for what was typed; `alias` is the other name that was meant, if it was one."""

    name: str
    alias: str = ""


@dataclass(frozen=True, slots=True)
class PersonFace:
    """A face in its person's audit."""

    id: int
    photo_id: int
    path: Path
    taken_at: str | None
    age: int | None  # of the person when the photo was taken, in full years, where both dates are known
    state: FaceState
    chance: float | None  # confirmed: to be theirs, by their other faces; suggested: the suggestion's probability
    suspicious: bool = False  # confirmed, and more likely somebody else's or nobody's


@dataclass(frozen=True, slots=True)
class SuspiciousFace:
    """A confirmed face that may be somebody else's."""

    face: FaceView
    probability: float  # that it is the person's, judged by their other faces
    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class JobView:
    id: int
    title: str  # "Scanning Pictures"
    state: JobState
    done: int
    total: int
    failures: tuple[Failure, ...]
    rate: float  # items a second
    eta: float | None  # seconds
    message: str = ""


@dataclass(frozen=True, slots=True)
class WritePreview:
    """What a write would do to one photo."""

    photo_id: int
    path: Path
    target: str  # file, sidecar, none
    added: tuple[str, ...]  # names that the target does not hold yet
    removed: tuple[str, ...]  # names that we wrote before and that are no longer confirmed
    reason: str  # why a sidecar, or why nothing can be written; empty for a plain file write
    description: str = ""  # added where the photo has none
    notes: tuple[str, ...] = ()  # warnings


@dataclass(frozen=True, slots=True)
class WriteResult:
    photo_id: int
    path: Path
    target: str
    result: str  # written, unchanged, sidecar, refused
    reason: str
    added: tuple[str, ...]
    removed: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A write that was stopped: the photos that it has left, of so many."""

    left: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: `rows` from `offset`, of `total`."""

    rows: tuple[PhotoRow, ...]
    offset: int
    total: int


@dataclass(frozen=True, slots=True)
class ScanReport:
    photos: int = 0
    new: int = 0
    changed: int = 0  # other pixels under the name of a photo
    reread: int = 0  # other metadata, in the file or its sidecar
    moved: int = 0  # or renamed
    gone: int = 0  # not there any more
    unchanged: int = 0
    faces: int = 0
    failed: tuple[Failure, ...] = field(default=())
    unsettled: tuple[Path, ...] = field(default=())  # left alone: somebody may still be writing them
    seconds: float = 0.0
