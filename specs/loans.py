"""Textbook loans against collateral: what the ways to liquidate one have in common.

One collateral, one debt at par with the unit of account, no interest. A position is unhealthy when its debt is more
than the threshold's share of its collateral's value.
"""

from typing import Any

from verifier.language import (
    Bool,
    Real,
    Step,
    assumption,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
    whole,
)

from .books import AnyPosition
from .keepers import Attended
from .markets import Infinite
from .oracles import Spot
from .units import Collateral, CollateralFlow, Debt, DebtFlow, Ratio


class Loan(Attended):
    """A position with its owner's acts and the accounts; how it is liquidated is left to each kind."""

    market: Infinite
    oracle: Spot
    book: AnyPosition

    liquidation_threshold: Ratio = param  # share of the collateral's value at which the health factor is 1

    collateral: Collateral = state(like=10)
    debt: Debt = state()
    deficit: Debt = state(0, tally=True)

    owner_collateral: CollateralFlow = state(0, tally=True)
    liquidator_collateral: CollateralFlow = state(0, tally=True)
    owner_cash: DebtFlow = state(0, tally=True)
    liquidator_cash: DebtFlow = state(0, tally=True)
    pool_cash: DebtFlow = state(0, tally=True)

    @assumption
    def threshold_is_a_share(self) -> Bool:
        """The liquidation threshold is a share."""
        return (self.liquidation_threshold > 0) & (self.liquidation_threshold <= 1)

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The position's health factor is at least the book's floor."""
        return (self.debt * self.book.floor() <= self.health_value()) & self.book.holds(self.collateral)

    def health_value(self) -> Real:
        """The numerator of the health factor; the debt is its denominator."""
        return self.liquidation_threshold * self.collateral * self.oracle.quote()

    def healthy(self) -> Bool:
        return self.debt <= self.health_value()

    def may_borrow(self) -> Bool:
        """Whether a position may have this much debt right after borrowing."""
        return self.healthy()

    # The owner.

    @rule(by="owner")
    def deposit(self, given: Collateral) -> Step:
        """The owner adds collateral."""
        return require(given > 0).then(
            self.after(collateral=self.collateral + given, owner_collateral=self.owner_collateral - given)
        )

    @rule(by="owner")
    def withdraw(self, taken: Collateral) -> Step:
        """The owner takes collateral out, as far as the position stays healthy."""
        post = self.after(collateral=self.collateral - taken, owner_collateral=self.owner_collateral + taken)
        return require(taken > 0, taken <= self.collateral, post.healthy()).then(post)

    @rule(by="owner")
    def borrow(self, drawn: Debt) -> Step:
        """The owner draws debt, as far as the protocol lets it."""
        post = self.after(debt=self.debt + drawn, owner_cash=self.owner_cash + drawn, pool_cash=self.pool_cash - drawn)
        return require(drawn > 0, post.may_borrow()).then(post)

    @rule(by="owner")
    def repay(self, paid: Debt) -> Step:
        """The owner pays debt back."""
        return require(paid > 0, paid <= self.debt).then(
            self.after(debt=self.debt - paid, owner_cash=self.owner_cash - paid, pool_cash=self.pool_cash + paid)
        )

    @assumption(on=(withdraw, borrow))
    def frozen_book(self) -> Bool:
        """No collateral is withdrawn and no debt drawn after the start."""
        return self.book.may_take_risk()

    @assumption(on=deposit)
    def no_top_up(self) -> Bool:
        """No collateral is added after the start: what is added could be sold."""
        return self.book.may_top_up()

    @assumption(on=repay)
    def no_repayment(self) -> Bool:
        """No debt is paid back by its owner after the start."""
        return self.book.may_repay()

    # Whose a loss is.

    def lender_claim(self) -> Real:
        """What lenders are owed."""
        return self.debt

    def lender_loss(self) -> Real:
        """What lenders have lost: debt written off, and debt that the collateral does not cover at the market price."""
        return self.deficit + maximum(0, self.debt - self.collateral * self.market.price())

    def borrower_wealth(self) -> Real:
        """What the position is worth to its owner, who may walk away from it."""
        return maximum(0, self.collateral * self.market.price() - self.debt)

    def overrun(self) -> Real:
        """The largest share that the price loses between the last moment of health and the keepers' act."""
        return self.market.shock.fastest(1 + whole(self.patience))

    def due(self) -> Bool:
        """Whether there is something for a liquidator to do."""
        return ~self.healthy() & (self.collateral > 0)

    def worn_to(self, left: Real) -> Bool:
        return (self.debt * left <= self.health_value()) | (self.collateral == 0)

    # What holds of every kind.

    @lemma
    def within_the_book(self) -> Bool:
        return self.book.keeps(self.collateral)

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash, and what lenders are owed with what they lost."""
        return (
            self.accounts_of_collateral(),
            self.owner_cash + self.liquidator_cash + self.pool_cash,
            self.pool_cash + self.debt + self.deficit,
        )

    def accounts_of_collateral(self) -> Real:
        return self.collateral + self.owner_collateral + self.liquidator_collateral

    def glance(self) -> dict[str, Any]:
        """What a run of several positions shows of each."""
        return {
            "fundamental": self.market.shock.price,
            "price": self.market.price(),
            "collateral": self.collateral,
            "health": self.health_value() / self.debt,
        }

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "price": self.market.price(),
            "collateral": self.collateral,
            "debt": self.debt,
            "health factor": self.health_value() / self.debt,
            "deficit": self.deficit,
        }


class CloseOut(Loan):
    """An unhealthy position's whole collateral is sold at the market: the way of centralised venues.

    The debt is repaid from the proceeds, what is left goes back to the borrower, what is missing is bad debt.
    """

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """The venue sells all collateral of an unhealthy position."""
        raised = self.market.proceeds(self.collateral)
        paid = minimum(raised, self.debt)
        return require(~self.healthy(), self.collateral > 0).then(
            self.after(
                collateral=0,
                debt=0,
                deficit=self.deficit + (self.debt - paid),
                liquidator_collateral=self.liquidator_collateral + self.collateral,
                liquidator_cash=self.liquidator_cash - raised,
                owner_cash=self.owner_cash + (raised - paid),
                pool_cash=self.pool_cash + paid,
            ),
            self.market.sell(self.collateral),
        )


class QuarterClose(Loan):
    """Once a position has been unhealthy, a quarter of what it has left is sold in every round."""

    falling: Bool = state(False)

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """The next quarter is sold."""
        part = self.collateral / 4
        raised = self.market.proceeds(part)
        paid = minimum(raised, self.debt)
        return require(self.falling | ~self.healthy(), self.collateral > 0).then(
            self.after(
                falling=True,
                collateral=self.collateral - part,
                debt=where(part == self.collateral, 0, self.debt - paid),
                deficit=self.deficit + where(part == self.collateral, self.debt - paid, 0),
                liquidator_collateral=self.liquidator_collateral + part,
                liquidator_cash=self.liquidator_cash - raised,
                owner_cash=self.owner_cash + (raised - paid),
                pool_cash=self.pool_cash + paid,
            ),
            self.market.sell(part),
        )


class FixedSpread(Loan):
    """Anyone repays debt of an unhealthy position and takes collateral of that value and a bonus, sold at once."""

    liquidation_bonus: Ratio = param  # what a liquidator seizes on top of what it repays

    @assumption
    def bonus_is_not_negative(self) -> Bool:
        """Liquidators are never worse off than at the oracle's price."""
        return self.liquidation_bonus >= 0

    def spread(self) -> Real:
        """What is seized is worth at most so many times what is repaid."""
        return 1 + self.liquidation_bonus

    @rule(by="liquidator")
    def liquidate(self, offer: Debt) -> Step:
        """Up to all debt is repaid; debt that is left without collateral is written off."""
        price = self.oracle.quote()
        most = self.collateral * price / self.spread()
        repaid = minimum(offer, self.debt, most)
        seized = where(repaid == most, self.collateral, repaid * self.spread() / price)
        left = self.collateral - seized
        owed = self.debt - repaid
        return require(offer > 0, ~self.healthy(), self.collateral > 0).then(
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


class SlopedSpread(FixedSpread):
    """The bonus grows with ill health: ``liquidation_bonus`` times what the health factor lacks of one."""

    def spread(self) -> Real:
        return 1 + self.liquidation_bonus * (1 - self.health_value() / self.debt)
