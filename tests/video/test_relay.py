"""Our relay credentials against a real coturn."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aioice import stun, turn

from tests.video.conftest import RelayServer
from video import ice

SOON = timedelta(minutes=5)


class Hangup(asyncio.DatagramProtocol):
    """Tells when the relay has let go of the allocation."""

    def __init__(self) -> None:
        self.is_over = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.is_over.set()


async def allocate(relay: RelayServer, secret: str, until: datetime) -> tuple[str, int]:
    """Ask for a relay address as a browser would, and give it back."""
    username, password = ice.turn_credentials(secret, "p_7", until)
    transport, hangup = await turn.create_turn_endpoint(
        Hangup,
        server_addr=relay.address,
        username=username,
        password=password,
    )
    address: tuple[str, int] = transport.get_extra_info("sockname")
    transport.close()
    await hangup.is_over.wait()
    return address


def test_both_secrets_of_a_rotation_open_the_relay(relay: RelayServer):
    until = datetime.now(UTC) + SOON

    for secret in relay.secrets:
        host, port = asyncio.run(allocate(relay, secret, until))
        assert host == "127.0.0.1"
        assert port != relay.address[1]


def test_expired_credentials_are_refused(relay: RelayServer):
    with pytest.raises(stun.TransactionFailed, match="401"):
        asyncio.run(allocate(relay, relay.secrets[0], datetime.now(UTC) - SOON))


def test_a_secret_that_was_rotated_out_is_refused(relay: RelayServer):
    with pytest.raises(stun.TransactionFailed, match="401"):
        asyncio.run(allocate(relay, "older-secret", datetime.now(UTC) + SOON))
