"""Thresholds in both units, and what a rule may say."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.glucose import Unit
from telehealth.alerts.models import Kind
from telehealth.alerts.service.rule import KINDS, STARTING, Rule, Threshold, flaws

MMOL, MG = Unit.MMOL_L, Unit.MG_DL


@pytest.mark.parametrize(
    ("kind", "tick", "unit", "is_beyond"),
    [
        (Kind.URGENT_LOW, 29, MMOL, True),
        (Kind.URGENT_LOW, 30, MMOL, False),
        (Kind.URGENT_LOW, 53, MG, True),
        (Kind.URGENT_LOW, 54, MG, False),
        (Kind.LOW, 38, MMOL, True),
        (Kind.LOW, 39, MMOL, False),
        (Kind.LOW, 69, MG, True),
        (Kind.LOW, 70, MG, False),
        (Kind.HIGH, 100, MMOL, False),
        (Kind.HIGH, 101, MMOL, True),
        (Kind.HIGH, 180, MG, False),
        (Kind.HIGH, 181, MG, True),
        (Kind.VERY_HIGH, 139, MMOL, False),
        (Kind.VERY_HIGH, 140, MMOL, True),
        (Kind.VERY_HIGH, 250, MG, False),
        (Kind.VERY_HIGH, 251, MG, True),
    ],
)
def test_a_value_is_judged_in_its_own_unit(
    kind: Kind, tick: int, unit: Unit, *, is_beyond: bool
) -> None:
    assert STARTING[kind].is_beyond(tick, unit) is is_beyond


def test_the_boundary_of_pregnancy_is_the_guidelines_in_both_units() -> None:
    assert Threshold(78, MMOL).tick_in(MG) == 140
    assert Threshold(140, MG).tick_in(MMOL) == 78
    assert Threshold(35, MMOL).tick_in(MG) == 63


def test_another_boundary_is_rounded() -> None:
    assert Threshold(45, MMOL).tick_in(MG) == 81
    assert Threshold(81, MG).tick_in(MMOL) == 45


@given(st.integers(20, 300))
def test_there_and_back_is_the_same_in_tenths(tenths: int) -> None:
    there = Threshold(Threshold(tenths, MMOL).tick_in(MG), MG)

    assert there.tick_in(MMOL) == tenths


def test_what_a_clinic_starts_with_has_no_flaw() -> None:
    for kind in KINDS:
        assert flaws(STARTING[kind], STARTING) == ()


def rule(kind: Kind, **changes: object) -> Rule:
    return replace(STARTING[kind], **changes)  # type: ignore[arg-type]  # names of fields


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (rule(Kind.LOW, threshold=None), "#/threshold"),
        (rule(Kind.LOW, threshold=Threshold(390, MMOL)), "#/threshold"),
        (rule(Kind.URGENT_LOW, threshold=Threshold(22, MG)), "#/threshold"),
        (rule(Kind.LOW, threshold=Threshold(30, MMOL)), None),
        (rule(Kind.URGENT_LOW, threshold=Threshold(39, MMOL)), None),
        (rule(Kind.VERY_HIGH, threshold=Threshold(100, MMOL)), None),
        (rule(Kind.HIGH, threshold=Threshold(150, MMOL)), "#/threshold"),
        (rule(Kind.NO_DATA, threshold=Threshold(39, MMOL)), "#/threshold"),
        (rule(Kind.URGENT_LOW, delay_min=5), "#/delay_min"),
        (rule(Kind.HIGH, delay_min=241), "#/delay_min"),
        (rule(Kind.NO_DATA, delay_min=10), "#/delay_min"),
        (rule(Kind.NO_DATA, delay_min=3 * 24 * 60), None),
        (rule(Kind.LOW, repeat_min=4), "#/repeat_min"),
        (rule(Kind.LOW, repeat_min=0), None),
        (rule(Kind.LOW, nurse_min=5), "#/nurse_min"),
        (rule(Kind.LOW, proxy_min=None, nurse_min=0), None),
        (rule(Kind.LOW, doctor_min=1441), "#/doctor_min"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(
    wanted: Rule, field: str | None
) -> None:
    found = [flaw.pointer for flaw in flaws(wanted, STARTING)]

    assert found == ([field] if field else [])
