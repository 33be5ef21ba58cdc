"""Perpetual futures with isolated margin: one long against the other side, and who pays when its margin is not enough.

Source: Hyperliquid's documentation of margining and liquidations (maintenance margin, partial market orders, backstop
below two thirds of it, auto-deleveraging below zero, no loss for a user without a position); dydxprotocol/v4-chain,
``x/subaccounts`` and ``x/clob`` (bankruptcy price, insurance fund, offsetting accounts); T. Chitra, "Autodeleveraging:
impossibilities and optimization" (arXiv 2512.01112) for the queue and the pro-rata rule. Funding payments are left out.

A long of size q from price e with margin c is a loan here: the collateral is the size, the debt is q·e - c, the equity
is q·p less the debt, and a maintenance margin m is a liquidation threshold of 1 - m. The bankruptcy price, at which the
equity is zero, is debt/q. In the lender's place is the other side, the shorts, who must be paid by the long's margin.
"""

from typing import Any

from verifier.language import (
    ANY,
    Bool,
    Design,
    Mechanism,
    Q,
    Real,
    Step,
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
        raised = self.market.proceeds(part)
        return require(
            ~self.healthy(), self.equity() >= self.backstop_line * self.maintenance(), part > 0, part <= self.most()
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
            self.equity() >= 0, self.equity() < self.backstop_line * self.maintenance(), self.collateral > 0
        ).then(self.close(self.collateral, self.debt, amount(0, DEBT)), self.market.sell(self.collateral))

    @rule(by="liquidator")
    def deleverage(self) -> Step:
        """Below zero, winners close against it at its bankruptcy price and forgo what it lacks; no order is sent."""
        return require(self.equity() < 0, self.collateral > 0).then(
            self.close(self.collateral, self.value(), amount(0, DEBT))
        )

    def borrower_wealth(self) -> Real:
        """The equity, from which the owner may walk away, and the cash handed back."""
        return super().borrower_wealth() + self.owner_cash

    # What holds of it.

    @invariant(exits=(order, backstop, deleverage))
    def an_unhealthy_position_can_be_closed(self) -> Bool:
        """Whatever the price, exactly one of the three stages is open to an unhealthy position."""
        open_to_it = (self.order(self.most()), self.backstop(), self.deleverage())
        count: Any = sum(where(step.enabled(), 1, 0) for step in open_to_it)
        return implies(self.due(), count == 1)

    @invariant
    def a_jump_costs_what_exceeds_the_margin(self, later: Price) -> Bool:
        """A healthy position lacks at most (J - m)·q·p after a fall by J, the largest in one tick: nothing if J <= m."""
        fallen = later >= (1 - self.market.shock.bound) * self.oracle.quote()
        lacking = self.debt - self.collateral * later
        margin = 1 - self.liquidation_threshold
        return implies(
            self.healthy() & fallen, lacking <= maximum(0, (self.market.shock.bound - margin) * self.value())
        )

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
        return maximum(1 - shock.fastest(), (1 - shock.bound) * self.book.floor())

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
        return self.debt * (1 - self.market.shock.fastest()) <= worth

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
            case _:
                return None


class PerpetualLong(Design, name="perpetual"):
    """A maintenance margin of 17 % (leverage up to 5.9). Default shock: a drop of at most 17 %, from health 1."""

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
        given(Perpetual.an_unhealthy_position_can_be_closed, shock="0.5"),
        Perpetual.deficit_is_the_distance_to_the_bankruptcy_price,
        Perpetual.bankruptcy_price_by_leverage,
        Perpetual.published_liquidation_price,
        given(Perpetual.a_jump_costs_what_exceeds_the_margin, shock=Steps(bound=ANY), liquidation_threshold=ANY),
    )
    refuted = {
        solvency(shock="0.1701"): "a fall by more than the maintenance margin leaves less than the debt",
        lender_loss_cap(cap="0.1566", shock="0.3", frozen=True): "0.7 of the price pays 0.7/0.83 of the debt",
        borrower_loss_cap(cap="0.1133", shock="0.3", book=Still()): "the backstop keeps up to 2/3 of the margin of 17 %",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot price shows every wick deeper than 1 - 1/h",
    }


class HyperliquidBtc(PerpetualLong, name="perpetual-hyperliquid"):
    """Bitcoin on Hyperliquid: a maintenance margin of 1.25 %, so that one jump of more can use it up."""

    shock = Drop(bound="0.0125")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    pool = Perpetual(market=market, oracle=oracle, book=PerpetualLong.book, **deployed("hyperliquid-btc"))
    keepers = Prompt(pool=pool, patience=0)

    proved = (
        solvency(),
        solvency(shock=Slide(bound="0.9", step="0.0125"), book=Still()),
        borrower_loss_cap(cap=Q("1/120"), shock="0.05", book=Still()),
        given(Perpetual.a_first_order_closes_a_part, shock="0.5"),
        given(Perpetual.an_unhealthy_position_can_be_closed, shock="0.5"),
    )
    refuted = {
        solvency(shock="0.0126"): "a fall by more than the maintenance margin in one tick",
        solvency(shock=Slide(bound="0.9", step="0.0126"), book=Still()): "however prompt the keepers are",
    }


class DydxPerpetual(Perpetual):
    """The prices that dYdX v4 computes for a liquidation, for an account with one position."""

    adjustment: Ratio = param(1)  # how fast the limit price of an order gives way
    spread: Ratio = param("1.5")  # how many maintenance margins it gives way at most

    @assumption
    def limit_price_gives_way(self) -> Bool:
        """The adjustment is at least one, the spread positive."""
        return (self.adjustment >= 1) & (self.spread > 0)

    def limit_price(self) -> Real:
        """The fillable price: an order to close may not be filled below."""
        share = self.adjustment * (1 - self.equity() / self.maintenance())
        given_up = minimum(1, maximum(0, share)) * self.spread * self.maintenance()
        return (self.value() - given_up) / self.collateral

    def large_enough(self) -> Bool:
        """Whether there is a position and a margin to divide by."""
        return (self.collateral > 0) & (self.liquidation_threshold < 1)

    @invariant
    def bankruptcy_quote(self, part: Collateral) -> Bool:
        """A part's notional less the equity's share by maintenance margin is the part at the bankruptcy price."""
        margin = (1 - self.liquidation_threshold) * part * self.oracle.quote()
        quote = part * self.oracle.quote() - self.equity() * margin / self.maintenance()
        return implies(self.large_enough(), quote == part * self.bankruptcy_price())

    @invariant
    def limit_price_pays_the_debt(self) -> Bool:
        """An order that fills at its limit price leaves the insurance fund nothing to pay."""
        solvent = self.large_enough() & (self.equity() >= 0)
        return implies(solvent, self.limit_price() >= self.bankruptcy_price())

    @invariant
    def limit_price_pays_the_debt_early(self) -> Bool:
        """The same while the equity is at least s·a/(1 + s·a) of the maintenance margin: 60 % as deployed."""
        worst = self.spread * self.adjustment
        early = self.equity() * (1 + worst) >= worst * self.maintenance()
        return implies(self.large_enough() & early, self.limit_price() >= self.bankruptcy_price())


class DydxLong(PerpetualLong, name="perpetual-dydx"):
    """dYdX v4: the limit price of a liquidation order can be below the bankruptcy price of a position with equity."""

    pool = DydxPerpetual(
        market=PerpetualLong.market, oracle=PerpetualLong.oracle, book=PerpetualLong.book, liquidation_threshold="0.97"
    )
    keepers = Nobody(pool=pool)

    proved = (
        DydxPerpetual.bankruptcy_quote,
        given(DydxPerpetual.limit_price_pays_the_debt_early, liquidation_threshold=ANY),
    )
    refuted = {
        DydxPerpetual.limit_price_pays_the_debt: "below 60 % of its maintenance margin a position's order may be filled "
        "at a price that leaves less than the debt",
    }


class Deleveraging(Mechanism):
    """Who bears what a bankrupt long lacks: the insurance fund, then the shorts that win, then everybody.

    A short's haircut is taken by closing a part of it at the bankruptcy price. Shorts, of any number, are met one after
    another, in order of their rank where there is one; each kind of rule says how much the next one bears.
    """

    mark: Price = param
    bankruptcy_price: Price = param
    shorts: Collateral = param  # the size of all shorts that are to be met
    screened: Bool = param(True)  # whether shorts without equity at the bankruptcy price are left out

    fund: Debt = state()
    lacking: Debt = state()  # what nobody has borne yet
    from_fund: Debt = state(0)
    drawn: Bool = state(False)
    uncovered: Debt = state(0)  # what the fund left to the shorts
    bearable: Debt = state(0)  # what they bear of it in all: no more than all of them forgo when closed whole
    met: Collateral = state(0)  # the size of the shorts met so far
    haircuts: Debt = state(0)
    largest: Debt = state(0)  # the largest haircut so far
    socialised: Debt = state(0)

    # The short met last: its size, what it was sold for with its margin, its haircut, and how much of it was closed.
    size: Collateral = state(0)
    cash: Debt = state(0)
    haircut: Debt = state(0)
    closed: Collateral = state(0)

    @assumption
    def long_is_bankrupt(self) -> Bool:
        """The mark price is below the bankruptcy price, and there are shorts."""
        return (self.mark > 0) & (self.mark < self.bankruptcy_price) & (self.shorts > 0)

    def gap(self) -> Real:
        """What a short forgoes on each unit that is closed at the bankruptcy price."""
        return self.bankruptcy_price - self.mark

    def next_haircut(self, size: Real) -> Real:
        """What the next short bears, by its size."""
        raise NotImplementedError

    @rule
    def draw(self) -> Step:
        """The insurance fund pays what it can."""
        paid = minimum(self.fund, self.lacking)
        uncovered = self.lacking - paid
        return require(~self.drawn).then(
            self.after(
                drawn=True,
                fund=self.fund - paid,
                from_fund=self.from_fund + paid,
                lacking=uncovered,
                uncovered=uncovered,
                bearable=minimum(uncovered, down(self.shorts * self.gap())),
            )
        )

    @rule
    def meet(self, size: Collateral, cash: Debt) -> Step:
        """The next short bears its part."""
        haircut = self.next_haircut(size)
        solvent = cash >= size * self.bankruptcy_price
        return require(self.drawn, self.met + size <= self.shorts, ~self.screened | solvent).then(
            self.after(
                met=self.met + size,
                haircuts=self.haircuts + haircut,
                largest=maximum(self.largest, haircut),
                lacking=maximum(0, self.lacking - haircut),
                size=size,
                cash=cash,
                haircut=haircut,
                closed=down(haircut / self.gap()),
            )
        )

    @rule
    def socialise(self) -> Step:
        """What no short can bear is borne by all."""
        return require(self.drawn, self.met == self.shorts, self.lacking > 0).then(
            self.after(socialised=self.socialised + self.lacking, lacking=0)
        )

    # What holds of it.

    def equity_before(self, price: Real) -> Real:
        """What the short met last had at a price."""
        return self.cash - self.size * price

    def equity_after(self, price: Real) -> Real:
        """What it has at that price once its part is closed at the bankruptcy price."""
        return self.cash - self.closed * self.bankruptcy_price - (self.size - self.closed) * price

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "lacking": self.lacking,
            "from the fund": self.from_fund,
            "size": self.size,
            "cash": self.cash,
            "haircut": self.haircut,
            "haircuts": self.haircuts,
            "socialised": self.socialised,
        }

    @lemma
    def not_more_than_all_are_met(self) -> Bool:
        return self.met <= self.shorts

    @lemma
    def before_the_fund_nobody_pays(self) -> Bool:
        untouched = (self.met == 0) & (self.haircuts == 0) & (self.uncovered == 0) & (self.bearable == 0)
        return self.drawn | (untouched & (self.from_fund == 0) & (self.lacking == at_start(self.lacking)))

    @lemma
    def fund_pays_first(self) -> Bool:
        return ~self.drawn | ((self.uncovered == 0) | (self.fund == 0)) & (
            self.uncovered + self.from_fund == at_start(self.lacking)
        )

    @lemma
    def shorts_bear_what_they_can(self) -> Bool:
        return ~self.drawn | (self.bearable == minimum(self.uncovered, down(self.shorts * self.gap())))

    @lemma
    def nothing_is_borne_twice(self) -> Bool:
        open_still = (self.haircuts + self.lacking == self.uncovered) & (self.socialised == 0)
        return ~self.drawn | (self.lacking == 0) | open_still

    @lemma
    def shorts_and_everybody_bear_the_rest(self) -> Bool:
        return ~self.drawn | (self.haircuts + self.lacking + self.socialised == self.uncovered)

    @invariant
    def layers_add_up(self) -> Bool:
        """What fund, shorts and everybody bore and what is still lacking is the deficit: no more, no less."""
        borne = self.from_fund + self.haircuts + self.socialised
        return borne + self.lacking == at_start(self.lacking)

    @invariant
    def layers_wait_their_turn(self) -> Bool:
        """No short bears anything while the fund has money; nothing is socialised before all shorts bear what they can."""
        fund_first = (self.haircuts == 0) | (self.fund == 0)
        shorts_next = (self.socialised == 0) | (self.haircuts >= self.bearable)
        return fund_first & shorts_next

    @invariant
    def haircuts_add_up(self) -> Bool:
        """Once all shorts are met, they bear together what the fund left to them, as far as they can."""
        return implies(self.drawn & (self.met == self.shorts), self.haircuts == self.bearable)

    @invariant
    def haircuts_stay_within_one_position(self) -> Bool:
        """What the shorts bear beyond what is needed is less than the largest haircut."""
        return (self.haircuts <= self.uncovered) | (self.haircuts - self.uncovered < self.largest)

    @invariant
    def nobody_is_closed_twice(self) -> Bool:
        """A short bears at most what closing all of it costs; without a position, nothing."""
        return (self.haircut <= up(self.size * self.gap())) & implies(self.size == 0, self.haircut == 0)

    @invariant
    def no_worse_at_the_bankruptcy_price(self) -> Bool:
        """Valued at the bankruptcy price, a short has what it had."""
        return self.equity_after(self.bankruptcy_price) == self.equity_before(self.bankruptcy_price)

    @invariant
    def loses_its_haircut_at_the_mark(self) -> Bool:
        """Valued at the mark price, a short has lost exactly its haircut."""
        return self.equity_before(self.mark) - self.equity_after(self.mark) == self.haircut

    @invariant
    def no_short_ends_negative(self) -> Bool:
        """A short that is closed in part or whole still has equity at the mark price."""
        return self.equity_after(self.mark) >= 0


class ProRata(Deleveraging):
    """Shorts bear in proportion to their size; sums are rounded, not each haircut, so that they end on the deficit."""

    def next_haircut(self, size: Real) -> Real:
        return down(self.bearable * (self.met + size) / self.shorts) - self.haircuts

    @lemma
    def in_proportion_so_far(self) -> Bool:
        return (self.haircuts == self.in_proportion()) & (self.haircuts <= self.bearable)

    def in_proportion(self) -> Real:
        """What the shorts met so far bear in all."""
        return down(self.bearable * self.met / self.shorts)

    @invariant
    def haircuts_are_in_proportion(self) -> Bool:
        """The shorts met so far bear their size's share."""
        return self.haircuts == self.in_proportion()

    @invariant
    def splitting_changes_nothing(self, one: Collateral, other: Collateral) -> Bool:
        """A short that is split into two accounts bears as much as before."""
        first = self.after(met=self.met + one, haircuts=self.haircuts + self.next_haircut(one))
        return self.next_haircut(one) + first.next_haircut(other) == self.next_haircut(one + other)


class Queue(Deleveraging):
    """Shorts are closed whole by rank, the last one as far as it is needed."""

    def next_haircut(self, size: Real) -> Real:
        return minimum(down(size * self.gap()), self.lacking)

    def closed_whole_so_far(self) -> Bool:
        return self.haircuts == self.met * self.gap()

    @lemma
    def closed_whole_while_something_is_lacking(self) -> Bool:
        return (self.lacking == 0) | ~self.drawn | self.closed_whole_so_far()

    @lemma
    def closed_whole_before_anything_is_socialised(self) -> Bool:
        return (self.socialised == 0) | ((self.met == self.shorts) & self.closed_whole_so_far())

    @lemma
    def nobody_bears_more_than_its_position(self) -> Bool:
        return self.haircuts <= self.met * self.gap()

    @invariant
    def whoever_is_ahead_is_closed_whole(self) -> Bool:
        """As long as something is lacking, all shorts met so far are closed whole."""
        return (self.lacking == 0) | self.closed_whole_so_far()


class WholeQueue(Queue):
    """Shorts are closed whole by rank, the last one, too."""

    def next_haircut(self, size: Real) -> Real:
        return where(self.lacking > 0, down(size * self.gap()), 0)


EXACT = (
    Deleveraging.layers_add_up,
    Deleveraging.layers_wait_their_turn,
    Deleveraging.haircuts_add_up,
    Deleveraging.nobody_is_closed_twice,
    Deleveraging.no_worse_at_the_bankruptcy_price,
    Deleveraging.loses_its_haircut_at_the_mark,
    Deleveraging.no_short_ends_negative,
)

UNSCREENED = {
    given(Deleveraging.no_short_ends_negative, screened=False): "a short that wins at the mark price may have less than "
    "nothing at the bankruptcy price: sold at 2 without margin, closed at 3"
}


class PerpetualProRata(Design, name="perpetual-pro-rata"):
    """Auto-deleveraging in proportion to size, any number of shorts."""

    pool = ProRata(mark=ANY, bankruptcy_price=ANY, shorts=ANY)

    proved = (
        *EXACT,
        ProRata.haircuts_are_in_proportion,
        ProRata.splitting_changes_nothing,
        in_fixed(ProRata.layers_add_up),
        in_fixed(ProRata.haircuts_add_up),
        in_fixed(ProRata.nobody_is_closed_twice),
        in_fixed(ProRata.haircuts_are_in_proportion),
    )
    refuted = UNSCREENED


class PerpetualQueue(Design, name="perpetual-queue"):
    """Auto-deleveraging by rank, the last short in part."""

    pool = Queue(mark=ANY, bankruptcy_price=ANY, shorts=ANY)

    proved = (*EXACT, Queue.whoever_is_ahead_is_closed_whole, in_fixed(Queue.layers_add_up))
    refuted = UNSCREENED


class PerpetualWholeQueue(Design, name="perpetual-whole-queue"):
    """Auto-deleveraging by rank, every short whole."""

    pool = WholeQueue(mark=ANY, bankruptcy_price=ANY, shorts=ANY)

    proved = (
        WholeQueue.layers_wait_their_turn,
        WholeQueue.whoever_is_ahead_is_closed_whole,
        WholeQueue.haircuts_stay_within_one_position,
        WholeQueue.nobody_is_closed_twice,
        WholeQueue.no_short_ends_negative,
    )
    refuted = {
        WholeQueue.layers_add_up: "the last position is closed whole although a part of it would do",
        WholeQueue.haircuts_add_up: "its haircut is larger than what is lacking: the venue keeps the rest",
    }
