"""Pages and JSON doors of targets and plans."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.web.access import CSRF_FIELD
from telehealth.glycemia.presets import OLDER
from telehealth.identity.models import Person
from telehealth.targets import service as targets
from tests import make

SignIn = Callable[[FlaskClient, Person], None]
OWN = {"population": "adult", "range": "own", "low": "4,4", "high": "8,5", "unit": "mmol/L"}


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session, "Ana", "Šuštar")


@pytest.fixture
def page_of(
    client: FlaskClient, session: Session, sign_in: SignIn, ana: Person
) -> Callable[..., tuple[int, str]]:
    """Opens a page of Ana's, or sends its form, as her doctor."""
    sign_in(client, make.doctor(session, [ana]))

    def ask(name: str, **fields: object) -> tuple[int, str]:
        path = f"/pacienti/{ana.id}/{name}"
        answer = client.get(path)
        if fields:
            page = answer.get_data(as_text=True)
            token = page.split('name="csrf-token" content="')[1].split('"')[0]
            answer = client.post(path, data={CSRF_FIELD: token, **fields}, follow_redirects=True)
        return answer.status_code, answer.get_data(as_text=True)

    return ask


def test_an_own_range_is_typed_in_one_unit_and_shown_in_both(
    page_of: Callable[..., tuple[int, str]],
):
    _, page = page_of("cilji", **OWN, note="Pred operacijo.")

    assert "Targets saved." in page
    assert "4.4\N{EN DASH}8.5 mmol/L" in page
    assert "79\N{EN DASH}153 mg/dL" in page
    assert "changed for this patient" in page
    assert "Pred operacijo." in page
    assert "Set by Miha Kovač" in page


def test_earlier_targets_stay_on_the_page(page_of: Callable[..., tuple[int, str]]):
    page_of("cilji", **OWN, note="prvi")
    _, page = page_of("cilji", population="pregnancy-type2", range="usual", goals="usual")

    assert "Pregnancy, type 2 or gestational" in page
    assert "Earlier targets" in page
    assert "prvi" in page


def test_own_goals_may_be_left_out(
    page_of: Callable[..., tuple[int, str]], session: Session, ana: Person
):
    page_of("cilji", population="adult", range="usual", goals="own", tir_pct="60,5")

    goals = targets.current(session, [ana.id])[ana.id].goals
    assert {name: goal.limit_pct for name, goal in goals.items()} == {"tir_pct": 60.5}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"population": "cats"}, "Choose whose targets these are."),
        ({"low": "2"}, "The lower limit must lie above"),
        ({"low": ""}, "Write a number."),
        ({"low": "many"}, "Write a number."),
        ({"low": "1e400"}, "at least 18 mg/dL"),
        ({"unit": "cm"}, "Choose the unit."),
        ({"high": "4,5"}, "at least 18 mg/dL"),
        ({"goals": "own", "tir_pct": "170"}, "between 0 and 100"),
    ],
)
def test_what_cannot_be_comes_back_with_its_sentence_and_what_was_typed(
    page_of: Callable[..., tuple[int, str]], wrong: dict[str, str], words: str
):
    status, page = page_of("cilji", **{**OWN, "note": "ostane", **wrong})

    assert status == 422
    assert words in page
    assert "ostane" in page


def test_a_plan_is_ticked_day_by_day(
    page_of: Callable[..., tuple[int, str]], session: Session, ana: Person
):
    _, page = page_of(
        "nacrt",
        **{
            "before_breakfast-day": ["0", "2"],
            "before_breakfast-from": "6:30",
            "before_breakfast-until": "8.00",
            "night-from": "02:00",
            "tolerance_min": "15",
            "note": "Do novega leta.",
        },
    )

    assert "Plan saved." in page
    assert "2 measurements a week" in page
    (plan,) = targets.plans_of(session, [ana.id])[ana.id]
    (slot,) = plan.slots
    assert (slot.weekdays, slot.starts_min, slot.ends_min) == (0b101, 390, 480)
    assert (plan.tolerance_min, plan.note) == (15, "Do novega leta.")


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("late", "08:00", "Write a time such as 7:30."),
        ("08:00", "25:00", "Write a time such as 7:30."),
        ("08:00", "07:00", "The window must end after it begins"),
    ],
)
def test_a_window_that_cannot_be_comes_back_with_its_ticks(
    page_of: Callable[..., tuple[int, str]], start: str, end: str, words: str
):
    typed = {"bedtime-day": "4", "bedtime-from": start, "bedtime-until": end, "tolerance_min": "30"}

    status, page = page_of("nacrt", **typed)

    assert status == 422
    assert words in page
    assert 'name="bedtime-day" value="4" checked' in page


def test_programs_set_and_read_targets_with_their_history(
    client: FlaskClient, session: Session, ana: Person
):
    headers = make.bearer(session, make.doctor(session, [ana]))
    door = f"/api/v1/patients/{ana.id}/targets"
    limits = {"unit": "mg/dL", "low": "80", "high": "150"}

    set_now = client.put(
        door, json={"population": "older", "limits": limits, "goals": None}, headers=headers
    ).get_json()
    client.put(door, json={"population": "older"}, headers=headers)
    found = client.get(door, headers=make.bearer(session, ana)).get_json()

    assert set_now["mg_dl"] == {"low": "80", "high": "150"}
    assert set_now["mmol_l"] == {"low": "4.4", "high": "8.3"}
    assert (set_now["name"], set_now["is_own"]) == ("own", True)
    assert found["current"]["name"] == "older"
    assert [one["unit"] for one in found["earlier"]] == [Unit.MG_DL.value]
    assert targets.current(session, [ana.id])[ana.id] is OLDER


def test_programs_agree_on_a_plan_and_read_it(client: FlaskClient, session: Session, ana: Person):
    headers = make.bearer(session, make.nurse(session, [ana]))
    door = f"/api/v1/patients/{ana.id}/plan"
    slot = {"slot": "bedtime", "days": ["mon", "sun"], "starts": "21:00", "ends": "24:00"}
    assert client.get(door, headers=headers).get_json() == {"current": None, "earlier": []}

    client.put(door, json={"slots": [slot], "tolerance_min": 60}, headers=headers)

    found = client.get(door, headers=headers).get_json()["current"]
    assert found["slots"] == [slot]
    assert (found["tolerance_min"], found["set_by"]) == (60, "Maja Čebulj")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"slots": [{"slot": "tea", "days": ["mon"], "starts": "1:00", "ends": "2:00"}]}, "slot"),
        ({"slots": [{"slot": "night", "days": [], "starts": "1:00", "ends": "2:00"}]}, "days"),
        ({"slots": [{"slot": "night", "days": ["mon"], "starts": 60, "ends": "2:00"}]}, "starts"),
        ({"slots": [], "tolerance_min": 7}, "tolerance_min"),
    ],
)
def test_a_wrong_plan_is_refused_by_pointer(
    client: FlaskClient, session: Session, ana: Person, body: dict[str, object], pointer: str
):
    headers = make.bearer(session, make.doctor(session, [ana]))

    answer = client.put(f"/api/v1/patients/{ana.id}/plan", json=body, headers=headers)

    assert answer.status_code == 422
    assert pointer in answer.get_json()["errors"][0]["pointer"]
