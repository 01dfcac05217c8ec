"""Doors of targets: the patient's people read, doctors and nurses of the care team set."""

from tests.access.matrix import DOCTOR, NURSE, PATIENT, PROXY, door

_TEAM = {DOCTOR: 200, NURSE: 200}
_READERS = _TEAM | {PATIENT: 200, PROXY: 200}
_OWN_SIDE = {PATIENT: 403, PROXY: 403}
_TARGETS = {"population": "older"}
_PLAN = {"slots": [{"slot": "bedtime", "days": ["mon"], "starts": "21:00", "ends": "23:00"}]}
_PAGE = {
    "population": "adult", "range": "own", "low": "4", "high": "9", "unit": "mmol/L",
}  # fmt: skip
_PLAN_PAGE = {
    "bedtime-day": "0", "bedtime-from": "21:00", "bedtime-until": "23:00", "tolerance_min": "30",
}  # fmt: skip

ROWS = (
    door("targets.edit", "GET", "/pacienti/{owner}/cilji", allow=_TEAM),
    door(
        "targets.edit",
        "POST",
        "/pacienti/{owner}/cilji",
        form=_PAGE,
        allow=dict.fromkeys(_TEAM, 303),
    ),
    door("targets.edit_plan", "GET", "/pacienti/{owner}/nacrt", allow=_TEAM),
    door(
        "targets.edit_plan",
        "POST",
        "/pacienti/{owner}/nacrt",
        form=_PLAN_PAGE,
        allow=dict.fromkeys(_TEAM, 303),
    ),
    door("targets_api.find", "GET", "/api/v1/patients/{owner}/targets", allow=_READERS),
    door(
        "targets_api.set_targets",
        "PUT",
        "/api/v1/patients/{owner}/targets",
        json=_TARGETS,
        allow=_TEAM,
        denies=_OWN_SIDE,
    ),
    door("targets_api.find_plan", "GET", "/api/v1/patients/{owner}/plan", allow=_READERS),
    door(
        "targets_api.set_plan",
        "PUT",
        "/api/v1/patients/{owner}/plan",
        json=_PLAN,
        allow=_TEAM,
        denies=_OWN_SIDE,
    ),
)
