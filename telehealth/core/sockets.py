"""The live doors: Socket.IO events with a schema, an acknowledgement and a decision of their own.

The handshake proves nothing for later: the sign-in is loaded and the actor resolved again for every
event, so a revoked mandate or an ended session is refused at the next message.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request
from flask_babel import gettext
from flask_socketio import SocketIO
from marshmallow import Schema, ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from telehealth.core.db import after_commit
from telehealth.core.errors import Invalid, NotAllowed, NotFound, NotSignedIn, Refusal, Unavailable
from telehealth.core.i18n import N_
from telehealth.core.text import unstorable
from telehealth.core.web.access import Access, check_gate, find_sign_in
from telehealth.core.web.platform import Platform
from telehealth.core.web.problems import flatten, problem_of, record_denial

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 128 * 1024
Answer = dict[str, Any]
Handler = Callable[[Any], Answer | None]

server = SocketIO()
"""The Socket.IO server; `install` ties it to the application."""


def _engine() -> Any:
    """python-socketio's server behind Flask-SocketIO, which its stubs do not show."""
    return vars(server)["server"]


@dataclass(frozen=True, slots=True)
class Event:
    """One event a client may send: name, outer gate, schema of its payload, handler."""

    name: str
    gate: Access
    schema: Schema
    handler: Handler


class Sockets:
    """A room's live doors: `sockets = Sockets("consults")`, then `@sockets.on("join", ...)`."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.events: list[Event] = []

    def on(
        self, name: str, schema: Schema, gate: Access = Access.SIGNED_IN
    ) -> Callable[[Handler], Handler]:
        """Answer `<room>:<name>` with `handler(command)`; its answer joins the acknowledgement."""

        def register(handler: Handler) -> Handler:
            self.events.append(Event(f"{self.room}:{name}", gate, schema, handler))
            return handler

        return register


def install(app: Flask, rooms: list[Sockets]) -> None:
    """Tie the server and the rooms' events to `app`."""
    platform: Platform = app.extensions["telehealth"]
    server.init_app(
        app,
        async_mode="threading",
        message_queue=platform.settings.redis_url or None,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
        manage_session=False,
        cookie=None,
    )
    server.on_event("connect", _connect)
    events = [event for room in rooms for event in room.events]
    for event in events:
        server.on_event(event.name, _door(event))
    app.extensions["telehealth-events"] = events


def _connect(_auth: object = None) -> bool:
    g.sign_in = find_sign_in()
    if g.sign_in is None:
        return False
    _engine().enter_room(sid(), session_room(g.sign_in.session_id))
    return True


def sid() -> str:
    """The connection this event came through."""
    return str(request.sid)  # type: ignore[attr-defined]  # Flask-SocketIO adds it to the request


def session_room(session_id: int) -> str:
    """All connections of one sign-in; ending the sign-in cuts them."""
    return f"session:{session_id}"


def representation_room(representation_id: int) -> str:
    """All connections that act under one representation; revoking it cuts them."""
    return f"representation:{representation_id}"


def patient_room(patient_id: int) -> str:
    """All connections that may see one patient's new data."""
    return f"patient:{patient_id}"


def join(room: str) -> None:
    """Let this connection hear what is sent to `room`."""
    _engine().enter_room(sid(), room)


def leave(room: str) -> None:
    """Stop hearing `room`."""
    _engine().leave_room(sid(), room)


def emit(event: str, payload: Answer, room: str, *, skip: str | None = None) -> None:
    """Tell all connections in `room`; `skip` leaves one connection out.

    Losing it is harmless by design: pages ask again when they come back.
    """
    try:
        server.emit(event, payload, to=room, skip_sid=skip)
    except Exception as error:  # noqa: BLE001 - a lost message queue must not fail what was committed
        log.warning("live update lost", extra={"fault": type(error).__name__})


def cut(room: str) -> None:
    """Disconnect everybody in `room` and let the browser know why it may not come back."""
    emit("ended", {}, room)
    manager = _engine().manager
    for connection, _ in list(manager.get_participants("/", room)):
        _engine().disconnect(connection)


def cut_after(session: Session, room: str) -> None:
    """Cut `room` once the unit of work is stored.

    The outbox does it again: this process may not be the one that holds the connections.
    """
    after_commit(session, lambda: cut(room))


def _door(event: Event) -> Callable[..., Answer]:
    def door(*payload: object) -> Answer:
        g.subject_id = g.representation_id = None
        try:
            g.sign_in = find_sign_in()
            check_gate(event.gate, g.sign_in)
            command = _command(event.schema, payload)
            return {"ok": True} | (event.handler(command) or {})
        except Refusal as refusal:
            return _refused(refusal, event.name)
        except DBAPIError as error:
            log.warning("database refused", extra={"fault": type(error.orig).__name__})
            return _refused(
                Unavailable(N_("Please try again in a moment."), retry_after_s=5), event.name
            )
        except Exception as error:
            log.exception(
                "unexpected fault", extra={"endpoint": event.name, "fault": type(error).__name__}
            )
            return {
                "ok": False,
                "problem": {
                    "status": 500,
                    "code": "fault",
                    "title": gettext("Something went wrong."),
                },
            }

    return door


def _command(schema: Schema, payload: tuple[object, ...]) -> Any:
    given = payload[0] if len(payload) == 1 else None
    if not isinstance(given, dict):
        raise Invalid(N_("We could not read this request."), code="not_an_object")
    if next(unstorable(given), None) is not None:
        raise Invalid(N_("We could not read this request."), code="not_text")
    try:
        return schema.load(given)
    except ValidationError as error:
        raise Invalid(errors=flatten({"json": error.messages_dict})) from error


def _refused(refusal: Refusal, name: str) -> Answer:
    if isinstance(refusal, NotAllowed | NotFound | NotSignedIn) and g.get("sign_in"):
        record_denial(refusal, name)
    return {"ok": False, "problem": problem_of(refusal)}
