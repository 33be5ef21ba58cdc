"""A position of Twyne v1, which rents others' unused borrowing power; whoever liquidates inherits it.

Source: 0xTwyne/twyne-contracts-v1, ``CollateralVaultBase.sol`` (at ac8e5461; how credit is adjusted, at dafcb7d5). The
user's collateral and the credit that it rents secure one debt at an external market, whose own liquidation is in
``external_liquidation.py``. What the user's collateral does not pay is the credit's: its lenders stand in the lender's
place. Credit costs no interest, the chosen loan-to-value stays, and one may borrow up to it: a lower limit of the
external market is left out.
"""

from typing import Any

from verifier.language import (
    Bool,
    Real,
    Step,
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

from .loans import Loan
from .oracles import Spot
from .properties import borrower_loss_cap, lender_loss_cap, solvency
from .shocks import Drop, Wick
from .units import Collateral, CollateralFlow, Debt, Ratio


class Twyne(Loan):
    """A position with rented credit; ``liquidation_threshold`` is the loan-to-value that its user chose."""

    external_threshold: Ratio = param  # of the market where the debt is owed
    buffer: Ratio = param  # the share of it that may be used
    largest: Ratio = param  # the largest loan-to-value that may be chosen

    deficit: Debt = param(0)  # nothing is written off here

    credit: Collateral = state(like=2)
    inherited: Bool = state(False)
    handed_out: Collateral = state(0)  # what the first user got of its collateral

    credit_lenders: CollateralFlow = state(0, tally=True)
    former_heirs: CollateralFlow = state(0, tally=True)  # what those got from whom others inherited

    @assumption
    def ratios_are_in_order(self) -> Bool:
        """What is chosen is at least what may be used of the external threshold, and at most the largest."""
        shares = (self.external_threshold > 0) & (self.buffer > 0) & (self.buffer <= 1) & (self.largest <= 1)
        chosen = (self.usable() <= self.liquidation_threshold) & (self.liquidation_threshold <= self.largest)
        return shares & (self.usable() < self.largest) & chosen

    def usable(self) -> Real:
        """The loan-to-value that the user has without any credit."""
        return self.buffer * self.external_threshold

    def secured(self) -> Real:
        """What user and credit may owe together, in collateral."""
        return self.usable() * (self.collateral + self.credit)

    def chosen(self) -> Real:
        """What the user chose to owe at most, in collateral."""
        return self.liquidation_threshold * self.collateral

    def line(self, price: Real) -> Real:
        """The most that may be owed at a price."""
        return price * minimum(self.secured(), self.chosen())

    def health_value(self) -> Real:
        return self.line(self.oracle.quote())

    def kept(self, held: Real) -> Real:
        """What the user keeps of this collateral: all equity at the usable loan-to-value, nothing at the largest."""
        value, least = down(held * self.oracle.quote(), 18), self.usable()
        short = maximum(0, self.largest * value - self.debt)
        sloped = down((1 - least) * short / (self.largest - least), 18)
        return down(where(self.debt <= least * value, value - self.debt, sloped) / self.oracle.quote())

    @rule(by="owner")
    def rent(self, more: Collateral) -> Step:
        """The user rents credit, no more than what it chose asks for."""
        post = self.after(credit=self.credit + more, credit_lenders=self.credit_lenders - more)
        return require(more > 0, post.secured() <= self.chosen()).then(post)

    @assumption(on=rent)
    def credit_stays(self) -> Bool:
        """No credit is rented after the start."""
        return self.book.may_take_risk()

    @rule(by="anyone")
    def rebalance(self, less: Collateral) -> Step:
        """Anyone gives credit back that the user does not need for what it chose."""
        post = self.after(credit=self.credit - less, credit_lenders=self.credit_lenders + less)
        return require(less > 0, less <= self.credit, post.secured() >= self.chosen()).then(post)

    @assumption(on="owner")
    def heirs_do_nothing_more(self) -> Bool:
        """Who inherits a position does nothing more with it."""
        return ~self.inherited

    @rule(by="liquidator")
    def liquidate(self, paid: Debt, added: Collateral) -> Step:
        """Anyone inherits an unhealthy position, pays who had it what it keeps, and makes it healthy at once."""
        kept = self.kept(self.collateral)
        post = self.after(
            collateral=self.collateral - kept + added,
            debt=self.debt - paid,
            inherited=True,
            handed_out=self.handed_out + where(self.inherited, 0, kept),
            former_heirs=self.former_heirs + where(self.inherited, kept, 0),
            liquidator_collateral=self.liquidator_collateral - added,
            liquidator_cash=self.liquidator_cash - paid,
            pool_cash=self.pool_cash + paid,
        )
        return require(self.liquidatable(), paid <= self.debt, post.healthy()).then(post)

    def borrower_wealth(self) -> Real:
        """The position's equity, or what was kept of it."""
        return where(self.inherited, self.handed_out * self.market.price(), super().borrower_wealth())

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum, the credit's on its own."""
        return (*super().totals(), self.credit + self.credit_lenders)

    def accounts_of_collateral(self) -> Real:
        return super().accounts_of_collateral() + self.handed_out + self.former_heirs

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return super().columns() | {"credit": self.credit, "inherited": self.inherited}

    # What holds of it.

    @invariant
    def comes_before_the_external_liquidation(self) -> Bool:
        """Who is healthy here is within the buffer's share of what the external market allows."""
        allowed = self.external_threshold * (self.collateral + self.credit) * self.oracle.quote()
        return implies(self.healthy(), self.debt <= self.buffer * allowed)

    @invariant
    def external_liquidation_is_not_reached(self) -> Bool:
        """The external market never liquidates."""
        return self.debt <= self.external_threshold * (self.collateral + self.credit) * self.oracle.quote()

    @invariant(on=rebalance)
    def rebalancing_leaves_health(self, post: "Twyne") -> Bool:
        """Credit that is given back was of no use: the position may owe as much as before."""
        return post.health_value() == self.health_value()

    @invariant
    def unhealthy_can_be_inherited(self, added: Collateral) -> Bool:
        """Whatever owes more than it may at the market's price can be inherited by who pays all of its debt."""
        beyond = self.debt > self.line(self.market.price())
        return implies(beyond, self.liquidate(self.debt, added).enabled())

    @invariant(on=liquidate)
    def heirs_do_not_lose(self, post: "Twyne") -> Bool:
        """While the collateral is worth the debt, what is inherited is worth at least what is paid for it."""
        return implies(self.collateral * self.oracle.quote() >= self.debt, self.heirs_gain(post) >= 0)

    @invariant(on=liquidate)
    def heirs_never_lose(self, post: "Twyne") -> Bool:
        """What is inherited is worth at least what is paid for it."""
        return self.heirs_gain(post) >= 0

    @invariant(on=liquidate)
    def heirs_gain_what_exceeds_the_usable(self, post: "Twyne") -> Bool:
        """Up to the largest loan-to-value the heir gains (1 - λmax)/(λmax - u) of what exceeds the usable u."""
        value = self.collateral * self.oracle.quote()
        share = (self.debt - self.usable() * value) * (1 - self.largest)
        sloped = self.heirs_gain(post) * (self.largest - self.usable()) == share
        return implies(self.debt <= self.largest * value, sloped)

    @invariant(on=liquidate)
    def users_keep_nothing_from_the_largest_on(self, post: "Twyne") -> Bool:
        """From the largest loan-to-value on the user keeps nothing."""
        nothing = post.handed_out == self.handed_out
        return implies(self.debt >= self.largest * self.collateral * self.oracle.quote(), nothing)

    @invariant(on=liquidate)
    def inherited_is_healthy(self, post: "Twyne") -> Bool:
        """What was inherited is healthy, its lenders are owed no more, and no credit was touched."""
        return post.healthy() & (post.debt <= self.debt) & (post.credit == self.credit)

    def heirs_gain(self, post: "Twyne") -> Real:
        """What a liquidation is worth to who inherits, after what it pays and adds."""
        price, paid = self.oracle.quote(), self.debt - post.debt
        added = self.liquidator_collateral - post.liquidator_collateral
        return (post.collateral - added) * price - post.debt - paid

    @lemma
    def untouched_or_inherited(self) -> Bool:
        return self.inherited | (self.as_begun() & (self.handed_out == 0))

    @lemma
    def debt_never_grows(self) -> Bool:
        return self.debt <= at_start(self.debt)

    @lemma
    def inherited_stays_healthy_after_a_drop(self) -> Bool:
        shock = self.market.shock
        settled = self.healthy() & shock.moved_once if isinstance(shock, Drop) else self.inherited
        return ~self.inherited | settled

    @lemma
    def as_healthy_as_at_the_first_price(self) -> Bool:
        return self.debt * self.book.floor() <= self.line(at_start(self.market.price()))

    @lemma
    def heirs_paid_what_is_kept(self) -> Bool:
        price = self.lasting_price()
        short = (1 - self.usable()) * (self.largest * at_start(self.collateral) * price - at_start(self.debt))
        return ~self.inherited | (self.handed_out * price * (self.largest - self.usable()) >= short)

    # Where its claims begin or cease to hold on a spot oracle, with a book whose owner does nothing.

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """1 - λ/h, as nothing but the price takes cover away; 1 if somebody always inherits in time."""
        return self.fall_before(self.liquidation_threshold)

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """What the lowest price to which the collateral is left lacks of the debt."""
        return self.loss_beyond(self.liquidation_threshold)

    @closed_form(borrower_loss_cap, "cap")
    def dearest_inheritance(self) -> Real | None:
        """All equity at the largest loan-to-value, if the fall goes so far, with the recovery of a wick."""
        shock, most, least = self.market.shock, self.largest, self.usable()
        if type(self.oracle) is not Spot or not isinstance(shock, (Drop, Wick)):
            return None
        low, owed = 1 - shock.bound, self.liquidation_threshold / self.book.floor()
        owed = minimum(owed, most * low)  # at the first price; at the lowest one it is owed / low
        kept = (1 - least) * (most - owed / low) / (most - least)
        lost = 1 - owed - kept if isinstance(shock, Wick) else 1 - owed / low - kept
        return where(self.never_unhealthy(), 0, lost)
