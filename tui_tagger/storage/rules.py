"""Which values of which columns make no sense, and what is put in their place.

What was read from a file is emptied and read from it again by the next scan; what a model made is removed and made
again; of what a human decided as much stays as can still be understood.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """`wrong`: SQL that is true of a row whose `what` makes no sense; `mend`: SQL, with $wrong for the condition."""

    table: str
    what: str
    wrong: str
    mend: str


TEXT, WHOLE, BLOB = "({0} >= '' AND {0} < x'')", "({0} BETWEEN -9e18 AND 9e18)", "({0} >= x'')"


def _not(kind: str, *columns: str) -> str:
    """True where a column is of another kind. SQLite orders all numbers before all texts, and those before blobs."""
    return " OR ".join(f"{kind.format(column)} IS NOT 1" for column in columns)


def _not_maybe(kind: str, *columns: str) -> str:
    """Likewise, where NULL may stand too."""
    return " OR ".join(f"({column} IS NOT NULL AND {kind.format(column)} IS NOT 1)" for column in columns)


def _outside(column: str, low: float, high: float, null: bool = True) -> str:
    """True for what is no number from `low` to `high`; there is no NaN in SQLite, and infinities compare."""
    wrong = f"({column} BETWEEN {low} AND {high}) IS NOT 1"
    return f"({column} IS NOT NULL AND {wrong})" if null else f"({wrong})"


def _sets(table: str, values: str) -> str:
    return f"UPDATE {table} SET {values} WHERE $wrong"  # noqa: S608


AGAIN = "mtime_ns = -1"  # so the next scan reads the file's metadata
NOBODY = "state = 'unknown', person_id = NULL, probability = NULL, recommendation = 'none'"
PATH = "({0} > '' AND {0} != x'' AND instr({0}, char(0)) = 0) IS NOT 1"
DATE = "strftime('%Y-%m-%dT%H:%M:%S', substr(taken_at, 1, 19), '+0 days')"  # which makes 30 February 2 March
BOX = (
    "(x IS NOT NULL OR y IS NOT NULL OR width IS NOT NULL OR height IS NOT NULL) AND ("
    + " OR ".join(_outside(column, low, 1e7, null=False) for column, low in
                  (("x", -1e7), ("y", -1e7), ("width", 1e-6), ("height", 1e-6))) + ")"
)  # fmt: skip
WRITTEN = """CASE WHEN typeof(written) != 'text' OR NOT json_valid(written) THEN 1 WHEN written = '[]' THEN 0
    WHEN json_type(written) != 'array' THEN 1 ELSE EXISTS (SELECT 1 FROM json_each(written) WHERE type != 'object'
    OR json_type(value, '$.name') IS NOT 'text' OR json_type(value, '$.ours') NOT IN ('true', 'false')
    OR json_type(value, '$.ours') IS NULL OR (json_type(value, '$.box') NOT IN ('null', 'array'))
    OR (json_type(value, '$.box') = 'array' AND (json_array_length(value, '$.box') != 4
    OR EXISTS (SELECT 1 FROM json_each(value, '$.box') WHERE type NOT IN ('integer', 'real'))))) END"""
CHANGES = """CASE WHEN typeof(changes) != 'text' OR NOT json_valid(changes) THEN 1 WHEN json_type(changes) != 'array'
    THEN 1 ELSE EXISTS (SELECT 1 FROM json_each(changes) WHERE type != 'array' OR json_array_length(value) != 4
    OR json_type(value, '$[0]') != 'text' OR json_type(value, '$[1]') != 'integer'
    OR json_type(value, '$[2]') NOT IN ('object', 'null') OR json_type(value, '$[3]') NOT IN ('object', 'null')) END"""
NO_VALUE = "CASE WHEN typeof(value) != 'text' OR NOT json_valid(value) THEN 1 ELSE {} END"
KNOWN_SETTINGS = """(key = 'embedder' AND json_type(value) != 'text') OR (key LIKE 'writing:%' AND (
    json_type(value) != 'integer' OR substr(key, 9) = '' OR substr(key, 9) GLOB '*[^0-9]*'))"""

RULES = (
    Rule("photo", "a place", " OR ".join(PATH.format(column) for column in ("path", "folder")),
         _sets("photo", "path = '/unknown/' || id, folder = '/unknown', status = 'offline'")),
    Rule("photo", "a size", f"{_not(WHOLE, 'width', 'height', 'orientation')} OR min(width, height) < 0"
         " OR max(width, height) > 4294967295 OR orientation NOT BETWEEN 1 AND 8",
         _sets("photo", f"width = 0, height = 0, orientation = 1, {AGAIN}")),
    Rule("photo", "a date", f"(taken_at IS NOT NULL AND ({DATE} IS NOT"
         " substr(taken_at, 1, 19) OR (length(taken_at) > 19 AND substr(taken_at, 20) NOT GLOB '.[0-9][0-9][0-9]')))"
         " OR (utc_offset IS NOT NULL AND utc_offset NOT GLOB '[+-][0-9][0-9]:[0-5][0-9]')",
         _sets("photo", f"taken_at = NULL, utc_offset = NULL, {AGAIN}")),
    Rule("photo", "a position", " OR ".join((_outside("latitude", -90, 90), _outside("longitude", -180, 180),
                                             _outside("direction", 0, 360))),
         _sets("photo", f"latitude = NULL, longitude = NULL, direction = NULL, {AGAIN}")),
    Rule("photo", "a status", "(status IN ('ready', 'failed', 'offline')) IS NOT 1",
         _sets("photo", f"status = 'offline', {AGAIN}")),
    Rule("photo", "the names in its file", WRITTEN, _sets("photo", "written = '[]'")),
    Rule("photo", "a text", _not(TEXT, "name", "date_source", "camera", "description", "place", "failure", "image_hash")
         + f" OR {_not_maybe(TEXT, 'typed', 'detector')}",
         _sets("photo", "typed = iif(typeof(typed) = 'text', typed, NULL), "
               "detector = iif(typeof(detector) = 'text', detector, 'unknown'), " + ", ".join(
                   f"{c} = iif(typeof({c}) = 'text', {c}, '')"
                   for c in ("name", "date_source", "camera", "description", "place", "failure", "image_hash"))
               + f", {AGAIN}")),
    Rule("photo", "a file's state", _not(WHOLE, "size", "mtime_ns") + f" OR {_not_maybe(WHOLE, 'sidecar_ns')}",
         _sets("photo", f"size = 0, sidecar_ns = NULL, {AGAIN}")),
    Rule("person", "a name", "typeof(name) != 'text' OR trim(name) = ''",
         _sets("person", "name = 'Unreadable name ' || id")),
    Rule("person", "a birth date", "birth_date IS NOT NULL AND (typeof(birth_date) != 'text' OR NOT ("
         "birth_date GLOB '[0-9][0-9][0-9][0-9]' OR strftime('%Y-%m', birth_date || '-01', '+0 days') IS birth_date"
         " OR strftime('%Y-%m-%d', birth_date, '+0 days') IS birth_date))", _sets("person", "birth_date = NULL")),
    Rule("person", "a mark", f"(hidden IN (0, 1)) IS NOT 1 OR {_not_maybe(WHOLE, 'keyface')}"
         f" OR {_not(TEXT, 'created_at', 'used_at')}",
         _sets("person", "hidden = 0, keyface = NULL, created_at = iif(typeof(created_at) = 'text', created_at, ''), "
               "used_at = iif(typeof(used_at) = 'text', used_at, '')")),
    Rule("alias", "a name", "typeof(name) != 'text' OR trim(name) = ''", "DELETE FROM alias WHERE $wrong"),
    Rule("face", "a state", "state NOT IN ('unknown', 'suggested', 'confirmed', 'ignored', 'not a face')"
         f" OR (state IN ('suggested', 'confirmed') AND person_id IS NULL) OR {_not_maybe(WHOLE, 'person_id')}",
         _sets("face", NOBODY)),
    Rule("face", "a person", "state NOT IN ('suggested', 'confirmed') AND person_id IS NOT NULL",
         _sets("face", "person_id = NULL, probability = NULL, recommendation = 'none'")),
    Rule("face", "a box of somebody", f"state = 'confirmed' AND ({BOX})",
         _sets("face", "x = NULL, y = NULL, width = NULL, height = NULL, landmarks = NULL")),
    Rule("face", "a box", f"state != 'confirmed' AND ({BOX})", "DELETE FROM face WHERE $wrong"),
    Rule("face", "a number", " OR ".join((
        _outside("score", -1e6, 1e6, null=False), _outside("sharpness", 0, 1e30), _outside("probability", 0, 1),
        _outside("cohesion", -1e6, 1e6), f"({_not_maybe(WHOLE, 'cluster')})",
        "recommendation NOT IN ('none', 'weak', 'medium', 'strong')", f"({_not(TEXT, 'source')})",
        "(landmarks IS NOT NULL AND (typeof(landmarks) != 'blob' OR length(landmarks) != 40))")),
        _sets("face", "score = 1.0, sharpness = NULL, probability = NULL, cohesion = NULL, cluster = NULL, "
              "recommendation = 'none', landmarks = NULL, source = iif(typeof(source) = 'text', source, 'detected')")),
    Rule("decision", "a text", f"{_not(TEXT, 'kind', 'message', 'at')} OR (undone IN (0, 1)) IS NOT 1",
         _sets("decision", "kind = iif(typeof(kind) = 'text', kind, ''), at = iif(typeof(at) = 'text', at, ''), "
               "message = iif(typeof(message) = 'text', message, ''), undone = iif(undone IN (0, 1), undone, 0)")),
    Rule("decision", "what it changed", CHANGES, _sets("decision", "changes = '[]'")),
    Rule("filewrite", "what undoes it", "typeof(undo) != 'blob'", "DELETE FROM filewrite WHERE $wrong"),
    Rule("job", "a record", "state NOT IN ('running', 'paused', 'done', 'cancelled', 'failed')"
         f" OR {_not(WHOLE, 'done', 'total')} OR {_not(TEXT, 'kind', 'started_at')} OR typeof(arguments) != 'text'"
         " OR typeof(failures) != 'text' OR NOT json_valid(arguments) OR NOT json_valid(failures)",
         "DELETE FROM job WHERE $wrong"),
    Rule("setting", "a value", f"typeof(key) != 'text' OR {NO_VALUE.format(KNOWN_SETTINGS)}",
         "DELETE FROM setting WHERE $wrong"),
    Rule("change", "a face", f"{_not(WHOLE, 'face_id')} OR kind NOT IN ('face', 'embedding', 'rejection')",
         "DELETE FROM change WHERE $wrong"),
    Rule("listing", "an entry", _not(TEXT, "folder", "name", "taken", "status", "path", "place", "camera",
                                     "description", "people")
         + f" OR {_not(WHOLE, 'faces', 'waiting', 'confirmed', 'unwritten')} OR unwritten NOT IN (0, 1)"
         " OR instr(folder, char(0)) OR (status IN ('ready', 'failed', 'offline')) IS NOT 1",
         "INSERT OR IGNORE INTO outdated SELECT id FROM listing WHERE $wrong; DELETE FROM listing WHERE $wrong"),
)  # fmt: skip
