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
    all_of,
    amount,
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
    up,
    where,
    whole,
)

from .books import AnyPosition
from .keepers import Attended
from .markets import Infinite
from .oracles import Spot
from .properties import borrower_loss_cap, lender_loss_cap, solvency, wick_survival
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


class CloseOut(Loan):
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
        cover = self.liquidation_threshold * self.collateral * self.market.price()
        return implies((self.debt > cover) & (self.collateral > 0), self.liquidate().enabled())

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
