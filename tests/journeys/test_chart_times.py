"""What a chart says of a reading is what the list below it says, wherever the reader's clock is."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth.core.clock import HOME_ZONE
from telehealth.identity.models import Person
from telehealth.readings.models import SourceKind
from tests import make
from tests.make import readings
from tests.make.readings import reading
from tests.stand_ins.server import LiveServer, serving

People, Enter = Callable[..., Any], Callable[..., Page]
MIN = timedelta(minutes=1)
ZONES = ("UTC", "Europe/Ljubljana", "America/New_York")
DAYS = {
    "winter": datetime(2026, 11, 22, 22, 8, tzinfo=UTC),
    "spring-forward": datetime(2026, 3, 29, 0, 8, tzinfo=UTC),
    "autumn-back": datetime(2026, 10, 25, 0, 8, tzinfo=UTC),
}
"""Two hours of readings begin here: over midnight, and over both changes of the clock."""
EVIL = "<a href=https://evil.example>text</a><b>B</b>%{y}"
PLOT = "document.querySelector('glucose-chart .js-plotly-plot')"
DRAWN = f"""() => {PLOT}.data.filter((trace) => trace.mode === 'markers')
    .flatMap((trace) => trace.x.map((x, n) => [x.slice(0, 16), trace.y[n]]))"""
PLACES = f"""() => {{
    const plot = {PLOT}, {{ xaxis, yaxis }} = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    return plot.data.filter((trace) => trace.mode === 'markers').flatMap((trace) =>
        trace.x.map((x, n) => [
            box.left + xaxis._offset + xaxis.d2p(x),
            box.top + yaxis._offset + yaxis.d2p(trace.y[n]),
            x.slice(0, 16),
        ]));
}}"""
TICKS = f"""() => {PLOT}._fullLayout.xaxis._vals.map((tick) =>
    [new Date(tick.x).toISOString().slice(11, 16), tick.text])"""
NIGHTS = f"""() => {PLOT}.layout.shapes.filter((shape) => shape.xref !== 'paper')
    .map((shape) => [shape.x0.slice(11, 16), shape.x1.slice(11, 16)])"""


@pytest.fixture(scope="module", params=DAYS)
def server(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A portal on the day in question, three hours after the first reading."""
    folder = tmp_path_factory.mktemp("chart-times")
    shutil.copy(sqlite_template, folder / "charts.db")
    now = DAYS[request.param] + timedelta(hours=3)
    with serving(f"sqlite:///{folder / 'charts.db'}", folder, now=now) as running:
        yield running


@pytest.fixture
def begins(server: LiveServer) -> datetime:
    """When the first reading was measured."""
    assert server.started
    return server.started[0] - timedelta(hours=3)


@pytest.fixture
def patient(begins: datetime, people: People) -> Person:
    """A person who measured every twenty minutes for two hours."""

    def build(session: Any) -> Person:
        person = make.patient(session)
        entries = [
            reading(f"{4 + n}.5 mmol/L", at, kind=SourceKind.METER, device=EVIL)
            for n, at in enumerate(moments(begins))
        ]
        readings.diary(session, person, entries, now=begins + 150 * MIN)
        return person

    return people(build)


def moments(begins: datetime) -> list[datetime]:
    return [begins + 20 * n * MIN for n in range(7)]


def wall(at: datetime, pattern: str = "%Y-%m-%d %H:%M") -> str:
    return at.astimezone(HOME_ZONE).strftime(pattern)


def chart_of(page: Page, begins: datetime) -> None:
    """The chart of a week, looked at where the readings are."""
    page.goto("/dnevnik?dni=7")
    chart = page.locator("glucose-chart").first
    chart.scroll_into_view_if_needed()
    expect(chart).to_have_attribute("state", "ready")
    first, last = wall(begins - 30 * MIN), wall(begins + 150 * MIN)
    page.evaluate(f"globalThis.Plotly.relayout({PLOT}, {{'xaxis.range': ['{first}', '{last}']}})")


@pytest.mark.parametrize("zone", ZONES)
def test_a_reading_is_drawn_and_named_when_it_was_measured(
    begins: datetime, patient: Person, enter: Enter, zone: str
) -> None:
    page = enter(patient, zone=zone)
    chart_of(page, begins)

    drawn = page.evaluate(DRAWN)
    assert sorted(map(tuple, drawn)) == sorted(
        (wall(at), 4.5 + n) for n, at in enumerate(moments(begins))
    )
    listed = page.locator("li.entry time").all_inner_texts()
    assert sorted(listed) == sorted(wall(at, "%H:%M") for at in moments(begins))
    for x, y, at in page.evaluate(PLACES):
        page.mouse.move(x, y)
        label = page.locator("glucose-chart .hoverlayer text").first
        expect(label).to_contain_text(at[11:16])
        expect(page.locator(".chart-readout")).to_contain_text(at[11:16])
    for clock, text in page.evaluate(TICKS):
        assert text.startswith(clock) or clock == "00:00"
    assert set(map(tuple, page.evaluate(NIGHTS))) == {("00:00", "06:00")}


def test_a_name_a_meter_gives_itself_is_text_in_a_chart(
    begins: datetime, patient: Person, enter: Enter
) -> None:
    page = enter(patient)
    chart_of(page, begins)
    x, y, _ = page.evaluate(PLACES)[0]

    page.mouse.move(x, y)

    expect(page.locator("glucose-chart .hoverlayer text").first).to_be_visible()
    assert page.locator("glucose-chart .hoverlayer a").count() == 0
    expect(page.locator(".chart-readout")).to_contain_text("</a><b>B</b>%{y}")


@pytest.mark.parametrize("zone", ZONES)
def test_looking_closer_asks_for_the_time_that_is_seen(
    begins: datetime, patient: Person, enter: Enter, zone: str
) -> None:
    page = enter(patient, zone=zone)
    page.goto("/dnevnik?dni=90")
    chart = page.locator("glucose-chart").first
    chart.scroll_into_view_if_needed()
    expect(chart).to_have_attribute("state", "ready")
    first, last = wall(begins), wall(begins + 120 * MIN)

    with page.expect_request(lambda request: "zacetek=" in request.url) as asked:
        page.evaluate(
            f"globalThis.Plotly.relayout({PLOT}, {{'xaxis.range': ['{first}', '{last}']}})"
        )

    query = dict(part.split("=") for part in asked.value.url.partition("?")[2].split("&"))
    begins = datetime.fromisoformat(query["zacetek"].replace("%3A", ":"))
    ends = datetime.fromisoformat(query["konec"].replace("%3A", ":"))
    middle = begins + (ends - begins) / 2
    seen = (
        datetime.fromisoformat(first)
        + (datetime.fromisoformat(last) - datetime.fromisoformat(first)) / 2
    )
    assert abs(middle - seen) <= MIN
