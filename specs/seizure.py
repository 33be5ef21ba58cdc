"""Textbook ways to sell a loan's collateral to liquidators: for what they repay and a spread."""

from typing import Any

from verifier.language import (
    Bool,
    Real,
    Step,
    down,
    implies,
    invariant,
    minimum,
    require,
    rule,
    up,
    where,
)

from .bonus import Bonus, BoundedBonus, FixedBonus
from .properties import add_up
from .units import Debt


class Seizure(Bonus):
    """Anyone repays debt of an unhealthy position and takes collateral of that value and a bonus, sold at once."""

    def close_limit(self) -> Real:
        """The most that one liquidation may repay."""
        return self.debt

    def exchange(self, offer: Real) -> tuple[Real, Real]:
        """What an offer repays, and what is seized for it."""
        price = self.oracle.quote()
        most = up(self.collateral * price / self.spread())
        repaid = minimum(offer, self.close_limit(), most)
        return repaid, where(repaid == most, self.collateral, down(repaid * self.spread() / price))

    @rule(by="liquidator")
    def liquidate(self, offer: Debt) -> Step:
        """Debt is repaid up to the limit; debt that is left without collateral is written off."""
        repaid, seized = self.exchange(offer)
        left = self.collateral - seized
        owed = self.debt - repaid
        return require(offer > 0, self.liquidatable(), self.collateral > 0).then(
            self.after(
                collateral=left,
                debt=where(left == 0, 0, owed),
                deficit=self.deficit + where(left == 0, owed, 0),
                liquidator_collateral=self.liquidator_collateral + seized,
                liquidator_cash=self.liquidator_cash - repaid,
                pool_cash=self.pool_cash + repaid,
            ),
            self.market.sell(seized),
        )

    @invariant
    def one_liquidation_can_restore_health(self, offer: Debt) -> Bool:
        """Whatever is unhealthy at the market's price is healthy after an offer of all its debt, or nothing is left."""
        step = self.liquidate(offer)
        post: Any = step.posts[0]
        return implies(self.unhealthy_at_the_market() & (offer >= self.debt), step.enabled() & post.healthy())


class BoundedSpread(BoundedBonus, Seizure):
    """The bonus is at most ``liquidation_bonus``."""

    @invariant(on=Seizure.liquidate)
    def what_is_seized_is_paid_for(self, post: "BoundedSpread") -> Bool:
        """Collateral is given at most for what is repaid and the bonus at that moment, to the last unit."""
        taken = post.liquidator_collateral - self.liquidator_collateral
        return taken * self.oracle.quote() <= (self.liquidator_cash - post.liquidator_cash) * self.spread()

    @invariant(on=Seizure.liquidate)
    def liquidators_do_not_lose(self, post: "BoundedSpread") -> Bool:
        """What is seized at the oracle's price is worth at the market what was repaid, so that somebody comes."""
        taken = post.liquidator_collateral - self.liquidator_collateral
        return self.market.proceeds(taken) >= self.liquidator_cash - post.liquidator_cash


class FixedSpread(FixedBonus, BoundedSpread):
    """The bonus is always the same share."""

    @invariant
    def portions_add_up(self, one: Debt, other: Debt) -> Bool:
        """Two liquidations at one price, in either order, end where one of both sums does."""
        return add_up(self.liquidate, one, other, "collateral debt deficit liquidator_cash")


class SlopedSpread(Seizure):
    """The bonus grows with ill health: ``liquidation_bonus`` times what the health factor lacks of one."""

    def spread(self) -> Real:
        return 1 + self.liquidation_bonus * (1 - self.health_value() / self.debt)
