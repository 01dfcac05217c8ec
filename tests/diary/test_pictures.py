import struct
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.errors import Invalid, NotFound, TooMany
from telehealth.diary import service as diary
from telehealth.diary.models import DiaryPhoto, PhotoType
from telehealth.diary.service import pictures
from tests import make
from tests.make.diary import JPEG, WEBP, entry, png
from tests.make.readings import own_actor

PLACE = b"46.0569 N 14.5058 E"


def exif(upright: int = 1, order: str = ">") -> bytes:
    """EXIF with a place in it, and which way is up, in either byte order."""
    mark = b"MM" if order == ">" else b"II"
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, upright, 0)
    tiff = mark + struct.pack(order + "HIH", 42, 8, 1) + entries + struct.pack(order + "I", 0)
    return b"Exif\0\0" + tiff + PLACE


def with_segment(picture: bytes, marker: int, body: bytes) -> bytes:
    return picture[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + picture[2:]


def with_chunk(picture: bytes, kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    at = 8 + 25
    return picture[:at] + struct.pack(">I", len(body)) + kind + body + b"\0\0\0\0" + picture[at:]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(inner)) + inner + b"\0" * (len(inner) % 2)
        for kind, inner in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_a_clean_picture_stays_as_it_is():
    assert pictures.read(JPEG) == pictures.Picture(PhotoType.JPEG, JPEG)
    assert pictures.read(png()) == pictures.Picture(PhotoType.PNG, png())
    assert pictures.read(WEBP) == pictures.Picture(PhotoType.WEBP, WEBP)


def test_what_the_camera_knew_is_taken_out():
    told = with_segment(with_segment(JPEG, 0xE1, exif()), 0xFE, b"taken by Ana")
    told = with_segment(told, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE) + PLACE

    kept = pictures.read(told).content

    assert kept == JPEG


@pytest.mark.parametrize("order", [">", "<"])
def test_a_picture_on_its_side_stays_on_its_side_and_says_nothing_more(order: str):
    kept = pictures.read(with_segment(JPEG, 0xE1, exif(6, order))).content

    assert PLACE not in kept
    assert pictures.read(kept).content == kept
    assert kept[:2] + kept[38:] == JPEG
    assert struct.pack(">HHIH", 0x0112, 3, 1, 6) in kept


def test_a_colour_profile_stays():
    profile = b"ICC_PROFILE\0\x01\x01" + b"p" * 40

    assert profile in pictures.read(with_segment(JPEG, 0xE2, profile)).content
    assert b"MPF" not in pictures.read(with_segment(JPEG, 0xE2, b"MPF\0more")).content


@pytest.mark.parametrize("kind", [b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME"])
def test_a_png_loses_its_texts(kind: bytes):
    assert pictures.read(with_chunk(png(), kind, PLACE)).content == png()


def test_a_webp_loses_exif_and_xmp_and_its_flags_say_so():
    place, kind = WEBP.index(b"VP8 "), b"VP8 "
    lossy = WEBP[place + 8 : place + 8 + struct.unpack_from("<I", WEBP, place + 4)[0]]
    canvas = bytes([0x0C, 0, 0, 0, 7, 0, 0, 7, 0, 0])

    kept = pictures.read(
        riff((b"VP8X", canvas), (kind, lossy), (b"EXIF", PLACE), (b"XMP ", PLACE))
    ).content

    assert kept == riff((b"VP8X", bytes([0]) + canvas[1:]), (kind, lossy))


@pytest.mark.parametrize(
    "given_",
    [
        b"",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 40,
        JPEG[:-20],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff" + b"<script>" * 10,
        png()[:-6],
        png()[:8] + png()[33:],
        png(40_000, 2)[:16] + struct.pack(">II", 40_000, 40_000) + png()[24:],
        riff((b"EXIF", PLACE)),
        WEBP[:40],
    ],
)
def test_what_is_no_picture_or_a_damaged_one_is_refused(given_: bytes):
    with pytest.raises(pictures.NotAPicture):
        pictures.read(given_)


@given(st.sampled_from([JPEG, png(), WEBP]), st.data())
@example(JPEG, None)
def test_damage_anywhere_is_refused_or_gives_a_picture_that_reads_the_same_again(
    picture: bytes, data: st.DataObject | None
):
    damaged = bytearray(picture)
    if data is not None:
        for _ in range(data.draw(st.integers(1, 6))):
            damaged[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
        damaged = damaged[: data.draw(st.integers(0, len(picture)))]

    try:
        kept = pictures.read(bytes(damaged))
    except pictures.NotAPicture:
        return
    assert pictures.read(kept.content) == kept


def test_a_picture_is_shown_and_each_look_is_in_the_trail(session: Session):
    ana, eva = make.patient(session), make.patient(session, "Eva", "Kos")
    written = entry(session, ana, picture=with_segment(JPEG, 0xE1, exif()), note="potica")

    found = diary.photo(session, own_actor(ana), ana.id, written.id, now=make.NOW)

    assert found == pictures.Picture(PhotoType.JPEG, JPEG)
    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "diary.photo")).one()
    assert (told.subject_id, told.resource_id) == (ana.id, str(written.id))
    with pytest.raises(NotFound):
        diary.photo(session, own_actor(eva), eva.id, written.id, now=make.NOW)
    plain = entry(session, ana)
    with pytest.raises(NotFound):
        diary.photo(session, own_actor(ana), ana.id, plain.id, now=make.NOW)


def test_a_picture_of_another_diary_cannot_be_taken_over(session: Session):
    ana, eva = make.patient(session), make.patient(session, "Eva", "Kos")
    photo_id = diary.keep_photo(session, own_actor(eva), eva.id, JPEG, now=make.NOW)

    with pytest.raises(Invalid):
        entry(session, ana, photo_id=photo_id)


def test_a_picture_that_no_form_came_back_for_is_gone_after_a_day(session: Session):
    ana = make.patient(session)
    used = entry(session, ana, picture=JPEG)
    waiting = diary.keep_photo(session, own_actor(ana), ana.id, JPEG, now=make.NOW)

    diary.forget_waiting(session, now=make.NOW + timedelta(hours=23))
    assert waiting in session.scalars(select(DiaryPhoto.id)).all()
    diary.forget_waiting(session, now=make.NOW + timedelta(hours=25))

    assert session.scalars(select(DiaryPhoto.id)).all() == [used.content.photo_id]


def test_nobody_fills_the_storage_with_pictures_nobody_uses(session: Session):
    ana = make.patient(session)

    for _ in range(20):
        diary.keep_photo(session, own_actor(ana), ana.id, JPEG, now=make.NOW)
    with pytest.raises(TooMany):
        diary.keep_photo(session, own_actor(ana), ana.id, JPEG, now=make.NOW)

    with pytest.raises(Invalid):
        diary.keep_photo(session, own_actor(ana), ana.id, bytes(5 * 2**20 + 1), now=make.NOW)
