"""One log line per request: endpoint, status and time; never the address with its ids."""

import logging
import time

from flask import Flask, Response, g, request

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Write the journal of `app`."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.begun = time.perf_counter()


def _end(response: Response) -> Response:
    if request.endpoint == "core.static_file":
        return response
    log.info(
        "answered",
        extra={
            "request_id": g.get("request_id", ""),
            "method": request.method,
            "endpoint": request.endpoint or "",
            "status": response.status_code,
            "duration_ms": round(
                (time.perf_counter() - g.get("begun", time.perf_counter())) * 1000, 1
            ),
        },
    )
    return response
