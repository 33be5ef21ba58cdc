"""LLAMMA, the market maker under crvUSD and LlamaLend: bands that convert collateral into debt, and back.

Source: curvefi/curve-stablecoin, ``AMM.vy`` (bands, invariant, trades) and ``controller.vy`` (health, liquidation).
In a band from ``top`` down to ``top·(A - 1)/A`` with balances x of the debt token and y of collateral, and the oracle
price q in units of its top, trades keep (f + x)·(g + y), f = A·y0·q²·top, g = (A - 1)·y0/q. A position is a sum over
bands and each band trades alone, so one generic band is enough here: a loan in one band, N = 1. No root is named:
whoever needs y0 brings it along as ``level``, the number that solves the band's equation. Fees and interest are left
out; traders arbitrage until the band's own price is the oracle's, or do not.
"""

from types import MappingProxyType
from typing import Any, Self

from verifier.language import (
    ANY,
    RATIO,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    generic,
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

from .books import Still
from .keepers import Nobody
from .loans import Loan
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    conservation,
    lender_loss_cap,
    wick_survival,
)
from .shocks import Drop, Wick
from .units import Collateral, CollateralFlow, Debt, DebtFlow, Price, Ratio, exactly


class Llamma(Loan):
    """A loan whose collateral lies in one band, whose owner does nothing after the start."""

    book: Still

    top: Price = param  # the oracle price at which the band begins to convert
    amplification: Ratio = param  # A: the band is a share 1/A of its top wide
    loan_discount: Ratio = param  # a loan is at most 1 - this of what the band would bring
    fee: Ratio = param  # the share of what traders pay that stays in the band
    liquidation_discount: Ratio = param  # hard liquidation begins where more than 1 - this of it is owed

    converted: Debt = state(0)
    trader_collateral: CollateralFlow = state(0, tally=True)
    trader_cash: DebtFlow = state(0, tally=True)

    @assumption
    def bands_are_narrow(self) -> Bool:
        """The band's top is positive and A at least 2."""
        return (self.top > 0) & (self.amplification >= 2)

    @assumption
    def discounts_are_shares(self) -> Bool:
        """Fee and discounts are shares, the discount of hard liquidation the smaller one."""
        return (
            (self.fee >= 0)
            & (self.fee < 1)
            & (
                (self.liquidation_discount >= 0)
                & (self.liquidation_discount < self.loan_discount)
                & (self.loan_discount < 1)
            )
        )

    @assumption(on="start")
    def in_the_lowest_band_allowed(self) -> Bool:
        """The debt is at most 1 - loan_discount of what its band brings and more than that of the next one's."""
        most = (1 - self.loan_discount) * self.collateral * self.top
        allowed = self.debt * self.debt <= most * most * self.bottom()
        return allowed & (self.debt * self.debt > most * most * self.bottom() ** 3)

    @assumption(on="start")
    def above_the_band(self) -> Bool:
        """At the start the price is at or above the band, which holds collateral only."""
        return self.oracle.quote() >= self.top

    def bottom(self) -> Real:
        """Where the band ends, as a share of its top."""
        return 1 - 1 / self.amplification

    def place(self) -> Real:
        """The oracle price in units of the band's top."""
        return self.oracle.quote() / self.top

    def solves(self, level: Real) -> Bool:
        """Whether the band's y0 is this."""
        return self.residual(level) == 0

    def balanced(self, level: Real) -> Self:
        """The state of this level in which the band's own price is the oracle's."""
        q, d, a = self.place(), self.bottom(), self.amplification
        converted = where(q >= 1, 0, where(q <= d, level * q * q / d, a * level * q * (1 - q))) * self.top
        collateral = where(q >= 1, level / q, where(q <= d, 0, a * level * (q - d) / q))
        return self.after(converted=converted, collateral=collateral)

    def is_balanced(self) -> Bool:
        """Whether the band's own price is the oracle's, so that there is nothing to gain from a trade."""
        q, d, x, y = self.place(), self.bottom(), self.converted / self.top, self.collateral
        return where(q >= 1, x, where(q <= d, y, x * (q - d) - q * q * (1 - q) * y)) == 0

    @rule(by="anyone")
    def arbitrage(self, level: Collateral) -> Step:
        """A trader moves the band's own price to the oracle's."""
        post = self.balanced(level)
        return require(level > 0, self.solves(level), ~self.is_balanced()).then(
            post.after(
                trader_collateral=self.trader_collateral + (self.collateral - post.collateral),
                trader_cash=self.trader_cash + (self.converted - post.converted),
            )
        )

    def healthy(self) -> Bool:
        """In a balanced state: what the band would bring, less the discount, pays the debt.

        It brings converted + collateral·top·√(d·min(q, 1)), compared here by squares.
        """
        kept = 1 - self.liquidation_discount
        missing, most = self.debt - kept * self.converted, kept * self.collateral * self.top
        return (missing <= 0) | (missing * missing <= most * most * self.bottom() * minimum(1, self.place()))

    @rule(by="liquidator")
    def liquidate(self, level: Collateral) -> Step:
        """Anyone takes over an unhealthy position: its debt is paid as far as it is worth it, the rest is lost."""
        paid = minimum(self.debt, self.worth())
        return require(level > 0, self.solves(level), ~self.balanced(level).healthy()).then(
            self.after(
                collateral=0,
                converted=0,
                debt=0,
                deficit=self.deficit + (self.debt - paid),
                liquidator_collateral=self.liquidator_collateral + self.collateral,
                liquidator_cash=self.liquidator_cash + (self.converted - paid),
                pool_cash=self.pool_cash + paid,
            ),
            self.market.sell(self.collateral),
        )

    def due(self) -> Bool:
        return ~self.is_balanced() | ~self.healthy()

    # Whose a loss is.

    def worth(self) -> Real:
        """What the position holds, at the market price."""
        return self.converted + self.collateral * self.market.price()

    def lender_loss(self) -> Real:
        """What lenders have lost: debt written off, and debt that the position does not cover at the market price."""
        return self.deficit + maximum(0, self.debt - self.worth())

    def borrower_wealth(self) -> Real:
        """What the position is worth to its owner, who may walk away from it."""
        return maximum(0, self.worth() - self.debt)

    def totals(self) -> tuple[Real, ...]:
        collateral, cash, lent = super().totals()
        return collateral + self.trader_collateral, cash + self.converted + self.trader_cash, lent

    # What a band does to those who hold it; ``low`` and ``high`` are oracle prices.

    def residual(self, level: Real) -> Real:
        """Nought where the level is the band's y0, negative below it."""
        q, x, y, a = self.place(), self.converted / self.top, self.collateral, self.amplification
        return a * q * q * level * level - level * ((a - 1) * x + a * q**3 * y) - q * x * y

    def is_level(self, level: Real) -> Bool:
        """Whether this is the y0 of a band that holds something, at a price."""
        return (
            (self.market.price() > 0)
            & (self.converted >= 0)
            & (self.collateral >= 0)
            & (level > 0)
            & self.solves(level)
        )

    @invariant
    def level_is_the_largest_root(self, level: Collateral, other: Collateral) -> Bool:
        """No level with a residual of nought or less is above the one that solves the band's equation."""
        return implies(self.is_level(level) & (self.residual(other) <= 0), other <= level)

    @invariant
    def level_rises_with_what_is_held(
        self, level: Collateral, more: Collateral, added: Debt, given: Collateral
    ) -> Bool:
        """Whoever adds to either balance does not lower the level."""
        post = self.after(converted=self.converted + added, collateral=self.collateral + given)
        return implies(self.is_level(level) & post.solves(more) & (more > 0), level <= more)

    @invariant
    def own_price_is_between_the_edges(self, level: Collateral) -> Bool:
        """The band's own price is at least p³/top² and at most p³/bottom², p being the oracle's."""
        q, d, a = self.place(), self.bottom(), self.amplification
        buys = a * level * q * q + self.converted / self.top
        sells = (a - 1) * level / q + self.collateral
        return implies(self.is_level(level), (buys >= q**3 * sells) & (buys * d * d <= q**3 * sells))

    @invariant
    def traded_first_a_full_loan_is_paid_to_the_cube(self, low: Price) -> Bool:
        """Traders first: a band of the largest loan pays it after a jump to q below the band if q⁶ >= (1-r)²·d³."""
        q, d, owed = low / self.top, self.bottom(), (1 - self.loan_discount) ** 2 * self.bottom()
        brought = q**3 / d
        return implies((q > 0) & (q <= d), (brought * brought >= owed) == (q**6 >= owed * d * d))

    @invariant
    def liquidated_first_a_full_loan_is_paid_to_its_price(self, low: Price) -> Bool:
        """Keepers first: what the band holds pays the largest loan if q² >= (1-r)²·d, the price being q tops."""
        q, owed = low / self.top, (1 - self.loan_discount) ** 2 * self.bottom()
        worth, debt_squared = low, owed * self.top * self.top
        return implies(q > 0, (worth * worth >= debt_squared) == (q * q >= owed))

    @invariant
    def balance_is_unique(self, level: Collateral) -> Bool:
        """A balanced band has the balances that its level says, so what it brings is in proportion to its level."""
        there = self.balanced(level)
        same = (self.converted == there.converted) & (self.collateral == there.collateral)
        return implies(self.is_level(level) & self.is_balanced(), same)

    @invariant
    def no_trade_lowers_the_level(self, level: Collateral, paid: Debt, taken: Collateral) -> Bool:
        """At a constant oracle price a trade that pays the fee leaves the level's residual at nought or less."""
        q, x, y, a = self.place(), self.converted / self.top, self.collateral, self.amplification
        f, g, put = a * level * q * q, (a - 1) * level / q, (1 - self.fee) * paid / self.top
        keeps = (f + x + put) * (g + y - taken) == (f + x) * (g + y)
        post = self.after(converted=self.converted + paid, collateral=self.collateral - taken)
        return implies(self.is_level(level) & (taken <= y) & keeps, post.residual(level) <= 0)

    def after_a_jump(self, low: Real, kept: Real, high: Real) -> Bool:
        """Whether a jump from ``high`` above the band to ``low``, and back, keeps at least so much of the collateral.

        One unit of collateral; the band is balanced at each of the two prices.
        """
        q, back, d, a = low / self.top, high / self.top, self.bottom(), self.amplification
        x = where(q >= 1, 0, where(q <= d, q**3 / d, a * q * q * (1 - q)))
        y = where(q >= 1, 1, where(q <= d, 0, a * (q - d)))
        level = kept * back
        residual = a * back * back * level * level - level * ((a - 1) * x + a * back**3 * y) - back * x * y
        return implies((low > 0) & (low <= high) & (high >= self.top), residual <= 0)

    @invariant
    def jump_down_and_back_keeps_the_cube(self, low: Price, high: Price) -> Bool:
        """A jump from above the band down to any price, and back, keeps at least (low/high)³ of the collateral."""
        return self.after_a_jump(low, (low / high) ** 3, high)

    @invariant
    def jump_down_and_back_keeps_the_square(self, low: Price, high: Price) -> Bool:
        """The same with a square in place of the cube."""
        return self.after_a_jump(low, (low / high) ** 2, high)

    def own_price_after_a_fall(self, low: Real, high: Real, level: Real, least: Real, over: Real) -> Bool:
        """Whether a band balanced at ``high``, inside it, asks at least ``least/over`` when the oracle says ``low``.

        Prices are in tops; ``level`` is the band's y0 then, for one of one before.
        """
        d, a = self.bottom(), self.amplification
        x, y = a * high * (1 - high), a * (high - d) / high
        solves = a * low * low * level * level == level * ((a - 1) * x + a * low**3 * y) + low * x * y
        f, g = a * level * low * low, (a - 1) * level / low
        inside = (d <= high) & (high <= 1) & (low > 0) & (low <= high) & (level > 0)
        return implies(inside & solves, (f + x) * over >= least * (g + y))

    @invariant
    def jump_fee_makes_a_fall_free(self, low: Ratio, high: Ratio, level: Ratio) -> Bool:
        """With a fee of 1 - (low/high)³ nobody buys from a balanced band below ``high``, its price before the fall.

        So a fall costs nothing where competitive arbitrage trades at once; the contract lets this fee decay to the
        base fee, and a trader who waits meets the next claim.
        """
        return self.own_price_after_a_fall(low, high, level, low**3, high**2)

    @invariant
    def fall_is_free_without_a_fee(self, low: Ratio, high: Ratio, level: Ratio) -> Bool:
        """With no fee nobody buys from a balanced band below ``low``, the oracle's price after the fall."""
        return self.own_price_after_a_fall(low, high, level, low, amount(1, RATIO))

    # Closed forms.

    @closed_form(lender_loss_cap, "cap")
    def worst_loss(self) -> Real | None:
        """After a drop traders come first, and buy a band of the largest debt at the cube of the price."""
        numbers = exactly(self.liquidation_threshold, self.loan_discount, self.amplification)
        if not isinstance(self.market.shock, Drop) or numbers is None:
            return None
        line, discount, a = numbers
        if line > (1 - discount) * (1 - 1 / a) ** 2:
            return None  # only below this a band is sure to begin below the first price
        left, ratio = 1 - self.market.shock.bound, self.liquidation_threshold / self.book.floor()
        kept = (1 - self.loan_discount) * self.bottom()
        return maximum(0, 1 - left**3 * kept * kept / ratio**3)

    # Lemmas.

    @lemma
    def band_is_within_reach(self) -> Bool:
        """How far below the first price the band is, from the debt that it was chosen for."""
        most = self.liquidation_threshold * at_start(self.market.price())
        least = (1 - self.loan_discount) * self.top * self.book.floor()
        return (least * least * self.bottom() ** 3 <= most * most) & (self.top <= at_start(self.market.price()))

    def untouched(self) -> Bool:
        return (self.converted == 0) & (self.collateral == at_start(self.collateral))

    def converted_at_once(self) -> Bool:
        """Balanced after a move of the price from above the band."""
        there = self.balanced(self.place() * at_start(self.collateral))
        return (self.converted == there.converted) & (self.collateral == there.collateral)

    def is_closed(self) -> Bool:
        return (self.debt == 0) & (self.collateral == 0) & (self.converted == 0)

    @lemma
    def one_move(self) -> Bool:
        """Under a single drop."""
        moved = self.market.price() != at_start(self.market.price())
        open_ = (self.debt == at_start(self.debt)) & (self.deficit == 0)
        return self.is_closed() | (open_ & (self.untouched() | (moved & self.converted_at_once())))

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "price": self.market.price(),
            "top": self.top,
            "collateral": self.collateral,
            "converted": self.converted,
            "debt": self.debt,
            "deficit": self.deficit,
        }


@generic
def loan_to_value_at_most(it: Llamma, ratio: Real, bands: Real) -> Bool:
    """A loan over this many bands is at most this share of its collateral's value, compared by squares."""
    n, a, d = int(bands.leaf), it.amplification, it.bottom()  # type: ignore[arg-type]
    most = (1 - it.loan_discount) / n * (1 - d**n)
    return most * most * a * (a - 1) <= ratio * ratio


VALUES = deployed("llamma-default")
ALGEBRA = (
    Llamma.balance_is_unique,
    Llamma.level_is_the_largest_root,
    Llamma.level_rises_with_what_is_held,
    Llamma.own_price_is_between_the_edges,
    Llamma.traded_first_a_full_loan_is_paid_to_the_cube,
    Llamma.liquidated_first_a_full_loan_is_paid_to_its_price,
    Llamma.no_trade_lowers_the_level,
    Llamma.jump_down_and_back_keeps_the_cube,
    Llamma.jump_fee_makes_a_fall_free,
)


class LlammaOneBand(Design, name="llamma"):
    """One band of A = 100, discounts of 9 % and 6 %, traders and keepers in any order. Default: a drop of 50 %."""

    shock = Drop(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool = Llamma(market=market, oracle=oracle, book=book, top=1, liquidation_threshold="0.83", **VALUES)
    keepers = Nobody(pool=pool)
    position = "one band, the lowest that the debt allows; traders and keepers in any order, no fee"
    not_applicable = MappingProxyType(
        {"solvency": "part of the position is held in the debt token, which that property does not count"}
    )
    not_settled = MappingProxyType(
        {
            "lender_loss_slide": "with traders and keepers in any order, and prices that rise again, no bound is known",
            "collateral_slide": "with traders and keepers in any order, and prices that rise again, no bound is known",
            "borrower": "that a band keeps the cube of the price's share is proved of two prices, not of a position",
            "price_floor": "trades inside a band follow the oracle, which tiers do not know",
            "cascade_free": "trades inside a band follow the oracle, which tiers do not know",
        }
    )

    proved = (
        lender_loss_cap(cap="0.6535"),
        *ALGEBRA,
        loan_to_value_at_most(ratio="0.891948", bands=4),
        conservation(),
    )
    refuted = {
        lender_loss_cap(cap="0.6534"): "traders who come first buy the band at q³/d of its top's price, q being the "
        "price after the drop and d the band's lower end",
        loan_to_value_at_most(ratio="0.891947", bands=4): "89.1947 % for N = 4, an upper bound: inside a band what it "
        "is said to bring overstates what it brings",
        Llamma.fall_is_free_without_a_fee: "the band's own price falls by the cube, the oracle's by its share",
        Llamma.jump_down_and_back_keeps_the_square: "a band that is jumped over keeps the cube exactly",
    }


class TradesOnly(Llamma):
    """Soft liquidation alone."""

    @assumption(on=Llamma.liquidate)
    def nobody_liquidates(self) -> Bool:
        """No position is liquidated: what is looked at is what trades do."""
        return ~all_of()


class LlammaSoft(Design, name="llamma-soft"):
    """One band of any A of at least 2 without hard liquidation. Default shock: a wick of 50 %."""

    shock = Wick(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = TradesOnly(market=market, oracle=oracle, book=book, **VALUES | {"top": 1, "liquidation_threshold": 1})

    proved = (
        *(given(theorem, amplification=ANY) for theorem in ALGEBRA),
        conservation(),
    )
    refuted = {
        wick_survival(): "every dip into the band converts collateral",
    }


class BandInIntegers(Mechanism):
    """What a band trades from, in the contract's integers: its balances with f and g, at a constant oracle price."""

    paid_side: Debt = state()  # f + x
    taken_side: Collateral = state()  # g + y

    @rule
    def trade(self, paid: Debt) -> Step:
        """A trader pays, and takes what keeps the product; what stays is rounded up."""
        kept = up(self.paid_side * self.taken_side / (self.paid_side + paid))
        return require(paid > 0).then(self.after(paid_side=self.paid_side + paid, taken_side=kept))

    @invariant(on=trade)
    def rounding_keeps_the_invariant(self, post: "BandInIntegers") -> Bool:
        """No trade lowers the product."""
        return post.paid_side * post.taken_side >= self.paid_side * self.taken_side


class LlammaInIntegers(Design, name="llamma-integers"):
    """One band's trades with the contract's rounding."""

    band = BandInIntegers()

    proved = (BandInIntegers.rounding_keeps_the_invariant, in_fixed(BandInIntegers.rounding_keeps_the_invariant))


class KeepersFirst(Llamma):
    """Keepers are ahead of traders."""

    @assumption(on=Llamma.arbitrage)
    def keepers_come_before_traders(self, level: Collateral) -> Bool:
        """A position is liquidated before trades would leave it worth less than its debt."""
        return self.debt <= self.balanced(level).worth()

    @closed_form(lender_loss_cap, "cap")
    def worst_loss(self) -> Real | None:
        """After a drop keepers come first, and the whole position is sold at the price then."""
        if not isinstance(self.market.shock, Drop):
            return None
        return maximum(0, 1 - (1 - self.market.shock.bound) * self.book.floor() / self.liquidation_threshold)

    @lemma
    def covered_once_traded(self) -> Bool:
        return self.untouched() | (self.debt <= self.worth()) | (self.market.price() == at_start(self.market.price()))

    @lemma
    def open_or_closed(self) -> Bool:
        return self.is_closed() | ((self.debt == at_start(self.debt)) & (self.deficit == 0))


class LlammaKeepersFirst(Design, name="llamma-keepers-first"):
    """The same, liquidated before it is traded at a loss: lenders lose to a drop what they lose to a close-out."""

    shock = LlammaOneBand.shock
    market = LlammaOneBand.market
    oracle = LlammaOneBand.oracle
    book = LlammaOneBand.book
    pool = KeepersFirst(market=market, oracle=oracle, book=book, top=1, liquidation_threshold="0.83", **VALUES)
    keepers = Nobody(pool=pool)
    not_applicable = LlammaOneBand.not_applicable

    proved = (lender_loss_cap(cap="0.247"),)
    refuted = {
        lender_loss_cap(cap="0.2469"): "the drop takes more than the buffer, as with a close-out",
    }
