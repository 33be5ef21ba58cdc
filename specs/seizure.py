"""Textbook ways to sell a loan's collateral to liquidators: for what they repay and a spread."""

from verifier.language import (
    Bool,
    Real,
    Step,
    all_of,
    assumption,
    at_start,
    closed_form,
    down,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    up,
    where,
)

from .loans import Loan
from .oracles import Spot
from .properties import add_up, borrower_loss_cap, lender_loss_cap, solvency
from .shocks import Drop
from .units import Debt, Ratio


class Seizure(Loan):
    """Anyone repays debt of an unhealthy position and takes collateral of that value and a bonus, sold at once."""

    liquidation_bonus: Ratio = param  # what a liquidator seizes on top of what it repays

    @assumption
    def bonus_is_not_negative(self) -> Bool:
        """Liquidators are never worse off than at the oracle's price."""
        return self.liquidation_bonus >= 0

    def spread(self) -> Real:
        """What is seized is worth at most so many times what is repaid."""
        return 1 + self.liquidation_bonus

    def close_limit(self) -> Real:
        """The most that one liquidation may repay."""
        return self.debt

    def loss_if_closed(self) -> Real:
        paid = self.collateral * self.oracle.quote() / self.spread()
        return self.deficit + maximum(0, self.debt - paid)

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


class BoundedSpread(Seizure):
    """The bonus is at most ``liquidation_bonus``."""

    @invariant(on=Seizure.liquidate)
    def liquidators_do_not_lose(self, post: "BoundedSpread") -> Bool:
        """What is seized at the oracle's price is worth at the market what was repaid, so that somebody comes."""
        taken = post.liquidator_collateral - self.liquidator_collateral
        return self.market.proceeds(taken) >= self.liquidator_cash - post.liquidator_cash

    # Lemmas about losses; the shock's ``floor`` is the lowest price that it still allows.

    def cover_gap(self, price: Real) -> Real:
        """What would be lost, with the bonus, if all collateral were seized at this price."""
        return (self.debt + self.deficit) * (1 + self.liquidation_bonus) - self.collateral * price

    @lemma
    def gap_never_grows(self) -> Bool:
        floor = self.market.shock.floor()
        return self.cover_gap(floor) <= at_start(self.cover_gap(floor))

    @lemma
    def written_off_with_nothing_left(self) -> Bool:
        return (self.deficit == 0) | ((self.collateral == 0) & (self.debt == 0))

    # Where its claims begin or cease to hold on a spot oracle, with a book whose owner does nothing.

    def last_spread(self) -> Real:
        """The spread at which all collateral of an uncovered position is seized."""
        return 1 + self.liquidation_bonus

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """What all collateral, seized with the bonus at the lowest price to which it is left, does not pay."""
        return self.loss_beyond(self.liquidation_threshold * self.last_spread())

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """1 - LT·(1 + b)/h, or 1 - 1/h before which nobody is liquidated; 1 if all is seized in time."""
        return self.fall_before(self.liquidation_threshold * self.last_spread())


class FixedSpread(BoundedSpread):
    """The bonus is always the same share."""

    @invariant
    def portions_add_up(self, one: Debt, other: Debt) -> Bool:
        """Two liquidations at one price, in either order, end where one of both sums does."""
        return add_up(self.liquidate, one, other, "collateral debt deficit liquidator_cash")

    @lemma
    def gap_stays_after_a_drop(self) -> Bool:
        price, spot = self.market.price(), type(self.oracle) is Spot
        begun = (1 + self.liquidation_bonus) * at_start(self.debt) - at_start(self.collateral) * price
        return self.cover_gap(price) == begun if spot and isinstance(self.market.shock, Drop) else all_of()

    @lemma
    def gap_opens_in_one_tick(self) -> Bool:
        fallen = (1 - self.overrun()) / self.liquidation_threshold
        most = maximum(0, 1 + self.liquidation_bonus - fallen) * at_start(self.debt)
        return self.cover_gap(self.market.price()) <= most

    @lemma
    def untouched_at_the_first_price(self) -> Bool:
        moved = self.market.price() != at_start(self.market.price())
        return moved | ((self.collateral >= at_start(self.collateral)) & (self.debt <= at_start(self.debt)))

    @lemma
    def seized_value_is_paid_for(self) -> Bool:
        seized = (at_start(self.collateral) - self.collateral) * self.market.price()
        return seized <= (1 + self.liquidation_bonus) * (at_start(self.debt) - self.debt - self.deficit)

    @lemma
    def seized_at_the_first_price(self) -> Bool:
        first, seized = at_start(self.market.price()), at_start(self.collateral) - self.collateral
        return (seized >= 0) & (seized * self.market.price() <= seized * first)

    @lemma
    def debt_never_grows(self) -> Bool:
        return (self.debt <= at_start(self.debt)) & (self.collateral <= at_start(self.collateral))

    @closed_form(borrower_loss_cap, "cap")
    def dearest_liquidation(self) -> Real | None:
        """The bonus on all that is seized, valued after the price's recovery from a wick."""
        return self.dearest(self.liquidation_bonus)


class SlopedSpread(Seizure):
    """The bonus grows with ill health: ``liquidation_bonus`` times what the health factor lacks of one."""

    def spread(self) -> Real:
        return 1 + self.liquidation_bonus * (1 - self.health_value() / self.debt)
