"""Pages of meters, without JavaScript: the patient's, the proxy's, the care team's."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.identity.models import Person
from telehealth.meters import service as meters
from telehealth.meters.models import MeterKind
from telehealth.readings.models import SourceKind
from tests import make
from tests.make import meters as made
from tests.make import readings
from tests.make.people import NOW

SignIn = Callable[[FlaskClient, Person], None]


def _post(client: FlaskClient, path: str, **form: str) -> str:
    """Send a form of a page with its token; returns the page that follows."""
    page = client.get("/merilniki/dodaj").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post(path, data={"csrf_token": token, **form}, follow_redirects=True)
    return answer.text


def test_nothing_yet_leads_to_the_ways_in(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    sign_in(client, make.patient(session))

    page = client.get("/merilniki").text

    assert "No meter or sensor yet" in page
    for way in ("/dnevnik/nova", "/uvoz", "/merilniki/programi", "/merilniki/povezi"):
        assert f'href="{way}"' in page


def test_battery_and_clock_are_said_in_plain_words(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    state = meters.State(NOW - timedelta(hours=2), 18, 185, sent_at=NOW)
    report = meters.MeterReport(made.GUIDE, "", state)
    meters.report(session, made.device_actor(ana), ana.id, [report], now=NOW)
    sign_in(client, ana)

    english = client.get("/merilniki").text
    client.set_cookie("lang", "sl")
    slovenian = client.get("/merilniki").text

    assert "The meter&#39;s clock is 3 minutes ahead." in english
    assert "Battery 18 %: change it soon." in english
    assert "Ura merilnika prehiteva za 3 minute." in slovenian
    assert "Baterija 18 %: kmalu jo zamenjajte." in slovenian


def test_a_sensor_says_how_often_it_measures(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    every_5_min = [
        readings.reading(at=NOW - timedelta(minutes=5 * n), kind=SourceKind.CGM, device="G7 9XK")
        for n in range(1, 20)
    ]
    readings.diary(session, ana, every_5_min)
    made.meter(session, ana, "G7 9XK", kind=MeterKind.SENSOR)
    sign_in(client, ana)

    page = client.get("/merilniki").text

    assert "a value every 5 minutes" in page
    assert "glucose sensor" in page


def test_a_meter_is_added_renamed_removed_and_taken_back_by_forms(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    sign_in(client, ana)

    added = _post(
        client, "/merilniki/dodaj", kind="meter", maker=" Roche ", model="Accu-Chek Guide",
        serial="123",
    )  # fmt: skip
    assert "The meter is added." in added
    (known,) = meters.known_of(session, ana.id).bound
    assert known.identity == made.GUIDE

    renamed = _post(client, f"/merilniki/{known.id}/ime", name="v  torbici ")
    assert "<h1>v torbici</h1>" in renamed
    removed = _post(client, f"/merilniki/{known.id}/odstrani")
    assert "Its readings stay in the diary." in removed
    assert f'action="/merilniki/{known.id}/vrni"' in removed, "an undo beside it"
    assert "Former meters and sensors" in client.get("/merilniki").text
    _post(client, f"/merilniki/{known.id}/vrni")
    assert [one.id for one in meters.known_of(session, ana.id).bound] == [known.id]


def test_a_form_that_is_refused_keeps_what_was_typed(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    luka = make.patient(session, "Luka", "Mrak")
    made.meter(session, luka)
    sign_in(client, make.patient(session))

    empty = _post(client, "/merilniki/dodaj", kind="meter", maker="Roche", model="  ")
    taken = _post(
        client, "/merilniki/dodaj", kind="meter", maker="Roche", model="Accu-Chek Guide",
        serial="123",
    )  # fmt: skip

    assert "Please fill this in." in empty
    assert 'value="Roche"' in empty
    assert "still registered for another person" in taken
    assert "Mrak" not in taken
    assert 'value="123"' in taken


def test_a_device_of_a_file_is_registered_with_one_button(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    readings.diary(session, ana, [readings.reading(kind=SourceKind.CGM, device="FreeStyle Libre")])
    sign_in(client, ana)
    assert "Named by readings, not registered" in client.get("/merilniki").text

    page = _post(client, "/merilniki/prevzem", device="FreeStyle Libre", kind="cgm")

    assert "The meter is added." in page
    assert "Named by readings, not registered" not in page


def test_a_removed_meter_that_still_sends_is_pointed_out(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    yesterday = NOW - timedelta(days=1)
    meter_id = made.meter(session, ana, now=yesterday)
    meters.unbind(session, made.own_actor(ana), ana.id, meter_id, now=yesterday)
    readings.diary(session, ana, [readings.reading(kind=SourceKind.METER, device=made.GUIDE)])
    sign_in(client, ana)

    assert "Readings still come from it." in client.get(f"/merilniki/{meter_id}").text


def test_a_record_that_was_set_aside_is_decided_by_forms(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    meter_id = made.meter(session, ana)
    record_id = made.set_aside(session, ana, meter_id)
    sign_in(client, ana)

    page = client.get(f"/merilniki/{meter_id}").text
    assert "No blood has such a value" in page
    assert "Take it as it is" not in page, "there is no value in it"
    decided = _post(client, f"/merilniki/zapisi/{record_id}/ni-meritev")

    assert "It stays out of the diary." in decided
    assert "not a reading" in decided
    again = _post(client, f"/merilniki/zapisi/{record_id}/vrni")
    assert "It waits for your decision again." in again
    assert _post(client, f"/merilniki/zapisi/{record_id}/kaj").count("There is nothing here.")


def test_a_nurse_hands_a_meter_out(client: FlaskClient, session: Session, sign_in: SignIn) -> None:
    ana = make.patient(session)
    sign_in(client, make.nurse(session, patients=[ana]))
    pages = f"/pacienti/{ana.id}/merilniki"

    page = _post(client, f"{pages}/dodaj", kind="meter", maker="Roche", model="Guide", serial="9")

    assert "The meter is added." in page
    assert ana.name in page
    assert "Roche Guide" in client.get(pages).text
    assert f'href="{pages}/povezi"' in client.get(pages).text


def test_a_proxy_works_under_the_patients_address(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    mandate = make.mandate(session, ana, luka)
    meter_id = made.meter(session, ana)
    sign_in(client, luka)

    page = client.get(f"/za/{mandate.id}/merilniki").text

    assert f'href="/za/{mandate.id}/merilniki/{meter_id}"' in page
    assert client.get(f"/merilniki/{meter_id}").status_code == 404
