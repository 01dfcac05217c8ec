"""Relay credentials and what a browser is given to connect with."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest

from video import ice

UNTIL = datetime(2027, 3, 1, 12, 30, tzinfo=UTC)


def test_credentials_are_made_as_the_relay_checks_them():
    username, password = ice.turn_credentials("north", "p_7", UNTIL)

    assert username == "1803904200:p_7"
    expected = hmac.new(b"north", username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(password) == expected


def test_the_same_moment_in_another_zone_gives_the_same_name():
    local = UNTIL.astimezone(timezone(timedelta(hours=2)))

    assert ice.turn_credentials("s", "p", local) == ice.turn_credentials("s", "p", UNTIL)


@pytest.mark.parametrize(
    ("secret", "participant_id", "until", "words"),
    [
        ("", "p", UNTIL, "empty"),
        ("s", "ana.novak@example.si", UNTIL, "opaque|letters"),
        ("s", "a:b", UNTIL, "letters"),
        ("s", "", UNTIL, "letters"),
        ("s", "p", UNTIL.replace(tzinfo=None), "zone"),
    ],
)
def test_what_must_not_reach_the_relay_is_refused(
    secret: str, participant_id: str, until: datetime, words: str
):
    with pytest.raises(ValueError, match=words):
        ice.turn_credentials(secret, participant_id, until)


def test_only_the_relay_gets_credentials():
    urls = ["stun:turn.test:3478", "turn:turn.test:3478", "turns:turn.test:443?transport=tcp"]

    stun, turn = ice.ice_servers(urls, ["s"], "p", expires_at=UNTIL)

    assert stun == {"urls": ["stun:turn.test:3478"]}
    assert turn["urls"] == urls[1:]
    assert turn["username"] == "1803904200:p"


def test_during_a_rotation_the_newest_secret_signs():
    (server,) = ice.ice_servers(["turn:t"], ["new", "old"], "p", expires_at=UNTIL)

    assert server["credential"] == ice.turn_credentials("new", "p", UNTIL)[1]


def test_without_servers_browsers_try_the_direct_way():
    servers = ice.ice_servers([], [], "p", expires_at=UNTIL)

    configuration = ice.ice_configuration(servers)

    assert configuration["iceServers"] == []
    assert configuration["iceTransportPolicy"] == "all"


@pytest.mark.parametrize("secrets", [[], ["a", "b", "c"]])
def test_a_relay_needs_one_or_two_secrets(secrets: list[str]):
    with pytest.raises(ValueError, match="secret"):
        ice.ice_servers(["turn:t"], secrets, "p", expires_at=UNTIL)


def test_another_kind_of_address_is_refused():
    with pytest.raises(ValueError, match="https://t"):
        ice.ice_servers(["https://t"], ["s"], "p", expires_at=UNTIL)


def test_relay_only_without_a_relay_is_refused_before_it_fails_silently():
    stun = ice.ice_servers(["stun:t"], [], "p", expires_at=UNTIL)
    turn = ice.ice_servers(["turn:t"], ["s"], "p", expires_at=UNTIL)

    with pytest.raises(ValueError, match="TURN"):
        ice.ice_configuration(stun, is_relay_only=True)
    assert ice.ice_configuration(turn, is_relay_only=True)["iceTransportPolicy"] == "relay"
