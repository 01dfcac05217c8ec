"""The media node's process: `python -m video.node --socket PATH --token-file PATH`.

Prints `ready <socket>` once it listens. Stops on SIGTERM and SIGINT, and when its standard input
closes if that is a pipe or a socket, so that it never outlives the program that started it.
"""

import argparse
import asyncio
import logging
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Final

import aioice.ice

from video.node.aiortc_node import AiortcNode
from video.node.control import listening

MIN_TOKEN_CHARACTERS: Final = 32
READY: Final = "ready"


def main() -> int:
    """Run until told to stop; 2 where it cannot start, with one line saying why."""
    parser = argparse.ArgumentParser(prog="python -m video.node", description="The media node.")
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen on")
    parser.add_argument(
        "--token-file", type=Path, required=True, help="file with the token, readable by you alone"
    )
    parser.add_argument(
        "--loopback",
        action="store_true",
        help="offer 127.0.0.1 only: browser and node are on one machine",
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        token = _token(arguments.token_file)
        if arguments.loopback:
            # aioice leaves 127.0.0.1 out and has no option for it; this name is its only door.
            aioice.ice.get_host_addresses = _only_loopback
        asyncio.run(_serve(arguments.socket, token))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"video.node: {error}\n")
        return 2
    return 0


def _only_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: FBT001 - aioice's signature
    del use_ipv6
    return ["127.0.0.1"] if use_ipv4 else []


def _token(path: Path) -> str:
    """Return the token.

    Raises:
        OSError: the file cannot be read.
        ValueError: others may read the file, or the token is too short to be one.
    """
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"others may read {path}: chmod 600 it")
    token = path.read_text(encoding="ascii").strip()
    if len(token) < MIN_TOKEN_CHARACTERS:
        raise ValueError(f"the token in {path} is shorter than {MIN_TOKEN_CHARACTERS} characters")
    return token


async def _serve(socket_path: Path, token: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    node = AiortcNode()
    try:
        async with listening(node, socket_path, token):
            _watch_parent(loop, stop)
            sys.stdout.write(f"{READY} {socket_path}\n")
            sys.stdout.flush()
            await stop.wait()
    finally:
        await node.close_all()


def _watch_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop when standard input closes. A service manager's /dev/null and a terminal are no sign."""
    number = sys.stdin.fileno()
    mode = os.fstat(number).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return

    def look() -> None:
        if not os.read(number, 1024):
            loop.remove_reader(number)
            stop.set()

    loop.add_reader(number, look)


if __name__ == "__main__":
    sys.exit(main())
