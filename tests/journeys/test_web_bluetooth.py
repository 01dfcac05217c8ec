"""Journey: a meter is read by the browser itself, with every fault a meter and its radio have."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from devices.gatt import glucose, racp, sfloat
from devices.gatt.wire import Wire, WireError
from devices.sim.faults import Faults
from devices.sim.memory import record
from devices.sim.meter import Meter
from telehealth.core.clock import local
from telehealth.identity.models import Person
from telehealth.meters.models import MeterBinding, MeterRecord
from telehealth.readings.models import Reading
from tests import make
from tests.make import meters as made
from tests.stand_ins.server import LiveServer
from tests.stand_ins.web_bluetooth import Radio

Enter = Callable[..., Page]
Connect = Callable[..., Radio]
HASTE = """() => {
  const reader = document.querySelector("meter-reader");
  reader.patience = { watchdogMs: 400, quietMs: 50, retryMs: 10 };
}"""


@pytest.fixture
def dialect() -> str:
    """The whole way on SQLite; the storage behind it is tested on both databases."""
    return "sqlite"


@pytest.fixture(scope="module")
def browser(browser: Browser) -> Iterator[Browser]:
    """A browser of this file's own: on Linux, Web Bluetooth has to be asked for."""
    opened = browser.browser_type.launch(
        executable_path=shutil.which("chromium"),
        args=["--no-sandbox", "--disable-gpu", "--enable-features=WebBluetooth"],
    )
    yield opened
    opened.close()


@pytest.fixture
def connect(browser: Browser) -> Iterator[Connect]:
    """Open the page with a meter beside the computer: `radio = connect(page, meter)`."""
    switched_on: list[Radio] = []

    def open_page(page: Page, meter: Meter, **more: str) -> Radio:
        radio = Radio(browser, page, meter)
        radio.switch_on(**more)
        switched_on.append(radio)
        page.goto("/merilniki/povezi")
        page.evaluate(HASTE)
        return radio

    yield open_page
    for radio in switched_on:
        radio.switch_off()


@pytest.fixture
def ana(server: LiveServer) -> Person:
    """A patient of this test's own."""
    with server.database.unit_of_work() as session:
        return make.patient(session)


_number = count(1)
_clock: list[LiveServer] = []


@pytest.fixture(autouse=True)
def right_clock(server: LiveServer) -> Iterator[None]:
    """Meters of these tests show the time of the server, which has been running for a while."""
    _clock.append(server)
    yield
    _clock.clear()


def wall() -> datetime:
    """What a meter with a right clock shows."""
    return local(_clock[0].now()).replace(tzinfo=None)


def a_meter(records: int, *faults: str) -> Meter:
    """A meter with a serial number of its own, used until an hour ago, its clock right."""
    now_wall = wall()
    return Meter.believable(
        records, seed=next(_number), now_wall=now_wall, faults=Faults.parse(faults)
    )


def read(page: Page, serial: str = "") -> None:
    """Choose the meter and read it."""
    page.get_by_role("button", name="Choose the meter").click()
    page.get_by_role("button", name="Read this meter").wait_for()
    if serial:
        page.fill("#serial", serial)
    page.get_by_role("button", name="Read this meter").click()


def save(page: Page) -> None:
    """Say yes to what was read."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()


def stored(server: LiveServer, person: Person) -> int:
    """How many readings the server has of somebody."""
    with server.database.reading() as session:
        found = session.scalar(
            select(func.count()).select_from(Reading).where(Reading.patient_id == person.id)
        )
        return int(found or 0)


def test_every_value_is_seen_confirmed_and_saved_once(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana)
    meter = a_meter(20)
    radio = connect(page, meter)

    read(page, serial=meter.serial)
    expect(page.get_by_role("heading", name="Records read: 20.")).to_be_visible()
    expect(page.locator(".meter-values > li")).to_have_count(20)
    assert stored(server, ana) == 0, "nothing is saved before somebody has said so"
    save(page)

    expect(page.locator("[data-part=told]")).to_have_text("20 new readings are saved.")
    assert stored(server, ana) == 20
    assert all(request[0] != racp.Opcode.DELETE for request in radio.asked)


def test_the_next_reading_out_brings_only_what_is_new(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana)
    meter = a_meter(30)
    radio = connect(page, meter)
    read(page, serial=meter.serial)
    save(page)

    meter.add(144, wall() - timedelta(minutes=1))
    radio.allow_another_choice()
    page.get_by_role("button", name="Read another meter").click()
    page.get_by_role("button", name="Choose the meter").click()
    expect(page.get_by_role("radio").first).to_be_checked()
    page.get_by_role("button", name="Read this meter").click()
    expect(page.locator(".meter-values > li")).to_have_count(7)
    save(page)

    expect(page.locator("[data-part=told]")).to_contain_text("1 new reading is saved.")
    assert stored(server, ana) == 31
    wanted = [racp.report_from(26), racp.report_first(), racp.report_last()]
    assert radio.asked[-3:] == [request.to_bytes() for request in wanted]


@pytest.mark.parametrize("read_before", [0, 15])
def test_numbers_that_begin_again_with_a_full_memory_lose_nothing(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person, read_before: int
) -> None:
    """20 records are replaced by 20; the numbers begin again 5 or 20 records after the reading."""
    page = enter(ana)
    numbers = [*range(1001 - 25 - read_before, 1001), *range(1, 16)]
    life = [record(seq, wall() - timedelta(hours=60 - at), 99) for at, seq in enumerate(numbers)]
    meter = a_meter(0)
    meter.memory = life[:20]
    radio = connect(page, meter)
    read(page, serial=meter.serial)
    save(page)

    meter.memory = life[-20:]
    radio.allow_another_choice()
    page.get_by_role("button", name="Read another meter").click()
    read(page)
    save(page)

    expect(page.locator("[data-part=told]")).to_contain_text("20 new readings are saved.")
    assert stored(server, ana) == 40


def test_browser_and_gateway_never_make_two_readings_of_one_record(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person
) -> None:
    meter = a_meter(12)
    said = meter.manufacturer, meter.model, meter.serial
    with server.database.unit_of_work() as session:
        made.meter(session, ana, " | ".join(said))
        made.as_gateway(session, ana, meter.memory, " | ".join(said), now=make.NOW)
    assert stored(server, ana) == 12
    page = enter(ana)
    connect(page, meter)

    read(page)
    save(page)

    expect(page.locator("[data-part=told]")).to_contain_text("12 were here already.")
    assert stored(server, ana) == 12


@pytest.mark.parametrize("fault", ["drop:9", "context-first", "duplicate", "end-first", "only-all"])
def test_a_fault_on_the_way_loses_and_doubles_nothing(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person, fault: str
) -> None:
    page = enter(ana)
    radio = connect(page, a_meter(20, fault))

    read(page)
    save(page)

    assert stored(server, ana) == 20
    assert radio.connections > 1 if fault.startswith("drop") else radio.connections == 1


def test_strange_records_are_told_apart_and_their_bytes_kept(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana)
    meter = a_meter(5, "hi", "lo", "placeholder", "control", "nan", "truncated", "month-13")
    connect(page, meter)

    read(page)
    listed = page.locator(".meter-values")
    expect(listed).to_contain_text("above the meter's range")
    expect(listed).to_contain_text("control solution")
    expect(listed).to_contain_text("The meter sent a date that does not exist.")
    expect(page.locator("[data-part=found]")).to_contain_text("not certain or not glucose: 5")
    save(page)

    assert stored(server, ana) == 7, "five values, HI and LO"
    page.get_by_role("link", name="Look at the meter").click()
    expect(page.locator("#aside ~ ul > li")).to_have_count(5)
    with server.database.reading() as session:
        kept = set(session.scalars(select(MeterRecord.raw).where(MeterRecord.patient_id == ana.id)))
    assert kept < {one.measurement for one in meter.memory}


def test_a_silent_meter_is_told_in_words_and_can_be_chosen_again(
    enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana)
    connect(page, a_meter(5, "silent"))

    read(page)

    expect(page.locator("[data-part=trouble]")).to_contain_text("The meter stopped answering.")
    expect(page.get_by_role("button", name="Choose the meter")).to_be_focused()


def test_a_wrong_number_leads_to_pairing_again(enter: Enter, connect: Connect, ana: Person) -> None:
    page = enter(ana)
    connect(page, a_meter(5, "wrong-pin"))

    read(page)

    trouble = page.locator("[data-part=trouble]")
    expect(trouble).to_contain_text("Remove the meter in the Bluetooth settings")


def test_a_meter_without_records_is_no_error(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana)
    connect(page, a_meter(0))

    read(page)

    expect(page.locator("[data-part=told]")).to_have_text("There are no new readings.")
    with server.database.reading() as session:
        bound = select(MeterBinding).where(MeterBinding.patient_id == ana.id)
        assert session.scalars(bound).one().meter.battery_percent == 87


def test_a_meter_that_stops_early_gives_what_it_gave_and_goes_on_next_time(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana)
    meter = a_meter(20, "stops-early:8")
    radio = connect(page, meter)
    read(page, serial="77")
    expect(page.locator("[data-part=broken]")).to_contain_text("stopped before the end")
    save(page)
    assert stored(server, ana) == 8

    meter.faults = Faults()
    radio.allow_another_choice()
    page.get_by_role("button", name="Read another meter").click()
    read(page)
    save(page)

    assert stored(server, ana) == 20


def test_without_a_server_the_values_wait_on_the_page(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana)
    connect(page, a_meter(6))
    read(page)
    expect(page.get_by_role("heading", name="Records read: 6.")).to_be_visible()

    page.context.set_offline(True)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-part=unsent]")).to_contain_text("Nothing is lost")
    page.context.set_offline(False)
    save(page)

    assert stored(server, ana) == 6


def test_who_does_not_confirm_saves_nothing(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana)
    connect(page, a_meter(6))
    read(page)

    page.get_by_role("button", name="Do not save").click()

    expect(page.get_by_role("button", name="Choose the meter")).to_be_focused()
    assert stored(server, ana) == 0
    with server.database.reading() as session:
        bound = select(MeterBinding).where(MeterBinding.patient_id == ana.id)
        assert session.scalars(bound).all() == []


def test_somebody_elses_meter_is_refused_without_a_name(
    server: LiveServer, enter: Enter, connect: Connect, ana: Person
) -> None:
    meter = a_meter(3)
    identity = f"{meter.manufacturer} | {meter.model} | {meter.serial}"
    with server.database.unit_of_work() as session:
        made.meter(session, make.patient(session, "Luka", "Mrak"), identity)
    page = enter(ana)
    connect(page, meter)

    read(page, serial=meter.serial)
    page.get_by_role("button", name="Save", exact=True).click()

    unsent = page.locator("[data-part=unsent]")
    expect(unsent).to_contain_text("still registered for another person")
    expect(unsent).not_to_contain_text("Mrak")
    assert stored(server, ana) == 0


def test_bluetooth_that_is_switched_off_is_told_and_other_ways_offered(
    enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana)

    connect(page, a_meter(3), state="absent")

    expect(page.locator("[data-part=why]")).to_contain_text(
        "Bluetooth is switched off, or this device has none."
    )
    expect(page.get_by_role("link", name="Import a file")).to_be_visible()


def test_a_browser_without_web_bluetooth_says_so(enter: Enter, ana: Person) -> None:
    page = enter(ana)
    page.add_init_script("delete Navigator.prototype.bluetooth")

    page.goto("/merilniki/povezi")

    expect(page.locator("[data-part=why]")).to_contain_text("It has no Web Bluetooth.")
    expect(page.get_by_role("button", name="Choose the meter")).to_be_hidden()
    expect(page.get_by_role("link", name="Type readings in")).to_be_visible()


VECTORS = json.loads((Path(__file__).parents[1] / "devices" / "data" / "vectors.json").read_text())[
    "vectors"
]
DECODED = """async (vectors) => {
  const codec = await import("meters/codec.js");
  const decoders = {
    glucose_measurement: codec.decodeMeasurement,
    glucose_measurement_context: codec.decodeContext,
    racp_response: codec.decodeResponse,
    sfloat: (raw) => {
      const { number, special } = codec.sfloat(raw[0] | (raw[1] << 8));
      return { value: special ?? number };
    },
    sfloat_raw: (raw) => ({ value_kg_L: codec.sfloat(raw[0] | (raw[1] << 8)).number }),
  };
  return vectors.map(([kind, hex]) => {
    try {
      return decoders[kind](codec.fromHex(hex));
    } catch (error) {
      if (!(error instanceof codec.WireError)) throw error;
      return error.message;
    }
  });
}"""
KINDS = (
    "glucose_measurement", "glucose_measurement_context", "racp_response", "sfloat", "sfloat_raw",
)  # fmt: skip


def test_the_browsers_codec_agrees_with_every_vector(enter: Enter, ana: Person) -> None:
    page = enter(ana)
    vectors = [one for one in VECTORS if one["kind"] in KINDS]

    decoded = page.evaluate(DECODED, [[one["kind"], one["hex"]] for one in vectors])

    for vector, found in zip(vectors, decoded, strict=True):
        if vector["error"]:
            assert found == vector["error"], vector
            continue
        if found.get("special"):
            found["value"] = found["special"]
        for name, value in vector["expect"].items():
            exact = pytest.approx(value, abs=1e-6) if isinstance(value, float) else value
            assert found[name] == exact, vector


def test_the_browsers_codec_agrees_with_the_gateways_on_any_bytes(
    enter: Enter, ana: Person
) -> None:
    page = enter(ana)
    chance = random.Random(18)  # noqa: S311 - the same bytes every time
    inputs = [chance.randbytes(chance.randint(1, 20)) for _ in range(1500)]

    decoded = page.evaluate(DECODED, [["glucose_measurement", raw.hex()] for raw in inputs])

    for raw, found in zip(inputs, decoded, strict=True):
        try:
            ours = glucose.decode_measurement(raw)
        except WireError:
            assert found == "truncated"
            continue
        assert (found["seq"], found["base"], found["offset_min"], found["type"]) == (
            ours.seq, str(ours.base), ours.offset_min, ours.type,
        )  # fmt: skip
        assert found["value"] == (None if ours.value is None else float(ours.value)), raw.hex()
        special = ours.concentration.special if ours.concentration else None
        assert found["special"] == special
        assert (found["status"], found["surplus"]) == (ours.status, ours.surplus)


def test_every_word_of_16_bits_is_the_same_number(enter: Enter, ana: Person) -> None:
    page = enter(ana)
    words = [word.to_bytes(2, "little") for word in range(0, 0x10000, 7)]

    decoded = page.evaluate(DECODED, [["sfloat", raw.hex()] for raw in words])

    for raw, found in zip(words, decoded, strict=True):
        ours = sfloat.take_sfloat(Wire(raw))
        number = ours.number()
        assert found["value"] == (ours.special if number is None else float(number))


BUILT = """async () => {
  const codec = await import("meters/codec.js");
  const texts = [codec.countAll(), codec.countFrom(45), codec.reportAll(), codec.reportLast(),
    codec.reportFrom(45), codec.reportRange(3, 700), codec.abort()].map(codec.hex);
  const names = Object.keys(codec);
  return { texts, names };
}"""


def test_requests_are_the_gateways_and_none_deletes(enter: Enter, ana: Person) -> None:
    page = enter(ana)

    built = page.evaluate(BUILT)

    ours = (racp.count_all(), racp.count_from(45), racp.report_all(), racp.report_last(),
            racp.report_from(45), racp.report_range(3, 700), racp.abort())  # fmt: skip
    assert built["texts"] == [request.to_bytes().hex() for request in ours]
    assert not [name for name in built["names"] if "delete" in name.lower()]


AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
VIOLATIONS = "axe.run({resultTypes: ['violations']}).then((found) => found.violations)"


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands."""
    page.evaluate(AXE)
    return [f"{one['id']}: {one['nodes'][0]['target']}" for one in page.evaluate(VIOLATIONS)]


def test_every_state_of_the_page_passes_axe_on_a_phone(
    enter: Enter, connect: Connect, ana: Person
) -> None:
    page = enter(ana, width=390)
    connect(page, a_meter(4, "truncated"))
    found = violations(page)
    page.get_by_role("button", name="Choose the meter").click()
    page.get_by_role("button", name="Read this meter").wait_for()
    found += violations(page)
    page.get_by_role("button", name="Read this meter").click()
    page.get_by_role("button", name="Save", exact=True).wait_for()
    found += violations(page)
    save(page)

    assert found + violations(page) == []
