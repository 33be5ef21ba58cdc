"""Euler v2: the published frontier of health-dependent discounts, a liquidation in numbers, and planted faults."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from verifier.evidence.run import Values, advance
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Q = Fraction


@pytest.mark.parametrize(
    ("threshold", "discount", "frontier"),
    [("0.9", "0.5", ".9486"), ("0.86", "0.5", ".9273"), ("0.8", "0.5", ".8944"), ("0.7", "0.15", ".85")],
)
def test_the_frontier_is_the_root_of_the_threshold_or_the_largest_discount(
    settle: Settle, threshold: str, discount: str, frontier: str
) -> None:
    given = {"liquidation_threshold": threshold, "borrow_loan_to_value": threshold, "max_discount": discount}

    safe = settle("euler-v2", "improves_health_up_to", loan_to_value=frontier, shock="0.5", **given)
    assert isinstance(safe.verdict, Proved)
    beyond = settle("euler-v2", "improves_health_up_to", loan_to_value=Q(frontier) + Q("0.0001"), shock="0.5", **given)
    assert isinstance(beyond.verdict, Refuted)


@pytest.mark.parametrize(("repaid", "seized", "health"), [("86", "87.0118", None), ("8.6", "8.7012", "1.00264")])
def test_a_liquidation_in_numbers(
    problem: Callable[..., Problem], repaid: str, seized: str, health: str | None
) -> None:
    """At λ = 0.85, a collateral of 100 and a debt of 86 make a health of 0.988372, so a discount of 1.1628 %."""
    system = problem("euler-v2", "solvency", liquidation_threshold="0.85").system
    names = {var.name: var for var in (*system.params, *system.state, *system.rigid)}
    held = {"price": 1, "peak": 1, "collateral": 100, "debt": 86}
    start: Values = {var: Q(held.get(name, 0)) for name, var in names.items()}
    liquidate = system.rule("liquidate")
    after = advance(system, liquidate, start, {liquidate.inputs[0]: Q(repaid)}, "real")

    assert after is not None
    collateral, debt = after[names["collateral"]], after[names["debt"]]
    assert round(100 - collateral, 4) == Q(seized)
    assert debt == 86 - Q(repaid)
    assert health is None or round(Q("0.85") * collateral / debt, 5) == Q(health)


def test_a_discount_that_grows_twice_as_fast_moves_the_frontier(planted: Callable[..., None]) -> None:
    grown = ("health - self.surcharge())", "2 * health - 1 - self.surcharge())")
    planted("health_discount", "euler-v2", "twice as fast", *grown, "health_falls_exactly_beyond_the_frontier")


FAULTS = [
    ("everybody is liquidatable", "(self.debt == 0) | (self.debt < self.health_value())", "self.debt == 0",
     "wick_survival"),
    ("health upside down", "(self.debt < self.health_value())", "(self.debt > self.health_value())", "wick_survival"),
    ("borrowing up to the whole value", "self.borrow_loan_to_value * self.collateral", "self.collateral",
     "own_acts_keep_health"),
    ("the check of a debt is negated", "return self.debt < self.borrow", "return self.debt > self.borrow",
     "own_acts_keep_health"),
    ("nobody is liquidated above a health of a half", "(self.debt < self.health_value())",
     "(self.debt < 2 * self.health_value())", "unhealthy_can_be_liquidated"),
    ("all debt is written off", "self.socialises & (left == 0)", "self.socialises & (left >= 0)", "solvency"),
    ("only small debt is socialised", "owed >= self.least_socialised", "owed <= self.least_socialised",
     "bad_debt_is_realised"),
    ("all debt is written off of who has none left", "self.socialises & (left == 0)", "self.socialises & (left >= 0)",
     "lender_loss_cap"),
    ("everybody is liquidatable, even at a loss", "return (self.debt == 0) | (self.debt < self.health_value())",
     "return self.debt == 0", "borrower_loss_cap"),
    ("who takes over pays for all collateral", "socialises: Bool = param(True)",
     "def share_at(self, health: Real) -> Real:\n        return 0 * health + 1\n\n    socialises: Bool = param(True)",
     "ill_health_pays_a_liquidator"),
    ("debt against collateral", "self.debt < self.health_value()", "self.debt < self.collateral", None),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted_or_refused(
    fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted("euler_v2", "euler-v2", fault, old, new, claim)
