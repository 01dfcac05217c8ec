"""What can be done with meters: `of_patient`, `bind`, `unbind`, `report`, `plan`, `take_in`."""

from telehealth.meters.service.aside import Aside, dismiss, set_aside, take, wait_again
from telehealth.meters.service.harvesting import (
    MAX_NOTIFICATIONS,
    Harvested,
    Transfer,
    take_in,
)
from telehealth.meters.service.keeping import NewMeter, bind, bind_again, rename, unbind
from telehealth.meters.service.naming import Named, identity_of
from telehealth.meters.service.planning import Choice, Plan, Said, plan
from telehealth.meters.service.reporting import (
    MeterReport,
    ReportOutcome,
    SetAside,
    State,
    follow,
    report,
)
from telehealth.meters.service.rows import BoundElsewhere
from telehealth.meters.service.showing import Known, Meters, Stray, known_of, of_patient, one
from telehealth.meters.service.waiting import (
    Place,
    Waiting,
    waiting_of,
    waiting_of_patients,
)
from telehealth.meters.service.words import (
    DOUBT_WORDS,
    HOW_WORDS,
    KIND_WORDS,
    RECORD_WORDS,
    STATE_WORDS,
)

__all__ = [
    "DOUBT_WORDS",
    "HOW_WORDS",
    "KIND_WORDS",
    "MAX_NOTIFICATIONS",
    "RECORD_WORDS",
    "STATE_WORDS",
    "Aside",
    "BoundElsewhere",
    "Choice",
    "Harvested",
    "Known",
    "MeterReport",
    "Meters",
    "Named",
    "NewMeter",
    "Place",
    "Plan",
    "ReportOutcome",
    "Said",
    "SetAside",
    "State",
    "Stray",
    "Transfer",
    "Waiting",
    "bind",
    "bind_again",
    "dismiss",
    "follow",
    "identity_of",
    "known_of",
    "of_patient",
    "one",
    "plan",
    "rename",
    "report",
    "set_aside",
    "take",
    "take_in",
    "unbind",
    "wait_again",
    "waiting_of",
    "waiting_of_patients",
]
