"""Files that are no text at all, by the bytes they begin with: pictures, PDF, workbooks."""

from devices.files.records import Trouble

MARK_BYTES = 512
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*")
_BITMAP = b"BM"
_HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc", b"ftypavif")
_HEIC_AT = slice(4, 12)
_WEBP, _WEBP_AT = b"WEBP", slice(8, 12)
_PDF = b"%PDF-"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!")
_WORKBOOK_PARTS = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis", b"xl/", b"_rels/")
_WEB = (b"<!doctype html", b"<html")


def trouble_of(head: bytes) -> Trouble | None:
    """Name what a file is by its first bytes; `None` when it may be text.

    Args:
        head: the first `MARK_BYTES`.
    """
    if _is_picture(head):
        return Trouble.PICTURE
    if head.startswith(_PDF):
        return Trouble.PDF
    if head.startswith(_OLD_WORKBOOK):
        return Trouble.WORKBOOK
    if head.startswith(_ARCHIVES):
        is_workbook = any(part in head for part in _WORKBOOK_PARTS)
        return Trouble.WORKBOOK if is_workbook else Trouble.ARCHIVE
    is_page = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB)
    return Trouble.WEB_PAGE if is_page else None


def _is_picture(head: bytes) -> bool:
    # BM alone may begin a heading; a bitmap goes on with the bytes of its size.
    is_bitmap = head.startswith(_BITMAP) and b"\0" in head[:16]
    is_webp = head.startswith(b"RIFF") and head[_WEBP_AT] == _WEBP
    return head.startswith(_PICTURES) or head[_HEIC_AT] in _HEIC or is_bitmap or is_webp
