"""A clinic's computer: one patient's turn, and nothing leaves before somebody looked."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import visits
from devices.glucose import Kind
from devices.queue import Queue
from devices.sim.bluez.objects import Peripheral
from devices.visits import NoVisitError, OtherRecordsError, VisitOverError

from .conftest import NOW, Glucometer, Reach, StandInServer, put
from .test_queue import meter, reading, store

HOUR = timedelta(hours=1)


def begin(sending: Glucometer, *more: str) -> str:
    return str(sending.data("claim", "--visit", *more)["visit"])


@pytest.fixture
def waiting_room(reach: Reach) -> Peripheral:
    return put(reach)


def test_a_visit_from_the_first_word_to_the_server(
    sending: Glucometer, waiting_room: Peripheral, server: StandInServer
):
    begun = sending("claim", "--visit", "--minutes", "20")
    token = begun.stdout.split()[-1]

    turn = sending("sync", "--visit", token, typed="y\n")

    assert "Visit of patient 7" in begun.stdout
    assert "The last values on this meter:" in turn.stderr
    assert turn.stderr.count("mg/dL") == 3
    assert "Are these the readings of patient 7?" in turn.stderr
    assert "Confirmed for patient 7: 12." in turn.stdout
    assert turn.exit_code == 0
    assert len(server.stored) == 12
    assert sending.data("status")["meters"][0]["patient"] is None


def test_the_three_values_shown_are_the_newest_on_the_meter(
    sending: Glucometer, waiting_room: Peripheral
):
    shown = sending.data("sync", "--visit", begin(sending))["visit"]["confirm"]["last"]

    newest = [record["measured_at"] for record in shown]
    everything = [row["measured_at"] for row in sending.data("sync", "--only-send")["new"]]
    assert len(shown) == 3
    assert newest == sorted(newest, reverse=True)
    assert everything == []


@pytest.mark.parametrize("typed", ["n\n", "\n"])
def test_at_no_nothing_leaves_and_the_records_belong_to_nobody(
    sending: Glucometer, waiting_room: Peripheral, server: StandInServer, typed: str
):
    turn = sending("sync", "--visit", begin(sending), typed=typed)
    later = sending("sync", "--only-send")

    assert turn.exit_code == 6
    assert "Nothing was sent" in turn.stdout
    assert server.requests == []
    assert server.conditions == []
    assert later.exit_code == 0
    assert server.stored == {}


def test_where_nobody_answers_the_visit_stays_open(
    sending: Glucometer, waiting_room: Peripheral, server: StandInServer
):
    token = begin(sending)

    silent = sending("sync", "--visit", token)
    before = len(server.stored)
    answered = sending("sync", "--visit", token, typed="y\n")

    assert (silent.exit_code, before) == (8, 0)
    assert answered.exit_code == 0
    assert "Confirmed for patient 7: 12." in answered.stdout


def test_the_right_patient_after_the_wrong_one_gets_what_was_refused(
    sending: Glucometer, waiting_room: Peripheral, server: StandInServer
):
    wrong = begin(sending, "--patient", "8")
    sending("sync", "--visit", wrong, typed="n\n")

    without = sending("sync", "--visit", begin(sending), typed="y\n")
    taken = sending("sync", "--visit", begin(sending, "--with-history"), typed="y\n")

    assert "Nothing new for patient 7" in without.stdout
    assert "Confirmed for patient 7: 12." in taken.stdout
    assert len(server.stored) == 12


def test_a_program_confirms_exactly_what_it_was_shown(
    sending: Glucometer, waiting_room: Peripheral, server: StandInServer
):
    token = begin(sending)

    asked = sending.data("sync", "--visit", token)
    code = asked["visit"]["confirm"]["code"]
    guessed = sending("sync", "--visit", token, "--confirm", "00000000", "--json")
    before = len(server.stored)
    confirmed = sending.data("sync", "--visit", token, "--confirm", code)
    again = sending("sync", "--visit", token, "--confirm", code)

    assert asked["visit"]["state"] == "waiting"
    assert asked["upload"] is None
    assert (guessed.exit_code, before) == (9, 0)
    assert '"visit_other"' in guessed.stdout
    assert (confirmed["visit"]["state"], confirmed["visit"]["given"]) == ("confirmed", 12)
    assert confirmed["upload"]["accepted"] == 12
    assert again.exit_code == 9
    assert "This visit has ended." in again.stderr


def test_a_program_refuses_in_words_of_its_own(
    sending: Glucometer, waiting_room: Peripheral, server: StandInServer
):
    token = begin(sending)
    sending("sync", "--visit", token, "--json")

    refused = sending.data("sync", "--visit", token, "--refuse")

    assert refused["visit"]["state"] == "refused"
    assert server.requests == []
    assert sending("sync", "--visit", token).exit_code == 9


def test_a_meter_claimed_at_home_by_somebody_else_gives_nothing_in_a_visit(
    sending: Glucometer, waiting_room: Peripheral, server: StandInServer
):
    sending("sync", "--json")
    sending("claim", "--patient", "8", "--with-history")

    turn = sending("sync", "--visit", begin(sending), typed="y\n")

    assert "another patient" in turn.stderr
    assert turn.exit_code == 6
    assert server.requests == []


def test_a_visit_without_a_meter_stays_open_and_sends_nothing(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach, "powered-off")
    token = begin(sending)

    turn = sending("sync", "--visit", token, typed="y\n")

    assert "The visit of patient 7 is open; nothing was sent." in turn.stdout
    assert turn.exit_code > 20
    assert server.requests == []


def test_other_patients_waiting_records_are_not_sent_in_a_visit(
    sending: Glucometer, waiting_room: Peripheral, server: StandInServer
):
    with sending.queue() as queue:
        other = meter(queue, "Other | Meter | 1")
        queue.claim(other, "6", claimed_by="n", at=NOW, with_history=False)
        store(queue, other, reading(1))

    sending("sync", "--visit", begin(sending), typed="y\n")

    assert len(server.requests) == 1
    with sending.queue() as queue:
        assert queue.patients_waiting() == ["6"]


def test_a_visit_whose_time_is_over_is_begun_anew(sending: Glucometer):
    token = begin(sending, "--minutes", "0.000001")

    late = sending("sync", "--visit", token)
    unknown = sending("sync", "--visit", "abc", "--lang", "sl")

    assert (late.exit_code, unknown.exit_code) == (9, 9)
    assert "claim --visit" in late.stderr
    assert "Takega obiska ni." in unknown.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["claim", "--visit", "--end", "--patient", "7"],
        ["claim", "Guide", "--visit", "--patient", "7"],
        ["claim", "--visit", "--patient", "7", "--minutes", "0"],
        ["claim", "--visit", "--patient", "7", "--minutes", "721"],
        ["claim", "--visit"],
        ["sync", "--confirm", "12345678"],
        ["sync", "--refuse"],
    ],
)
def test_a_visit_in_wrong_words_is_refused_with_usage(glucometer: Glucometer, words: list[str]):
    assert glucometer(*words).exit_code == 2


def test_a_confirmation_counts_only_for_the_records_it_was_made_for(queue: Queue):
    here = meter(queue)
    visit = visits.begin(queue, "7", begun_by="nurse", at=NOW, lasts=HOUR)
    store(queue, here, reading(1))
    shown = visits.offer(queue, visit, here)
    store(queue, here, reading(2))

    with pytest.raises(OtherRecordsError):
        visits.confirm(queue, visits.offer(queue, visit, here), shown.code, at=NOW)

    assert queue.patients_waiting() == []


def test_only_blood_glucose_is_shown_for_comparing_and_everything_is_given(queue: Queue):
    here = meter(queue)
    visit = visits.begin(queue, "7", begun_by="nurse", at=NOW, lasts=HOUR)
    later = NOW + timedelta(minutes=1)
    store(
        queue,
        here,
        reading(1),
        reading(2, kind=Kind.CONTROL, measured_at=later),
        reading(3, kind=Kind.HIGH, value=None, measured_at=later),
        reading(4, kind=Kind.UNREADABLE, value=None, measured_at=None),
    )

    shown = visits.offer(queue, visit, here)

    assert [row.kind for row in shown.last] == ["high", "glucose"]
    assert len(shown.record_ids) == 4


def test_a_visit_ends_once(queue: Queue):
    here = meter(queue)
    visit = visits.begin(queue, "7", begun_by="nurse", at=NOW, lasts=HOUR)
    store(queue, here, reading(1))
    shown = visits.offer(queue, visit, here)

    assert visits.confirm(queue, shown, shown.code, at=NOW) == 1
    with pytest.raises(VisitOverError):
        visits.confirm(queue, shown, shown.code, at=NOW)
    with pytest.raises(VisitOverError):
        visits.refuse(queue, visit, at=NOW)
    with pytest.raises(VisitOverError):
        visits.open_visit(queue, visit.token, at=NOW)


def test_a_visit_has_a_limit_to_the_second(queue: Queue):
    visit = visits.begin(queue, "7", begun_by="nurse", at=NOW, lasts=HOUR)
    almost = NOW + HOUR - timedelta(seconds=1)

    assert visits.open_visit(queue, visit.token, at=almost) == visit
    with pytest.raises(VisitOverError):
        visits.open_visit(queue, visit.token, at=NOW + HOUR)
    with pytest.raises(NoVisitError):
        visits.open_visit(queue, "other", at=NOW)


@given(
    people=st.lists(
        st.tuples(st.integers(0, 4), st.booleans(), st.booleans()), min_size=1, max_size=6
    )
)
def test_on_a_shared_meter_nobody_gets_what_another_measured(
    people: list[tuple[int, bool, bool]], tmp_path_factory: pytest.TempPathFactory
):
    """Each comes, measures some, and says yes, no, or goes away without a word."""
    given_to: dict[str, str] = {}
    number = 0
    with Queue(tmp_path_factory.mktemp("kiosk") / "q") as queue:
        here = meter(queue)
        for patient, (measured, says_yes, answers) in enumerate(people):
            visit = visits.begin(queue, str(patient), begun_by="n", at=NOW, lasts=HOUR)
            mine = [reading(number := number + 1) for _ in range(measured)]
            store(queue, here, *mine)
            shown = visits.offer(queue, visit, here)
            assert len(shown.record_ids) == measured
            if answers and says_yes and measured:
                visits.confirm(queue, shown, shown.code, at=NOW)
                given_to |= {one.key: str(patient) for one in mine}
            elif answers:
                visits.refuse(queue, visit, at=NOW)

        sent = {
            row.key: patient
            for patient in queue.patients_waiting()
            for row in queue.waiting(patient, 100)
        }
        assert sent == given_to
