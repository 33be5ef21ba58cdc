"""Perpetual futures with isolated margin: one long against the other side.

Source: Hyperliquid's documentation of margining and liquidations (maintenance margin, partial market orders, backstop
below two thirds of it, auto-deleveraging below zero); dydxprotocol/v4-chain, ``x/subaccounts`` and ``x/clob``
(bankruptcy price, limit price of a liquidation order, what a fill brings rounded down, what is quoted at the bankruptcy
price rounded up). How Hyperliquid rounds could not be confirmed; it is read alike. Funding payments are left out.

A long of size q from price e with margin c is a loan here: the collateral is the size, the debt is q·e - c, the
equity is q·p less the debt, and a maintenance margin m is a liquidation threshold of 1 - m. The bankruptcy price, at
which the equity is zero, is debt/q. In the lender's place is the other side, the shorts, who are paid from the long's
margin. Here the deficit is what the long lacks; ``deleveraging`` says who of them bears it, after an insurance fund.
"""

from typing import Any

from verifier.language import (
    ANY,
    Bool,
    Design,
    Q,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    down,
    each_tick,
    given,
    implies,
    in_fixed,
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
)

from .books import AnyPosition, Still
from .keepers import Nobody, Prompt
from .loans import Loan
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    borrower_loss_cap,
    conservation,
    lender_loss_cap,
    liquidation_improves_health,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Drop, Slide, Steps, Wick
from .units import DEBT, Collateral, Debt, Price, Ratio, Seconds


class Perpetual(Loan):
    """A long that is closed by market orders, by the backstop or against the other side, as its equity sinks."""

    backstop_line: Ratio = param("2/3")  # the share of the maintenance margin below which the backstop takes over
    first_part: Ratio = param(1)  # the share of a large position that a first order may close
    large: Debt = param(0)  # above this value a position is large
    cool_down: Seconds = param(0)  # for so long after an order, the next one may close all

    cooling: Seconds = state(0)  # how much of that time is left

    @assumption
    def backstop_line_is_a_share(self) -> Bool:
        """The backstop takes over somewhere between the whole maintenance margin and none of it."""
        return (self.backstop_line >= 0) & (self.backstop_line <= 1)

    @assumption
    def first_part_is_a_share(self) -> Bool:
        """A first order closes something, and at most the position."""
        return (self.first_part > 0) & (self.first_part <= 1)

    @each_tick
    def cool(self) -> "Perpetual":
        return self.after(cooling=maximum(0, self.cooling - self.market.shock.seconds))

    def value(self) -> Real:
        """What the position is worth at the mark price."""
        return self.collateral * self.oracle.quote()

    def equity(self) -> Real:
        """What is left to the owner at the mark price, negative when the margin is used up."""
        return self.value() - self.debt

    def maintenance(self) -> Real:
        """The equity below which the position may be liquidated."""
        return (1 - self.liquidation_threshold) * self.value()

    def bankruptcy_price(self) -> Real:
        """The price at which the equity is zero."""
        return self.debt / self.collateral

    def last_sale(self) -> Real:
        """The health at which the equity is zero; below, no order is sent."""
        return self.liquidation_threshold

    # The three stages, of which always exactly one is open to a position that is unhealthy.

    def close(self, part: Real, raised: Real, kept: Real) -> "Perpetual":
        """This part leaves the position for so much cash, of which the owner gets what is kept."""
        owed = self.debt - (raised - kept)
        emptied = part == self.collateral
        return self.after(
            collateral=self.collateral - part,
            debt=where(emptied, 0, owed),
            deficit=self.deficit + where(emptied, owed, 0),
            liquidator_collateral=self.liquidator_collateral + part,
            liquidator_cash=self.liquidator_cash - raised,
            owner_cash=self.owner_cash + kept,
            pool_cash=self.pool_cash + (raised - kept),
        )

    @rule(by="liquidator")
    def order(self, part: Collateral) -> Step:
        """Below the maintenance margin, the venue sells any part of the position at the market."""
        raised = down(self.market.proceeds(part))
        return require(
            self.liquidatable(), self.equity() >= self.backstop_line * self.maintenance(), part > 0, part <= self.most()
        ).then(
            self.close(part, raised, maximum(0, raised - self.debt)).after(cooling=self.cool_down),
            self.market.sell(part),
        )

    def most(self) -> Real:
        """The most that one order may close."""
        first = (self.value() > self.large) & (self.cooling == 0)
        return where(first, self.first_part * self.collateral, self.collateral)

    @rule(by="liquidator")
    def backstop(self) -> Step:
        """Below the backstop's line, its vault takes the position over, and the margin that is left with it."""
        return require(
            self.oracle.fresh(),
            self.equity() >= 0,
            self.equity() < self.backstop_line * self.maintenance(),
            self.collateral > 0,
        ).then(self.close(self.collateral, self.debt, amount(0, DEBT)), self.market.sell(self.collateral))

    @rule(by="liquidator")
    def deleverage(self) -> Step:
        """Below zero, winners close against it at its bankruptcy price and forgo what it lacks; no order is sent."""
        return require(self.oracle.fresh(), self.equity() < 0, self.collateral > 0).then(
            self.close(self.collateral, down(self.value()), amount(0, DEBT))
        )

    def borrower_wealth(self) -> Real:
        """The equity, from which the owner may walk away, and the cash handed back."""
        return super().borrower_wealth() + self.owner_cash

    # What holds of it.

    @invariant
    def an_unhealthy_position_can_be_closed(self) -> Bool:
        """Whatever the price, exactly one of the three stages is open to an unhealthy position."""
        open_to_it = (self.order(self.most()), self.backstop(), self.deleverage())
        count: Any = sum(where(step.enabled(), 1, 0) for step in open_to_it)
        return implies(self.due(), count == 1)

    @invariant
    def a_jump_costs_what_exceeds_the_margin(self, later: Price) -> Bool:
        """A healthy position lacks at most (J - m)·q·p after a fall by J, the largest in a tick: nothing if J <= m."""
        fallen = later >= (1 - self.market.shock.bound) * self.oracle.quote()
        lacking = self.debt - self.collateral * later
        margin = 1 - self.liquidation_threshold
        return implies(
            self.healthy() & fallen, lacking <= maximum(0, (self.market.shock.bound - margin) * self.value())
        )

    @invariant
    def a_rise_costs_a_short_no_more(self, size: Collateral, cash: Debt, later: Price) -> Bool:
        """The same for a healthy short, of this size and with this cash from its sale and margin, after a rise by J."""
        price, jump = self.oracle.quote(), self.market.shock.bound
        margin = 1 - self.liquidation_threshold
        healthy = cash - size * price >= margin * size * price
        lacking = size * later - cash
        return implies(healthy & (later <= (1 + jump) * price), lacking <= maximum(0, (jump - margin) * size * price))

    @invariant
    def deficit_is_the_distance_to_the_bankruptcy_price(self) -> Bool:
        """What a position lacks is its size times the distance of the mark price to the bankruptcy price."""
        lacking = self.collateral * (self.bankruptcy_price() - self.oracle.quote())
        return implies(self.collateral > 0, lacking == -self.equity())

    @invariant
    def bankruptcy_price_by_leverage(self) -> Bool:
        """With a leverage of value over equity, the bankruptcy price is p·(1 - 1/leverage)."""
        leverage = self.value() / self.equity()
        at_zero = self.oracle.quote() * (1 - 1 / leverage)
        return implies((self.equity() > 0) & (self.collateral > 0), at_zero == self.bankruptcy_price())

    @invariant
    def published_liquidation_price(self) -> Bool:
        """Hyperliquid's p - (equity - maintenance)/q/(1 - m) is the price below which the position is unhealthy."""
        spare = (self.equity() - self.maintenance()) / self.collateral
        price = self.oracle.quote() - spare / self.liquidation_threshold
        return implies(self.collateral > 0, self.healthy() == (self.oracle.quote() >= price)) & implies(
            self.collateral > 0, price * self.liquidation_threshold == self.bankruptcy_price()
        )

    @invariant(on=order)
    def a_first_order_closes_a_part(self, post: "Perpetual") -> Bool:
        """Of a large position, the first order in a while closes the first part at most."""
        first = (self.value() > self.large) & (self.cooling == 0)
        return implies(first, self.collateral - post.collateral <= self.first_part * self.collateral)

    # How late it is found, by keepers who come before the next tick, or by anybody under a drop; and what that costs.

    def lowest_when_found(self) -> Real:
        """The least health at which the position is found: one tick after a health of one, or at the lowest price."""
        shock = self.market.shock
        return maximum(1 - self.overrun(), (1 - shock.bound) * self.book.floor())

    def lost_share(self) -> Real:
        """What is lost of each unit of debt at that health, times the liquidation threshold."""
        return maximum(0, self.liquidation_threshold - self.lowest_when_found())

    def backstop_share(self) -> Real:
        """What the backstop keeps of the position's value at most, if a drop leads to where it takes over."""
        kept = self.backstop_line * (1 - self.liquidation_threshold)
        lowest = (1 - self.market.shock.bound) * self.book.floor()
        return where(lowest * (1 - kept) < self.liquidation_threshold, kept, 0)

    @lemma
    def leverage_is_not_raised(self) -> Bool:
        return self.debt * at_start(self.collateral) <= at_start(self.debt) * self.collateral

    @lemma
    def as_healthy_as_ever_at_the_first_price(self) -> Bool:
        moved = self.market.price() != at_start(self.market.price())
        return moved | (self.debt * self.book.floor() <= self.health_value())

    @lemma
    def found_above_the_lowest_price(self) -> Bool:
        lowest = (1 - self.market.shock.bound) * self.book.floor()
        return self.debt * lowest <= self.liquidation_threshold * self.collateral * self.market.price()

    @lemma
    def found_within_a_tick(self) -> Bool:
        worth = self.liquidation_threshold * self.collateral * self.market.price()
        return self.debt * (1 - self.overrun()) <= worth

    @lemma
    def lost_share_of_what_is_gone(self) -> Bool:
        gone = at_start(self.debt) - self.debt
        return self.deficit * self.liquidation_threshold <= self.lost_share() * gone

    @lemma
    def untouched_at_the_first_price(self) -> Bool:
        moved = self.market.price() != at_start(self.market.price())
        return moved | ((self.collateral >= at_start(self.collateral)) & (self.debt <= at_start(self.debt)))

    @lemma
    def owner_gets_the_rest(self) -> Bool:
        sold = (at_start(self.collateral) - self.collateral) * self.market.price()
        paid = at_start(self.debt) - self.debt + self.owner_cash
        return (1 - self.backstop_share()) * sold <= paid

    @lemma
    def owner_gets_the_rest_of_a_wick(self) -> Bool:
        if not isinstance(self.market.shock, Wick):
            return all_of()
        sold = (at_start(self.collateral) - self.collateral) * self.market.shock.floor()
        paid = at_start(self.debt) - self.debt + self.owner_cash
        return (1 - self.backstop_share()) * sold <= paid

    @lemma
    def owner_pays_nothing(self) -> Bool:
        return self.owner_cash >= 0

    @closed_form(lender_loss_cap, "cap")
    def lenders_lose(self) -> Real | None:
        if not isinstance(self.market.shock, (Drop, Slide)):
            return None
        return self.lost_share() / self.liquidation_threshold

    @closed_form(solvency, "bound")
    def solvent_up_to(self) -> Real | None:
        at_once = 1 - self.liquidation_threshold / self.book.floor()
        match self.market.shock:
            case Drop():
                return at_once
            case Slide(step=step):
                return where(step <= 1 - self.liquidation_threshold, 1, at_once)
            case _:
                return None

    @closed_form(wick_survival, "bound")
    def survives_up_to(self) -> Real | None:
        return 1 - 1 / self.book.floor() if isinstance(self.market.shock, Wick) else None

    @closed_form(borrower_loss_cap, "cap")
    def borrowers_lose(self) -> Real | None:
        match self.market.shock:
            case Drop():
                return self.backstop_share()
            case Slide(bound=bound):  # whoever was closed misses a recovery of any height
                return where((1 - bound) * self.book.floor() < 1, 1, 0)
            case Wick(bound=bound):  # sold at its bottom, or taken over there with what was left
                share = 1 - (1 - bound) * (1 - self.backstop_share())
                return where((1 - bound) * self.book.floor() < 1, share, 0)
            case _:
                return None


class PerpetualLong(Design, name="perpetual"):
    """A maintenance margin of 17 % (leverage up to 5.9). Default shock: a drop of at most 17 %, from health 1."""

    capital = (
        "that of the market's buyers and the backstop's vault, of an insurance fund, and of the other side for the rest"
    )
    position = "a long of the collateral's size, debt = size·entry - margin, leverage 1/(1 - debt/value)"
    shock = Drop(bound="0.17")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = Perpetual(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap=Q("13/83"), shock="0.3", frozen=True),
        borrower_loss_cap(cap=Q("17/150"), shock="0.3", book=Still()),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        liquidation_improves_health(),
        oracle_noninterference(rules="order backstop deleverage withdraw borrow"),
        conservation(shock="0.5"),
        in_fixed(conservation(shock="0.5")),
        given(Perpetual.an_unhealthy_position_can_be_closed, shock="0.5"),
        Perpetual.deficit_is_the_distance_to_the_bankruptcy_price,
        Perpetual.bankruptcy_price_by_leverage,
        Perpetual.published_liquidation_price,
        given(Perpetual.a_jump_costs_what_exceeds_the_margin, shock=Steps(bound=ANY), liquidation_threshold=ANY),
        given(Perpetual.a_rise_costs_a_short_no_more, shock=Steps(bound=ANY), liquidation_threshold=ANY),
    )
    refuted = {
        solvency(shock="0.1701"): "a fall by more than the maintenance margin leaves less than the debt",
        lender_loss_cap(cap="0.1566", shock="0.3", frozen=True): "0.7 of the price pays 0.7/0.83 of the debt",
        borrower_loss_cap(
            cap="0.1133", shock="0.3", book=Still()
        ): "the backstop keeps up to 2/3 of the margin of 17 %",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot price shows every wick deeper than 1 - 1/h",
    }


class HyperliquidBtc(Design, name="perpetual-hyperliquid"):
    """Bitcoin on Hyperliquid: a maintenance margin of 1.25 %, so that one jump of more can use it up."""

    shock = Drop(bound="0.0125")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = Perpetual(market=market, oracle=oracle, book=book, **deployed("hyperliquid-btc"))
    keepers = Prompt(pool=pool)

    proved = (
        solvency(),
        solvency(shock=Slide(bound="0.9", step="0.0125"), book=Still()),
        borrower_loss_cap(cap=Q("1/120"), shock="0.05", book=Still()),
        given(Perpetual.a_first_order_closes_a_part, shock="0.5"),
        given(Perpetual.an_unhealthy_position_can_be_closed, shock="0.5"),
        in_fixed(conservation(shock="0.5")),
        in_fixed(given(Perpetual.an_unhealthy_position_can_be_closed, shock="0.5")),
    )
    refuted = {
        solvency(shock="0.0126"): "a fall by more than the maintenance margin in one tick",
        solvency(shock=Slide(bound="0.9", step="0.0126"), book=Still()): "however prompt the keepers are",
    }


class DydxPerpetual(Perpetual):
    """The prices that dYdX v4 computes for a liquidation, for an account with one position."""

    adjustment: Ratio = param  # how fast the limit price of an order gives way
    spread: Ratio = param  # how many maintenance margins it gives way at most

    @assumption
    def limit_price_gives_way(self) -> Bool:
        """The limit price gives way at least as fast as the equity falls, and by some share of the margin."""
        return (self.adjustment >= 1) & (self.spread > 0)

    def least_proceeds(self) -> Real:
        """What the whole position brings at the limit price below which an order to close it may not be filled."""
        slack = self.adjustment * (self.maintenance() - self.equity())
        return self.value() - self.spread * minimum(self.maintenance(), maximum(0, slack))

    def exact_quote(self, part: Real) -> Real:
        """What closing a part brings: its notional less the equity's share by maintenance margin."""
        margin = (1 - self.liquidation_threshold) * part * self.oracle.quote()
        return part * self.oracle.quote() - self.equity() * margin / self.maintenance()

    @invariant
    def bankruptcy_quote(self, part: Collateral) -> Bool:
        """What is quoted for a part, before it is rounded, is the part at the bankruptcy price."""
        return implies(self.maintenance() > 0, self.exact_quote(part) * self.collateral == part * self.debt)

    @invariant
    def quote_leaves_the_fund_nothing_to_pay(self, part: Collateral) -> Bool:
        """A quote at the bankruptcy price, rounded up, pays the part's debt, and less than a unit of 1e-6 more."""
        share, unit = part * self.debt, amount(Q("0.000001"), DEBT)
        quoted = up(self.exact_quote(part)) * self.collateral
        within = (quoted >= share) & (quoted < share + unit * self.collateral)
        held = (self.collateral > 0) & (self.maintenance() > 0)
        return implies(held, within)

    @invariant
    def quote_is_exact(self, part: Collateral) -> Bool:
        """No more than that share is ever quoted."""
        quoted = up(self.exact_quote(part))
        return implies(self.maintenance() > 0, quoted * self.collateral <= part * self.debt)

    @invariant
    def limit_price_pays_the_debt(self) -> Bool:
        """An order that fills at its limit price leaves the insurance fund nothing to pay."""
        return implies(self.equity() >= 0, self.least_proceeds() >= self.debt)

    @invariant
    def limit_price_pays_the_debt_early(self) -> Bool:
        """The same while the equity is at least s·a/(1 + s·a) of the maintenance margin: 60 % as deployed."""
        worst = self.spread * self.adjustment
        early = self.equity() * (1 + worst) >= worst * self.maintenance()
        return implies(early, self.least_proceeds() >= self.debt)


class DydxLong(Design, name="perpetual-dydx"):
    """dYdX v4, any maintenance margin: a limit price may be below the bankruptcy price of a solvent position."""

    shock = Drop(bound="0.17")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = DydxPerpetual(market=market, oracle=oracle, book=book, liquidation_threshold=ANY, **deployed("dydx-v4"))

    proved = (
        DydxPerpetual.bankruptcy_quote,
        DydxPerpetual.quote_leaves_the_fund_nothing_to_pay,
        DydxPerpetual.limit_price_pays_the_debt_early,
        in_fixed(DydxPerpetual.quote_leaves_the_fund_nothing_to_pay),
        in_fixed(DydxPerpetual.bankruptcy_quote),
        in_fixed(conservation()),
        conservation(),
    )
    refuted = {
        in_fixed(DydxPerpetual.quote_is_exact): "a quote is rounded up to a unit of the quote currency",
        DydxPerpetual.limit_price_pays_the_debt: "below 60 % of the maintenance margin an order may be filled at a "
        "price that leaves less than the debt",
    }
