"""Liquity v2: savers and other borrowers take over at most the debt with a penalty, and a failing branch is shut down.

Source: liquity/bold 405f9122, ``TroveManager.sol`` (liquidation, redemption, urgent redemption, shutdown),
``BorrowerOperations.sol`` and README.md, known issues 9, 14, 23 and 24. One branch and one trove of it, of which
redemptions may take any part; no compensation is capped.
"""

from typing import Any

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Q,
    Real,
    Step,
    amount,
    assumption,
    at_start,
    closed_form,
    down,
    given,
    implies,
    in_fixed,
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

from .books import STILL, AnyPosition, Still
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    borrower_loss_cap,
    conservation,
    healthy_is_safe,
    lender_loss_cap,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import SLIDE, Drop, Wick
from .stability_pool import Trove
from .units import COLLATERAL, Debt, Ratio


class LiquityV2(Trove):
    """A trove of one branch, which anyone may liquidate below the minimum ratio."""

    pool_penalty: Ratio = param  # what savers get at most beyond what they pay
    redistribution_penalty: Ratio = param  # what others get at most beyond the debt that they take over
    least_deposits: Debt = param  # what stays in the pool
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
    def redeem(self, paid: Debt, fee: Ratio) -> Step:
        """Anyone pays debt of a trove that is worth it, healthy or not, for collateral of that worth less a fee."""
        got = self.worth(paid, amount(0, RATIO)) - down(paid * fee / self.oracle.quote())
        covered = self.collateral * self.oracle.quote() >= self.debt
        open_ = ~self.shut & ~self.all_below(self.shutdown_ratio)
        return self.redeem_for(paid, got, open_ & covered & (fee >= self.least_fee) & (fee <= 1))

    @rule(by="anyone")
    def redeem_urgently(self, paid: Debt) -> Step:
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


V2: dict[str, Any] = deployed("liquity-v2-weth")
V2 |= {"liquidation_threshold": 1 / Q(V2.pop("minimum_ratio")), "first_ratio": 3}
WEAK: dict[str, Any] = {"first_ratio": 1, "shock": "0.5"}
LOW: dict[str, Any] = {"pool_penalty": "0.05", "redistribution_penalty": "0.06"}


class LiquityTwo(Design, name="liquity-v2"):
    """The WETH branch, at 300 % at first. Default shock: a drop of at most 8.63 %, from 110 %."""

    shock = Drop(bound="0.0863")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = LiquityV2(market=market, oracle=oracle, book=book, **V2)
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=SLIDE, book=STILL, keepers="prompt"),
        lender_loss_cap(cap="0.3159375", shock="0.5", book=STILL),
        borrower_loss_cap(cap=Q("1/11"), shock="0.5"),
        wick_survival(shock=Wick(bound="0.2"), book=STILL),
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(**WEAK),
        given(LiquityV2.unhealthy_can_be_liquidated, shock="0.5"),
        given(LiquityV2.no_more_than_the_penalty_is_taken, **WEAK, **LOW),
        given(LiquityV2.redemption_costs_nothing, redeemed=True, **WEAK),
        given(LiquityV2.urgent_redemption_costs_the_bonus, redeemed=True, **WEAK),
        given(LiquityV2.urgent_redemption_keeps_health_of_who_can_pay, redeemed=True, **WEAK),
        given(LiquityV2.shutdown_is_final, redeemed=True, book=AnyPosition(), **WEAK),
        given(LiquityV2.savers_shield_others, **WEAK),
        LiquityV2.savers_are_paid_where_it_is_covered,
        oracle_noninterference(rules="liquidate shut_down redeem redeem_urgently withdraw borrow"),
        given(conservation(), redeemed=True),
        given(conservation(), redeemed=True, arithmetic="fixed"),
        in_fixed(healthy_is_safe()),
        given(LiquityV2.shutdown_is_final, redeemed=True, arithmetic="fixed", **WEAK),
    )
    refuted = {
        solvency(shock="0.0864"): "at 110 %, less the liquidator's 0.5 %, the buffer is 1 - 1/(1.1·0.995) = 8.634 %",
        lender_loss_cap(cap="0.3159", shock="0.5", book=STILL): "half the price pays 0.5·1.25·1.1·0.995 of the debt",
        borrower_loss_cap(cap="0.0909", shock="0.5"): "others take 10 % beyond the debt, if the pool is empty",
        wick_survival(
            shock=Wick(bound="0.2"), book=STILL, redeemed=True
        ): "any trove may be redeemed from, however healthy",
        given(
            LiquityV2.urgent_redemption_keeps_health, redeemed=True, **WEAK
        ): "below 102 % the bonus takes more than its share of the collateral",
        given(
            LiquityV2.all_can_be_redeemed_after_a_shutdown, redeemed=True, **WEAK
        ): "a trove that is worth less than 102 % does not pay all of its debt",
        given(LiquityV2.others_are_not_dragged_down, **WEAK): "what savers cannot pay for lowers others' ratio",
        given(LiquityV2.savers_lose_nothing, shock="0.5"): "below 100.5 % savers get less than they pay",
        given(
            LiquityV2.savers_lose_their_part, shock="0.5"
        ): "the compensation is all theirs, and others may gain while they lose",
        given(LiquityV2.savers_bear_what_they_agreed_to, shock="0.5"): "savers may leave before a liquidation",
    }
