"""Journey 1: a patient writes down a reading and sees it in the list and in the chart."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from telehealth.core.clock import local
from telehealth.identity.models import Person
from tests import make
from tests.make.readings import long_diary, sensor_days


def _write(
    page: Page,
    value: str,
    *,
    unit: str = "mmol/L",
    meal: str = "before breakfast",
    note: str = "",
) -> None:
    page.goto("/dnevnik/nova")
    page.fill("#value", value)
    page.get_by_text(unit, exact=True).click()
    page.get_by_text(meal, exact=True).click()
    page.locator("#more summary").click()
    page.fill("#note", note)
    page.get_by_role("button", name="Save").click()


def test_a_reading_before_breakfast_stands_in_the_list_and_in_the_chart(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    page = enter(people(make.patient))

    _write(page, "7.2", note="slept badly")

    expect(page.get_by_role("status").or_(page.locator(".toast, .flash")).first).to_be_visible()
    entry = page.locator("li.entry").first
    expect(entry).to_contain_text("7.2")
    expect(entry).to_contain_text("before breakfast")
    expect(entry).to_contain_text("slept badly")
    chart = page.locator("glucose-chart")
    expect(chart.locator(".main-svg").first).to_be_visible()
    expect(chart.locator(".scatterlayer .point").first).to_be_attached()
    drawn = page.evaluate(
        """() => {
            const plot = document.querySelector('.js-plotly-plot');
            return {
                values: plot.data.flatMap((trace) => Array.from(trace.y ?? [])),
                bands: (plot.layout.shapes ?? []).length,
                position: getComputedStyle(plot.querySelector(".main-svg")).position,
            };
        }"""
    )
    assert 7.2 in drawn["values"]
    assert drawn["bands"] >= 1, "the target band is drawn"
    assert drawn["position"] == "absolute", "Plotly's own rules came through the strict policy"


def test_the_same_form_takes_mg_dl_once_and_keeps_the_unit_of_the_diary(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    page = enter(people(make.patient))

    _write(page, "128", unit="mg/dL")

    expect(page.locator("li.entry").first).to_contain_text("128")
    page.goto("/dnevnik/nova")
    assert page.locator("input[name=unit]:checked").get_attribute("value") == "mmol/L"
    page.goto("/dnevnik")
    page.locator("form[data-unit] label.chip", has_text="mg/dL").click()
    page.get_by_role("button", name="Use this unit").click()
    page.goto("/dnevnik/nova")
    assert page.locator("input[name=unit]:checked").get_attribute("value") == "mg/dL"


def test_without_javascript_a_reading_is_written_and_seen(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    page = enter(people(make.patient), language="sl", javascript=False)

    page.goto("/dnevnik/nova")
    page.fill("#value", "7,2")
    page.get_by_text("pred zajtrkom", exact=True).click()
    page.get_by_role("button", name="Shrani").click()

    expect(page.locator("li.entry").first).to_contain_text("7,2")
    expect(page.locator("svg[role=img], svg.sparkline, table").first).to_be_attached()


@pytest.mark.parametrize(
    ("value", "late", "field"),
    [("72", "", "value"), ("seven", "", "value"), ("7.2", "late", "time")],
    ids=["72 mmol/L", "text", "a time in the future"],
)
def test_nonsense_is_refused_beside_the_field_and_nothing_typed_is_lost(
    people: Callable[..., Any], enter: Callable[..., Page], value: str, late: str, field: str
) -> None:
    page = enter(people(make.patient), javascript=False)
    page.goto("/dnevnik/nova")

    page.fill("#value", value)
    page.get_by_text("mmol/L", exact=True).click()
    page.get_by_text("before sleep", exact=True).click()
    page.locator("#more summary").click()
    page.fill("#note", "after a walk")
    if late:
        page.locator("#moment summary").click()
        page.fill("#time", f"{local(make.NOW) + timedelta(hours=2):%H:%M}")
    page.get_by_role("button", name="Save").click()

    sentence = page.locator(f"#{field}-error")
    expect(sentence).to_be_visible()
    if value == "72":
        expect(sentence).to_contain_text("7.2")
    assert page.locator("#value").input_value() == value
    assert page.locator("#note").input_value() == "after a walk"
    assert page.locator("input[name=meal]:checked").get_attribute("value") == "bedtime"


def test_looking_closer_at_ninety_days_draws_every_reading_and_zooming_out_the_whole(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    def with_sensor(session: Session) -> Person:
        ana = make.patient(session)
        long_diary(session, ana, sensor_days(make.NOW - timedelta(days=60), 60))
        return ana

    page = enter(people(with_sensor))
    page.goto("/dnevnik?dni=90")
    chart = page.locator("glucose-chart").first
    expect(chart).to_have_attribute("state", "ready")

    with page.expect_response(lambda answer: "zacetek=" in answer.url) as closer:
        page.evaluate(
            """() => globalThis.Plotly.relayout(document.querySelector(".js-plotly-plot"),
                {"xaxis.range": ["2026-11-01 00:00", "2026-11-02 00:00"]})"""
        )
    expect(chart).to_have_attribute("closer", "")

    assert closer.value.ok
    assert page.evaluate(_IN_VIEW) == 288
    page.evaluate(
        """() => globalThis.Plotly.relayout(document.querySelector(".js-plotly-plot"),
            {"xaxis.range": ["2026-09-01 00:00", "2026-11-20 00:00"]})"""
    )
    expect(chart).not_to_have_attribute("closer", "")
    assert 0 < page.evaluate(_IN_VIEW) < 288


_IN_VIEW = """() => {
    const day = ["2026-11-01 00:00", "2026-11-02 00:00"];  // the wall clock, as it is drawn
    const line = document.querySelector(".js-plotly-plot").data.find((one) => one.mode === "lines");
    return line.x.filter((x) => x !== null && x >= day[0] && x < day[1]).length;
}"""
