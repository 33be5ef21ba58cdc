"""Liquidations of Aave v4: each is sized to reach a target health factor, at a bonus that grows as health falls.

Source: aave/aave-v4, ``LiquidationLogic.sol`` and ``docs/features/LiquidationEngine.md``. A position has one collateral
and one debt asset at par with the unit of account, and no interest accrues; quantities are in whole tokens.
"""

from verifier.language import (
    RATIO,
    Bool,
    Real,
    Step,
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
    up,
    where,
)

from .restoring import Restoring
from .units import CollateralFlow, Debt, Ratio


class AaveV4(Restoring):
    """A position that is liquidated until its health factor is the target's; ``liquidation_bonus`` is the largest."""

    target_health: Ratio = param
    full_bonus_health: Ratio = param  # at or below this health factor the bonus is the largest
    bonus_factor: Ratio = param  # the share of the largest bonus that is paid at a health factor of 1
    protocol_fee: Ratio = param  # the treasury's share of the bonus
    least_leftover: Debt = param  # a position with less than this of debt or collateral is not left

    treasury_collateral: CollateralFlow = state(0, tally=True)

    @assumption
    def parameters_are_in_their_ranges(self) -> Bool:
        """The target is at least 1, the largest bonus begins below 1, and factor and fee are shares."""
        return (
            (self.target_health >= 1)
            & (self.full_bonus_health < 1)
            & (self.bonus_factor <= 1)
            & (self.protocol_fee <= 1)
        )

    def target(self) -> Real:
        return self.liquidation_threshold / self.target_health

    def lowest_bonus(self) -> Real:
        """The bonus of who is just unhealthy."""
        return self.liquidation_bonus * self.bonus_factor

    def spread(self) -> Real:
        """What is seized is worth so many times what is repaid."""
        return self.spread_at(self.health_value() / self.debt)

    def spread_at(self, health: Real) -> Real:
        """The spread at a health factor: linear in it, up to the largest."""
        fallen = (1 - health) / (1 - self.full_bonus_health)
        return 1 + self.lowest_bonus() + (self.liquidation_bonus - self.lowest_bonus()) * minimum(1, fallen)

    # An offer is cut to what the target asks for; where dust would be left, it becomes one of the other two rules.

    @rule(by="liquidator")
    def liquidate(self, repaid: Debt) -> Step:
        """Anyone repays a part, up to the target, that leaves no dust, and takes its worth and the bonus."""
        seized = down(repaid * self.spread() / self.oracle.quote())
        left = (self.collateral - seized) * self.oracle.quote()
        enough = (self.debt - repaid >= self.least_leftover) & (left >= self.least_leftover)
        return self.seize(repaid, seized, self.within_target(repaid) & (repaid <= self.debt) & enough)

    @rule(by="liquidator")
    def liquidate_all_debt(self) -> Step:
        """Anyone repays all debt, where the target asks for it or leaves less than what may be left."""
        seized = down(self.debt * self.spread() / self.oracle.quote())
        nearly = self.within_target(self.debt - self.least_leftover) | (self.debt <= self.least_leftover)
        return self.seize(self.debt, seized, nearly & (seized <= self.collateral))

    @rule(by="liquidator")
    def liquidate_all_collateral(self) -> Step:
        """Anyone takes all collateral, where it is worth less than the debt with its bonus; the rest is written off."""
        value = self.collateral * self.oracle.quote()
        return self.seize(up(value / self.spread()), self.collateral, value < self.debt * self.spread())

    def within_target(self, repaid: Real) -> Bool:
        """Whether so much may be repaid: at most what takes the position to the target."""
        return repaid * (1 - self.target() * self.spread()) <= self.beyond_target()

    def seize(self, repaid: Real, seized: Real, allowed: Bool) -> Step:
        fee = down(seized * self.protocol_fee * (self.spread() - 1) / self.spread())
        emptied, owed = seized == self.collateral, self.debt - repaid
        return require(self.liquidatable(), self.collateral > 0, repaid > 0, seized <= self.collateral, allowed).then(
            self.after(
                collateral=self.collateral - seized,
                debt=where(emptied, 0, owed),
                deficit=self.deficit + where(emptied, owed, 0),
                liquidator_collateral=self.liquidator_collateral + (seized - fee),
                treasury_collateral=self.treasury_collateral + fee,
                liquidator_cash=self.liquidator_cash - repaid,
                pool_cash=self.pool_cash + repaid,
            ),
            self.market.sell(seized),
        )

    def accounts_of_collateral(self) -> Real:
        return super().accounts_of_collateral() + self.treasury_collateral

    # What holds of it.

    @invariant(exits=(liquidate, liquidate_all_debt, liquidate_all_collateral))
    def unhealthy_can_be_liquidated(self) -> Bool:
        """Of whatever is unhealthy at the market's price all debt can be repaid, all collateral taken, or a part."""
        spare = minimum(self.debt, self.collateral * self.oracle.quote()) - self.least_leftover
        whole = self.liquidate_all_debt().enabled() | self.liquidate_all_collateral().enabled()
        return implies(self.unhealthy_at_the_market(), whole | self.liquidate(spare / 8).enabled())

    @invariant(on="liquidator")
    def bonus_is_within_its_bounds(self, post: "AaveV4") -> Bool:
        """The bonus is at least that of who is just unhealthy, and at most the largest."""
        del post
        return (self.spread() >= 1 + self.lowest_bonus()) & (self.spread() <= 1 + self.liquidation_bonus)

    @invariant
    def bonus_is_the_largest_at_low_health(self, factor: Ratio) -> Bool:
        """At or below its health factor the bonus is the largest."""
        return implies(factor <= self.full_bonus_health, self.spread_at(factor) == 1 + self.liquidation_bonus)

    @invariant
    def bonus_never_rises_with_health(self, lower: Ratio, higher: Ratio) -> Bool:
        """At a higher health factor the bonus is no larger."""
        return implies(lower <= higher, self.spread_at(higher) <= self.spread_at(lower))

    @invariant
    def bonus_at_the_threshold_is_its_share(self) -> Bool:
        """At a health factor of 1 the bonus is the factor's share of the largest: without a factor there is none."""
        return self.spread_at(amount(1, RATIO)) == 1 + self.bonus_factor * self.liquidation_bonus

    @invariant
    def no_collateral_no_debt(self) -> Bool:
        """Who has no collateral owes nothing."""
        return (self.collateral > 0) | (self.debt == 0)

    @invariant(on="liquidator")
    def repays_no_more_than_is_owed(self, post: "AaveV4") -> Bool:
        """No liquidation repays more than the debt."""
        return post.pool_cash - self.pool_cash <= self.debt

    @invariant(on="liquidator")
    def liquidators_get_no_more_than_is_seized(self, post: "AaveV4") -> Bool:
        """The liquidator gets at most the collateral that leaves the position, of which no more does than is there."""
        gained, seized = post.liquidator_collateral - self.liquidator_collateral, self.collateral - post.collateral
        return (gained <= seized) & (seized <= self.collateral)

    @invariant(on="liquidator")
    def splitting_never_pays(self, post: "AaveV4") -> Bool:
        """The bonus after a partial liquidation is no larger than it was: who splits one gets no more."""
        return (post.debt == 0) | (post.spread() <= self.spread())

    @invariant(on="liquidator")
    def sloped_liquidation_improves_health(self, post: "AaveV4") -> Bool:
        """While the bonus is not yet the largest, a liquidation never lowers the health factor."""
        sloped = self.health_value() > self.full_bonus_health * self.debt
        return implies(sloped, post.health_value() * self.debt >= self.health_value() * post.debt)

    @invariant(on="liquidator")
    def no_dust_is_left(self, post: "AaveV4") -> Bool:
        """A liquidation leaves no debt, or enough of both debt and collateral to pay for the next."""
        value = post.collateral * self.oracle.quote()
        return (post.debt == 0) | ((post.debt >= self.least_leftover) & (value >= self.least_leftover))
