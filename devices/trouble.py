"""What can go wrong between this computer and a meter: a name, an exit code, and plain advice."""

from enum import StrEnum


class Trouble(StrEnum):
    """Why a meter could not be reached or read."""

    NO_DBUS = "no_dbus"
    NO_BLUEZ = "no_bluez"
    NO_ADAPTER = "no_adapter"
    POWERED_OFF = "powered_off"
    NO_LOW_ENERGY = "no_low_energy"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    NOT_USABLE = "not_usable"
    NEEDS_PAIRING = "needs_pairing"
    WRONG_NUMBER = "wrong_number"
    PAIRING_FAILED = "pairing_failed"
    PAIRING_CANCELED = "pairing_canceled"
    PAIRING_HANGS = "pairing_hangs"
    LINK_LOST = "link_lost"
    SILENT = "silent"
    REFUSED = "refused"
    RADIO = "radio"
    """Anything else the Bluetooth stack says."""
    CLOCKS_DIFFER = "clocks_differ"
    """Meter and computer show different times, and nobody says which one is right."""


EXIT_CODES = {trouble: 20 + place for place, trouble in enumerate(Trouble)}
"""Each trouble has its own exit code, from 20 on."""


class RadioError(Exception):
    """A meter could not be reached or read; `detail` is for the technically minded."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(f"{trouble}: {detail}" if detail else str(trouble))
        self.trouble = trouble
        self.detail = detail
