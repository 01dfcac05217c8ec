"""The device check: an echo through the media node. Nothing of it is stored."""

from telehealth.core.errors import Invalid, TooMany, Unavailable
from telehealth.core.i18n import N_
from video.node.base import Echo, MediaNode, NodeRefused, NodeUnavailable


def echo(node: MediaNode, offer_sdp: str) -> Echo:
    """The node sends back what it hears, for at most a minute.

    Raises:
        Unavailable: no node answers (`no_media_node`); calls between two work without it.
        TooMany: the node is busy with others' checks.
        Invalid: not an offer the node can answer.
    """
    try:
        return node.echo(offer_sdp)
    except NodeUnavailable as error:
        raise Unavailable(
            N_("The echo test is not available now. Calls work without it."), code="no_media_node"
        ) from error
    except NodeRefused as refusal:
        if refusal.code == "busy":
            raise TooMany(
                N_("Others are testing at the moment. Try again in a minute."), retry_after_s=60
            ) from refusal
        raise Invalid(N_("The browser's offer could not be read."), code="bad_offer") from refusal


def stop_echo(node: MediaNode, session_id: str) -> None:
    """The echo has ended, if it was still running and the node answers."""
    try:
        node.close(session_id)
    except (NodeUnavailable, NodeRefused, ValueError):
        return  # it ends by itself after a minute
