"""Reading files of strangers: in a process of its own, with little time, little memory, no network.

A hostile PDF can at worst end that process. The answer is a verdict, never an exception.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore

from telehealth.consents.gateways.sealing import Trusted
from telehealth.core.errors import Unavailable
from telehealth.core.i18n import N_

MAX_BYTES = 10_000_000
TIMEOUT_S = 20
"""Wall clock; the child's own limit is 10 s of computing."""
_AT_ONCE = 2
_PATIENCE_S = 5
_seats = BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file is: `valid`, `altered` or `unknown`, every reason, and what its seal says."""

    state: str
    reasons: tuple[str, ...]
    sha256: str = ""
    level: str = ""
    signed_at: str = ""
    """ISO 8601, or empty."""
    revisions: int = 0


def check(pdf: bytes, trust: Trusted, *, now: datetime) -> Verdict:
    """Judge a file by itself, without the database.

    Raises:
        Unavailable: too many files are being looked at.
    """
    if len(pdf) > MAX_BYTES:
        return Verdict("unknown", ("too_large",))
    if not _seats.acquire(timeout=_PATIENCE_S):
        raise Unavailable(N_("Please try again in a moment."), retry_after_s=10)
    try:
        return _ask_child(pdf, trust, now)
    finally:
        _seats.release()


def _ask_child(pdf: bytes, trust: Trusted, now: datetime) -> Verdict:
    head = {
        "root_pem": trust.root_pem.decode("ascii", "replace"),
        "signer_sha256": sorted(trust.signer_sha256),
        "now": now.isoformat(),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "telehealth.consents.gateways.checker"],
            input=json.dumps(head).encode() + b"\n" + pdf,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return Verdict("unknown", ("unreadable",))
    return Verdict(**{**answer, "reasons": tuple(answer["reasons"])})
