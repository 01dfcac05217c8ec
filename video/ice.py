"""What a browser needs to reach the other one: relay addresses and short-lived relay credentials.

Credentials follow the TURN REST convention that coturn's `use-auth-secret` implements: the name is
`<unix expiry>:<opaque id>`, the password is base64(HMAC-SHA1(secret, name)). The relay logs the
name, so nothing in it may lead to a person.

Rotating the secret: both secrets stand in coturn (`static-auth-secret` twice) and here, newest
first. The first one signs; the second only stays valid at the relay until what it signed expired.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NotRequired, TypedDict

from video.wire import OPAQUE_ID

MAX_SECRETS: Final = 2

_STUN: Final = ("stun:", "stuns:")
_TURN: Final = ("turn:", "turns:")


class IceServer(TypedDict):
    """One `RTCIceServer`."""

    urls: list[str]
    username: NotRequired[str]
    credential: NotRequired[str]


class IceConfiguration(TypedDict):
    """The part of `RTCConfiguration` that the server decides."""

    iceServers: list[IceServer]
    iceTransportPolicy: Literal["all", "relay"]


def turn_credentials(secret: str, participant_id: str, expires_at: datetime) -> tuple[str, str]:
    """Return name and password for the relay, valid until `expires_at` (seconds are cut off).

    Raises:
        ValueError: empty secret, an id that is not opaque, or a time without zone.
    """
    if not secret:
        raise ValueError("the TURN secret is empty")
    if OPAQUE_ID.fullmatch(participant_id) is None:
        raise ValueError("the participant id must be 1-64 letters, digits, '-' or '_'")
    if expires_at.utcoffset() is None:
        raise ValueError("expires_at needs a time zone")
    username = f"{int(expires_at.timestamp())}:{participant_id}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode("ascii")


def ice_servers(
    urls: Sequence[str], secrets: Sequence[str], participant_id: str, *, expires_at: datetime
) -> list[IceServer]:
    """Return the servers for one participant: an empty list where none are set up.

    Args:
        urls: `stun:`, `stuns:`, `turn:` or `turns:` addresses.
        secrets: one or two secrets shared with the relay, newest first; the first signs.
        participant_id: opaque, new for every consultation.
        expires_at: end of the slot and its overrun.

    Raises:
        ValueError: another kind of address, relays without a secret, more than two secrets.
    """
    unknown = [url for url in urls if not url.startswith(_STUN + _TURN)]
    if unknown:
        raise ValueError(f"not a STUN or TURN address: {unknown[0]}")
    servers: list[IceServer] = []
    if stun := [url for url in urls if url.startswith(_STUN)]:
        servers.append({"urls": stun})
    if turn := [url for url in urls if url.startswith(_TURN)]:
        if not 1 <= len(secrets) <= MAX_SECRETS:
            raise ValueError("TURN needs one secret, or two during a rotation")
        username, credential = turn_credentials(secrets[0], participant_id, expires_at)
        servers.append({"urls": turn, "username": username, "credential": credential})
    return servers


def ice_configuration(servers: list[IceServer], *, is_relay_only: bool = False) -> IceConfiguration:
    """Return the configuration for `RTCPeerConnection`.

    Relay only hides each side's address from the other.

    Raises:
        ValueError: relay only without any relay, which could never connect.
    """
    if is_relay_only and not any("credential" in server for server in servers):
        raise ValueError("relay only needs a TURN server")
    return {"iceServers": servers, "iceTransportPolicy": "relay" if is_relay_only else "all"}
