"""Bytes of real meters and of the specification: read exactly, or refused by one named error."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.gatt import cgm, clock, glucose, info, racp, sfloat
from devices.gatt.printout import KINDS, printed
from devices.gatt.wire import WireError

VECTORS = json.loads((Path(__file__).parent / "data" / "vectors.json").read_text())["vectors"]


def agrees(found: object, expected: object) -> bool:
    if isinstance(expected, dict):
        assert isinstance(found, dict)
        return all(agrees(found[name], value) for name, value in expected.items())
    if isinstance(expected, list):
        assert isinstance(found, list)
        return len(found) == len(expected) and all(map(agrees, found, expected))
    if isinstance(expected, float):
        return found == pytest.approx(expected, abs=1e-9)
    return found == expected and isinstance(found, bool) == isinstance(expected, bool)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['kind']}-{v['hex']}")
def test_every_published_vector_is_read_or_refused_as_stated(vector: dict[str, Any]):
    raw = bytes.fromhex(vector["hex"])

    if vector["error"]:
        with pytest.raises(WireError, match=vector["error"]):
            printed(vector["kind"], raw)
    else:
        assert agrees(printed(vector["kind"], raw), vector["expect"])


@given(kind=st.sampled_from(sorted(KINDS)), raw=st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_by_the_one_named_error(kind: str, raw: bytes):
    try:
        shown = printed(kind, raw)
    except WireError:
        return
    json.dumps(shown, allow_nan=False)


@given(st.integers(0, 0xFFFF))
def test_an_sfloat_is_special_or_an_exact_number_that_builds_the_same_word(word: int):
    value = sfloat.Sfloat(word)

    if value.special is None:
        assert sfloat.encode_sfloat(value.mantissa, value.exponent) == value
        assert value.number() == Decimal(value.mantissa) * Decimal(10) ** value.exponent
    else:
        assert value.number() is None


@pytest.mark.parametrize(("mantissa", "exponent"), [(2048, 0), (0, 8), (0x7FF, 0), (-2047, 0)])
def test_a_number_that_does_not_fit_or_looks_special_is_not_built(mantissa: int, exponent: int):
    with pytest.raises(ValueError, match=r"fit|spelled"):
        sfloat.encode_sfloat(mantissa, exponent)


@given(st.binary(min_size=10, max_size=17))
def test_a_measurement_that_was_read_can_be_written_again(raw: bytes):
    try:
        record = glucose.decode_measurement(raw)
    except WireError:
        return
    assert glucose.encode_measurement(record) == raw[: len(raw) - record.surplus]


def test_surplus_bytes_are_counted_and_do_not_cost_the_value():
    record = glucose.decode_measurement(bytes.fromhex("030600e407040d10260a000078b0f1aabb"))

    assert (record.value, record.surplus) == (120, 2)


def test_too_high_is_bit_5_and_too_low_bit_6():
    assert (glucose.Status.TOO_HIGH, glucose.Status.TOO_LOW) == (32, 64)


def test_no_builder_of_a_request_can_delete_on_the_meter():
    built = [
        racp.report_all(),
        racp.report_first(),
        racp.report_last(),
        racp.report_from(7),
        racp.report_range(0, 9),
        racp.count_all(),
        racp.count_from(7),
        racp.abort(),
    ]

    assert all(request.to_bytes()[0] != 2 for request in built)
    assert not [name for name in dir(racp) if "delete" in name.lower()]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (racp.report_all(), "0101"),
        (racp.report_last(), "0106"),
        (racp.report_first(), "0105"),
        (racp.report_from(45), "0103012d00"),
        (racp.report_range(1, 258), "01040101000201"),
        (racp.count_all(), "0401"),
        (racp.count_from(45), "0403012d00"),
        (racp.abort(), "0300"),
    ],
)
def test_requests_are_the_bytes_meters_understand(request_: racp.Request, expected: str):
    assert request_.to_bytes().hex() == expected
    assert racp.decode_request(request_.to_bytes()) == request_


def test_texts_lose_their_padding_but_not_a_strange_byte():
    assert info.decode_text(b"Roche\0\0 ") == "Roche"
    assert info.decode_text(b"R\xff") == "R\ufffd"


def test_a_date_no_calendar_has_is_shown_as_sent_and_is_no_time():
    month_13 = clock.decode_date_time(bytes.fromhex("ea070d01000000"))

    assert str(month_13) == "2026-13-01T00:00:00"
    assert month_13.wall() is None


def test_an_offset_that_leaves_the_calendar_is_no_time():
    assert clock.WireTime(9999, 12, 31, 23, 59, 59).wall(offset_min=10) is None


@given(st.binary(min_size=1, max_size=12), st.integers(0, 95))
def test_one_flipped_bit_never_passes_a_cgm_checksum(body: bytes, bit: int):
    raw = body + cgm.crc16(body).to_bytes(2, "little")
    at = bit % (8 * len(raw))
    flipped = bytearray(raw)
    flipped[at // 8] ^= 1 << at % 8

    assert cgm.crc16(bytes(flipped[:-2])) != int.from_bytes(flipped[-2:], "little")
