"""Glucose as a value: exact, bounded, converted once."""

import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.glucose import Glucose, Unit, is_believable, record_key

BASE = bytes.fromhex("ea070415081e00")


def key(**changed: Any):
    given_ = {
        "sequence": 7,
        "base": BASE,
        "unit_bit": False,
        "value_bytes": b"\x78\xb0\x11",
    } | changed
    return record_key(given_.pop("meter", "Roche|Guide|1"), **given_)


@pytest.mark.parametrize("text", ["0", "-1", "55.6", "NaN", "Infinity", "sNaN"])
def test_a_value_no_meter_can_show_is_not_a_glucose(text: str):
    with pytest.raises(ValueError, match="out of range"):
        Glucose(Decimal(text), Unit.MMOL_L)


def test_a_value_stays_as_it_was_given():
    assert Glucose(Decimal("7.20"), Unit.MMOL_L).number_in(Unit.MMOL_L) == Decimal("7.20")
    assert str(Glucose(Decimal("1.0E+2"), Unit.MG_DL)) == "100 mg/dL"


@pytest.mark.parametrize(
    ("mg_dl", "mmol_l"), [(145, "8.0"), (111, "6.2"), (112, "6.2"), (180, "10.0"), (70, "3.9")]
)
def test_the_other_unit_is_shown_as_meters_show_it(mg_dl: int, mmol_l: str):
    assert Glucose(Decimal(mg_dl), Unit.MG_DL).shown_in(Unit.MMOL_L) == Decimal(mmol_l)


@given(st.integers(20, 700))
def test_there_and_back_shows_the_same_whole_number(mg_dl: int):
    there = Glucose(Decimal(mg_dl), Unit.MG_DL).number_in(Unit.MMOL_L)

    assert Glucose(there, Unit.MMOL_L).shown_in(Unit.MG_DL) == mg_dl


@pytest.mark.parametrize(
    ("value", "unit", "is_blood"),
    [("20", Unit.MG_DL, True), ("19.9", Unit.MG_DL, False), ("701", Unit.MG_DL, False),
     ("1.1", Unit.MMOL_L, False), ("1.2", Unit.MMOL_L, True), ("-10000", Unit.MG_DL, False),
     ("NaN", Unit.MG_DL, False)],
)  # fmt: skip
def test_only_numbers_blood_can_have_are_believed(value: str, unit: Unit, *, is_blood: bool):
    assert is_believable(Decimal(value), unit) is is_blood


def test_the_key_is_the_same_for_the_same_record_and_no_other():
    others = [
        key(meter="Roche|Guide|2"),
        key(sequence=8),
        key(sequence=None),
        key(base=BASE[:-1] + b"\x01"),
        key(unit_bit=True),
        key(value_bytes=b"\x79\xb0\x11"),
    ]

    assert key() == key()
    assert len({key(), *others}) == 7


def test_the_vocabulary_loads_nothing_beyond_the_standard_library():
    asked = "import sys, devices.glucose; print([m for m in sys.modules if m.split('.')[0] in "
    asked += "('bleak', 'dbus_fast', 'httpx', 'click', 'flask', 'sqlalchemy', 'sqlite3')])"
    answer = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "[]"
