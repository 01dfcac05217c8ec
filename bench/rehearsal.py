"""How long a rehearsal takes: the guide's example, and a night of a sensor."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.table import Line, seconds, spread
from telehealth.rehearsal import running, scenario
from telehealth.rehearsal.outcome import outcome
from telehealth.rehearsal.stage import stage

GUIDE = Path(__file__).parents[1] / "docs/how-to/rehearse.md"
ROUNDS = 7
LIMIT_S = 2.0
NIGHT = {
    "start": "2026-12-01T22:00+01:00",
    "people": {"patient": {}, "proxy": {}, "nurse": {}, "doctor": {}},
    "history": [{"days": 14, "source": "sensor", "every_min": 5, "value": "7.0"}],
    "events": [
        {
            "after_min": 0, "do": "reading", "source": "sensor", "value": "6.0", "every_min": 5,
            "times": 48,
        },
        {
            "after_min": 240, "do": "reading", "source": "sensor", "value": "2.6", "every_min": 5,
            "times": 12,
        },
        {
            "after_min": 300, "do": "reading", "source": "sensor", "value": "6.0", "every_min": 5,
            "times": 36,
        },
    ],
    "until_min": 480,
}  # fmt: skip


def run() -> Sequence[Line]:
    """The stage is made once in a process, as the tests do; its own time stands beside."""
    first_s = seconds(stage)
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return [
        _line("rehearsal of the guide's example", json.loads(example), first_s),
        _line("rehearsal of a night of a sensor, 96 readings", NIGHT, first_s),
    ]


def _line(what: str, given: Mapping[str, Any], first_s: float) -> Line:
    wanted = scenario.read(given)

    def play() -> None:
        with running.played(wanted) as played:
            outcome(played)

    play()
    times_s = [seconds(play) for _ in range(ROUNDS)]
    return Line(
        what, spread(times_s), f"asked {LIMIT_S:g} s; once in a process {first_s * 1000:.0f} ms"
    )
