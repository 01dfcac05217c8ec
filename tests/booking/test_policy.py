"""The policy of booking as a table: who may do what."""

from datetime import timedelta

import pytest

from telehealth.booking import policy
from telehealth.booking.models import Channel, Modality, Status
from telehealth.booking.policy import Times
from telehealth.core.actor import Actor, Basis, Role, system
from telehealth.core.errors import Conflict, NotAllowed, Refusal
from tests.make.booking import NOW

PATIENT, WORKER, OTHER = 1, 2, 3
DOCTOR = frozenset({Role.DOCTOR})
NURSE = frozenset({Role.NURSE})
ADMIN = frozenset({Role.ADMIN})

ACTORS = {
    "patient": Actor(PATIENT, PATIENT, Basis.SELF),
    "guardian": Actor(OTHER, PATIENT, Basis.GUARDIAN, representation_id=7),
    "proxy": Actor(OTHER, PATIENT, Basis.MANDATE, representation_id=7),
    "health-care proxy": Actor(OTHER, PATIENT, Basis.HEALTH_CARE_PROXY, representation_id=7),
    "doctor of the team": Actor(WORKER, PATIENT, Basis.CARE_TEAM, DOCTOR),
    "other doctor of the team": Actor(OTHER, PATIENT, Basis.CARE_TEAM, DOCTOR),
    "nurse of the team": Actor(OTHER, PATIENT, Basis.CARE_TEAM, NURSE),
    "clinic staff": Actor(OTHER, PATIENT, Basis.CLINIC_STAFF, ADMIN),
    "doctor at the own calendar": Actor(WORKER, WORKER, Basis.SELF, DOCTOR),
    "other doctor": Actor(OTHER, OTHER, Basis.SELF, DOCTOR),
    "nurse at the own calendar": Actor(OTHER, OTHER, Basis.SELF, NURSE),
    "administrator": Actor(OTHER, OTHER, Basis.SELF, ADMIN),
    "doctor as somebody's proxy": Actor(WORKER, PATIENT, Basis.MANDATE, DOCTOR, 7),
    "device": Actor(PATIENT, PATIENT, Basis.DEVICE),
    "system": system("outbox:1", PATIENT),
    "nobody's subject": Actor(PATIENT, None, Basis.SELF),
}

SEES = {"patient", "guardian", "proxy", "health-care proxy", "doctor of the team",
        "other doctor of the team", "nurse of the team", "clinic staff",
        "doctor as somebody's proxy"}  # fmt: skip
AS_PATIENTS_OF_THEIR_OWN = {"doctor at the own calendar", "other doctor",
                            "nurse at the own calendar", "administrator"}  # fmt: skip
SAYS_THE_CHANNEL = {"doctor of the team", "other doctor of the team", "nurse of the team",
                    "clinic staff"}  # fmt: skip
OFFERS = {"doctor at the own calendar", "other doctor", "nurse at the own calendar"}
HOLDS = {"doctor of the team", "other doctor of the team", "nurse of the team",
         "doctor at the own calendar"}  # fmt: skip


def is_refused(deed: object) -> bool:
    assert callable(deed)
    try:
        deed()
    except Refusal:
        return True
    return False


@pytest.mark.parametrize("name", ACTORS)
def test_who_may_do_what(name: str):
    actor = ACTORS[name]
    deeds = {
        "see": lambda: policy.require_seeing(actor),
        "book": lambda: policy.require_acting(actor, is_child=False),
        "say the channel": lambda: policy.require_channel(actor, Channel.PHONE),
        "offer": lambda: policy.require_offering(actor),
        "hold": lambda: policy.require_holding(actor, PATIENT, WORKER),
    }
    expected = {
        "see": name in SEES | AS_PATIENTS_OF_THEIR_OWN,
        "book": name in SEES | AS_PATIENTS_OF_THEIR_OWN,
        "say the channel": name in SAYS_THE_CHANNEL,
        "offer": name in OFFERS,
        "hold": name in HOLDS,
    }

    assert {deed: not is_refused(act) for deed, act in deeds.items()} == expected


@pytest.mark.parametrize("name", sorted(SEES))
def test_what_is_seen_and_booked_is_the_subjects_alone(name: str):
    actor = ACTORS[name]

    assert policy.require_seeing(actor) == PATIENT
    assert policy.require_acting(actor, is_child=False) == (actor.person_id, PATIENT)


def test_a_child_sees_but_a_parent_books():
    child, parent = ACTORS["patient"], ACTORS["guardian"]

    policy.require_seeing(child)
    policy.require_acting(parent, is_child=True)
    with pytest.raises(NotAllowed) as refused:
        policy.require_acting(child, is_child=True)
    assert refused.value.code == "too_young"


def times(status: Status = Status.BOOKED, modality: Modality = Modality.VIDEO) -> Times:
    starts_at = NOW + timedelta(hours=2)
    return Times(starts_at, starts_at + timedelta(minutes=20), status, modality, 60)


@pytest.mark.parametrize(
    ("minutes", "patient_may", "clinic_may"),
    [
        (59, True, True),
        (60, True, True),
        (61, False, True),
        (120, False, True),
        (121, False, False),
    ],
)
def test_patients_change_until_an_hour_before_and_the_clinic_until_the_start(
    minutes: int, *, patient_may: bool, clinic_may: bool
):
    now = NOW + timedelta(minutes=minutes)

    assert policy.may_change(ACTORS["patient"], times(), now) is patient_may
    assert policy.may_change(ACTORS["proxy"], times(), now) is patient_may
    assert policy.may_change(ACTORS["nurse of the team"], times(), now) is clinic_may


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.BOOKED])
def test_what_has_begun_or_ended_is_not_changed_by_anybody(status: Status):
    for name in ("patient", "nurse of the team"):
        with pytest.raises(Conflict):
            policy.require_changing(ACTORS[name], times(status), NOW)


@pytest.mark.parametrize("modality", Modality)
@pytest.mark.parametrize("status", Status)
def test_a_call_is_open_only_for_video_that_is_not_over(status: Status, modality: Modality):
    is_open = modality is Modality.VIDEO and status in {
        Status.BOOKED,
        Status.ARRIVED,
        Status.IN_PROGRESS,
    }

    assert policy.is_joinable(times(status, modality), NOW + timedelta(hours=2)) is is_open
