"""The child process of `checking`: one line of JSON and a file come in, a verdict goes out."""

import json
import logging
import resource
import sys
from datetime import datetime

from surveys.consent.verify import Trust, verify

CPU_S = 10
MEMORY_BYTES = 1_000_000_000


def main() -> None:
    """Judge the file on standard input."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # nothing of the file is kept anywhere
    logging.disable(logging.CRITICAL)
    head = json.loads(sys.stdin.buffer.readline())
    trust = Trust(head["root_pem"].encode(), frozenset(head["signer_sha256"]))
    now = datetime.fromisoformat(head["now"])
    verdict = verify(sys.stdin.buffer.read(), trust, now=now)
    answer = {
        "state": verdict.state.value,
        "reasons": [why.value for why in verdict.reasons],
        "sha256": verdict.sha256,
        "level": verdict.level,
        "signed_at": verdict.signed_at.isoformat() if verdict.signed_at else "",
        "revisions": verdict.revisions,
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
