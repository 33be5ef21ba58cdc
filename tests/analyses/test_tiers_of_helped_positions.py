"""Positions to which others may add: tiers count what may come, and say nothing where that is not shown.

Calls on random books are simulated here anew, with nothing of the library's: only the staircase is compared.
"""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import attrs
import pytest

from verifier.analyses.cases import Case
from verifier.analyses.prove import Prover
from verifier.engines.staircase import Paid, Staircase
from verifier.evidence.verdict import Proved, Unknown, Verdict
from verifier.language import Bool, Design, Real, Step, rule
from verifier.language.book import Tier
from verifier.language.pieces import DesignType, Property, Shock
from verifier_specs.books import Tiers, classes
from verifier_specs.markets import ConstantProduct
from verifier_specs.means import Ema
from verifier_specs.oracles import Spot
from verifier_specs.properties import no_cascade, no_cascade_beyond, no_spread, price_floor, rounds
from verifier_specs.reversible_call import ReversibleLoan
from verifier_specs.shocks import Drop, Floor
from verifier_specs.units import Collateral

Q = Fraction
LEVELS = classes(("1.25", "0.02"), ("1.375", "0.04"))
TERMS: dict[str, Any] = {
    "liquidation_threshold": "0.83", "liquidation_bonus": "0.05", "least_top_up": "0.1", "most_top_up": "0.1",
    "buffer": 1, "term": 2, "factor": "1.5",
}  # fmt: skip


def verdict(prover: Prover, mechanism: Any, claim: Property, shock: Shock, oracle: Any = Spot, **terms: Any) -> Verdict:
    market = ConstantProduct(shock=shock, depth=1)
    reads, book = oracle(market=market), Tiers(rows=LEVELS)
    pool = mechanism(market=market, oracle=reads, book=book, **(TERMS | terms))
    body = {"shock": shock, "market": market, "oracle": reads, "book": book, "pool": pool}
    return prover.finding(Case(DesignType("Calls", (Design,), body, name="calls"), claim, {}, None)).verdict


class Modest(ReversibleLoan):
    """A top-up that may come is not counted."""

    def most_held(self) -> Real:
        return self.collateral


class SoonDone(ReversibleLoan):
    """It says that no owner may act who was ever saved, while they may cancel."""

    def owner_is_done(self) -> Bool:
        return self.spent


class NeverDone(ReversibleLoan):
    """It says that owners may always act, who then start anew after a liquidation that healed them."""

    def owner_is_done(self) -> Bool:
        return self.spent & ~self.spent


class Selling(ReversibleLoan):
    """A supporter sells the collateral that it took."""

    @rule
    def exercise(self) -> Step:
        step = super().exercise()
        return attrs.evolve(step, posts=(*step.posts, self.market.sell(self.collateral)))


class Withdrawing(ReversibleLoan):
    """Anyone may take collateral that is not needed."""

    @rule
    def take(self, taken: Collateral) -> Step:
        post = self.after(collateral=self.collateral - taken)
        return Step(post.healthy() & (taken > 0) & (taken <= self.collateral), (post,))


DEEP, SHALLOW = Drop(bound="0.3"), Drop(bound="0.311")
FLOOR = price_floor(floor="0.6723")


@pytest.mark.parametrize(
    ("mechanism", "claim", "shock", "terms"),
    [
        (ReversibleLoan, FLOOR, DEEP, {}),
        (ReversibleLoan, FLOOR, Floor(bound="0.3"), {}),
        (ReversibleLoan, price_floor(floor="0.44"), Drop(bound="0.5"), {}),
        (ReversibleLoan, no_cascade(), SHALLOW, {}),
        (SoonDone, FLOOR, DEEP, {}),
    ],
)
def test_what_may_be_added_is_counted(
    mechanism: Any, claim: Property, shock: Shock, terms: dict[str, Any], prover: Prover
) -> None:
    assert isinstance(verdict(prover, mechanism, claim, shock, **terms), Proved)


@pytest.mark.parametrize(
    ("mechanism", "claim", "shock", "terms", "why"),
    [
        (Modest, FLOOR, DEEP, {}, "support makes nothing larger"),
        (ReversibleLoan, FLOOR, DEEP, {"least_top_up": "0.09"}, "support does no harm"),
        (ReversibleLoan, FLOOR, DEEP, {"once_only": False}, "support makes nothing larger"),
        (ReversibleLoan, FLOOR, DEEP, {"supporters_come": False}, "first touch by liquidate"),
        (ReversibleLoan, FLOOR, DEEP, {"buffer": "0.08"}, "first touch by liquidate"),
        (Selling, FLOOR, DEEP, {}, "exercise, a helper's, writes sold"),
        (Withdrawing, FLOOR, DEEP, {}, "take does no harm"),
        (SoonDone, no_cascade(), SHALLOW, {}, "cancel is of owners who may act"),
        (NeverDone, no_cascade(), SHALLOW, {}, "liquidate leaves who is unhealthy so, or its owner done"),
        (ReversibleLoan, no_cascade(), Floor(bound="0.311"), {}, "may recover"),
        (ReversibleLoan, no_cascade(), SHALLOW, {"oracle": Ema}, "reads the market price"),
        (ReversibleLoan, no_cascade_beyond(tolerance="0.1"), SHALLOW, {}, "others may add"),
        (ReversibleLoan, rounds(most=1), SHALLOW, {}, "others may add"),
    ],
)
def test_what_is_not_shown_of_helpers_and_owners_is_refused_by_its_name(
    mechanism: Any, claim: Property, shock: Shock, terms: dict[str, Any], why: str, prover: Prover
) -> None:
    found = verdict(prover, mechanism, claim, shock, **terms)

    assert isinstance(found, Unknown)
    assert why in found.detail


# Calls, simulated.

LINE, SPREAD, TOP_UP, BUFFER, TERM = Q("0.83"), Q("1.05"), Q("0.1"), Q(1), 2
FREE = Q("0.311237")


@attrs.define
class Position:
    collateral: Fraction
    debt: Fraction
    expiry: int = 0
    spent: bool = False
    supported: bool = False
    was_unhealthy: bool = False
    """At the fundamental price, since its owner acted."""

    def healthy(self, price: Fraction) -> bool:
        return self.debt <= LINE * self.collateral * price

    def eligible(self, price: Fraction) -> bool:
        near = self.debt <= (LINE + BUFFER) * self.collateral * price
        return not self.healthy(price) and near and not self.spent


def simulated(random: Random, fall: Fraction) -> tuple[Fraction, bool, int]:
    """The lowest price, whether somebody was dragged along, and how many liquidations there were."""
    positions = []
    for tier in LEVELS:
        cuts = random.randint(1, 6)
        positions += [Position(tier.collateral / cuts, LINE * tier.collateral / cuts / tier.lo) for _ in range(cuts)]
    left, sold, lowest, dragged, count = 1 - fall, Q(0), 1 - fall, False, 0

    def price() -> Fraction:
        return left / (1 + sold) ** 2

    for now in range(12):
        for one in random.choices(positions, k=40):
            for each in positions:
                each.was_unhealthy |= not each.healthy(left)
            if one.eligible(price()):
                one.collateral *= 1 + TOP_UP
                one.spent = one.supported = True
                one.expiry = now + TERM
            elif one.supported and now >= one.expiry and random.random() < 0.2:
                if one.collateral * price() >= one.debt:
                    one.collateral, one.debt, one.supported = Q(0), Q(0), False
            elif not one.supported and one.collateral > 0 and not one.healthy(price()):
                share = random.choice((Q(1), Q(1, 2), Q(1, 10)))
                seized = min(one.collateral, Q(int(one.debt * share * SPREAD / price() * 10**9), 10**9))
                dragged, count = dragged or not one.was_unhealthy, count + 1
                one.debt = max(Q(0), one.debt - seized * price() / SPREAD) if seized < one.collateral else Q(0)
                one.collateral, sold = one.collateral - seized, sold + seized
                one.debt = Q(-int(-one.debt * 10**12 // 1), 10**12)
                lowest = min(lowest, price())
        for one in positions:
            if one.supported and one.healthy(price()) and now + 1 >= one.expiry > now:
                one.supported, one.was_unhealthy = False, not one.healthy(left)
            one.supported &= now + 1 <= one.expiry
    return lowest, dragged, count


def test_simulated_calls_keep_the_floor_of_positions_that_have_their_top_ups() -> None:
    rows = tuple(Tier(t.lo * (1 + TOP_UP), t.hi * (1 + TOP_UP), t.collateral * (1 + TOP_UP)) for t in LEVELS)
    impact: Callable[[Fraction], Fraction] = lambda sold: 1 / (1 + sold) ** 2  # noqa: E731
    paid = Paid(SPREAD, tuple(LINE * tier.collateral / tier.lo for tier in rows), lambda sold: sold / (1 + sold))
    stairs = Staircase(rows, impact, paid)
    liquidations = closest = 0
    for seed in range(120):
        random = Random(seed)
        fall = Q(random.randint(200, 600), 1000)
        lowest, dragged, count = simulated(random, fall)
        floor = stairs.floor(stairs.fallen(fall), fall)
        assert lowest >= floor - Q("1e-9")
        assert fall > FREE or not dragged
        liquidations += count
        closest += lowest < floor * Q("1.01")
    assert liquidations > 800
    assert closest > 10
