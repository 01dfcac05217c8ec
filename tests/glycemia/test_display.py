"""Shares as people read them."""

import pytest

from telehealth.glycemia.bands import BANDS
from telehealth.glycemia.display import whole_percents


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((2, 2, 300, 30, 4), [1, 1, 88, 9, 1]),
        ((1, 0, 999, 0, 0), [1, 0, 99, 0, 0]),
        ((0, 0, 5, 0, 0), [0, 0, 100, 0, 0]),
    ],
)
def test_a_band_with_readings_is_never_nothing(counts: tuple[int, ...], expected: list[int]):
    total = sum(counts)
    shares = {band: 100 * n / total for band, n in zip(BANDS, counts, strict=True)}

    found = whole_percents(shares)

    assert list(found.values()) == expected
    assert sum(found.values()) == 100
