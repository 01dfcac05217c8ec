"""E-mail: through an SMTP server, or, in the demo without one, a line in the log."""

import logging
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

log = logging.getLogger(__name__)

TIMEOUT_S = 15
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """A short text for one address."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    message_id: str
    """The same for every try, so that a mailbox can recognise a repeat."""
    sent_at: datetime


class MailRefused(Exception):
    """The server says that this address will never work."""


class MailDelayed(Exception):
    """The server is away or asks to try later.

    Args:
        is_unreachable: nobody answered, or nothing was taken whoever it was for.
    """

    def __init__(self, *, is_unreachable: bool) -> None:
        super().__init__()
        self.is_unreachable = is_unreachable


class MailGateway(Protocol):
    """Hands mail over to be delivered."""

    is_real: bool
    """Whether what is handed over can reach anybody."""

    def send(self, mail: Mail) -> None:
        """Hand one mail over.

        Raises:
            MailRefused: never try again.
            MailDelayed: try again later.
        """


class SmtpMail:
    """The real one.

    Args:
        url: `smtp://[user:password@]host[:port]` (STARTTLS where offered) or `smtps://…`.
        sender: the address in From.
    """

    is_real = True

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("a mail server is named as smtp://host:port")
        self._is_tls = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, parts.port or (465 if self._is_tls else 25)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    def send(self, mail: Mail) -> None:
        """Hand one mail to the server; see `MailGateway`."""
        try:
            with self._connected() as server:
                server.send_message(_message(mail, self._sender))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if all(code >= _PERMANENT for code in codes):
                raise MailRefused from error
            raise MailDelayed(is_unreachable=False) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailDelayed(is_unreachable=True) from error

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
        if self._user:
            server.login(self._user, self._password)
        return server


class ConsoleMail:
    """The stand-in of a demo without a mail server: says that a mail would go, not to whom or what.

    It delivers nothing; `delivered` is for its tests.
    """

    is_real = False

    def __init__(self) -> None:
        self.delivered = 0

    def send(self, mail: Mail) -> None:
        """Write one line to the log."""
        self.delivered += 1
        log.info("mail not sent: no mail server is set", extra={"message_id": mail.message_id})


def gateway(smtp_url: str, sender: str) -> MailGateway:
    """The gateway the settings ask for."""
    return SmtpMail(smtp_url, sender) if smtp_url else ConsoleMail()


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"] = format_datetime(mail.sent_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office comes back
    message.set_content(mail.text)
    return message
