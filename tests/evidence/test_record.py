"""A record is its own JSON object: it survives being written and read, and nothing else is read as one."""

import json
from collections.abc import Callable
from fractions import Fraction
from math import log2
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import chosen
from verifier.analyses.crash import LARGEST
from verifier.analyses.prove import unsettled
from verifier.evidence.record import Record, as_data, from_data, record
from verifier.evidence.trace import NUMBER, exact
from verifier.evidence.verdict import Finding, Unknown

CLAIMS = [
    ("spot", "solvency", {}),
    ("spot", "solvency", {"shock": "0.5"}),
    ("aave-v3", "solvency", {"shock": "0.2"}),
    ("options-pair", "p_is_worth_at_most_the_strike", {"arithmetic": "fixed"}),
    ("close-out", "no_cascade", {"shock": "0.078"}),
]


@pytest.fixture(scope="module")
def records(settle: Callable[..., Finding]) -> list[Record]:
    return [record(settle(design, claim, **given)) for design, claim, given in CLAIMS]


def test_what_is_written_is_read(records: list[Record]) -> None:
    for item in records:
        text = json.dumps(as_data(item))
        assert from_data(json.loads(text)) == item
        assert json.dumps(as_data(from_data(json.loads(text)))) == text


def test_a_refuted_claim_says_what_broke_in_its_last_state(records: list[Record]) -> None:
    (refuted,) = [item for item in records if item.under == ["shock = 0.5"]]
    assert refuted.trace is not None
    assert refuted.trace.broke is not None
    assert len(refuted.trace.table.rows) == len(refuted.trace.states) == len(refuted.trace.steps) + 1


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data(), JSON)
def test_what_is_no_record_is_refused(records: list[Record], data: st.DataObject, other: Any) -> None:
    whole = as_data(records[0])
    field = data.draw(st.sampled_from([*whole, "another"]))
    if field == "another":
        spoilt = whole | {field: other}
    elif data.draw(st.booleans()):
        spoilt = {name: held for name, held in whole.items() if name != field}
    else:
        spoilt = whole | {field: other}
    try:
        found = from_data(spoilt)
    except ValueError:
        return
    assert json.loads(json.dumps(as_data(found))) == json.loads(json.dumps(spoilt))


def test_two_assumptions_of_one_name_are_both_said() -> None:
    """A product of two systems has the assumptions of both."""
    unasked = unsettled(chosen("options-held", "no_worse_than"), Unknown("time", "nobody asked"), 0.0)

    said = record(unasked).assumption_sources["healthy_at_the_start"]
    assert "The position's health factor is at least the book's floor." in said
    assert "the line's share of the collateral over the strike" in said


@given(st.sampled_from([2, 3, 5, 10]), st.integers(1, 2**64))
def test_whatever_a_run_of_a_crash_may_hold_is_stored_and_read(base: int, odd: int) -> None:
    for held in (Fraction(odd, base ** int(LARGEST / log2(base))), Fraction(base ** int(LARGEST / log2(base)), odd)):
        assert NUMBER.fullmatch(exact(held))
        assert Fraction(exact(-held)) == -held
