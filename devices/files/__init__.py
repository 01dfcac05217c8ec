"""Files that people export from other systems, read row by row into records.

Standard library only; the web application and the command `glucometer` both read with it.
`recognise` names a format, `preview` says what importing would do and what has to be asked,
`read` gives the records. Nothing is guessed: a unit comes from a heading, the order of a date
from the file or from a person, and a row that cannot be read is skipped with its line and reason.
"""

from devices.files.likeness import person_in
from devices.files.looking import Tally, ask, preview
from devices.files.opening import HEAD_BYTES, recognise, table_in
from devices.files.reading import read
from devices.files.records import (
    MEALS,
    Answers,
    Columns,
    DateOrder,
    FileError,
    FileRecord,
    Format,
    Limit,
    Omission,
    Preview,
    Question,
    Reason,
    RecordKind,
    Skipped,
    Trouble,
)
from devices.files.tables import Table

__all__ = [
    "HEAD_BYTES",
    "MEALS",
    "Answers",
    "Columns",
    "DateOrder",
    "FileError",
    "FileRecord",
    "Format",
    "Limit",
    "Omission",
    "Preview",
    "Question",
    "Reason",
    "RecordKind",
    "Skipped",
    "Table",
    "Tally",
    "Trouble",
    "ask",
    "person_in",
    "preview",
    "read",
    "recognise",
    "table_in",
]
