"""Textbook loans against collateral: what the ways to liquidate one have in common.

One collateral, one debt at par with the unit of account, no interest. A position is unhealthy when its debt is more
than the threshold's share of its collateral's value.
"""

from typing import Any, Self

from verifier.language import (
    Bool,
    Real,
    Step,
    all_of,
    assumption,
    at_start,
    implies,
    lemma,
    require,
    rule,
    state,
)

from .secured import SecuredDebt
from .shocks import Drawdown, Drop, Wick
from .units import Collateral, CollateralFlow, Debt, DebtFlow


class Loan(SecuredDebt):
    """A position with its owner's acts and the accounts; how it is liquidated is left to each kind."""

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

    def unhealthy_at_the_market(self) -> Bool:
        """Whether the market's price, which the oracle may not show, makes a position unhealthy that has collateral."""
        cover = self.liquidation_threshold * self.collateral * self.market.price()
        return (self.debt > cover) & (self.collateral > 0)

    def may_borrow(self) -> Bool:
        """Whether a position may have this much debt right after borrowing."""
        return self.healthy()

    def may_withdraw(self) -> Bool:
        """Whether a position may have so little collateral right after a withdrawal."""
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
        """The owner takes collateral out, as far as the protocol lets it."""
        post = self.after(collateral=self.collateral - taken, owner_collateral=self.owner_collateral + taken)
        return require(taken > 0, taken <= self.collateral, post.may_withdraw()).then(post)

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

    def as_begun(self) -> Bool:
        """Whether collateral and debt are those of the start."""
        return (self.collateral == at_start(self.collateral)) & (self.debt == at_start(self.debt))

    def reduced(self, repaid: Real, seized: Real) -> Self:
        """After a liquidator repaid debt and was given collateral."""
        return self.after(
            collateral=self.collateral - seized,
            debt=self.debt - repaid,
            liquidator_collateral=self.liquidator_collateral + seized,
            liquidator_cash=self.liquidator_cash - repaid,
            pool_cash=self.pool_cash + repaid,
        )

    def liquidatable(self) -> Bool:
        """Whether a liquidator may act, if there is anything left."""
        return self.oracle.fresh() & ~self.healthy()

    def due(self) -> Bool:
        """Whether there is something for a liquidator to do."""
        return self.liquidatable() & (self.collateral > 0)

    # What holds of every kind.

    @lemma
    def began_healthy_at_the_market(self) -> Bool:
        value = at_start(self.collateral) * at_start(self.market.price())
        return at_start(self.debt) * self.book.floor() <= self.liquidation_threshold * value

    @lemma
    def was_good_at_the_peak(self) -> Bool:
        """In a drawdown or a drop, too, if no fall takes the debt above what secures it; and in whole units."""
        shock = self.market.shock
        if not isinstance(shock, (Drawdown, Drop, Wick)):
            return all_of()
        peak = at_start(self.market.price()) if isinstance(shock, Wick) else shock.peak
        secured = self.liquidation_threshold <= (1 - shock.bound) * self.book.floor()
        return implies(secured, self.good_at(peak))

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
            **self.health_shown(),
            "deficit": self.deficit,
        }

    def health_shown(self) -> dict[str, Real]:
        """The column of the health factor."""
        return {"health factor": self.health_value() / self.debt}
