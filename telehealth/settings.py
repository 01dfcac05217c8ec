"""Settings: one frozen object, read once from the environment, passed to whoever needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

PREFIX = "TELEHEALTH_"
MIN_SECRET_CHARS = 32


class BadSettings(ValueError):
    """The environment names a setting we do not know, or gives one a value it cannot have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation may choose. `TELEHEALTH_<NAME>` in the environment sets `<name>`."""

    secret_key: str = field(repr=False)
    """At least 32 characters; signs forms and keys digests. No default outside the demo."""
    data_dir: Path
    """Folder of this installation: SQLite database, sealed documents, queue, sockets."""
    database_url: str = ""
    """SQLAlchemy URL; empty means SQLite in `data_dir`."""
    public_url: str = "http://127.0.0.1:8000"
    """Address people use; links in e-mails start with it."""
    host: str = "127.0.0.1"
    """Address the server listens on; `127.0.0.1` is reachable from this machine only."""
    port: int = 8000
    """Port the server listens on."""
    trusted_proxies: int = 0
    """Reverse proxies in front whose `X-Forwarded-*` headers are believed; 0 believes none."""
    redis_url: str = ""
    """Empty: Huey keeps its queue in SQLite and live updates stay within one process."""
    smtp_url: str = ""
    """`smtp://[user:password@]host:port`; empty: mail is written to the log of the demo only."""
    mail_from: str = "no-reply@localhost"
    """Sender of all mail."""
    media_socket: str = ""
    """Unix socket of `python -m video.node`; empty: no media node, one-to-one calls still work."""
    media_token_file: str = ""
    """File with the token the media node was started with."""
    turn_urls: str = ""
    """Comma-separated `turn:` and `turns:` addresses."""
    turn_secrets: str = field(default="", repr=False)
    """Comma-separated shared secrets of the TURN server; the first one signs."""
    secure_cookies: bool = True
    """False only for the demo on http://localhost."""
    demo: bool = False
    """Marks every page as a demonstration and allows the development seal."""
    seal_folder: str = ""
    """Folder with the organisation's seal: `seal.p12` and the certificate `root.pem`. Empty: only
    the demo can sign consents, with a seal marked as a test."""
    seal_password: str = field(default="", repr=False)
    """Passphrase of `seal.p12`."""
    crisis_phone: str = "116 123"
    """A crisis line shown to whoever gave an urgent answer; empty: only 112 is shown."""
    patient_idle_min: int = 30
    """Minutes without activity after which a patient's sign-in in a browser ends."""
    staff_idle_min: int = 15
    """The same for health workers."""
    session_max_h: int = 12
    """Hours after which any sign-in ends, however busy."""
    log_level: str = "INFO"
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""
    now: datetime | None = None
    """Start of the application's clock (aware); None: real time. For reproducible pictures."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read `TELEHEALTH_*`; an unknown name is an error, because a mistyped one would be silent.

        Raises:
            BadSettings: unknown name, missing secret, value of the wrong kind.
        """
        known = {item.name for item in fields(cls)}
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX)
        }
        unknown = sorted(set(given) - known)
        if unknown:
            names = ", ".join(PREFIX + name.upper() for name in unknown)
            raise BadSettings(f"Unknown settings: {names}")
        for required in ("secret_key", "data_dir"):
            if not given.get(required):
                raise BadSettings(f"{PREFIX}{required.upper()} is not set.")
        if len(given["secret_key"]) < MIN_SECRET_CHARS:
            raise BadSettings(
                f"{PREFIX}SECRET_KEY must have at least {MIN_SECRET_CHARS} characters."
            )
        typed: dict[str, Any] = {name: _typed(name, value) for name, value in given.items()}
        return cls(**typed)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in effect."""
        return self.database_url or f"sqlite:///{self.data_dir / 'telehealth.db'}"

    @property
    def session_max(self) -> timedelta:
        """Longest life of a sign-in, however busy."""
        return timedelta(hours=self.session_max_h)


def _typed(name: str, value: str) -> "str | int | bool | Path | datetime | None":
    kind = str({item.name: item.type for item in fields(Settings)}[name])
    try:
        if "bool" in kind:
            return {"1": True, "true": True, "0": False, "false": False}[value.lower()]
        if "int" in kind:
            return int(value)
        if "Path" in kind:
            return Path(value).resolve()
        if "datetime" in kind:
            return _instant(value) if value else None
    except (KeyError, ValueError) as error:
        raise BadSettings(f"{PREFIX}{name.upper()} cannot be {value!r}.") from error
    return value


def _instant(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset")
    return moment
