"""Shares as people read them: one function for pages, paper, worklist and programs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telehealth.core.i18n import share


@pytest.mark.parametrize(
    ("percent", "sl", "en"),
    [
        (0.0, "0", "0"),
        (0.004, "<1", "<1"),
        (0.96, "<1", "<1"),
        (1.0, "1,0", "1.0"),
        (1.5, "1,5", "1.5"),
        (9.94, "9,9", "9.9"),
        (9.96, "10", "10"),
        (54.5, "54", "54"),
        (98.9, "99", "99"),
        (99.0, "99", "99"),
        (99.7, ">99", ">99"),
        (100.0, "100", "100"),
        (1, "1", "1"),
    ],
)
def test_a_share_that_exists_is_never_nothing_and_one_that_lacks_something_never_all(
    percent: float, sl: str, en: str
):
    assert (share(percent, "sl"), share(percent, "en")) == (sl, en)


@given(st.lists(st.integers(0, 300), min_size=5, max_size=5).filter(any))
def test_the_printed_shares_of_a_set_add_up_to_about_a_hundred(counts: list[int]):
    printed = [share(100 * n / sum(counts), "en") for n in counts]

    assert [one == "0" for one in printed] == [n == 0 for n in counts]
    assert [one == "100" for one in printed] == [n == sum(counts) for n in counts]
    if not any(one[0] in "<>" for one in printed):
        assert 97.5 <= sum(map(float, printed)) <= 102.5
