"""One band of LLAMMA, the market maker under crvUSD and LlamaLend, and its theorems, for every A of at least 2.

Source: curvefi/curve-stablecoin, ``AMM.vy`` (bands, invariant, trades) and ``controller.vy`` (the largest loan).
In a band from ``top`` down to ``top·(A - 1)/A`` with balances x of the debt token and y of collateral, and the oracle
price q in units of its top, trades keep (f + x)·(g + y), f = A·y0·q²·top, g = (A - 1)·y0/q. A position is a sum over
bands and each band trades alone, so one generic band is enough here: what is said of its level, of what it keeps and
of what it brings is said of any number of bands, term by term. No root is named: whoever needs the band's level y0/q,
the collateral that it would hold were all of it above this price, brings it along as the number that solves the band's
equation. Interest is left out, and so are fees but where they are named.
"""

from fractions import Fraction
from math import isqrt
from typing import Any, Self

from verifier.language import (
    ANY,
    RATIO,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    amount,
    assumption,
    generic,
    given,
    implies,
    in_fixed,
    invariant,
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
from .loans import Loan
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .shocks import Path
from .units import COLLATERAL, Collateral, Debt, Price, Ratio


def root_below(square: Fraction) -> Fraction:
    """A square root, rounded down to six digits."""
    return Fraction(isqrt(int(square * 10**12)), 10**6)


def third_root_below(cube: Fraction) -> Fraction:
    """A third root of a number that is not negative, rounded down to six digits."""
    low, high = 0, int((1 + cube) * 10**6) + 1  # of its millionths: not above it, and above it
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= cube * 10**18 else (low, middle)
    return Fraction(low, 10**6)


class Curve:
    """One band's balances and what they come to: at the oracle's price all else follows from the band's level."""

    market: Infinite
    oracle: Spot

    top: Price
    amplification: Ratio
    converted: Debt
    collateral: Collateral

    def after(self, **changes: Any) -> Self:
        """The same with other balances."""
        raise NotImplementedError

    def bottom(self) -> Real:
        """Where the band ends, as a share of its top."""
        return 1 - 1 / self.amplification

    def place(self) -> Real:
        """The oracle price in units of the band's top."""
        return self.oracle.quote() / self.top

    def solves(self, level: Real) -> Bool:
        """Whether the band's y0/q is this."""
        return self.residual(self.oracle.quote(), level) == 0

    def residual(self, price: Real, level: Real) -> Real:
        """At this price, nought where the level is the band's own, negative below it."""
        q, x, y, a = price / self.top, self.converted / self.top, self.collateral, self.amplification
        return level * (a * q**3 * (level - y) - (a - 1) * x) - x * y

    def would_keep(self, price: Real, least: Real) -> Bool:
        """Whether the band would hold at least so much collateral if it were traded to balance at this price above it.

        Of a price below its top it is a measure all the same: its level there is at least this.
        """
        return self.residual(price, least) <= 0

    def balanced(self, level: Real) -> Self:
        """The state of this level in which the band's own price is the oracle's."""
        q, d, a = self.place(), self.bottom(), self.amplification
        converted = level * q * q * where(q >= 1, 0, where(q <= d, q / d, a * (1 - q))) * self.top
        collateral = level * where(q >= 1, 1, where(q <= d, 0, a * (q - d)))
        return self.after(converted=converted, collateral=collateral)

    def is_balanced(self) -> Bool:
        """Whether the band's own price is the oracle's, so that there is nothing to gain from a trade."""
        q, d, x, y = self.place(), self.bottom(), self.converted / self.top, self.collateral
        inside = (d < q) & (q < 1) & (x * (q - d) == q * q * (1 - q) * y)
        return ((q >= 1) & (x == 0)) | ((q <= d) & (y == 0)) | inside

    def brings(self, level: Real, root: Real) -> Real:
        """What a band of this level brings if it is traded to balance now and the price falls slowly: x_down.

        That is converted + collateral·top·√(d·min(q, 1)) of the balanced band; ``root`` stands for the square root.
        """
        q, d, a = self.place(), self.bottom(), self.amplification
        inside = a * (q * q * (1 - q) + (q - d) * root)
        return level * where(q >= 1, root, where(q <= d, q**3 / d, inside)) * self.top

    def roots_square(self) -> Real:
        return self.bottom() * minimum(1, self.place())

    def level_and_root(self, level: Real, root: Real) -> Bool:
        """Whether these are the band's level and at most √(d·min(q, 1)), which may be irrational."""
        return (root >= 0) & (root * root <= self.roots_square()) & self.is_level(level)

    def worth(self) -> Real:
        """What the position holds, at the market price."""
        return self.converted + self.collateral * self.market.price()

    def is_level(self, level: Real) -> Bool:
        """Whether this is the level of a band that holds something, at a price."""
        return (
            (self.market.price() > 0)
            & (self.converted >= 0)
            & (self.collateral >= 0)
            & (level > 0)
            & self.solves(level)
        )


class Band(Loan, Curve):
    """A loan whose collateral lies in one band."""

    book: Still

    top: Price = param  # the oracle price at which the band begins to convert
    amplification: Ratio = param  # A: the band is a share 1/A of its top wide
    loan_discount: Ratio = param  # a loan is at most 1 - this of what the band would bring
    fee: Ratio = param  # the share of what traders pay that stays in the band
    liquidation_discount: Ratio = param  # hard liquidation begins where more than 1 - this of it is owed

    converted: Debt = state(0)

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
        return self.owes_as_in_its_band()

    def owes_as_in_its_band(self) -> Bool:
        most = (1 - self.loan_discount) * self.collateral * self.top
        allowed = self.debt * self.debt <= most * most * self.bottom()
        return allowed & (self.debt * self.debt > most * most * self.bottom() ** 3)

    @assumption(on="start")
    def above_the_band(self) -> Bool:
        """At the start the price is at or above the band, which holds collateral only."""
        return self.oracle.quote() >= self.top

    def healthy(self) -> Bool:
        """In a balanced state: what the band would bring, less the discount, pays the debt.

        It brings converted + collateral·top·√(d·min(q, 1)), compared here by squares.
        """
        kept = 1 - self.liquidation_discount
        missing, most = self.debt - kept * self.converted, kept * self.collateral * self.top
        return (missing <= 0) | (missing * missing <= most * most * self.bottom() * minimum(1, self.place()))

    @rule(by="liquidator")
    def liquidate(self, level: Collateral, root: Ratio) -> Step:
        """Anyone takes over an unhealthy position: its debt is paid as far as it is worth it, the rest is lost.

        Who liquidates shows that even a level and a root that are no lower than the band's own do not bring enough.
        """
        no_lower = (level > 0) & (self.residual(self.oracle.quote(), level) >= 0) & (root * root >= self.roots_square())
        unhealthy = self.debt > (1 - self.liquidation_discount) * self.brings(level, root)
        return require(self.oracle.fresh(), no_lower, unhealthy).then(
            self.taken_over(), self.market.sell(self.collateral)
        )

    def taken_over(self) -> Self:
        """The state after somebody took all that the band holds and paid its debt as far as that is worth it."""
        paid = minimum(self.debt, self.worth())
        return self.after(
            collateral=0,
            converted=0,
            debt=0,
            deficit=self.deficit + (self.debt - paid),
            liquidator_collateral=self.liquidator_collateral + self.collateral,
            liquidator_cash=self.liquidator_cash + (self.converted - paid),
            pool_cash=self.pool_cash + paid,
        )

    @invariant
    def a_band_is_worth_what_it_brings(self, level: Collateral, root: Ratio) -> Bool:
        """What a band is said to bring is no more than its worth at the market: who is healthy is covered."""
        return implies(self.level_and_root(level, root), self.brings(level, root) <= self.worth())

    @invariant(on=liquidate)
    def only_the_unhealthy_are_liquidated(self, post: "Band", own_level: Collateral, own_root: Ratio) -> Bool:
        """Who is liquidated owes more than 1 - the discount of what the band would bring."""
        del post
        least = (1 - self.liquidation_discount) * self.brings(own_level, own_root)
        return implies(self.level_and_root(own_level, own_root), self.debt > least)

    @invariant(on=liquidate)
    def liquidation_in_time_pays_the_lender(self, post: "Band", own_level: Collateral, own_root: Ratio) -> Bool:
        """While the band would bring what is owed a liquidation leaves no bad debt: the discount is the time for it."""
        return implies(
            self.level_and_root(own_level, own_root) & (self.debt <= self.brings(own_level, own_root)),
            post.deficit == self.deficit,
        )

    def due(self) -> Bool:
        return self.oracle.fresh() & (~self.is_balanced() | ~self.healthy())

    # Whose a loss is.

    def lender_loss(self) -> Real:
        """What lenders have lost: debt written off, and debt that the position does not cover at the market price."""
        return self.deficit + maximum(0, self.debt - self.worth())

    def borrower_wealth(self) -> Real:
        """What the position is worth to its owner, who may walk away from it."""
        return maximum(0, self.worth() - self.debt)

    # What a band does to those who hold it; ``low`` and ``high`` are oracle prices.

    @invariant
    def level_is_the_largest_root(self, level: Collateral, other: Collateral) -> Bool:
        """No level with a residual of nought or less is above the one that solves the band's equation."""
        return implies(self.is_level(level) & self.would_keep(self.oracle.quote(), other), other <= level)

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
        buys = a * level * q**3 + self.converted / self.top
        sells = (a - 1) * level + self.collateral
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
    def balance_is_the_least_worth(self, level: Collateral) -> Bool:
        """Of all states whose level is this or more the balanced one is worth the least, at a market of that price."""
        holds = (level > 0) & (self.oracle.quote() > 0) & (self.converted >= 0) & (self.collateral >= 0)
        kept = holds & self.would_keep(self.oracle.quote(), level)
        return implies(kept, self.balanced(level).worth() <= self.worth())

    @invariant
    def no_trade_lowers_the_level(self, level: Collateral, paid: Debt, taken: Collateral) -> Bool:
        """At a constant oracle price a trade that pays the fee leaves the level's residual at nought or less."""
        q, x, y, a = self.place(), self.converted / self.top, self.collateral, self.amplification
        f, g, put = a * level * q**3, (a - 1) * level, (1 - self.fee) * paid / self.top
        keeps = (f + x + put) * (g + y - taken) == (f + x) * (g + y)
        post = self.after(converted=self.converted + paid, collateral=self.collateral - taken)
        return implies(self.is_level(level) & (taken <= y) & keeps, post.would_keep(self.oracle.quote(), level))

    def after_a_jump(self, low: Real, kept: Real, high: Real) -> Bool:
        """Whether a jump from ``high`` above the band to ``low``, and back, keeps at least so much of the collateral.

        One unit of collateral; the band is balanced at each of the two prices.
        """
        q, d, a, one = low / self.top, self.bottom(), self.amplification, amount(1, COLLATERAL)
        x = where(q >= 1, 0, where(q <= d, q**3 / d, a * q * q * (1 - q)))
        y = where(q >= 1, 1, where(q <= d, 0, a * (q - d)))
        post = self.after(converted=x * one * self.top, collateral=y * one)
        return implies((low > 0) & (low <= high) & (high >= self.top), post.would_keep(high, kept * one))

    @invariant
    def a_move_costs_at_most_its_cube(self, low: Price, high: Price, least: Collateral) -> Bool:
        """Of what a band would keep at ``low``, at ``high`` it would keep the share (low/high)³ at least."""
        there = (low > 0) & (low <= high) & (least > 0) & (self.converted >= 0) & (self.collateral >= 0)
        down = implies(self.would_keep(low, least), self.would_keep(high, least * (low / high) ** 3))
        return implies(there, down & implies(self.would_keep(high, least), self.would_keep(low, least)))

    @invariant
    def buying_lowers_nothing_kept_above(
        self, level: Collateral, paid: Debt, bought: Collateral, high: Price, least: Collateral
    ) -> Bool:
        """A trade in which the band buys collateral lowers nothing that it would keep at a price as high or higher."""
        post = self.after(converted=self.converted - paid, collateral=self.collateral + bought)
        along = self.is_level(level) & post.is_level(level) & (high >= self.oracle.quote())
        return implies(along & (least > 0) & self.would_keep(high, least), post.would_keep(high, least))

    @invariant
    def selling_lowers_nothing_kept_below(
        self, level: Collateral, paid: Debt, sold: Collateral, low: Price, least: Collateral
    ) -> Bool:
        """A trade in which the band sells collateral lowers nothing that it would keep at a price as low or lower."""
        post = self.after(converted=self.converted + paid, collateral=self.collateral - sold)
        along = self.is_level(level) & post.is_level(level) & (low > 0) & (low <= self.oracle.quote())
        return implies(along & (least > 0) & self.would_keep(low, least), post.would_keep(low, least))

    @invariant
    def jump_down_and_back_keeps_the_cube(self, low: Price, high: Price) -> Bool:
        """A jump from above the band down to any price, and back, keeps at least (low/high)³ of the collateral."""
        return self.after_a_jump(low, (low / high) ** 3, high)

    @invariant
    def jump_down_and_back_keeps_the_square(self, low: Price, high: Price) -> Bool:
        """The same with a square in place of the cube."""
        return self.after_a_jump(low, (low / high) ** 2, high)

    def costs_at_most(self, before: Real, after: Real, level: Real, share: Real) -> Bool:
        """Whether a move inside the band costs at most this share of a level of one before it, valued at its end.

        Prices are in tops; ``level`` is the band's after the move, by its equation.
        """
        d, a, one = self.bottom(), self.amplification, amount(1, COLLATERAL)
        x, y = a * before * before * (1 - before) * one, a * (before - d) * one
        inside = (d <= before) & (before <= 1) & (d <= after) & (after <= 1) & (level > 0)
        moved = self.after(converted=x * self.top, collateral=y)
        end = a * level * (after * after * (1 - after) + after * (after - d)) * self.top
        cost = moved.converted + moved.collateral * after * self.top - end
        return implies(inside & (moved.residual(after * self.top, level) == 0), cost <= share * one * self.top)

    @invariant
    def a_small_move_costs_its_square(self, before: Ratio, after: Ratio, level: Collateral) -> Bool:
        """A move inside the band costs at most 2·A times its square: n equal ones through the band at most 2/(A·n)."""
        return self.costs_at_most(before, after, level, 2 * self.amplification * (before - after) ** 2)

    @invariant
    def a_small_move_costs_its_cube(self, before: Ratio, after: Ratio, level: Collateral) -> Bool:
        """The same with 2·A² times the cube of the move, so that many small ones would cost next to nothing."""
        size = where(before > after, before - after, after - before)
        return self.costs_at_most(before, after, level, 2 * self.amplification**2 * size**3)

    def own_price_after_a_fall(self, low: Real, high: Real, level: Real, least: Real, over: Real) -> Bool:
        """Whether a band balanced at ``high``, inside it, asks at least ``least/over`` when the oracle says ``low``.

        Prices are in tops; ``level`` is the band's then, for one of one before.
        """
        d, a = self.bottom(), self.amplification
        x, y = a * high * high * (1 - high), a * (high - d)
        solves = a * low**3 * level * level == level * ((a - 1) * x + a * low**3 * y) + x * y
        f, g = a * level * low**3, (a - 1) * level
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
def loan_to_value_at_most(it: Band, ratio: Real, bands: Real) -> Bool:
    """A loan over this many bands is at most this share of its collateral's value, compared by squares."""
    n, a, d = int(bands.leaf), it.amplification, it.bottom()  # type: ignore[arg-type]
    most = (1 - it.loan_discount) / n * (1 - d**n)
    return most * most * a * (a - 1) <= ratio * ratio


VALUES = deployed("llamma-default")
ALGEBRA = (
    Band.balance_is_unique,
    Band.balance_is_the_least_worth,
    Band.level_is_the_largest_root,
    Band.level_rises_with_what_is_held,
    Band.own_price_is_between_the_edges,
    Band.traded_first_a_full_loan_is_paid_to_the_cube,
    Band.liquidated_first_a_full_loan_is_paid_to_its_price,
    Band.no_trade_lowers_the_level,
    Band.a_move_costs_at_most_its_cube,
    Band.buying_lowers_nothing_kept_above,
    Band.selling_lowers_nothing_kept_below,
    Band.jump_down_and_back_keeps_the_cube,
    Band.jump_fee_makes_a_fall_free,
    Band.a_band_is_worth_what_it_brings,
    Band.only_the_unhealthy_are_liquidated,
    Band.liquidation_in_time_pays_the_lender,
)


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


class LlammaTheorems(Design, name="llamma-theorems"):
    """One band of any A of at least 2: what its trades, and moves of the oracle's price, do to those who hold it."""

    shock = Path(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Band(market=market, oracle=oracle, book=book, **VALUES | {"top": 1, "liquidation_threshold": 1})

    proved = (Band.a_small_move_costs_its_square, *(given(theorem, amplification=ANY) for theorem in ALGEBRA))
    refuted = {
        Band.a_small_move_costs_its_cube: "the loss of a move is of the second order, of many moves of the first",
        Band.fall_is_free_without_a_fee: "the band's own price falls by the cube, the oracle's by its share",
        Band.jump_down_and_back_keeps_the_square: "a band that is jumped over keeps the cube exactly",
    }
