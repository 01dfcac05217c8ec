"""What the Linux kernel says about Bluetooth, where it may be read."""

import os
from pathlib import Path

LOG = Path("/dev/kmsg")
NO_ECDH = b"Unable to create ECDH crypto context"
"""Without it no pairing ever ends: the kernel lacks drbg or jitterentropy_rng."""
PART_BYTES = 8192
MOST_PARTS = 100_000


def lacks_ecdh(log: Path = LOG) -> bool:
    """Whether the kernel complained that it cannot pair; false also where nothing may be read."""
    try:
        descriptor = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return _says(descriptor, NO_ECDH)
    finally:
        os.close(descriptor)


def _says(descriptor: int, words: bytes) -> bool:
    """Look through a log; the kernel gives one message at a time and blocks at the end."""
    before = b""
    for _ in range(MOST_PARTS):
        try:
            part = os.read(descriptor, PART_BYTES)
        except BrokenPipeError:  # messages were overwritten before they could be read
            continue
        except OSError:
            return False
        if not part:
            return False
        if words in before + part:
            return True
        before = part[-len(words) :]
    return False
