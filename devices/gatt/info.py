"""Device information and battery: what a meter says about itself."""

from devices.gatt.wire import Fault, Wire, WireError

MANUFACTURER = "00002a29-0000-1000-8000-00805f9b34fb"
MODEL = "00002a24-0000-1000-8000-00805f9b34fb"
SERIAL = "00002a25-0000-1000-8000-00805f9b34fb"
FIRMWARE = "00002a26-0000-1000-8000-00805f9b34fb"
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"

FULL_PERCENT = 100
LONGEST_TEXT = 30


def decode_text(raw: bytes) -> str:
    """Read a text characteristic; padding by NUL and spaces is not part of the text.

    Bytes that are not UTF-8 are shown as the replacement character and control characters left
    out: a strange name must not keep a meter from being read, nor its readings from being sent.
    """
    text = raw.decode("utf-8", errors="replace")
    return "".join(char for char in text if char.isprintable()).strip()[:LONGEST_TEXT].strip()


def decode_battery(raw: bytes) -> int:
    """Read 0x2A19 in percent.

    Raises:
        WireError: empty, or more than 100.
    """
    percent = Wire(raw).u8()
    if percent > FULL_PERCENT:
        raise WireError(Fault.INVALID)
    return percent
