"""Words, numbers and days as people here write them; cursors; settings; the clock."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telehealth.core import clock, i18n, paging
from telehealth.core.errors import Invalid, Refusal
from telehealth.core.text import is_storable, unstorable
from telehealth.settings import BadSettings, Settings

ENOUGH = {"TELEHEALTH_SECRET_KEY": "x" * 32, "TELEHEALTH_DATA_DIR": "/tmp"}  # noqa: S108 - a name
PARTS = st.lists(
    st.integers(-(2**63) + 1, 2**63 - 1) | st.text().filter(is_storable), min_size=1, max_size=4
)


def test_names_are_sorted_as_in_slovenian() -> None:
    names = ["Žagar", "Zupan", "Šuštar", "Sušnik", "Čuk", "cvet", "Ćosić", "Car", "Đurić", "Dolar"]

    assert sorted(names, key=i18n.sort_key) == [
        "Car", "cvet", "Čuk", "Ćosić", "Dolar", "Đurić", "Sušnik", "Šuštar", "Zupan", "Žagar",
    ]  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "now", "sl", "en"),
    [
        ("2026-11-24T00:00+01:00", "2026-11-24T12:00+01:00", "danes ob 0.00", "today at 00:00"),
        ("2026-11-23T22:59Z", "2026-11-24T12:00+01:00", "včeraj ob 23.59", "yesterday at 23:59"),
        ("2026-11-23T23:00Z", "2026-11-23T23:00Z", "danes ob 0.00", "today at 00:00"),
        ("2026-11-25T07:05+01:00", "2026-11-24T23:59+01:00", "jutri ob 7.05", "tomorrow at 07:05"),
        ("2026-10-25T00:30Z", "2026-10-25T01:30Z", "danes ob 2.30", "today at 02:30"),
        ("2026-10-25T01:30Z", "2026-10-25T00:30Z", "danes ob 2.30", "today at 02:30"),
        ("2026-03-28T23:30Z", "2026-03-29T21:59Z", "danes ob 0.30", "today at 00:30"),
        ("2026-03-29T01:00Z", "2026-03-28T22:59Z", "jutri ob 3.00", "tomorrow at 03:00"),
        (
            "2025-12-31T23:30+01:00", "2026-11-24T12:00+01:00",
            "sre., 31. dec. 2025 ob 23.30", "Wed 31 Dec 2025 at 23:30",
        ),
    ],
)  # fmt: skip
def test_days_are_counted_on_the_clock_at_home(moment: str, now: str, sl: str, en: str) -> None:
    assert i18n.when(at(moment), "sl", at(now)) == sl
    assert i18n.when(at(moment), "en", at(now)) == en


def test_numbers_have_a_decimal_comma_in_slovenian() -> None:
    assert i18n.number(Decimal("7.20"), "sl") in ("7,20", "7,2")
    assert i18n.number(7.25, "sl", 1) == "7,2"
    assert i18n.number(1234.5, "en", 1) == "1,234.5"
    assert i18n.number(1234.5, "sl", 0) == "1.234"


@given(PARTS)
def test_a_cursor_leads_back_to_its_place(parts: list[int | str]) -> None:
    cursor = paging.encode(*parts)

    assert paging.decode(cursor, len(parts)) == tuple(parts)
    assert cursor.isascii()
    assert not set(cursor) & set("=+/&?# ")
    with pytest.raises(Invalid):
        paging.decode(cursor, len(parts) + 1)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_a_cursor_of_somebodys_own_making_is_refused(text: str) -> None:
    try:
        place = paging.decode(text, 2)
    except Invalid:
        return
    assert len(place) == 2


def test_text_that_cannot_be_stored_is_found_wherever_it_stands() -> None:
    given_ = {"a": ["ok", {"b": "\ud800"}], "c": "x\0", "d": "čšž", "e": {"\0": 1}}

    assert set(unstorable(given_)) == {("a", 1, "b"), ("c",), ("e",)}
    assert list(unstorable("\0")) == [()]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"TELEHEALTH_SECRET_KEY": ""}, "TELEHEALTH_SECRET_KEY is not set"),
        ({"TELEHEALTH_DATA_DIR": ""}, "TELEHEALTH_DATA_DIR is not set"),
        ({"TELEHEALTH_SECRET_KEY": "short"}, "at least 32"),
        ({"TELEHEALTH_PROT": "1"}, "Unknown settings: TELEHEALTH_PROT"),
        ({"TELEHEALTH_PORT": "x"}, "TELEHEALTH_PORT cannot be 'x'"),
        ({"TELEHEALTH_DEMO": "maybe"}, "TELEHEALTH_DEMO cannot be 'maybe'"),
        ({"TELEHEALTH_NOW": "2026-11-24T10:00"}, "TELEHEALTH_NOW cannot be"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        Settings.from_env(ENOUGH | change)


def test_settings_are_typed_and_keep_their_secrets_to_themselves() -> None:
    more = {"TELEHEALTH_PORT": "81", "TELEHEALTH_DEMO": "true", "TELEHEALTH_TURN_SECRETS": "geheim"}

    settings = Settings.from_env(ENOUGH | more | {"HOME": "/home/ana"})

    assert (settings.port, settings.demo, settings.secure_cookies) == (81, True, True)
    assert settings.database == f"sqlite:///{Path('/tmp').resolve() / 'telehealth.db'}"  # noqa: S108
    assert "geheim" not in repr(settings)
    assert "xxxx" not in repr(settings)


def test_a_set_clock_starts_where_it_was_told_and_goes_on() -> None:
    start = at("2026-11-24T10:00:00+01:00")

    running = clock.starting_at(start)
    first, second = running(), running()

    assert timedelta(0) <= first - start < timedelta(seconds=5)
    assert first.tzinfo is UTC
    assert second >= first


def test_every_kind_of_refusal_has_an_address_and_a_title_of_its_own() -> None:
    kinds, waiting = [], [Refusal]
    while waiting:
        kind = waiting.pop()
        kinds.append(kind)
        waiting += kind.__subclasses__()
    ours = [kind for kind in kinds if kind.__module__ == "telehealth.core.errors"]

    assert len({kind.slug for kind in ours}) == len({kind.title for kind in ours}) == len(ours)
