"""Liquity v1's troves: anyone may liquidate them below the minimum ratio, in recovery mode below that of all troves.

Source: liquity/dev 39f1f7f8, ``TroveManager.sol`` (liquidations in normal and in recovery mode). Savers and other
borrowers are those of ``stability_pool.py``. Redemptions are left out, and nobody opens a trove or draws debt in
recovery mode.
"""

from verifier.language import (
    Bool,
    Real,
    Step,
    at_start,
    closed_form,
    down,
    implies,
    invariant,
    lemma,
    minimum,
    rule,
    where,
)

from .properties import borrower_loss_cap, wick_survival
from .stability_pool import Trove


class LiquityV1(Trove):
    """A trove that anyone may liquidate below the minimum ratio, and in recovery mode below that of all troves."""

    def recovery(self) -> Bool:
        """Whether the collateralisation of all troves is below the critical ratio."""
        return self.all_below(self.critical_ratio)

    def below_all(self) -> Bool:
        """Whether the trove's collateralisation is below that of all troves."""
        whole = self.collateral + self.others_collateral
        return self.collateral * (self.debt + self.others_debt) < whole * self.debt

    def liquidatable(self) -> Bool:
        worse = self.below_all() & (self.debt <= self.deposits)
        there = self.oracle.fresh() & (self.others_collateral > 0)
        return there & (~self.healthy() | (self.recovery() & worse))

    def may_leave(self) -> Bool:
        return self.healthy()

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """Savers pay what the pool has, but nothing in recovery mode for a trove below 100 %; others take the rest."""
        price = self.oracle.quote()
        lost = self.recovery() & (self.collateral * price <= self.debt)
        offset = where(lost, 0, minimum(self.debt, self.deposits))
        most = down(self.debt / self.liquidation_threshold / price)
        seized = where(self.healthy(), minimum(self.collateral, most), self.collateral)
        reward = down(seized * self.compensation)
        to_savers = down((seized - reward) * offset / self.debt)
        return self.close(offset, to_savers, seized - reward - to_savers, reward, self.share() * self.collateral)

    # What holds of it.

    @invariant(exits=(liquidate,))
    def unhealthy_can_be_liquidated(self) -> Bool:
        """Whatever is unhealthy can be liquidated, whether the pool has anything or not."""
        return implies(~self.healthy(), self.liquidate().enabled())

    @invariant(on="liquidator")
    def healthy_is_safe_in_normal_mode(self, post: "LiquityV1") -> Bool:
        """Nobody liquidates a healthy trove while all troves together are worth the critical ratio."""
        del post
        return ~self.healthy() | self.recovery()

    @invariant(on="liquidator")
    def better_than_all_is_safe(self, post: "LiquityV1") -> Bool:
        """Nobody liquidates a healthy trove with at least the collateralisation of all, nor one above the critical."""
        del post
        good = self.collateral * self.oracle.quote() >= self.critical_ratio * self.debt
        return ~self.healthy() | (self.below_all() & ~good)

    @invariant(on="liquidator")
    def healthy_keeps_the_rest(self, post: "LiquityV1") -> Bool:
        """Of a healthy trove, recovery mode takes at most the minimum ratio's worth of its debt; all debt is paid."""
        kept = (post.surplus - self.surplus) * self.oracle.quote()
        rest = self.collateral * self.oracle.quote() - self.debt / self.liquidation_threshold
        paid = self.deposits - post.deposits == self.debt
        return implies(self.healthy(), paid & (kept >= rest))

    @invariant(on="owner")
    def own_acts_open_nobody(self, post: "LiquityV1") -> Bool:
        """No act of its owner makes a trove liquidatable."""
        return implies(~self.liquidatable(), ~post.liquidatable())

    @invariant(on="owner")
    def no_way_into_recovery(self, post: "LiquityV1") -> Bool:
        """No act of an owner begins recovery mode."""
        return implies(~self.recovery(), ~post.recovery())

    @invariant(on="liquidator")
    def savers_never_pay_for_a_lost_trove_in_recovery(self, post: "LiquityV1") -> Bool:
        """In recovery mode savers pay nothing for a trove that is worth no more than its debt."""
        lost = self.recovery() & (self.collateral * self.oracle.quote() <= self.debt)
        return implies(lost, post.deposits == self.deposits)

    @lemma
    def who_was_healthy_keeps_the_rest(self) -> Bool:
        most = at_start(self.debt) / self.liquidation_threshold
        gone = (at_start(self.collateral) - self.surplus) * self.lasting_price()
        return (self.debt > 0) | (self.collateral > 0) | (gone <= most)

    @closed_form(wick_survival, "bound")
    def deepest_wick(self) -> Real | None:
        """That after which the trove is still healthy, and all troves are worth the critical ratio."""
        healthy = super().deepest_wick()
        return None if healthy is None else minimum(healthy, 1 - self.critical_ratio / self.first_ratio)

    @closed_form(borrower_loss_cap, "cap")
    def dearest_liquidation(self) -> Real | None:
        """All collateral of who is just below the minimum ratio, valued after a wick's recovery."""
        return self.dearest_closing(self.liquidation_threshold)
