"""Morpho's pre-liquidation: a borrower opts into earlier, smaller and cheaper liquidations below the market's LLTV.

Source: morpho-org/pre-liquidation at 9e8b7f42, ``PreLiquidation.sol``: between a loan-to-value of preLLTV and LLTV,
close factor and incentive grow linearly; beyond LLTV the market itself liquidates, as in ``morpho_blue.py``. Here debt
is counted in assets instead of shares, both contracts read one oracle, and no interest accrues.
"""

from verifier.language import (
    Bool,
    Design,
    Real,
    Step,
    assumption,
    closed_form,
    down,
    given,
    implies,
    in_fixed,
    invariant,
    maximum,
    minimum,
    param,
    require,
    rule,
    up,
)

from .books import AnyPosition, Still
from .keepers import Nobody
from .loans import FixedSpread
from .markets import Infinite
from .oracles import Spot
from .properties import (
    conservation,
    healthy_is_safe,
    lender_loss_cap,
    liquidation_improves_health,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drop, Wick
from .units import Debt, Ratio


class PreLiquidation(FixedSpread):
    """A loan with a zone before its threshold, in which it may be liquidated in part."""

    pre_threshold: Ratio = param  # the loan-to-value at which the zone begins
    first_close_factor: Ratio = param  # the share of the debt that may be repaid where the zone begins
    last_close_factor: Ratio = param  # the same where the zone ends; above 1 all of it may be
    first_bonus: Ratio = param
    last_bonus: Ratio = param

    @assumption
    def parameters_are_in_order(self) -> Bool:
        """The zone is not empty, close factors and bonuses grow, and the last bonus is covered at the threshold."""
        return (
            (self.pre_threshold > 0)
            & (self.pre_threshold < self.liquidation_threshold)
            & (self.first_close_factor <= self.last_close_factor)
            & (self.first_close_factor <= 1)
            & (self.first_bonus <= self.last_bonus)
            & ((1 + self.last_bonus) * self.liquidation_threshold <= 1)
        )

    def value(self) -> Real:
        return down(self.collateral * self.oracle.quote())

    def in_the_zone(self) -> Bool:
        """Whether the loan-to-value is beyond the zone's beginning, and not beyond the threshold."""
        return self.healthy() & (self.debt > self.pre_threshold * self.value())

    def depth(self) -> Real:
        """How far into the zone the position is: 0 at its beginning, 1 at the threshold."""
        loan_to_value = up(self.debt / self.value(), 18)
        return down((loan_to_value - self.pre_threshold) / (self.liquidation_threshold - self.pre_threshold), 18)

    def pre_spread(self) -> Real:
        return 1 + self.first_bonus + down(self.depth() * (self.last_bonus - self.first_bonus), 18)

    def pre_close_factor(self) -> Real:
        return self.first_close_factor + down(self.depth() * (self.last_close_factor - self.first_close_factor), 18)

    @rule(by="liquidator")
    def pre_liquidate(self, repaid: Debt) -> Step:
        """Anyone repays up to the close factor of a position in the zone, which must be healthy afterwards."""
        seized = down(down(repaid * self.pre_spread()) / self.oracle.quote())
        post = self.reduced(repaid, seized)
        most = minimum(self.debt, down(self.debt * self.pre_close_factor()))
        allowed = (repaid > 0) & (repaid <= most) & (seized <= self.collateral)
        return require(self.in_the_zone(), self.collateral > 0, allowed, post.healthy()).then(
            post, self.market.sell(seized)
        )

    # What holds of it.

    @closed_form(wick_survival, "bound")
    def deepest_wick(self) -> Real:
        """A wick is harmless until it reaches the zone."""
        return maximum(0, 1 - self.liquidation_threshold / (self.pre_threshold * self.book.floor()))

    @invariant(on=pre_liquidate)
    def zone_bonus_is_within_its_bounds(self, post: "PreLiquidation") -> Bool:
        """In the zone the bonus is at least the first, and at most the last."""
        del post
        return (self.pre_spread() >= 1 + self.first_bonus) & (self.pre_spread() <= 1 + self.last_bonus)

    @invariant(on=pre_liquidate)
    def pre_liquidation_improves_health(self, post: "PreLiquidation") -> Bool:
        """A pre-liquidation never lowers health: the last bonus is covered everywhere in the zone."""
        return post.health_value() * self.debt >= self.health_value() * post.debt

    @invariant(on=pre_liquidate)
    def waiting_for_the_next_pays_no_more(self, post: "PreLiquidation") -> Bool:
        """The bonus after a pre-liquidation is no larger than it was: who splits one gets no more."""
        return implies(post.in_the_zone(), post.pre_spread() <= self.pre_spread())

    @invariant(on=pre_liquidate)
    def pre_liquidation_makes_no_loss(self, post: "PreLiquidation") -> Bool:
        """In the zone nothing is written off, and collateral is worth more than the debt afterwards."""
        return (post.deficit == self.deficit) & (post.debt <= post.collateral * self.oracle.quote())

    @invariant(on=pre_liquidate)
    def close_factor_bounds_what_is_repaid_in_all(self, post: "PreLiquidation") -> Bool:
        """What was repaid and may now be repaid is within the close factor of the debt before."""
        so_far, more = self.debt - post.debt, post.debt * post.pre_close_factor()
        return implies(post.in_the_zone(), so_far + more <= self.debt * self.pre_close_factor())


FLAT = {"last_bonus": "0.01", "last_close_factor": "0.1"}
"""The same close factor and bonus throughout the zone; a fall past it meets neither."""


class PreLiquidated(Design, name="pre-liquidation"):
    """A zone from 80 % to an LLTV of 86 %, in which 10 to 50 % may be repaid at a bonus of 1 to 4.384 %."""

    shock = Drop(bound="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = PreLiquidation(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.86", liquidation_bonus="0.04384",
        pre_threshold="0.8", first_close_factor="0.1", last_close_factor="0.5", first_bonus="0.01",
        last_bonus="0.04384",
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap="0.2203", shock="0.3"),
        liquidation_improves_health(),
        own_acts_keep_health(book=AnyPosition()),
        given(PreLiquidation.zone_bonus_is_within_its_bounds, shock="0.5"),
        given(PreLiquidation.pre_liquidation_improves_health, shock="0.5"),
        given(PreLiquidation.waiting_for_the_next_pays_no_more, shock="0.5"),
        given(PreLiquidation.pre_liquidation_makes_no_loss, shock="0.5"),
        PreLiquidation.close_factor_bounds_what_is_repaid_in_all,
        wick_survival(shock=Wick(bound="0.14"), health="1.25"),
        oracle_noninterference(rules="liquidate pre_liquidate withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
    )
    refuted = {
        solvency(shock="0.103", **FLAT): "beyond the zone the market's own spread leaves a buffer of 1 - 0.86·1.04384",
        lender_loss_cap(cap="0.22", shock="0.3", **FLAT): "0.7 of the price pays 0.7/(0.86·1.04384) of the debt",
        wick_survival(
            shock=Wick(bound="0.141"), health="1.25"
        ): "a wick deeper than 1 - LLTV/(preLLTV·h) is seen in the zone: who opts in gives up that much",
        healthy_is_safe(): "in the zone who is healthy on Morpho is liquidated, as the borrower chose",
        given(
            PreLiquidation.close_factor_bounds_what_is_repaid_in_all,
            first_close_factor="0.01",
            last_close_factor="0.01",
        ): "calls can be repeated, each up to the close factor",
    }
