"""Every bundled design: each claim comes out as the design says, in both directions."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from verifier.analyses.cases import Case, cases
from verifier.analyses.pool import Desk, Work
from verifier.analyses.selection import Selection
from verifier.evidence.record import from_data
from verifier.language.load import bundled

ALL = cases(bundled().values())
MEETING = {
    "close-out", "fixed-spread", "spread-on-pool", "close-out-on-pool", "defaulting-on-pool", "pool-capacity", "sloped-on-pool",
}  # fmt: skip
"""Designs whose positions meet in a market that their sales move: a claim about one of them speaks of one.

So does a claim of any other design that puts it on such a market.
"""


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """Where bundled claims are settled; what is settled is kept for a gate that comes after the tests."""
    answers = os.environ.get("VERIFIER_ANSWERS")
    with Desk(Work(Selection(), memory=Path(answers) if answers else None), explain=False) as made:
        yield made


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.design.title}-{case.prop.name}-{case.prop.arithmetic}")
def test_a_bundled_claim_comes_out_as_declared(case: Case, desk: Desk) -> None:
    data, *_ = desk.settle(case)
    settled = from_data(data)

    expected = "proved" if case.declared is None else "refuted"
    assert settled.verdict == expected, settled
    meeting = case.design.title in MEETING or "market" in dict(case.prop.settings)
    apart = "clipper" in case.design.title or meeting
    assert settled.borrowers == "any" or (apart and not case.prop.crowd)
    assert all(settled.says(name).endswith(".") for name in settled.assumptions)


def test_every_design_says_what_it_is_and_where_its_rules_come_from() -> None:
    for design in bundled().values():
        assert design.__doc__
        module = __import__(design.__module__, fromlist=["__doc__"])
        assert "Source:" in (module.__doc__ or ""), design.__module__
