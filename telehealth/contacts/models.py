"""Rows of the contact registry."""

from datetime import datetime
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberFormat
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.core.db import Base, BigInt, Key, one_of

_WITHOUT_BRACKETS = str.maketrans("", "", "()")
"""The library writes `(04) 575 40 00`; people here write it without."""


class ContactKind(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    MOBILE = "mobile"
    LANDLINE = "landline"
    """Called by staff only; needs no confirmation."""


class ContactPoint(Base):
    """One way to reach a person."""

    __tablename__ = "contact_point"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "value"),
        Index(
            "uq_contact_point_active",
            "person_id",
            "kind",
            unique=True,
            sqlite_where=text("is_active = 1"),
            postgresql_where=text("is_active"),
        ),
        CheckConstraint(
            "NOT is_active OR kind = 'landline' OR verified_at IS NOT NULL",
            name="active_is_verified",
        ),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    kind: Mapped[ContactKind] = mapped_column(one_of(ContactKind, "kind", 12))
    value: Mapped[str] = mapped_column(String(254))
    """Address in lower case, or number in E.164."""
    verified_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=False)
    """At most one per person and kind; the database sees to it."""
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))

    @property
    def shown(self) -> str:
        """As people write it: Slovenian numbers without the country (`041 234 567`)."""
        if self.kind is ContactKind.EMAIL:
            return self.value
        number = phonenumbers.parse(self.value)
        at_home = phonenumbers.region_code_for_number(number) == "SI"
        form = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
        written = phonenumbers.format_number(number, form)
        return written.translate(_WITHOUT_BRACKETS)


class ContactCode(Base):
    """A confirmation code on its way: never the code itself, see `service.confirming`."""

    __tablename__ = "contact_code"

    id: Mapped[Key]
    contact_id: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("contact_point.id", ondelete="SET NULL"), index=True
    )
    person_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"), index=True)
    value_digest: Mapped[str] = mapped_column(String(64), index=True)
    """HMAC of the address: sends are counted per address too, also after it was removed."""
    nonce: Mapped[str] = mapped_column(String(32))
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
