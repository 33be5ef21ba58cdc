"""LLAMMA, the market maker under crvUSD and LlamaLend: bands that convert collateral into debt, and back.

Source: curvefi/curve-stablecoin, ``AMM.vy`` (bands, invariant, trades) and ``controller.vy`` (health, liquidation).
In a band from ``top`` down to ``top·(A - 1)/A`` with balances x of the debt token and y of collateral, and the oracle
price q in units of its top, trades keep (f + x)·(g + y), f = A·y0·q²·top, g = (A - 1)·y0/q. A position is a sum over
bands and each band trades alone, so one generic band is enough here: a loan in one band, N = 1. No root is named:
whoever needs y0 brings it along as ``level``, the number that solves the band's equation. Fees and interest are left
out; traders arbitrage until the band's own price is the oracle's, or do not.
"""

from typing import Any, Self

from verifier.language import (
    ANY,
    Bool,
    Design,
    Real,
    Step,
    assumption,
    at_start,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
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
from .units import Collateral, CollateralFlow, Debt, DebtFlow, Price, Ratio


class SoftLiquidation(Loan):
    """A loan whose collateral lies in one band; its owner does nothing after the start."""

    book: Still

    top: Price = param  # the oracle price at which the band begins to convert
    amplification: Ratio = param  # A: the band is a share 1/A of its top wide
    loan_discount: Ratio = param  # a loan is at most 1 - loan_discount of what the band would bring

    converted: Debt = state(0)
    trader_collateral: CollateralFlow = state(0, tally=True)
    trader_cash: DebtFlow = state(0, tally=True)

    @assumption
    def bands_are_narrow(self) -> Bool:
        """The band's top is positive, A is at least 2, and the discount a share."""
        return (self.top > 0) & (self.amplification >= 2) & (self.loan_discount >= 0) & (self.loan_discount < 1)

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
        q, x, y, a = self.place(), self.converted / self.top, self.collateral, self.amplification
        return a * q * q * level * level == level * ((a - 1) * x + a * q**3 * y) + q * x * y

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

    def due(self) -> Bool:
        return ~self.is_balanced()

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

    @lemma
    def price_cubed_is_left(self) -> Bool:
        """Under a single drop: trades at once leave at least the cube of the price, in units of the top."""
        left = self.worth() * self.top * self.top
        q = self.place()
        cube = at_start(self.collateral) * self.market.price() * minimum(1, q) ** 2 * self.top * self.top
        return self.is_closed() | ((left >= cube) & ((q > self.bottom()) | (left * self.bottom() >= cube)))

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


class Llamma(SoftLiquidation):
    """The same with hard liquidation: a position that would not pay its debt with a discount is sold."""

    liquidation_discount: Ratio = param  # hard liquidation begins where 1 - this, of what the band would bring, is owed

    @assumption
    def liquidation_discount_is_a_share(self) -> Bool:
        """The liquidation discount is a share, and smaller than the loan discount."""
        return (self.liquidation_discount >= 0) & (self.liquidation_discount < self.loan_discount)

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
        return super().due() | ~self.healthy()


VALUES = {name: given for name, given in deployed("llamma-default").items() if name != "fee"}


class LlammaOneBand(Design, name="llamma"):
    """One band of A = 100, discounts of 9 % and 6 %, traders and keepers in any order."""

    shock = Drop(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool = Llamma(market=market, oracle=oracle, book=book, top=ANY, liquidation_threshold="0.83", **VALUES)
    keepers = Nobody(pool=pool)
    position = "one band, the lowest that the debt allows; traders and keepers in any order, no fee"

    proved = (
        conservation(),
        lender_loss_cap(cap="0.6535"),
    )
    refuted = {
        lender_loss_cap(cap="0.6534"): "",
        wick_survival(shock=Wick(bound="0.3")): "",
    }
