"""Liquity v2's troves: capped penalties, redemptions that may take any part, and a branch that can be shut down.

Source: liquity/bold 405f9122, ``TroveManager.sol`` (liquidation, redemption, urgent redemption, shutdown) and
``BorrowerOperations.sol``. One branch and one trove of it, with the savers and other borrowers of
``stability_pool.py``; no compensation is capped.
"""

from verifier.language import (
    RATIO,
    Bool,
    Real,
    Step,
    amount,
    assumption,
    at_start,
    closed_form,
    down,
    implies,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .properties import borrower_loss_cap
from .stability_pool import Trove
from .stablecoin_loans import Stablecoin
from .units import COLLATERAL, Ratio


class LiquityV2(Trove):
    """A trove of one branch, which anyone may liquidate below the minimum ratio."""

    pool_penalty: Ratio = param  # what savers get at most beyond what they pay
    redistribution_penalty: Ratio = param  # what others get at most beyond the debt that they take over
    least_deposits: Stablecoin = param  # what stays in the pool
    shutdown_ratio: Ratio = param  # below this collateralisation of all its troves a branch may be shut down
    urgent_bonus: Ratio = param  # what a redemption on a branch that was shut down gets on top
    least_fee: Ratio = param  # what any other redemption leaves, at least
    redeemed: Bool = param(False)  # whether the stablecoin is redeemed

    shut: Bool = state(False)

    @assumption
    def penalties_are_in_order(self) -> Bool:
        """Penalties and fees are shares, and redistribution costs more than savers and the compensation."""
        more = self.redistribution_penalty - self.pool_penalty
        dearer = more * self.liquidation_threshold >= self.compensation
        return dearer & (self.redistribution_penalty <= 1) & (self.least_fee <= 1)

    def may_borrow(self) -> Bool:
        return super().may_borrow() & ~self.shut

    def may_leave(self) -> Bool:
        return self.deposits >= self.least_deposits

    def worth(self, owed: Real, penalty: Real) -> Real:
        """Collateral worth this debt and a penalty."""
        return down(owed * (1 + penalty) / self.oracle.quote())

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """Savers pay what the pool can spare, others take over the rest, each for a part of the collateral at most."""
        offset = minimum(self.debt, maximum(0, self.deposits - self.least_deposits))
        part = down(self.collateral * offset / self.debt)
        reward = down(part * self.compensation)
        to_savers = minimum(part - reward, self.worth(offset, self.pool_penalty))
        rest, owed = self.collateral - reward - to_savers, self.debt - offset
        taken = minimum(rest, self.worth(owed, self.redistribution_penalty))
        to_others = where(owed > 0, taken, amount(0, COLLATERAL))
        return self.close(offset, to_savers, to_others, reward, self.collateral - reward)

    @rule(by="anyone")
    def shut_down(self) -> Step:
        """Anyone shuts down a branch whose troves together are below the ratio."""
        return require(~self.shut, self.all_below(self.shutdown_ratio)).then(self.after(shut=True))

    def redeem_for(self, paid: Real, got: Real, allowed: Bool) -> Step:
        return require(allowed, paid > 0, paid <= self.debt, got <= self.collateral).then(self.reduced(paid, got))

    @rule(by="anyone")
    def redeem(self, paid: Stablecoin, fee: Ratio) -> Step:
        """Anyone pays debt of a trove that is worth it, healthy or not, for collateral of that worth less a fee."""
        got = self.worth(paid, amount(0, RATIO)) - down(paid * fee / self.oracle.quote())
        covered = self.collateral * self.oracle.quote() >= self.debt
        open_ = ~self.shut & ~self.all_below(self.shutdown_ratio)
        return self.redeem_for(paid, got, open_ & covered & (fee >= self.least_fee) & (fee <= 1))

    @rule(by="anyone")
    def redeem_urgently(self, paid: Stablecoin) -> Step:
        """The same on a branch that was shut down, whatever the trove is worth, with a bonus in place of the fee."""
        return self.redeem_for(paid, self.worth(paid, self.urgent_bonus), self.shut)

    @assumption(on=(redeem, redeem_urgently))
    def stablecoin_is_at_par(self) -> Bool:
        """Nobody redeems what is worth its par."""
        return self.redeemed

    # What holds of it.

    @invariant(exits=(liquidate,))
    def unhealthy_can_be_liquidated(self) -> Bool:
        """Whatever is unhealthy can be liquidated, whether the pool has anything or not."""
        return implies(~self.healthy(), self.liquidate().enabled())

    @invariant(on=liquidate)
    def no_more_than_the_penalty_is_taken(self, post: "LiquityV2") -> Bool:
        """A liquidation takes at most the debt's worth and the penalty of a redistribution."""
        taken = self.collateral - (post.surplus - self.surplus)
        return taken * self.oracle.quote() <= self.debt * (1 + self.redistribution_penalty)

    @invariant(on=redeem)
    def redemption_costs_nothing(self, post: "LiquityV2") -> Bool:
        """A redemption takes no more than it pays, and never lowers the trove's health."""
        paid, taken = self.debt - post.debt, self.collateral - post.collateral
        improves = post.collateral * self.debt >= self.collateral * post.debt
        return improves & (taken * self.oracle.quote() <= paid)

    @invariant(on=redeem_urgently)
    def urgent_redemption_keeps_health(self, post: "LiquityV2") -> Bool:
        """An urgent redemption never lowers the trove's health."""
        return post.collateral * self.debt >= self.collateral * post.debt

    @invariant(on=redeem_urgently)
    def urgent_redemption_keeps_health_of_who_can_pay(self, post: "LiquityV2") -> Bool:
        """The same of troves that are worth their debt and the bonus."""
        able = self.collateral * self.oracle.quote() >= self.debt * (1 + self.urgent_bonus)
        return implies(able, post.collateral * self.debt >= self.collateral * post.debt)

    @invariant(on=redeem_urgently)
    def urgent_redemption_costs_the_bonus(self, post: "LiquityV2") -> Bool:
        """An urgent redemption takes at most the bonus on top of what it pays."""
        paid, taken = self.debt - post.debt, self.collateral - post.collateral
        return taken * self.oracle.quote() <= paid * (1 + self.urgent_bonus)

    @invariant(on="every rule")
    def shutdown_is_final(self, post: "LiquityV2") -> Bool:
        """A branch is shut down only below the ratio, for ever, and lends nothing from then on."""
        rightly = implies(~self.shut & post.shut, self.all_below(self.shutdown_ratio))
        return rightly & implies(self.shut, post.shut & (post.debt <= self.debt))

    @invariant
    def all_can_be_redeemed_after_a_shutdown(self) -> Bool:
        """After a shutdown the collateral is worth all of the trove's debt with the bonus for who redeems it."""
        covered = self.collateral * self.oracle.quote() >= self.debt * (1 + self.urgent_bonus)
        return implies(self.shut, covered)

    @lemma
    def all_but_the_penalty_is_kept(self) -> Bool:
        gone = (at_start(self.collateral) - self.surplus) * self.lasting_price()
        most = at_start(self.debt) * (1 + self.redistribution_penalty)
        return (self.debt > 0) | (self.collateral > 0) | (gone <= most)

    @lemma
    def closed_where_it_was_unhealthy(self) -> Bool:
        low = self.liquidation_threshold * at_start(self.collateral) * self.lasting_price()
        return (self.debt > 0) | (self.collateral > 0) | (at_start(self.debt) >= low)

    @closed_form(borrower_loss_cap, "cap")
    def dearest_liquidation(self) -> Real | None:
        """The penalty of a redistribution, the dearest there is, valued after a wick's recovery."""
        return self.dearest(self.redistribution_penalty)
