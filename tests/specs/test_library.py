"""Every bundled design: each claim comes out as the design says, in both directions."""

import pytest

from verifier.analyses.cases import Case, cases
from verifier.analyses.prove import Prover
from verifier.evidence.verdict import Proved, Refuted, word
from verifier.language.load import bundled

ALL = cases(bundled().values())
MEETING = {
    "close-out", "fixed-spread", "spread-on-pool", "close-out-on-pool", "defaulting-on-pool", "pool-capacity",
}  # fmt: skip
"""Designs whose positions meet in a market that their sales move: a claim about one of them speaks of one."""


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.design.title}-{case.prop.name}-{case.prop.arithmetic}")
def test_a_bundled_claim_comes_out_as_declared(case: Case, prover: Prover) -> None:
    finding = prover.finding(case, explain=False)

    expected = Refuted if case.declared is not None else Proved
    assert isinstance(finding.verdict, expected), (word(finding.verdict), finding.verdict)
    apart = "clipper" in case.design.title or case.design.title in MEETING
    assert finding.borrowers == "any" or (apart and not case.prop.crowd)


def test_every_design_says_what_it_is_and_where_its_rules_come_from() -> None:
    for design in bundled().values():
        assert design.__doc__
        module = __import__(design.__module__, fromlist=["__doc__"])
        assert "Source:" in (module.__doc__ or ""), design.__module__


def test_every_assumption_has_a_sentence() -> None:
    for case in ALL:
        for item in case.problem().system.assumptions:
            assert item.doc.endswith("."), item.name
