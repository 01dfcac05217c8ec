"""The fast row reader against the plain schema: they must agree on everything but speed."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from devices.glucose import Unit
from telehealth.core.errors import TooLarge
from telehealth.glycemia.entered import Digits
from telehealth.readings.models import Meal, SourceKind
from telehealth.readings.schemas import BatchSchema, PlainBatchSchema
from telehealth.readings.schemas.rows import read_row
from telehealth.readings.service import NewReading

GOOD = {
    "key": "k1",
    "measured_at": "2026-11-23T07:40:00+01:00",
    "value": "7.2",
    "unit": "mmol/L",
    "source": "meter",
}

values = st.one_of(
    st.decimals(min_value=0, max_value=700, places=2, allow_nan=False).map(str),
    st.decimals(min_value=0, max_value=40, places=1, allow_nan=False).map(float),
    st.integers(-5, 12_000),
    st.floats(),
    st.sampled_from(
        [
            "7,2",
            "7.",
            ".5",
            "+7.2",
            " 7.2",
            "1e1",
            "007.2",
            "7.2000",
            "\u0667.\u0662",
            "",
            "10.000",
            10**5000,
        ]
    ),
    st.booleans(),
)
instants = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001 - given a zone below
    datetime(9999, 12, 30),  # noqa: DTZ001
).flatmap(
    lambda wall: st.sampled_from(
        [
            wall.isoformat(),
            wall.replace(tzinfo=UTC).isoformat(),
            wall.replace(tzinfo=timezone(timedelta(hours=5, minutes=45))).isoformat(),
            wall.strftime("%Y%m%dT%H%M%SZ"),
            wall.replace(tzinfo=timezone(timedelta(hours=23))).isoformat(),
        ]
    )
)
texts = st.one_of(
    st.text(max_size=210), st.sampled_from(["\0", "\ud800", "ž", ""]), st.integers(), st.none()
)
rows = st.one_of(
    st.fixed_dictionaries(
        {
            "key": texts,
            "measured_at": st.one_of(instants, texts),
            "value": values,
            "unit": st.sampled_from(["mmol/L", "mg/dL", "mmol/l", None, 1, [], "g/L"]),
            "source": st.sampled_from(["manual", "meter", "cgm", "pump", None, {}]),
        },
        optional={
            "meal": st.sampled_from(["fasting", "before_lunch", "", "brunch", None, 3]),
            "note": texts,
            "device": texts,
            "patient": texts,
            "sure": st.sampled_from([True, False, None, 1, 0, "true"]),
        },
    ),
    st.builds(
        lambda changes: GOOD | changes,
        st.dictionaries(
            st.sampled_from(["value", "key", "note", "measured_at"]),
            st.one_of(values, texts, instants),
            max_size=2,
        ),
    ),
    st.builds(
        lambda name: {k: v for k, v in GOOD.items() if k != name}, st.sampled_from(sorted(GOOD))
    ),
    st.none(),
    st.integers(),
    st.lists(st.integers(), max_size=2),
    st.text(max_size=3),
)


@given(st.lists(rows, max_size=6))
@example([GOOD | {"value": True}])
@example([GOOD | {"value": "12", "unit": "mg/dL", "source": "manual"}])
@example([GOOD | {"value": "12", "unit": "mg/dL", "source": "manual", "sure": True}])
@example([GOOD | {"value": "24.95", "unit": "mmol/L", "source": "manual"}])
@example([GOOD | {"value": float("nan")}])
@example([GOOD | {"value": 10**5000}])
@example([GOOD | {"measured_at": "0001-01-01T00:00:00+14:00"}])
@example([GOOD | {"measured_at": "2026-11-23T07:40:00"}])
def test_the_fast_reader_agrees_with_the_plain_schema(batch: list[Any]):
    taken, refused = BatchSchema().load({"readings": batch})

    accepted, rejected = {}, set()
    for place, row in enumerate(batch):
        try:
            accepted[place] = PlainBatchSchema().load({"readings": [row]})["readings"][0]
        except ValidationError:
            rejected.add(place)

    assert {row.row for row in refused} == rejected
    assert {row.row: row._replace(row=0) for row in taken} == accepted


def test_a_row_is_read_exactly_as_written():
    row = GOOD | {
        "value": "7.20",
        "meal": "before_breakfast",
        "note": "po teku",
        "device": "Contour",
    }

    assert read_row(4, row) == NewReading(
        row=4,
        key="k1",
        measured_at=datetime(2026, 11, 23, 6, 40, tzinfo=UTC),
        offset_min=60,
        digits=Digits(720, 2),
        unit=Unit.MMOL_L,
        kind=SourceKind.METER,
        device="Contour",
        meal=Meal.BEFORE_BREAKFAST,
        note="po teku",
    )


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"value": True}, "value", "not_a_number"),
        ({"value": float("nan")}, "value", "not_a_number"),
        ({"value": float("inf")}, "value", "not_a_number"),
        ({"value": 10**5000}, "value", "not_measurable"),
        ({"value": "7;2"}, "value", "not_a_number"),
        ({"value": 72}, "value", "not_measurable"),
        ({"value": "33.4"}, "value", "not_measurable"),
        ({"value": "0.5"}, "value", "not_measurable"),
        ({"value": 9, "unit": "mg/dL"}, "value", "not_measurable"),
        ({"value": 601, "unit": "mg/dL"}, "value", "not_measurable"),
        ({"value": -7.2}, "value", "not_measurable"),
        ({"value": "7.12345"}, "value", "too_precise"),
        ({"value": None}, "value", "missing"),
        ({"unit": "g/L"}, "unit", "unknown_unit"),
        ({"unit": ["mmol/L"]}, "unit", "unknown_unit"),
        ({"measured_at": "2026-11-23T07:40:00"}, "measured_at", "naive_time"),
        ({"measured_at": "2026-11-23"}, "measured_at", "naive_time"),
        ({"measured_at": 1795416000}, "measured_at", "bad_time"),
        ({"measured_at": "yesterday"}, "measured_at", "bad_time"),
        ({"key": ""}, "key", "empty"),
        ({"key": 7}, "key", "not_text"),
        ({"key": "x" * 201}, "key", "too_long"),
        ({"key": "a\0b"}, "key", "not_text"),
        ({"source": "pump"}, "source", "unknown_source"),
        ({"meal": "brunch"}, "meal", "unknown_meal"),
        ({"note": "x" * 501}, "note", "too_long"),
        ({"patient": 5}, "patient", "unknown_field"),
    ],
)
def test_a_bad_row_says_which_field_and_why(change: dict[str, Any], field: str, code: str):
    rejection = read_row(3, GOOD | change)

    assert (rejection.row, rejection.field, rejection.code) == (3, field, code)


@pytest.mark.parametrize("row", [None, 5, "x", [], [GOOD]])
def test_a_row_that_is_no_object_is_rejected(row: Any):
    assert read_row(0, row).code == "not_an_object"


@pytest.mark.parametrize("value", ["0.6", "33.3", 33.3, "5", "9.999", "33.30"])
def test_the_ends_of_what_meters_show_are_taken(value: Any):
    assert isinstance(read_row(0, GOOD | {"value": value}), NewReading)


def test_numbers_of_json_keep_the_digits_they_were_written_with():
    given_row = json.loads(json.dumps(GOOD | {"value": 7.2}))

    assert read_row(0, given_row).digits == Digits(72, 1)


def test_the_envelope_is_strict():
    for body in ({}, {"readings": {}}, {"readings": None}, {"readings": [], "extra": 1}):
        with pytest.raises(ValidationError):
            BatchSchema().load(body)
    with pytest.raises(TooLarge):
        BatchSchema().load({"readings": [GOOD] * 5_001})
