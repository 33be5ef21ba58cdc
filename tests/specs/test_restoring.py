"""Liquidations that restore a target: the published vectors, the edges, and faults that the claims find."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from verifier.evidence.run import advance
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
Q = Fraction


@pytest.fixture
def liquidated(problem: Compose) -> Callable[..., dict[str, Fraction]]:
    """The state after a liquidation of 1 collateral at a price that is its whole value."""

    def run(
        design: str, claim: str, value: int, debt: int, rule_name: str = "liquidate", **inputs: str
    ) -> dict[str, Fraction]:
        system = problem(design, claim).system
        rule = system.rule(rule_name)
        state = {
            var: Fraction({"price": value, "collateral": 1, "debt": debt}.get(var.name, 0)) for var in system.state
        }
        given = {var: Fraction(inputs[var.name.split(".")[-1]]) for var in rule.inputs}
        post = advance(system, rule, state, given, "real")
        assert post is not None, "the liquidation is refused"
        return {var.name: Fraction(amount) for var, amount in post.items()}

    return run


def test_silos_published_repayment_reaches_75_percent_exactly(liquidated: Callable[..., dict[str, Fraction]]) -> None:
    post = liquidated("silo", "never_past_the_target", 100, 90, offer="90")

    assert round(90 - post["debt"], 4) == Q("70.5882")
    assert post["debt"] == Q("0.75") * post["collateral"] * 100
