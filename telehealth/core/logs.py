"""Structured logs: a JSON object a line; ids and timings, no names, values, texts or tokens."""

import json
import logging
import sys
from datetime import UTC, datetime

_ALLOWED = (
    "request_id",
    "method",
    "endpoint",
    "status",
    "duration_ms",
    "topic",
    "event_id",
    "fault",
    "attempt",
)
"""The only extra keys that reach a log line: a key not listed here cannot leak by accident."""


class JsonLines(logging.Formatter):
    """Formats a record as JSON; of an exception only class and place, not its text."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, keys in fixed order."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: getattr(record, key) for key in _ALLOWED if hasattr(record, key)}
        if record.exc_info and record.exc_info[0]:
            line["fault"] = record.exc_info[0].__name__
            line["where"] = _place(record)
        return json.dumps(line, ensure_ascii=False)


def _place(record: logging.LogRecord) -> str:
    trace = record.exc_info[2] if record.exc_info else None
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def configure(level: str) -> None:
    """Send all logs to standard error in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("werkzeug", "engineio", "socketio", "huey", "gunicorn.access"):
        logging.getLogger(chatty).setLevel("WARNING")
    for verbose in ("pyhanko", "pyhanko_certvalidator"):  # whole tracebacks for each altered file
        logging.getLogger(verbose).setLevel("CRITICAL")
