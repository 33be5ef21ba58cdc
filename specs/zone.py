"""A zone before the liquidation threshold, in which a loan on Morpho may be liquidated in part.

Source: morpho-org/pre-liquidation at 9e8b7f42, ``PreLiquidation.sol``: between a loan-to-value of preLLTV and LLTV,
close factor and incentive grow linearly; beyond LLTV the market itself liquidates, as in ``morpho_blue.py``. Here debt
is counted in assets instead of shares, both contracts read one oracle, and no interest accrues.
"""

from verifier.language import (
    Bool,
    Real,
    Step,
    assumption,
    closed_form,
    down,
    implies,
    invariant,
    maximum,
    minimum,
    param,
    require,
    rule,
    up,
)

from .properties import wick_survival
from .seizure import FixedSpread
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
