"""Textbook loans against collateral: what the ways to liquidate one have in common.

One collateral, one debt at par with the unit of account, no interest. A position is unhealthy when its debt is more
than the threshold's share of its collateral's value.
"""

from typing import Any, Self

from verifier.language import (
    RATIO,
    Bool,
    Real,
    Step,
    amount,
    assumption,
    at_start,
    closed_form,
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
from .properties import wick_survival
from .shocks import Drop, Slide, Wick
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
        late = whole(self.patience)
        return amount(1, RATIO) if late is None else self.market.shock.fastest(1 + late)

    def liquidatable(self) -> Bool:
        """Whether a liquidator may act, if there is anything left."""
        return self.oracle.fresh() & ~self.healthy()

    def due(self) -> Bool:
        """Whether there is something for a liquidator to do."""
        return self.liquidatable() & (self.collateral > 0)

    def worn_to(self, left: Real) -> Bool:
        return (self.debt * left <= self.health_value()) | (self.collateral == 0)

    def lasting_price(self) -> Real:
        """What the market asks at least from now on, once a drop has come."""
        shock = self.market.shock
        return self.market.price() if isinstance(shock, Drop) else shock.floor()

    def never_unhealthy(self) -> Bool:
        """Whether the shock cannot make anybody unhealthy."""
        return (1 - self.market.shock.bound) * self.book.floor() >= 1

    def loss_beyond(self, spent: Real) -> Real | None:
        """What is lost at most, if a debt is paid in full down to this health factor."""
        shock = self.market.shock
        if type(self.oracle) is not Spot:
            return None
        left = (1 - shock.bound) * self.book.floor()
        if isinstance(shock, Slide):
            left = maximum(left, 1 - self.overrun())
        return where(self.never_unhealthy(), 0, maximum(0, 1 - left / spent))

    def fall_before(self, spent: Real) -> Real | None:
        """The largest fall after which it is paid in full; 1 if it always is, in time."""
        shock = self.market.shock
        if type(self.oracle) is not Spot:
            return None
        deepest = 1 - minimum(1, spent) / self.book.floor()
        return where(1 - self.overrun() >= spent, 1, deepest) if isinstance(shock, Slide) else deepest

    def dearest(self, bonus: Real) -> Real | None:
        """What seizing the debt's worth and this bonus costs at most, as a share of the collateral's last value."""
        shock, threshold = self.market.shock, self.liquidation_threshold
        if type(self.oracle) is not Spot or not isinstance(shock, (Drop, Wick)):
            return None
        low = 1 - shock.bound
        sold_at, worth = (low, 1) if isinstance(shock, Wick) else (1, low)
        owed = threshold / self.book.floor() / worth  # the debt as a share of the collateral's value at the end
        everything = 1 - sold_at / (1 + bonus)
        most = minimum(everything, owed * ((1 + bonus) / sold_at - 1), 1 - threshold * sold_at)
        return where(self.never_unhealthy(), 0, most)

    # What holds of every kind.

    @closed_form(wick_survival, "bound")
    def deepest_wick(self) -> Real | None:
        """That of which the oracle shows no more than health can bear; 1 if no wick is too deep."""
        return self.oracle.harmless(self.book.floor())

    @lemma
    def began_healthy_at_the_market(self) -> Bool:
        value = at_start(self.collateral) * at_start(self.market.price())
        return at_start(self.debt) * self.book.floor() <= self.liquidation_threshold * value

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
