"""What a bonus to liquidators costs lenders and borrowers, by whatever rule they seize."""

from collections.abc import Callable
from functools import wraps
from typing import Any

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
from .secured import SecuredDebt
from .shocks import Drop
from .units import ROUNDED, Ratio


def of_losses(said: Callable[[Any], Bool]) -> Any:
    """A lemma about losses, where such are offered."""

    @wraps(said)
    def offered(it: "WithinASpread") -> Bool:
        return said(it) if it.stays_put() else all_of()

    return lemma(offered)


class WithinASpread(SecuredDebt):
    """What is seized is worth at most ``widest_spread`` times what is repaid."""

    def widest_spread(self) -> Real:
        """The most that a unit repaid is worth to a liquidator."""
        raise NotImplementedError

    def stays_put(self) -> bool:
        """Whether lemmas say what losses come to: where owners act and debts are indexed they are not worth asking."""
        return True

    # Lemmas about losses; the shock's ``floor`` is the lowest price that it still allows.

    def cover_gap(self, price: Real) -> Real:
        """What would be lost, with the bonus, if all collateral were seized at this price."""
        return (self.exact_debt() + self.deficit) * self.widest_spread() - self.collateral * price

    def first_gap(self, price: Real) -> Real:
        """What would have been lost so at the start."""
        return at_start(self.debt + self.deficit) * self.widest_spread() - at_start(self.collateral) * price

    def gap_shrinks(self) -> Bool:
        """What would be lost at the lowest price to come is never more than at the start."""
        floor = self.market.shock.floor()
        return self.cover_gap(floor) <= self.first_gap(at_start(floor))

    @of_losses
    def gap_never_grows(self) -> Bool:
        return self.gap_shrinks()

    @of_losses
    def written_off_with_nothing_left(self) -> Bool:
        return (self.deficit == 0) | ((self.collateral == 0) & (self.exact_debt() == 0))

    @of_losses
    def untouched_at_the_first_price(self) -> Bool:
        moved = self.market.price() != at_start(self.market.price())
        return moved | ((self.collateral >= at_start(self.collateral)) & (self.exact_debt() <= at_start(self.debt)))

    @of_losses
    def seized_value_is_paid_for(self) -> Bool:
        seized = (at_start(self.collateral) - self.collateral) * self.market.price()
        paid = at_start(self.debt) - self.exact_debt() - self.deficit
        return seized <= self.widest_spread() * paid

    @of_losses
    def seized_at_the_first_price(self) -> Bool:
        first, seized = at_start(self.market.price()), at_start(self.collateral) - self.collateral
        return ROUNDED | (seized >= 0) & (seized * self.market.price() <= seized * first)

    @of_losses
    def debt_never_grows(self) -> Bool:
        return ROUNDED | (self.exact_debt() <= at_start(self.debt)) & (self.collateral <= at_start(self.collateral))

    # Where its claims begin or cease to hold on a spot oracle, with a book whose owner does nothing.

    def last_spread(self) -> Real:
        """The spread at which all collateral of an uncovered position is seized."""
        return self.widest_spread()

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
        return self.dearest(self.widest_spread() - 1)


class AtOneSpread(WithinASpread):
    """What is seized is worth ``widest_spread`` times what is repaid."""

    def falls_once(self) -> bool:
        """Whether the oracle shows but one price beside the first one."""
        return type(self.oracle) is Spot and isinstance(self.market.shock, Drop)

    @of_losses
    def gap_stays_after_a_drop(self) -> Bool:
        price = self.market.price()
        stays = ROUNDED | (self.cover_gap(price) <= self.first_gap(price))
        return stays if self.falls_once() else all_of()

    @of_losses
    def gap_never_grows(self) -> Bool:
        """Where a drop leaves it as it is, this adds nothing in reals."""
        return ~ROUNDED | self.gap_shrinks() if self.falls_once() else self.gap_shrinks()

    @of_losses
    def gap_opens_in_one_tick(self) -> Bool:
        fallen = (1 - self.overrun()) / self.liquidation_threshold
        most = maximum(0, self.widest_spread() - fallen) * at_start(self.debt)
        return ROUNDED | (self.cover_gap(self.market.price()) <= most)


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


class BoundedBonus(WithinASpread, Bonus):
    """The bonus is at most ``liquidation_bonus``."""

    def widest_spread(self) -> Real:
        return 1 + self.liquidation_bonus


class FixedBonus(AtOneSpread, BoundedBonus):
    """The bonus is always the same share."""

    @lemma
    def gap_stays_after_a_drop(self) -> Bool:
        """Exactly: a plain debt and what is written off of it are quantities of their own."""
        price = self.market.price()
        stays = ROUNDED | (self.cover_gap(price) == self.first_gap(price))
        return stays if self.falls_once() else all_of()

    @lemma
    def gap_never_grows(self) -> Bool:
        return self.gap_shrinks()
