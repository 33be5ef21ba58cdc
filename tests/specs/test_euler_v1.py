"""Euler v1: the donation of March 2023 in three steps, and planted faults."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from verifier.evidence.run import Values, advance
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.language.lower import Problem

Settle = Callable[..., Finding]


@pytest.mark.parametrize(("checked", "expected"), [(False, Refuted), (True, Proved)])
@pytest.mark.parametrize("claim", ["own_acts_keep_health", "solvency"])
def test_only_an_unchecked_donation_hurts_at_a_constant_price(
    settle: Settle, claim: str, checked: bool, expected: type
) -> None:
    verdict = settle("euler-v1-donation", claim, checked=checked).verdict

    assert isinstance(verdict, expected)
    assert not isinstance(verdict, Refuted) or verdict.run.steps[-1].rule == "donate"


def test_who_donates_and_liquidates_itself_leaves_the_lenders_a_loss(problem: Callable[..., Problem]) -> None:
    """Of 10 for 16 000 at a price of 2 000, 3 are donated; the owner's other account buys the rest at 20 % off."""
    system = problem("euler-v1-donation", "solvency", checked=False).system
    names = {var.name: var for var in (*system.params, *system.state, *system.rigid)}
    held = {"price": 2000, "peak": 2000, "collateral": 10, "debt": 16000}
    state: Values | None = {var: Fraction(held.get(name, 0)) for name, var in names.items()}

    for rule, given in (("donate", 3), ("liquidate", 16000)):
        assert state is not None
        state = advance(system, system.rule(rule), state, {system.rule(rule).inputs[0]: Fraction(given)}, "real")

    assert state is not None
    assert state[names["collateral"]] == 0
    assert state[names["deficit"]] == 16000 - Fraction("0.8") * 7 * 2000


FAULTS = [
    ("health_discount", "healthy positions are liquidated", "require(offer > 0, self.liquidatable(), self",
     "require(offer > 0, self", "wick_survival"),
    ("euler_v1", "no target", "post.health_value() <= self.target_health * post.debt", "post.debt <= self.debt",
     "never_past_the_target"),
    ("health_discount", "a discount without a limit", "maximum(1 - self.max_discount, health - self.surcharge())",
     "health - self.surcharge()", "liquidators_pay_all_but_the_discount"),
    ("health_discount", "the same", "maximum(1 - self.max_discount, health - self.surcharge())",
     "health - self.surcharge()", "lender_loss_cap"),
    ("health_discount", "the discount counts twice", "health - self.surcharge())", "2 * health - 1 - self.surcharge())",
     "borrower_loss_cap"),
    ("euler_v1", "donations are unchecked", ", ~self.checked | post.healthy()", "", "own_acts_keep_health"),
    ("euler_v1", "donations vanish", "reserve_collateral=self.reserve_collateral + given",
     "reserve_collateral=self.reserve_collateral", "conservation"),
    ("health_discount", "the fee comes out of nowhere", "self.liquidator_cash - (repaid + fee)",
     "self.liquidator_cash - repaid", "conservation"),
    ("health_discount", "what is lost is not taken over", "require(offer > 0, self.liquidatable(),",
     "require(offer > 0, self.debt <= self.collateral * price, self.liquidatable(),", "unhealthy_can_be_liquidated"),
    ("health_discount", "healthy positions are taken over", "require(offer > 0, self.liquidatable(),",
     "require(offer > 0,", "healthy_is_safe"),
    ("health_discount", "bad debt is forgotten", "deficit=self.deficit + lost", "deficit=self.deficit", "conservation"),
    ("health_discount", "price upside down", "down(repaid / share / price)", "down(repaid / share * price)", None),
]  # fmt: skip


@pytest.mark.parametrize(("module", "fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted_or_refused(
    module: str, fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted(module, "euler-v1", fault, old, new, claim)
