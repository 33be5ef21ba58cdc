"""Textbook ways to close a loan on the market: all of it at once, or a quarter of it at a time."""

from verifier.language import (
    RATIO,
    Bool,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    implies,
    invariant,
    lemma,
    maximum,
    minimum,
    require,
    rule,
    state,
    where,
)

from .loans import Loan
from .properties import borrower_loss_cap, lender_loss_cap, solvency
from .shocks import Drop, Slide, Wick


class SoldAtMarket(Loan):
    """A loan that asks its oracle only whether the collateral covers the debt, never for a price to trade at."""

    def weighted(self) -> Real:
        """The share of the collateral that counts towards health."""
        return self.liquidation_threshold * self.collateral

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The position's health factor is at least the book's floor."""
        return self.oracle.covers(self.weighted(), self.debt * self.book.floor()) & self.book.holds(self.collateral)

    def healthy(self) -> Bool:
        return self.oracle.covers(self.weighted(), self.debt)

    def worn_to(self, left: Real) -> Bool:
        return self.oracle.covers(self.weighted(), self.debt * left) | (self.collateral == 0)

    def health_shown(self) -> dict[str, Real]:
        return self.oracle.health_shown(self.weighted(), self.debt)


class CloseOut(SoldAtMarket):
    """An unhealthy position's whole collateral is sold at the market: the way of centralised venues.

    The debt is repaid from the proceeds, what is left goes back to the borrower, what is missing is bad debt.
    """

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """The venue sells all collateral of an unhealthy position."""
        raised = self.market.proceeds(self.collateral)
        paid = minimum(raised, self.debt)
        return require(self.liquidatable(), self.collateral > 0).then(
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

    @invariant(exits=(liquidate,))
    def unhealthy_can_be_closed(self) -> Bool:
        """Whatever is unhealthy at the market's price can be liquidated."""
        return implies(self.unhealthy_at_the_market(), self.liquidate().enabled())

    @lemma
    def healthy_within_the_lag(self) -> Bool:
        lag = self.oracle.lag(self.market.shock.fastest())
        if lag is None:
            return all_of()
        return implies(self.healthy(), self.debt <= self.weighted() * self.market.price() * lag)

    def borrower_wealth(self) -> Real:
        """The position's equity, and what was left of its sale."""
        return super().borrower_wealth() + self.owner_cash

    @lemma
    def untouched_or_closed(self) -> Bool:
        untouched = self.as_begun() & (self.deficit == 0) & (self.owner_cash == 0)
        return untouched | (self.collateral == 0) & (self.debt == 0)

    @lemma
    def sold_after_the_drop(self) -> Bool:
        shock = self.market.shock
        dropped = shock.moved_once if isinstance(shock, Drop) else all_of()
        return (self.collateral == at_start(self.collateral)) | dropped

    @lemma
    def sold_where_the_oracle_could_be(self) -> Bool:
        shock, shown = self.market.shock, self.oracle.shown()
        if shown is None:
            return all_of()
        lowest = self.liquidation_threshold * (1 - shock.bound * shown) * at_start(self.market.price())
        unhealthy = at_start(self.debt) >= lowest * at_start(self.collateral)
        return (self.collateral == at_start(self.collateral)) | unhealthy

    @lemma
    def sold_at_the_floor_at_worst(self) -> Bool:
        return (self.collateral > 0) | self.got_at_least(self.market.shock.floor())

    @lemma
    def sold_at_the_price_that_stays(self) -> Bool:
        return (self.collateral > 0) | self.got_at_least(self.market.price())

    @lemma
    def loss_stays_after_a_drop(self) -> Bool:
        missing = maximum(0, at_start(self.debt) - at_start(self.collateral) * self.market.price())
        return self.lender_loss() == missing if isinstance(self.market.shock, Drop) else all_of()

    @lemma
    def sold_after_the_wick(self) -> Bool:
        return (self.collateral > 0) | self.got_at_least(at_start(self.market.price()))

    def got_at_least(self, price: Real) -> Bool:
        """Whether the borrower has in cash what a sale at this price would have left."""
        cash = at_start(self.collateral) * price - at_start(self.debt)
        return (self.owner_cash >= 0) & (self.owner_cash >= cash)

    # Where its claims begin or cease to hold, with a book whose owner does nothing and on a market without impact.

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """What the lowest price at which all is sold does not pay: LT/h at the start, or LT a tick and a lag ago."""
        shock = self.market.shock
        left = (1 - shock.bound) * self.book.floor()
        if isinstance(shock, Slide):
            lag = self.oracle.lag(shock.step)
            left = left if lag is None else maximum(left, (1 - self.overrun()) / lag)
        return maximum(0, 1 - left / self.liquidation_threshold)

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """The sale of all collateral pays the debt down to LT/h of the first price; 1 if it is always sold in time."""
        shock, deepest = self.market.shock, 1 - self.liquidation_threshold / self.book.floor()
        if isinstance(shock, Slide):
            lag = self.oracle.lag(shock.step)
            in_time = lag is not None and (1 - self.overrun()) / lag >= self.liquidation_threshold
            return where(in_time, 1, deepest)
        return deepest

    @closed_form(borrower_loss_cap, "cap")
    def largest_missed_recovery(self) -> Real | None:
        """A sale at the market costs nothing but the recovery: the depth of a wick, or the borrower's part of it."""
        shock, shown = self.market.shock, self.oracle.shown_in_time()
        if shown is None:
            return None
        if isinstance(shock, Wick):
            lowest = 1 - shock.bound * shown  # what the oracle says of the first price while the market is down
            most = minimum(shock.bound, 1 - self.liquidation_threshold * lowest)
            return where(lowest * self.book.floor() >= 1, 0, most)
        return amount(0, RATIO) if isinstance(shock, Drop) else None


class QuarterClose(SoldAtMarket):
    """Once a position has been unhealthy, a quarter of what it has left is sold in every round."""

    falling: Bool = state(False)

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """The next quarter is sold."""
        part = self.collateral / 4
        raised = self.market.proceeds(part)
        paid = minimum(raised, self.debt)
        return require(self.falling | self.liquidatable(), self.collateral > 0).then(
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
