"""The mail server of a rehearsal: takes mail, or is away; nothing leaves the machine."""

from dataclasses import dataclass, field

from telehealth.notifications.gateways.mail import Mail, MailDelayed


@dataclass(slots=True)
class RehearsedMail:
    """Keeps what it was handed."""

    is_down: bool = False
    taken: list[Mail] = field(default_factory=list)
    is_real: bool = True
    """What it takes counts as told, as with a real server."""

    def send(self, mail: Mail) -> None:
        """Take a mail.

        Raises:
            MailDelayed: while the server is down.
        """
        if self.is_down:
            raise MailDelayed(is_unreachable=True)
        self.taken.append(mail)
