"""Doors of reports: patient and proxy look; doctors and nurses of the care team write, share."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role
from telehealth.reports import service as reports
from telehealth.reports.models import Audience
from tests import make
from tests.access.matrix import (
    DOCTOR,
    NURSE,
    PATIENT,
    PERSONS,
    PROXY,
    World,
    door,
    patient_page,
    public,
)
from tests.make.readings import diary
from tests.make.reports import LAST

_TEAM = {DOCTOR: 200, NURSE: 200}
_DONE = {DOCTOR: 303, NURSE: 303}
_READERS = dict.fromkeys((PATIENT, PROXY, DOCTOR, NURSE), 200)
_ONLY_THE_OWNER = dict.fromkeys(PERSONS, 404) | {PATIENT: 200}
_AUTHOR = {NURSE: 303}
_NOT_THE_AUTHOR = {DOCTOR: 403}
_PATIENT = "/pacienti/{owner}/porocilo"
_REMARK = _PATIENT + "/opombe/{remark}"
_FORM = {"day": LAST.isoformat(), "time": "", "text": "Jutri spet.", "audience": "team"}

ROWS = (
    door("reports_api.figures", "GET", "/api/v1/patients/{owner}/report", allow=_READERS),
    door("reports_api.printed", "GET", "/api/v1/patients/{owner}/report.pdf", allow=_READERS),
    *patient_page("reports.mine", "GET", "/glukoza"),
    *patient_page("reports.figure_of_mine", "GET", "/glukoza/potek.json"),
    *patient_page("reports.pdf", "GET", "/glukoza/porocilo.pdf"),
    *patient_page("reports.shared", "GET", "/glukoza/deljeno/{share}", own=_ONLY_THE_OWNER),
    *patient_page("reports.shared_pdf", "GET", "/glukoza/deljeno/{share}.pdf", own=_ONLY_THE_OWNER),
    door("reports.patient", "GET", _PATIENT, allow=_TEAM),
    door("reports.patient_figure", "GET", _PATIENT + "/potek.json", allow=_TEAM),
    door("reports.patient_pdf", "GET", _PATIENT + ".pdf", allow=_TEAM),
    door("reports.compare", "GET", _PATIENT + "/primerjava", allow=_TEAM),
    door("reports.share", "POST", _PATIENT + "/deli", form={"words": ""}, allow=_DONE),
    door("reports.withdraw", "POST", _PATIENT + "/deljeno/{other_share}/umakni", allow=_DONE),
    door("reports.add_remark", "POST", _PATIENT + "/opombe", form=_FORM, allow=_DONE),
    door("reports.remark", "GET", _REMARK, allow=_TEAM),
    door(
        "reports.change_remark",
        "POST",
        _REMARK,
        form=_FORM | {"version": "1"},
        allow=_AUTHOR,
        denies=_NOT_THE_AUTHOR,
    ),
    door(
        "reports.remove_remark",
        "POST",
        _PATIENT + "/opombe/{other_remark}/odstrani",
        allow=_AUTHOR,
        denies=_NOT_THE_AUTHOR,
    ),
    door(
        "reports.restore_remark",
        "POST",
        _PATIENT + "/opombe/{removed_remark}/vrni",
        allow=_AUTHOR,
        denies=_NOT_THE_AUTHOR,
    ),
    public("reports.numbers", "/pomoc/stevilke"),
)


def furnish(session: Session, world: World) -> Mapping[str, object]:
    """A reading, two shared reports, a remark, one to remove and a removed one of the nurse."""
    owner, nurse = world.owner, world.people[NURSE]
    diary(session, owner)
    actor = Actor(nurse.id, owner.id, Basis.CARE_TEAM, frozenset({Role.NURSE}))
    days = reports.days_ending(LAST, 14)
    share, other_share = (
        reports.share(session, actor, owner.id, days, "", now=make.NOW) for _ in range(2)
    )
    new = reports.NewRemark(LAST, None, "Po zajtrku visoko.", Audience.TEAM)
    remark, other, removed = (
        reports.add_remark(session, actor, owner.id, new, now=make.NOW) for _ in range(3)
    )
    reports.remove_remark(session, actor, owner.id, removed.id, now=make.NOW)
    return {
        "share": share.id,
        "other_share": other_share.id,
        "remark": remark.id,
        "other_remark": other.id,
        "removed_remark": removed.id,
    }
