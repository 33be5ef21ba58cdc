"""Liquity v1: debt is cancelled against savers' deposits, who get the collateral; the rest goes to other borrowers.

Source: liquity/dev 39f1f7f8, ``TroveManager.sol`` (liquidations in normal and in recovery mode), ``StabilityPool.sol``
and ``BorrowerOperations.sol``; the pool may be emptied, as in the contracts of 2021. Redemptions are left out, and
nobody opens a trove or draws debt in recovery mode.
"""

from typing import Any

from verifier.language import (
    Bool,
    Design,
    Q,
    Real,
    Step,
    at_start,
    closed_form,
    down,
    given,
    implies,
    in_fixed,
    invariant,
    lemma,
    minimum,
    rule,
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


V1: dict[str, Any] = deployed("liquity-v1")
V1 |= {"liquidation_threshold": 1 / Q(V1.pop("minimum_ratio")), "first_ratio": 3}


class LiquityOne(Design, name="liquity-v1"):
    """All troves at 300 % at first. Default shock: a drop of at most 8.63 %, from 110 %."""

    shock = Drop(bound="0.0863")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = LiquityV1(market=market, oracle=oracle, book=book, **V1)
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=SLIDE, book=STILL, keepers="prompt"),
        lender_loss_cap(cap="0.3159375", shock="0.5", book=STILL),
        borrower_loss_cap(cap=Q("1/11"), shock="0.5"),
        wick_survival(shock=Wick(bound="0.2"), book=STILL),
        own_acts_keep_health(book=AnyPosition()),
        given(LiquityV1.unhealthy_can_be_liquidated, shock="0.5"),
        given(LiquityV1.healthy_is_safe_in_normal_mode, first_ratio=1),
        given(LiquityV1.better_than_all_is_safe, first_ratio=1),
        given(LiquityV1.healthy_keeps_the_rest, first_ratio=1),
        given(LiquityV1.no_way_into_recovery, first_ratio=1, book=AnyPosition()),
        given(LiquityV1.savers_never_pay_for_a_lost_trove_in_recovery, first_ratio=1, shock="0.5"),
        given(LiquityV1.savers_shield_others, shock="0.5"),
        LiquityV1.savers_are_paid_where_it_is_covered,
        given(LiquityV1.savers_lose_their_part, shock="0.5"),
        given(LiquityV1.savers_bear_what_they_agreed_to, shock="0.5"),
        oracle_noninterference(rules="liquidate withdraw borrow leave"),
        conservation(),
        in_fixed(conservation()),
        in_fixed(LiquityV1.healthy_is_safe_in_normal_mode),
        in_fixed(LiquityV1.savers_bear_what_they_agreed_to),
    )
    refuted = {
        solvency(shock="0.0864"): "at 110 %, less the liquidator's 0.5 %, the buffer is 1 - 1/(1.1·0.995) = 8.634 %",
        lender_loss_cap(cap="0.3159", shock="0.5", book=STILL): "half the price pays 0.5·1.25·1.1·0.995 of the debt",
        borrower_loss_cap(cap="0.0909", shock="0.5"): "just below 110 % all collateral goes",
        given(healthy_is_safe(), first_ratio=1): "recovery mode opens healthy troves below the average of all",
        given(LiquityV1.own_acts_open_nobody, first_ratio=1, book=AnyPosition()): "a debt paid down to what savers "
        "have can be liquidated in recovery mode, when before it was too large",
        given(
            LiquityV1.others_are_not_dragged_down, first_ratio=1, shock="0.5"
        ): "what savers cannot pay for lowers others' ratio",
        given(
            LiquityV1.savers_shield_others, first_ratio=1, shock="0.5"
        ): "in recovery mode a trove below 100 % goes to other borrowers, however full the pool is",
        given(LiquityV1.savers_lose_nothing, shock="0.5"): "below 100.5 % savers get less than they pay",
        given(
            LiquityV1.unhealthy_can_be_liquidated, last=True, first_ratio=1, shock="0.5"
        ): "the last trove cannot be liquidated",
    }
