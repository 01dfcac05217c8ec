"""The media node: one outside thing, or its honest stand-in where none is set up."""

from pathlib import Path

from video.node.base import MediaNode, NoNode
from video.node.client import NodeClient


def media_node(socket: str, token_file: str) -> MediaNode:
    """The node behind this Unix socket; one that says "absent" where none is set up or readable.

    The token is read each time, because a node that starts anew brings a new one.
    """
    if not socket or not token_file:
        return NoNode()
    try:
        token = Path(token_file).read_text("utf-8").strip()
    except OSError:
        return NoNode()
    return NodeClient(Path(socket), token)
