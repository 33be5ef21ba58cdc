"""Ajna: the bond's share and the kicker's reward in numbers, and planted faults."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.interpretations.exact import value
from verifier.language import amount
from verifier.language.lower import Problem
from verifier_specs.units import PRICE

Q = Fraction
Compose = Callable[..., Problem]


@pytest.mark.parametrize(("ratio", "share"), [("1.15", "0.015"), ("1", "0.005"), ("1.5", "0.03")])
def test_the_bond_is_a_tenth_of_what_the_neutral_price_is_above(problem: Compose, ratio: str, share: str) -> None:
    pool = problem("ajna", "conservation", neutral_over_threshold=ratio).pieces["pool"]

    assert value(pool.share(), {}) == Q(share)


@pytest.mark.parametrize(
    ("asked", "part"), [("1000", "1"), ("1098", "1/2"), ("1196", "0"), ("1294", "-1/2"), ("2000", "-1")]
)
def test_a_kicker_is_paid_below_the_neutral_price_and_pays_above(problem: Compose, asked: str, part: str) -> None:
    """A debt of 1000 on one unit, so a margin price of 1040, and a neutral price of 1196."""
    found = problem("ajna", "conservation")
    state: dict[Any, Any] = {var: Q(0) for var in found.system.state}
    held = {"collateral": 1, "debt": 1000, "neutral": 1196}
    state |= {var: Q(held[var.name]) for var in found.system.state if var.name in held}
    reward = value(found.pieces["pool"].reward(amount(asked, PRICE)), state)

    assert reward == Q(part) * Q("0.015")


FAULTS = [
    ("loans within the line are kicked", "require(~self.running, ~self.healthy(), self.collateral > 0)",
     "require(~self.running, self.collateral > 0)", "only_loans_beyond_the_line_are_kicked"),
    ("kickers are paid above the neutral price", "(self.neutral - asked) /", "(asked - self.neutral) /",
     "kickers_pay_above_the_neutral_price"),
    ("the penalty leaves the reward out", "up((5 * self.share() - self.reward(asked)) / 4, 18)",
     "up((self.share() - self.reward(asked)) / 4, 18)", "reserves_pay_no_kicker"),
    ("the penalty is twice what it is", "up((5 * self.share() - self.reward(asked)) / 4, 18)",
     "up((5 * self.share() - self.reward(asked)) / 2, 18)", "purchases_pay_the_debt_but_for_the_penalty"),
    ("half of the bond is enough", "bond, neutral = up(self.share() * self.debt)",
     "bond, neutral = up(self.share() * self.debt / 2)", "bond_is_staked"),
    ("the bond stays when the auction is over", "bond=where(left > 0, bond, 0)", "bond=bond",
     "bond_backs_an_auction"),
    ("the bond is given back twice", "where(left > 0, 0, bond)",
     "where(left > 0, 0, 2 * bond)", "conservation"),
    ("a bucket pays twice", "exchanged=self.exchanged + paid", "exchanged=self.exchanged + 2 * paid",
     "buckets_pay_their_price"),
    ("lenders forgive before reserves pay", "paid = minimum(rest, self.reserves)",
     "paid = minimum(rest, self.reserves) / 2", "lenders_forgive_last"),
    ("who has nothing left is not settled", "        late = (self.halvings >= LAST) | (self.collateral == 0)\n        return r",
     "        late = self.halvings >= LAST\n        return r", "bad_debt_is_realised"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_planted_fault_is_refuted(fault: str, old: str, new: str, claim: str, planted: Callable[..., None]) -> None:
    planted("bonded_auction", "ajna", fault, old, new, claim)
