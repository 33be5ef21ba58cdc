"""What a bonus to liquidators costs lenders and borrowers, by whatever rule they seize."""

from verifier.language import (
    Bool,
    Real,
    all_of,
    assumption,
    at_start,
    closed_form,
    lemma,
    maximum,
    param,
)

from .loans import Loan
from .oracles import Spot
from .properties import borrower_loss_cap, lender_loss_cap, solvency
from .shocks import Drop
from .units import ROUNDED, Ratio


class Bonus(Loan):
    """A liquidator gets collateral of the value that it repays, and a bonus."""

    liquidation_bonus: Ratio = param  # what a liquidator seizes on top of what it repays

    @assumption
    def bonus_is_not_negative(self) -> Bool:
        """Liquidators are never worse off than at the oracle's price."""
        return self.liquidation_bonus >= 0

    def spread(self) -> Real:
        """What is seized is worth at most so many times what is repaid."""
        return 1 + self.liquidation_bonus

    def loss_if_closed(self) -> Real:
        paid = self.collateral * self.oracle.quote() / self.spread()
        return self.deficit + maximum(0, self.debt - paid)


class BoundedBonus(Bonus):
    """The bonus is at most ``liquidation_bonus``."""

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
        return ROUNDED | (seized >= 0) & (seized * self.market.price() <= seized * first)

    @lemma
    def debt_never_grows(self) -> Bool:
        return ROUNDED | (self.debt <= at_start(self.debt)) & (self.collateral <= at_start(self.collateral))

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

    @closed_form(borrower_loss_cap, "cap")
    def dearest_liquidation(self) -> Real | None:
        """The bonus on all debt, or on what the collateral pays for, valued after the recovery from a wick."""
        return self.dearest(self.liquidation_bonus)


class FixedBonus(BoundedBonus):
    """The bonus is always the same share."""

    @lemma
    def gap_stays_after_a_drop(self) -> Bool:
        price, spot = self.market.price(), type(self.oracle) is Spot
        begun = (1 + self.liquidation_bonus) * at_start(self.debt) - at_start(self.collateral) * price
        stays = ROUNDED | (self.cover_gap(price) == begun)
        return stays if spot and isinstance(self.market.shock, Drop) else all_of()

    @lemma
    def gap_opens_in_one_tick(self) -> Bool:
        fallen = (1 - self.overrun()) / self.liquidation_threshold
        most = maximum(0, 1 + self.liquidation_bonus - fallen) * at_start(self.debt)
        return ROUNDED | (self.cover_gap(self.market.price()) <= most)
