"""`serve` and `work`: the web server (gunicorn) and the worker as processes."""

import errno
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Event

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from telehealth.app import create_app
from telehealth.cli.root import Operator, answering, database_of, require_schema, root
from telehealth.core.lanes import Lane
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform
from telehealth.core.worker import Worker
from telehealth.settings import Settings

THREADS = 128
"""Each open live connection holds a thread; more connections need more processes behind a proxy."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with one process and threads: Socket.IO needs every connection in one place.

    Args:
        settings: host and port.
        make: builds the application inside the worker process.
        has_worker: run the job worker beside the server (the embedded default).
    """

    def __init__(self, settings: Settings, make: Callable[[], Flask], *, has_worker: bool) -> None:
        self._settings = settings
        self._make = make
        self._has_worker = has_worker
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn needs; nothing is read from files or its environment variable."""
        for name, value in {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": THREADS,
            "timeout": 60,
            "graceful_timeout": 3,
            "loglevel": "warning",
            "control_socket_disable": True,
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, in the worker process."""
        app = self._make()
        platform: Platform = app.extensions["telehealth"]
        if self._has_worker:
            worker = Worker(platform.queue)
            platform.database.wake = worker.wake
            worker.start()
        return app


def check_address(operator: Operator, settings: Settings) -> None:
    """End with one clear line when the port is taken or not ours to use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = (
                "is taken"
                if error.errno == errno.EADDRINUSE
                else f"cannot be used ({error.strerror})"
            )
            operator.fail(
                f"Port {settings.port} {reason}. Choose another one: PORT=8001 make demo"
                " (or TELEHEALTH_PORT).",
                "port",
            )


def make_app(settings: Settings) -> Callable[[], Flask]:
    """Build the application with a queue that is woken after each commit."""

    def make() -> Flask:
        app = create_app(settings)
        platform: Platform = app.extensions["telehealth"]
        platform.database.wake = platform.queue.wake
        return app

    return make


@root.command()
@click.option("--worker/--no-worker", default=True, help="Run jobs in this process too (default).")
@answering
def serve(operator: Operator, *, worker: bool) -> None:
    """Serve the application until it is stopped."""
    with database_of(operator) as (settings, database):
        require_schema(operator, database)
    check_address(operator, settings)
    Server(settings, make_app(settings), has_worker=worker).run()


@root.command()
@click.option("--once", is_flag=True, help="Handle what is open now and end.")
@click.option(
    "--lane",
    "lanes",
    multiple=True,
    type=click.Choice([lane.value for lane in Lane]),
    help="Work in this lane only (may be given several times).  [default: all]",
)
@answering
def work(operator: Operator, *, once: bool, lanes: tuple[str, ...]) -> None:
    """Handle jobs in a process of its own (several may run)."""
    with database_of(operator) as (settings, database):
        require_schema(operator, database)
    queue = _queue(settings)
    chosen = tuple(lane for lane in Lane if lane.value in lanes) or tuple(Lane)
    if once:
        done = queue.drain(chosen)
        operator.say(f"{done} events handled.", handled=done)
        return
    _work_until_ended(queue, Worker(queue, chosen))


def _work_until_ended(queue: Queue, worker: Worker) -> None:
    """Work until SIGTERM or SIGINT; events at hand are finished, the others given back."""
    is_over = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.set())

    queue.database.wake = worker.wake  # another process looks by itself a second later
    queue.hear_hint = worker.wake
    hints = queue.hints()
    hints.start()
    worker.start()
    is_over.wait()
    hints.stop()
    worker.stop()


def _queue(settings: Settings) -> Queue:
    platform: Platform = create_app(settings).extensions["telehealth"]
    return platform.queue
