"""What can be done with the diary: `write`, `amend`, `remove`, `history`, `show`, `copy`."""

from telehealth.diary.service.calling import SYMPTOM_WORDS, Call, call, say_symptoms
from telehealth.diary.service.content import Change, Content, NewEntry
from telehealth.diary.service.copying import Copy, Sheet, copy, open_sheet, undo_copy
from telehealth.diary.service.habits import usual_meal
from telehealth.diary.service.photos import forget_waiting, keep_photo, photo
from telehealth.diary.service.pictures import MAX_BYTES as MAX_PHOTO_BYTES
from telehealth.diary.service.pictures import Picture
from telehealth.diary.service.rows import Copied, Written
from telehealth.diary.service.showing import (
    Day,
    Shown,
    Topic,
    View,
    entries_between,
    show,
)
from telehealth.diary.service.words import (
    ACTIVITY_WORDS,
    ILLNESS_WORDS,
    INSULIN_WORDS,
    STRESS_WORDS,
)
from telehealth.diary.service.writing import (
    Outcome,
    State,
    amend,
    history,
    remove,
    restore,
    revert,
    write,
)

__all__ = [
    "ACTIVITY_WORDS",
    "ILLNESS_WORDS",
    "INSULIN_WORDS",
    "MAX_PHOTO_BYTES",
    "STRESS_WORDS",
    "SYMPTOM_WORDS",
    "Call",
    "Change",
    "Content",
    "Copied",
    "Copy",
    "Day",
    "NewEntry",
    "Outcome",
    "Picture",
    "Sheet",
    "Shown",
    "State",
    "Topic",
    "View",
    "Written",
    "amend",
    "call",
    "copy",
    "entries_between",
    "forget_waiting",
    "history",
    "keep_photo",
    "open_sheet",
    "photo",
    "remove",
    "restore",
    "revert",
    "say_symptoms",
    "show",
    "undo_copy",
    "usual_meal",
    "write",
]
