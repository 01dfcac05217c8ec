"""Rules offered with targets, who changed a patient's own rules, and rules that do not apply."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.alerts.figures import rule_words
from telehealth.alerts.models import Kind
from telehealth.alerts.service import STARTING, Sources, Threshold, applies
from telehealth.core.actor import Role
from telehealth.core.web.access import CSRF_FIELD
from telehealth.identity.models import Person
from telehealth.readings.models import SourceKind
from telehealth.targets import service as targets
from telehealth.targets.models import Population
from tests import make
from tests.alerts.test_pages import post, text_of
from tests.make import alerts as made

SignIn = Callable[[FlaskClient, Person], None]
NOW, DAY = make.NOW, timedelta(days=1)
PREGNANT = Population.PREGNANCY_TYPE1
SENSOR, METER = Sources(has_sensor=True, has_single=False), Sources(False, True)
BOTH, UNKNOWN = Sources(has_sensor=True, has_single=True), Sources(False, False)


@pytest.fixture
def around(session: Session) -> made.Family:
    return made.family(session)


@pytest.fixture
def as_doctor(client: FlaskClient, sign_in: SignIn, around: made.Family) -> FlaskClient:
    sign_in(client, around.doctor)
    return client


def save(client: FlaskClient, patient: Person, **fields: str) -> str:
    path = f"/pacienti/{patient.id}/cilji"
    page = client.get(path).get_data(as_text=True)
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    form = {CSRF_FIELD: token, "range": "usual", "goals": "usual", **fields}
    return text_of(client.post(path, data=form, follow_redirects=True))


def low_of(session: Session, patient: Person) -> alerts.Rule:
    session.expire_all()
    return made.rule(session, patient, Kind.LOW)


def test_the_form_of_targets_shows_what_the_rules_become(
    as_doctor: FlaskClient, around: made.Family
) -> None:
    page = as_doctor.get(f"/pacienti/{around.patient.id}/cilji").get_data(as_text=True)
    pregnancy = page.split('data-population="pregnancy-type1"')[1].split("</div>")[0]
    adults = page.split('data-population="adult"')[1].split("</div>")[0]

    assert 'name="rules" value="take" checked' in page
    assert "below 3.9 mmol/L" in pregnancy
    assert "below 3.5 mmol/L" in pregnancy
    assert "below 3.5 mmol/L" not in adults
    assert "unchanged" in adults


def test_with_the_tick_the_rules_of_the_population_hold(
    as_doctor: FlaskClient, session: Session, around: made.Family
) -> None:
    save(as_doctor, around.patient, population=PREGNANT.value, rules="take")

    low = low_of(session, around.patient)
    assert (low.threshold, low.is_own) == (Threshold(35, Unit.MMOL_L), False)


def test_without_the_tick_the_rules_of_now_stay_and_the_history_says_so(
    as_doctor: FlaskClient, session: Session, around: made.Family
) -> None:
    save(as_doctor, around.patient, population=PREGNANT.value)

    low = low_of(session, around.patient)
    assert (low.threshold, low.is_own) == (STARTING[Kind.LOW].threshold, True)
    assert not made.rule(session, around.patient, Kind.HIGH).is_on
    assert not made.rule(session, around.patient, Kind.URGENT_LOW).is_own
    words = text_of(as_doctor.get(f"/pacienti/{around.patient.id}/opozorila"))
    assert "Who changed them" in words


def test_an_own_rule_stays_in_any_case(session: Session, around: made.Family) -> None:
    doctor = made.as_team(around.doctor, around.patient, Role.DOCTOR)
    own = replace(STARTING[Kind.LOW], threshold=Threshold(42, Unit.MMOL_L))
    alerts.set_rule(session, doctor, around.patient.id, own, now=NOW)
    offered = alerts.offers(session, doctor, around.patient.id, now=NOW)[PREGNANT]
    shown = next(one for one in offered if one.after.kind is Kind.LOW)
    assert not shown.is_changed
    assert shown.after.is_own

    targets.set_targets(session, doctor, around.patient.id, targets.NewTargets(PREGNANT), now=NOW)

    assert low_of(session, around.patient).threshold == own.threshold


def test_what_is_offered_is_what_holds_afterwards(session: Session, around: made.Family) -> None:
    doctor = made.as_team(around.doctor, around.patient, Role.DOCTOR)
    for population in Population:
        offered = alerts.offers(session, doctor, around.patient.id, now=NOW)[population]
        targets.set_targets(
            session, doctor, around.patient.id, targets.NewTargets(population), now=NOW
        )
        book = alerts.in_force(session, around.patient.id, now=NOW)

        assert [one.after for one in offered] == [book[one.after.kind] for one in offered]


def test_the_api_shows_them_and_takes_them_or_not(
    client: FlaskClient, session: Session, around: made.Family
) -> None:
    header = make.bearer(session, around.doctor)
    session.commit()
    path = f"/api/v1/patients/{around.patient.id}/targets"

    offered = client.get(path, headers=header).json["alert_rules"]["pregnancy-type1"]
    low = next(one for one in offered if one["kind"] == "low")
    wanted = {"population": "pregnancy-type1", "takes_rules": False}
    answer = client.put(path, headers=header, json=wanted)

    assert (low["before"]["threshold"]["value"], low["after"]["threshold"]["value"]) == (
        "3.9", "3.5",
    )  # fmt: skip
    assert answer.status_code == 200
    assert low_of(session, around.patient).is_own


def test_who_changed_a_patients_own_rules_when_and_why_is_on_the_patients_page(
    as_doctor: FlaskClient, around: made.Family
) -> None:
    path = f"/pacienti/{around.patient.id}/opozorila"
    post(
        as_doctor, f"{path}/pravila/urgent_low", is_on="yes", threshold="2,8", unit="mmol/L",
        repeat_min="15", proxy_min="5", nurse_min="15", doctor_min="30", reason="palliative care",
    )  # fmt: skip

    words = text_of(as_doctor.get(path)).split("Who changed them")[1]

    assert "below 2.8 mmol/L" in words
    assert "Miha Kovač, today at 10:00" in words
    assert "Why: palliative care" in words


@pytest.mark.parametrize("sources", [SENSOR, METER, BOTH, UNKNOWN])
def test_what_cannot_fire_does_not_apply(sources: Sources) -> None:
    silent = STARTING[Kind.NO_DATA]

    assert applies(silent, sources) is sources.has_sensor
    assert applies(replace(silent, is_own=True), sources)
    assert all(applies(STARTING[kind], sources) for kind in (Kind.LOW, Kind.VERY_HIGH))


@pytest.mark.parametrize(
    ("kind", "sources", "words"),
    [
        (Kind.VERY_HIGH, METER, "above 13.9 mmol/L, 2 values within 4 h"),
        (Kind.VERY_HIGH, SENSOR, "above 13.9 mmol/L for 1 h"),
        (
            Kind.VERY_HIGH, BOTH,
            "above 13.9 mmol/L: a sensor for 1 h, or 2 values within 4 h",
        ),
        (
            Kind.VERY_HIGH, UNKNOWN,
            "above 13.9 mmol/L: a sensor for 1 h, or 2 values within 4 h",
        ),
        (Kind.LOW, METER, "below 3.9 mmol/L, at once"),
        (Kind.LOW, SENSOR, "below 3.9 mmol/L for 10 min"),
        (Kind.LOW, BOTH, "below 3.9 mmol/L: a sensor for 10 min, a single value at once"),
        (Kind.URGENT_LOW, BOTH, "below 3.0 mmol/L, at once"),
    ],
)  # fmt: skip
def test_the_words_say_what_counts_for_what_a_person_measures_with(
    kind: Kind, sources: Sources, words: str
) -> None:
    def say(text: str, **named: object) -> str:
        return text % named

    assert rule_words(STARTING[kind], say, "en", sources) == words


def test_silence_does_not_apply_to_somebody_with_a_meter_on_any_page(
    client: FlaskClient, sign_in: SignIn, session: Session, around: made.Family
) -> None:
    made.arrives(session, around.patient, "6.0 mmol/L", kind=SourceKind.METER)
    header = make.bearer(session, around.patient)
    for who, path in (
        (around.patient, "/opozorila"),
        (around.nurse, f"/pacienti/{around.patient.id}/opozorila"),
    ):
        sign_in(client, who)
        words = text_of(client.get(path))
        assert ": does not apply It watches sensors" in words
        assert "2 values within 4 h" in words
        assert "a sensor for 1 h" not in words

    answer = client.get(f"/api/v1/patients/{around.patient.id}/alerts", headers=header)

    applied = {rule["kind"]: rule["applies"] for rule in answer.json["rules"]}
    assert applied == {
        "urgent_low": True, "low": True, "high": True, "very_high": True, "no_data": False,
    }  # fmt: skip


def test_silence_applies_for_a_week_after_a_sensors_last_value(
    session: Session, around: made.Family
) -> None:
    made.arrives(session, around.patient, "6.0 mmol/L")
    actor = made.as_self(around.patient)

    for later, is_expected in ((6 * DAY, True), (7 * DAY, False)):
        found = alerts.of_patient(session, actor, around.patient.id, now=NOW + later)
        silent = next(rule for rule in found.rules if rule.kind is Kind.NO_DATA)
        assert applies(silent, found.sources) is is_expected
