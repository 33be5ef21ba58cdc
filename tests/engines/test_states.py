"""Where outcomes flip, and what is drawn from there."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from verifier.engines.states import SCANNED, Segment, inside, segments


class Chance:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def integer(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def choose(self, options: Any) -> Any:
        return self.random.choice(options)


@given(st.sets(st.integers(1, 2**112), max_size=4))
def test_segments_cover_the_line_and_each_has_one_outcome(turns: set[int]) -> None:
    def outcome(number: int) -> int:
        return sum(number >= turn for turn in turns)

    found = segments(outcome, SCANNED)
    assert (found[0].low, found[-1].high) == (SCANNED[0], SCANNED[-1])
    assert all(one.high + 1 == other.low for one, other in zip(found, found[1:], strict=False))
    assert [outcome(one.low) for one in found] == [outcome(one.high) for one in found] == [one.outcome for one in found]
    assert {one.low for one in found[1:]} == turns


@given(st.integers(0, 2**112), st.integers(0, 2**112), st.integers())
def test_a_number_is_drawn_within_its_segment(low: int, size: int, seed: int) -> None:
    assert low <= inside(Segment(low, low + size, None), Chance(seed)) <= low + size
