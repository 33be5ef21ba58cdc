"""Redistribution: what savers do not pay for goes to all other troves by their stakes, one after the other or at once.

Source: liquity/dev 39f1f7f8 (v1) and liquity/bold 405f9122 (v2), ``TroveManager.sol``; v2's README.md, known issue 17:
who is liquidated in one call gives nothing to the others in it, who is liquidated before them does, and in v2 all else
end up alike, in v1 not. Here two troves are liquidated with an empty Stability Pool; of all else one is told apart. A
trove's collateral and debt are those with all that was redistributed to it.
"""

from collections.abc import Sequence
from typing import Any

from verifier.language import (
    Bool,
    Mechanism,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    down,
    implies,
    invariant,
    minimum,
    param,
    require,
    rule,
    state,
)

from .units import COLLATERAL, Collateral, Debt, Price, Ratio

TROVES = ("first", "second", "own", "others")


class Redistribution(Mechanism):
    """Two troves that may be liquidated, a third one, and all others."""

    price: Price = param
    minimum_ratio: Ratio = param
    own_stake: Collateral = param
    others_stake: Collateral = param

    first_collateral: Collateral = state(like=10)
    first_debt: Debt = state(like=10)
    first_stake: Collateral = state(like=10)
    second_collateral: Collateral = state(like=10)
    second_debt: Debt = state(like=10)
    second_stake: Collateral = state(like=10)
    own_collateral: Collateral = state(like=10)
    own_debt: Debt = state(like=5)
    others_collateral: Collateral = state(like=90)
    others_debt: Debt = state(like=45)
    liquidator_collateral: Collateral = state(0)
    surplus: Collateral = state(0)  # what is left for owners to claim

    @assumption
    def others_have_stakes(self) -> Bool:
        """The price is positive, and so are the stakes of those who are not liquidated."""
        return (self.price > 0) & (self.own_stake > 0) & (self.others_stake > 0)

    def of(self, name: str, what: str) -> Real:
        found: Real = getattr(self, f"{name}_{what}")
        return found

    def sum(self, what: str, names: Sequence[str] = TROVES) -> Real:
        first, *rest = (self.of(name, what) for name in names)
        return sum(rest, first)

    def liquidatable(self, name: str) -> Bool:
        """Whether a trove is open and below the minimum ratio."""
        worth = self.of(name, "collateral") * self.price
        return (self.of(name, "stake") > 0) & (worth < self.minimum_ratio * self.of(name, "debt"))

    def seized(self, held: Real, owed: Real) -> tuple[Real, Real]:
        """What the liquidator gets of a trove's collateral, and what other troves get."""
        raise NotImplementedError

    def close(self, *names: str) -> Step:
        """These troves are closed in one call; who is left gets what they owed, and collateral for it, by stakes."""
        left = [name for name in TROVES if name not in names]
        stakes, owed, held = self.sum("stake", left), self.sum("debt", names), self.sum("collateral", names)
        parts = [self.seized(self.of(name, "collateral"), self.of(name, "debt")) for name in names]
        reward: Any = sum(reward for reward, _ in parts)
        taken: Any = sum(taken for _, taken in parts)
        after: dict[str, Any] = {f"{name}_{what}": 0 for name in names for what in ("collateral", "debt", "stake")}
        for name in left:
            share = self.of(name, "stake")
            after[f"{name}_debt"] = self.of(name, "debt") + down(share * owed / stakes, 6)
            after[f"{name}_collateral"] = self.of(name, "collateral") + down(share * taken / stakes, 18)
        return require(*(self.liquidatable(name) for name in names)).then(
            self.after(
                **after,
                liquidator_collateral=self.liquidator_collateral + reward,
                surplus=self.surplus + (held - reward - taken),
            )
        )

    @rule(by="liquidator")
    def liquidate_first(self) -> Step:
        """Anyone has the first trove liquidated."""
        return self.close("first")

    @rule(by="liquidator")
    def liquidate_second(self) -> Step:
        """Or the second."""
        return self.close("second")

    @rule(by="liquidator")
    def liquidate_both(self) -> Step:
        """Or both in one call."""
        return self.close("first", "second")

    def totals(self) -> tuple[Real, ...]:
        """All collateral, and all debt."""
        collateral = self.sum("collateral") + self.liquidator_collateral + self.surplus
        return (collateral, self.sum("debt"))

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        shown = {f"{name}'s {what}": self.of(name, what) for name in TROVES[:3] for what in ("collateral", "debt")}
        return shown | {"liquidator's": self.liquidator_collateral}

    def ends_as(self, other: Step) -> Bool:
        """Whether a trove that is not liquidated has what it would have after another step."""
        there: Any = other.posts[0]
        alike = (self.own_collateral == there.own_collateral) & (self.own_debt == there.own_debt)
        return implies(other.enabled(), alike)

    @invariant(on=liquidate_both)
    def one_by_one_is_as_in_one_call(self, post: "Redistribution") -> Bool:
        """Two troves liquidated in one call leave any other trove as they do one after the other."""
        between: Any = self.liquidate_first().posts[0]
        return post.ends_as(between.liquidate_second())

    @invariant(on=liquidate_first)
    def order_plays_no_part(self, post: "Redistribution") -> Bool:
        """Two troves liquidated one after the other leave any other trove the same, whichever comes first."""
        last, other = post.liquidate_second(), self.liquidate_second()
        end: Any = last.posts[0]
        between: Any = other.posts[0]
        return implies(last.enabled() & other.enabled(), end.ends_as(between.liquidate_first()))

    @invariant(on=liquidate_first)
    def no_more_is_given_than_there_was(self, post: "Redistribution") -> Bool:
        """Collateral and debt of all do not grow by a redistribution: what rounding leaves is nobody's."""
        return all_of(*(after <= before for before, after in zip(self.totals(), post.totals(), strict=True)))

    @invariant(on=liquidate_first)
    def who_waits_is_liquidated_all_the_same(self, post: "Redistribution") -> Bool:
        """No redistribution saves a trove that may be liquidated, too."""
        return implies(self.liquidatable("second"), post.liquidatable("second"))


class WithCompensation(Redistribution):
    """v1: the liquidator gets a share of what is redistributed, and others get the rest."""

    compensation: Ratio = param

    @assumption
    def compensation_is_a_share(self) -> Bool:
        """The liquidator's compensation is a share."""
        return (self.compensation >= 0) & (self.compensation < 1)

    def seized(self, held: Real, owed: Real) -> tuple[Real, Real]:
        del owed
        reward = down(self.compensation * held, 18)
        return reward, held - reward


class WithPenalty(Redistribution):
    """v2: others get at most the debt's worth and a penalty, and the liquidator nothing."""

    penalty: Ratio = param

    def seized(self, held: Real, owed: Real) -> tuple[Real, Real]:
        return amount(0, COLLATERAL), minimum(held, down(owed * (1 + self.penalty) / self.price, 18))
