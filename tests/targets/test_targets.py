from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import Invalid, NotAllowed, NotFound
from telehealth.core.outbox import OutboxEvent
from telehealth.glycemia.bands import Band, band
from telehealth.glycemia.presets import ADULTS, OLDER, PREGNANT_TYPE1, PREGNANT_TYPE2
from telehealth.identity.models import Person
from telehealth.targets import service as targets
from telehealth.targets.models import Population, TargetVersion
from telehealth.targets.service import NewTargets, OwnLimits
from tests import make


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def doctor(session: Session, ana: Person) -> Actor:
    worker = make.doctor(session, [ana])
    return Actor(worker.id, ana.id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))


def own(low: str, high: str, unit: Unit = Unit.MMOL_L, **more: object) -> NewTargets:
    limits = OwnLimits(unit, Decimal(low), Decimal(high))
    return NewTargets(Population.ADULT, limits, **more)


def test_whoever_has_no_targets_is_read_as_an_adult(session: Session, ana: Person):
    assert targets.current(session, [ana.id]) == {ana.id: ADULTS}
    assert targets.ranges_of(session, ana.id) is ADULTS.ranges
    assert targets.current(session, []) == {}


@pytest.mark.parametrize(
    ("population", "preset"),
    [
        (Population.ADULT, ADULTS),
        (Population.OLDER, OLDER),
        (Population.PREGNANCY_TYPE1, PREGNANT_TYPE1),
        (Population.PREGNANCY_TYPE2, PREGNANT_TYPE2),
    ],
)
def test_a_population_gives_its_published_range_and_goals(
    session: Session, ana: Person, doctor: Actor, population: Population, preset: object
):
    targets.set_targets(session, doctor, ana.id, NewTargets(population), now=make.NOW)

    assert targets.current(session, [ana.id])[ana.id] is preset


def test_an_own_range_is_agreed_in_one_unit_and_shown_in_both(
    session: Session, ana: Person, doctor: Actor
):
    shown = targets.set_targets(session, doctor, ana.id, own("4.4", "8.5"), now=make.NOW)

    assert shown.is_own
    assert shown.limits.shown(Unit.MMOL_L) == (Decimal("4.4"), Decimal("8.5"))
    assert shown.limits.shown(Unit.MG_DL) == (79, 153)
    ranges = targets.ranges_of(session, ana.id)
    assert band(44, Unit.MMOL_L, ranges) is Band.IN_RANGE
    assert band(43, Unit.MMOL_L, ranges) is Band.LOW
    assert band(29, Unit.MMOL_L, ranges) is Band.VERY_LOW
    assert band(154, Unit.MG_DL, ranges) is Band.HIGH
    assert band(251, Unit.MG_DL, ranges) is Band.VERY_HIGH


def test_own_limits_in_a_pregnancy_know_no_very_high_band(
    session: Session, ana: Person, doctor: Actor
):
    new = NewTargets(
        Population.PREGNANCY_TYPE2, OwnLimits(Unit.MMOL_L, Decimal("3.5"), Decimal("7.5"))
    )

    targets.set_targets(session, doctor, ana.id, new, now=make.NOW)

    assert band(300, Unit.MG_DL, targets.ranges_of(session, ana.id)) is Band.HIGH


@pytest.mark.parametrize(
    ("mmol", "mg"),
    [(("3.9", "10.0"), (70, 180)), (("3.5", "7.8"), (63, 140)), (("3.9", "7.8"), (70, 140))],
)
def test_published_pairs_of_limits_come_out_either_way(mmol: tuple[str, str], mg: tuple[int, int]):
    from_mmol = targets.derive(Unit.MMOL_L, Decimal(mmol[0]), Decimal(mmol[1]))
    from_mg = targets.derive(Unit.MG_DL, Decimal(mg[0]), Decimal(mg[1]))

    assert from_mmol == from_mg
    assert from_mmol.mg_dl == mg


@given(st.integers(31, 128), st.integers(10, 107))
def test_limits_in_mmol_stay_ordered_and_apart_in_mg(low: int, width: int):
    if low + width > 138:
        return
    found = targets.derive(Unit.MMOL_L, Decimal(low) / 10, Decimal(low + width) / 10)

    assert found.mg_dl[0] >= 55
    assert found.mg_dl[0] + 16 <= found.mg_dl[1] <= 249


@given(st.integers(55, 231), st.integers(18, 194))
def test_limits_in_mg_stay_ordered_and_apart_in_mmol(low: int, width: int):
    if low + width > 249:
        return
    found = targets.derive(Unit.MG_DL, Decimal(low), Decimal(low + width))

    assert found.mmol_l[0] >= 31
    assert found.mmol_l[0] + 9 <= found.mmol_l[1] <= 138


@pytest.mark.parametrize(
    ("low", "high", "unit", "code"),
    [
        ("3.0", "10.0", Unit.MMOL_L, "too_low"),
        ("3.9", "13.9", Unit.MMOL_L, "too_high"),
        ("3.9", "4.8", Unit.MMOL_L, "too_close"),
        ("8.0", "4.0", Unit.MMOL_L, "too_close"),
        ("3.95", "10.0", Unit.MMOL_L, "digits"),
        ("70.5", "180", Unit.MG_DL, "digits"),
        ("NaN", "180", Unit.MG_DL, "digits"),
        ("3.9", "10", Unit.MG_DL, "digits"),
        ("54", "180", Unit.MG_DL, "too_low"),
        ("70", "250", Unit.MG_DL, "too_high"),
    ],
)
def test_impossible_limits_are_refused_by_field(low: str, high: str, unit: Unit, code: str):
    with pytest.raises(Invalid) as refused:
        targets.derive(unit, Decimal(low), Decimal(high))

    assert refused.value.errors[0].code == code


def test_own_goals_stand_beside_the_population(session: Session, ana: Person, doctor: Actor):
    new = NewTargets(Population.PREGNANCY_TYPE2, goals={"tir_pct": 90.0}, note="Po dogovoru")

    shown = targets.set_targets(session, doctor, ana.id, new, now=make.NOW)

    assert shown.preset.ranges.edges == PREGNANT_TYPE2.ranges.edges
    assert shown.preset.goals["tir_pct"].is_minimum
    assert set(shown.preset.goals) == {"tir_pct"}


@pytest.mark.parametrize(
    "goals",
    [
        {"tir_pct": 0.0},
        {"tir_pct": 100.0},
        {"tir_pct": float("nan")},
        {"below_54_pct": 5.0, "below_target_pct": 4.0},
        {"above_250_pct": 30.0, "above_target_pct": 25.0},
    ],
)
def test_goals_that_cannot_be_are_refused(
    session: Session, ana: Person, doctor: Actor, goals: dict[str, float | None]
):
    with pytest.raises(Invalid):
        targets.set_targets(
            session, doctor, ana.id, NewTargets(Population.ADULT, goals=goals), now=make.NOW
        )
    assert targets.history(session, ana.id) == []


def test_every_version_stays_with_who_and_why(session: Session, ana: Person, doctor: Actor):
    targets.set_targets(session, doctor, ana.id, own("4.0", "9.0", note="prvi"), now=make.NOW)
    older = NewTargets(Population.OLDER, note="drugi")
    targets.set_targets(session, doctor, ana.id, older, now=make.NOW)

    now_set, earlier = targets.look(session, doctor, ana.id, now=make.NOW)

    assert (now_set.population, now_set.note, now_set.set_by) == (
        Population.OLDER,
        "drugi",
        "Miha Kovač",
    )
    assert [version.note for version in earlier] == ["prvi"]
    assert targets.current(session, [ana.id])[ana.id] is OLDER


def test_setting_the_same_again_adds_no_version_and_tells_nobody(
    session: Session, ana: Person, doctor: Actor
):
    for _ in range(2):
        targets.set_targets(session, doctor, ana.id, own("4.0", "9.0"), now=make.NOW)
    session.flush()

    told = session.scalars(select(OutboxEvent).where(OutboxEvent.topic == "targets.changed")).all()
    assert [event.payload for event in told] == [{"patient_id": ana.id}]
    assert len(targets.history(session, ana.id)) == 1


@pytest.mark.parametrize("basis", sorted(set(Basis) - {Basis.CARE_TEAM}))
def test_only_the_care_team_sets_targets(session: Session, ana: Person, basis: Basis):
    actor = Actor(ana.id, ana.id, basis, frozenset({Role.DOCTOR}))

    with pytest.raises(NotAllowed):
        targets.set_targets(session, actor, ana.id, own("4.0", "9.0"), now=make.NOW)


def test_targets_of_somebody_else_are_not_found(session: Session, ana: Person, doctor: Actor):
    other = make.patient(session)

    with pytest.raises(NotFound):
        targets.set_targets(session, doctor, other.id, own("4.0", "9.0"), now=make.NOW)
    with pytest.raises(NotFound):
        targets.look(session, doctor, other.id, now=make.NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mg_low": 40},
        {"mg_low": 180, "mg_high": 70},
        {"mmol_low": 100, "mmol_high": 39},
        {"mmol_high": 150},
        {"tir_pct": 0.0},
        {"tir_pct": 100.0},
        {"below_54_pct": 9.0},
        {"above_250_pct": 60.0},
    ],
)
def test_the_database_refuses_targets_that_cannot_be(
    session: Session, ana: Person, wrong: dict[str, float]
):
    right = {
        "mg_low": 70, "mg_high": 180, "mmol_low": 39, "mmol_high": 100,
        "tir_pct": 70.0, "below_target_pct": 4.0, "above_target_pct": 25.0,
    }  # fmt: skip
    session.add(
        TargetVersion(
            patient_id=ana.id,
            population=Population.ADULT,
            note="",
            set_by_id=ana.id,
            set_at=make.NOW,
            **{**right, **wrong},
        )
    )

    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@pytest.mark.parametrize(
    "statement", ["UPDATE target_version SET note = 'x'", "DELETE FROM target_version"]
)
def test_the_database_refuses_to_rewrite_history(
    session: Session, ana: Person, doctor: Actor, statement: str
):
    targets.set_targets(session, doctor, ana.id, own("4.0", "9.0"), now=make.NOW)
    session.flush()

    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))
    session.rollback()
