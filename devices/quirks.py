"""Meters differ: one row per maker, chosen by what the meter says about itself.

Rows hold facts only (how to ask, what a record means, what to press to pair); the code that
reads them is the same for every meter.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from devices.gatt import clock


class Ask(StrEnum):
    """Ways of asking for records, in the order a row lists them."""

    FROM = "from"
    RANGE = "range"
    ALL = "all"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class ClockDoor:
    """A characteristic where a meter's clock is set, if the meter lets it be written."""

    uuid: str
    opening: bytes = b""
    """What a maker wants before the seven bytes of the date-time."""

    def request(self, at_wall: datetime) -> bytes:
        """Return the bytes that set the clock."""
        at = clock.WireTime.of(at_wall)
        if self.uuid == clock.CURRENT_TIME:
            return clock.encode_current_time(at, at_wall.isoweekday())
        return self.opening + at.to_bytes()


DATE_TIME = ClockDoor(clock.DATE_TIME)
CURRENT_TIME = ClockDoor(clock.CURRENT_TIME)
ISENS_OPENING = bytes.fromhex("c0030100")
ISENS_OLDER = ClockDoor("0000fff1-0000-1000-8000-00805f9b34fb", ISENS_OPENING)
ISENS_NEWER = ClockDoor("c4dea010-5a9d-11e9-8647-d663bd873d93", ISENS_OPENING)


@dataclass(frozen=True, slots=True)
class Quirk:
    """What is particular about the meters of one maker."""

    name: str
    makers: tuple[str, ...] = ()
    """Parts of the manufacturer string, lower case."""
    models: tuple[str, ...] = ()
    """Parts of the model string, lower case; needed too where the maker alone does not decide."""
    names: tuple[str, ...] = ()
    """Beginnings of the advertised name, lower case."""
    ways: tuple[Ask, ...] = (Ask.FROM, Ask.RANGE, Ask.ALL, Ask.LAST)
    has_moving_sequence: bool = False
    """Number 0 is always the newest record: numbers name nothing and no cursor can be kept."""
    has_ketone_meal: bool = False
    """Meal 6 in the context marks a ketone; a record without its context may be one."""
    clocks: tuple[ClockDoor, ...] = (CURRENT_TIME, DATE_TIME)
    """Where the clock may be set, in this order; the first one that can be written is used."""
    is_usable: bool = True
    pairing: tuple[str, str] = (
        (
            "Put the meter into pairing mode (see its manual), keep it near, and have at least one"
            " reading stored in it. It must not be connected to a phone."
        ),
        (
            "Na merilniku vklopite seznanjanje (glejte navodila), naj bo blizu in naj ima shranjeno"
            " vsaj eno meritev. Ne sme biti povezan s telefonom."
        ),
    )
    """What to do on the meter, in English and Slovenian."""


UNKNOWN = Quirk("glucose meter")

ROCHE = Quirk(
    "Accu-Chek",
    makers=("roche",),
    names=("meter+", "accu-chek"),
    ways=(Ask.FROM, Ask.ALL),
    clocks=(DATE_TIME,),
    pairing=(
        (
            "Switch the meter off. Hold its button until the Bluetooth sign blinks. It shows six"
            " digits when the computer asks for them; they are also on its back."
        ),
        (
            "Izklopite merilnik. Držite gumb, dokler ne utripa znak Bluetooth. Ko računalnik"
            " vpraša, pokaže šest števk; zapisane so tudi na hrbtni strani."
        ),
    ),
)
ASCENSIA = Quirk(
    "Contour",
    makers=("ascensia", "bayer"),
    names=("contour",),
    ways=(Ask.FROM, Ask.RANGE, Ask.ALL),
    pairing=(
        "Switch the meter off. Hold the OK button until the blue light blinks.",
        "Izklopite merilnik. Držite gumb OK, dokler ne utripa modra lučka.",
    ),
)
ISENS = Quirk(
    "CareSens",
    makers=("i-sens", "isens", "relion"),
    names=("caresens", "relion"),
    ways=(Ask.FROM, Ask.ALL),
    has_ketone_meal=True,
    clocks=(ISENS_OLDER, ISENS_NEWER),
)
TAIDOC = Quirk(
    "FORA / TaiDoc",
    makers=("taidoc", "fora"),
    names=("fora", "taidoc", "diamond mini", "dm30b"),
    ways=(Ask.ALL, Ask.RANGE),
    has_moving_sequence=True,
    clocks=(),
)
YUWELL = Quirk(
    "yuwell",
    makers=("yuwell",),
    names=("yuwell",),
    ways=(Ask.ALL, Ask.RANGE, Ask.LAST),
)
ONETOUCH = Quirk("OneTouch", makers=("lifescan",), names=("onetouch", "one touch"), is_usable=False)
ACCU_CHEK_MOBILE = Quirk(
    "Accu-Chek Mobile",
    makers=("roche",),
    models=("mobile",),
    names=("accu-chek mobile",),
    is_usable=False,
)

ROWS = (ACCU_CHEK_MOBILE, ONETOUCH, ROCHE, ASCENSIA, ISENS, TAIDOC, YUWELL)
"""Looked through from the top: a narrower row stands above a wider one."""


def _begins(name: str, row: Quirk) -> bool:
    return name.startswith(row.names) if row.names else False


def quirk_of(*, maker: str = "", model: str = "", name: str = "") -> Quirk:
    """Choose the row for a meter, by its information first, else by its advertised name."""
    maker, model, name = maker.lower(), model.lower(), name.lower()
    for row in ROWS:
        by_maker = any(part in maker for part in row.makers)
        if by_maker and (not row.models or any(part in model for part in row.models)):
            return row
    if maker:
        return UNKNOWN
    return next((row for row in ROWS if _begins(name, row)), UNKNOWN)
