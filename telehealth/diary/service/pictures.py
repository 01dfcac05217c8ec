"""Pictures of meals: told by their own bytes, stripped of what the camera knew, never decoded.

What stays of a JPEG is what shows the picture, its colour profile and which way is up; place, time,
owner, thumbnail and anything after the picture go. PNG and WebP lose their text and EXIF chunks.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from telehealth.diary.models import PhotoType

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 60_000_000
"""A phone's best camera has 50 megapixels; more is a bomb for whoever opens it."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB"}
)
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"})
_SOF = frozenset({0xC0, 0xC1, 0xC2, 0xC3})
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_SOS, _EOI, _APP0, _APP1, _APP2, _APP14, _COM = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_FILL = 0xFF
"""Every marker begins with it, and any number of it may stand before one."""
_UPRIGHT = 1
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture fit to be kept."""

    media_type: PhotoType
    content: bytes


class NotAPicture(ValueError):
    """No JPEG, PNG or WebP, a damaged one, or one of too many pixels."""


def read(given: bytes) -> Picture:
    """The picture without what the camera knew.

    Raises:
        NotAPicture: it cannot be kept.
    """
    try:
        if given.startswith(b"\xff\xd8\xff"):
            return Picture(PhotoType.JPEG, _jpeg(given))
        if given.startswith(_PNG):
            return Picture(PhotoType.PNG, _png(given))
        if given[:4] == b"RIFF" and given[8:12] == b"WEBP":
            return Picture(PhotoType.WEBP, _webp(given))
    except (struct.error, IndexError) as error:
        raise NotAPicture("cut off") from error
    raise NotAPicture("unknown")


def _require_pixels(width: int, height: int) -> None:
    if not (width and height and width * height <= MAX_PIXELS):
        raise NotAPicture("size")


def _jpeg(given: bytes) -> bytes:
    kept, upright, has_size = [], _UPRIGHT, False
    for marker, body, whole in _segments(given):
        if marker == _APP1:
            upright = _orientation(body) or upright
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", body, 1)
            _require_pixels(width, height)
            has_size = True
        if _is_kept(marker, body):
            kept.append(whole)
    if not has_size:
        raise NotAPicture("no size")
    turned = [_turned(upright)] if upright != _UPRIGHT else []
    return b"\xff\xd8" + b"".join(turned + kept) + b"\xff\xd9"


def _segments(given: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, body and whole of each segment up to the end; scans with their data."""
    place = 2
    while True:
        if given[place] != _FILL:
            raise NotAPicture("marker")
        marker = given[place + 1]
        if marker == _EOI:
            return
        if marker == _FILL or marker in _ALONE:
            place += 1 if marker == _FILL else 2
            continue
        (length,) = struct.unpack_from(">H", given, place + 2)
        end = place + 2 + length
        body = given[place + 4 : end]
        if length < 2 or len(body) != length - 2:  # noqa: PLR2004 - the length counts itself
            raise NotAPicture("segment")
        if marker == _SOS:
            end = _scan_end(given, end)
        yield marker, body, given[place:end]
        place = end


def _is_kept(marker: int, body: bytes) -> bool:
    """Whether a segment is needed to show the picture."""
    if marker == _APP2:
        return body.startswith(b"ICC_PROFILE\0")
    if marker in (_APP0, _APP14):
        return body.startswith((b"JFIF\0", b"Adobe"))
    return not (_APP0 <= marker <= 0xEF or marker == _COM)  # noqa: PLR2004 - the last APP marker


def _scan_end(given: bytes, place: int) -> int:
    """Where the compressed data ends: at a marker that is neither stuffing nor a restart."""
    while True:
        place = given.find(b"\xff", place)
        if place < 0:
            raise NotAPicture("scan")
        following = given[place + 1]
        if following not in (0x00, _FILL) and following not in _ALONE:
            return place
        place += 1 if following == _FILL else 2


def _orientation(body: bytes) -> int | None:
    """The only thing wanted of EXIF: which way is up, 1 to 8."""
    if not body.startswith(b"Exif\0\0"):
        return None
    tiff = body[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, first)
        for n in range(min(count, 100)):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, first + 2 + 12 * n)
            if tag == _ORIENTATION_TAG:
                return value if 1 <= value <= 8 else None  # noqa: PLR2004 - EXIF knows eight
    except struct.error:
        return None
    return None


def _turned(upright: int) -> bytes:
    """An EXIF segment that says which way is up and nothing else."""
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION_TAG, 3, 1, upright, 0, 0)
    body = b"Exif\0\0" + tiff
    return struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body


def _png(given: bytes) -> bytes:
    kept, place = [_PNG], len(_PNG)
    while True:
        (length,) = struct.unpack_from(">I", given, place)
        kind = given[place + 4 : place + 8]
        chunk = given[place : place + 12 + length]
        if len(chunk) != 12 + length:
            raise NotAPicture("chunk")
        if kind == b"IHDR":
            _require_pixels(*struct.unpack_from(">II", chunk, 8))
        elif len(kept) == 1:
            raise NotAPicture("no header")
        if kind in _PNG_KEPT:
            kept.append(chunk)
        if kind == b"IEND":
            return b"".join(kept)
        place += 12 + length


def _webp(given: bytes) -> bytes:
    kept, place, has_picture = [], 12, False
    (size,) = struct.unpack_from("<I", given, 4)
    end = min(len(given), 8 + size)
    while place + 8 <= end:
        kind = given[place : place + 4]
        (length,) = struct.unpack_from("<I", given, place + 4)
        body = given[place + 8 : place + 8 + length]
        if len(body) != length:
            raise NotAPicture("chunk")
        if kind == b"VP8X":
            _require_canvas(body)
            # Bits of the flags: EXIF 0x08, XMP 0x04, animation 0x02.
            body = bytes([body[0] & ~0x0E]) + body[1:]
        if kind in _WEBP_KEPT:
            kept.append(kind + struct.pack("<I", length) + body + b"\0" * (length % 2))
        has_picture = has_picture or kind in (b"VP8 ", b"VP8L")
        place += 8 + length + length % 2
    if not has_picture:
        raise NotAPicture("no picture")
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _require_canvas(body: bytes) -> None:
    width = int.from_bytes(body[4:7], "little") + 1
    height = int.from_bytes(body[7:10], "little") + 1
    _require_pixels(width, height)
