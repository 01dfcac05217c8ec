"""Text and lines of a file of any size, a piece at a time."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

CHUNK_BYTES = 1 << 16
MAX_LINE_CHARS = 1 << 16
ZEROS_IN_BYTES = 2048
BOM = "\ufeff"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def pieces(stream: BinaryIO) -> Iterator[str]:
    r"""Decode a file from its beginning: UTF-8, or UTF-16 with or without a mark.

    Every kind of line end becomes `\n`; leading byte order marks are dropped (some exports
    have two). Bytes that are no text become U+FFFD, so that the row they stand in is read or
    skipped like any other.
    """
    stream.seek(0)
    raw = stream.read(CHUNK_BYTES)
    encoding = _encoding(raw)
    inner = codecs.getincrementaldecoder(encoding)("replace")
    decoder = io.IncrementalNewlineDecoder(inner, translate=True)
    at_start = True
    while raw:
        text = decoder.decode(raw)
        if at_start:
            text = text.lstrip(BOM)
            at_start = not text
        if text:
            yield text
        raw = stream.read(CHUNK_BYTES)
    rest = decoder.decode(b"", final=True)
    if rest:
        yield rest


def _encoding(raw: bytes) -> str:
    """Name the encoding; without a mark, UTF-16 shows by the zeros beside its Latin letters."""
    if raw.startswith(_UTF_16):
        return "utf-16"
    sample = raw[:ZEROS_IN_BYTES]
    pairs = len(sample) // 2
    for encoding, zero, letter in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        zeros = sample[zero::2].count(0)
        if pairs and zeros * 2 > pairs and not sample[letter::2].count(0):
            return encoding
    return "utf-8"


def lines(texts: Iterator[str]) -> Iterator[tuple[int, str | None]]:
    """Number the lines from 1; a line too long to be a row of any export is `None`."""
    number, rest, is_too_long = 1, "", False
    for text in texts:
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            too_long = is_too_long or len(line) > MAX_LINE_CHARS
            yield number, None if too_long else line
            number, is_too_long = number + 1, False
        if len(rest) > MAX_LINE_CHARS:
            rest, is_too_long = "", True  # forget what was held; the line is lost anyway
    if rest or is_too_long:
        yield number, None if is_too_long else rest
