"""What LLAMMA's fee for a jump of the oracle's price does: a fall and return are free, if traders do not wait.

Source: curvefi/curve-stablecoin, ``AMM.vy`` (``limit_p_o``, ``_get_dynamic_fee``): a move from p1 to p2 adds
1 - (min/max)³ to the fee, and the sum decays to nothing within 120 seconds. Here it is whole until ``decay``, and then
gone; the sum is taken as 1 - the product of the cubes, which is less. The contract has no such fee for a move after 120
quiet seconds, nor the whole of one for a move a while after the last: then its borrower stands as without competition.
"""

from verifier.language import (
    Bool,
    Design,
    Real,
    Step,
    all_of,
    assumption,
    at_start,
    each_tick,
    initially,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
)

from .bands import VALUES, Band
from .books import Still
from .llamma import wick_loss_cap
from .markets import Infinite
from .oracles import Spot
from .properties import wick_survival
from .shocks import Wick
from .units import Collateral, Debt, Price, Ratio


class JumpFee(Band):
    """A band whose fee is at least what undoes the moves of the oracle's price since the fee last decayed."""

    competitive: Bool = param(True)

    before: Price = state()  # the oracle's price before the last tick
    left: Ratio = state(1)  # the product of the moves' cubes until then
    decayed: Bool = state(False)

    @initially
    def nothing_has_moved(self) -> Bool:
        return self.before == self.oracle.quote()

    def cube(self) -> Real:
        """What the last move leaves of an own price: the cube of its size."""
        now = self.oracle.quote()
        return (minimum(self.before, now) / maximum(self.before, now)) ** 3

    def charged(self) -> Real:
        """The fee that a trader pays now."""
        return maximum(self.fee, 1 - self.left * self.cube())

    @each_tick
    def add_to_the_fee(self) -> "JumpFee":
        return self.after(before=self.oracle.quote(), left=self.left * self.cube())

    @rule(by="environment")
    def decay(self) -> Step:
        """Two minutes pass without a new price."""
        return require().then(self.after(before=self.oracle.quote(), left=1, decayed=True))

    @rule(by="anyone")
    def buy(self, level: Collateral, paid: Debt, taken: Collateral) -> Step:
        """A trader buys collateral from the band for less than the market pays."""
        q, a, x, y = self.place(), self.amplification, self.converted / self.top, self.collateral
        f, g, put = a * level * q**3, (a - 1) * level, (1 - self.charged()) * paid / self.top
        keeps = (f + x + put) * (g + y - taken) == (f + x) * (g + y)
        pays = (paid < taken * self.market.price()) & (taken <= y)
        return require(level > 0, self.solves(level), paid > 0, keeps, pays).then(
            self.after(converted=self.converted + paid, collateral=self.collateral - taken)
        )

    @rule(by="anyone")
    def sell(self, level: Collateral, put: Collateral, taken: Debt) -> Step:
        """A trader sells collateral to the band for more than the market asks."""
        q, a, x, y = self.place(), self.amplification, self.converted / self.top, self.collateral
        f, g = a * level * q**3, (a - 1) * level
        keeps = (f + x - taken / self.top) * (g + y + (1 - self.charged()) * put) == (f + x) * (g + y)
        pays = (taken > put * self.market.price()) & (taken <= self.converted)
        return require(level > 0, self.solves(level), put > 0, keeps, pays).then(
            self.after(converted=self.converted - taken, collateral=self.collateral + put)
        )

    @assumption(on=(buy, sell))
    def competitive_arbitrage(self) -> Bool:
        """Traders come at once after a move of the oracle's price, while the fee for it is whole; nobody waits."""
        return ~self.decayed | ~self.competitive

    @assumption(on=Band.liquidate)
    def nobody_liquidates(self) -> Bool:
        """No position is liquidated: what is looked at is what trades do."""
        return ~all_of()

    @lemma
    def fee_undoes_the_fall(self) -> Bool:
        first = at_start(self.market.price())
        return self.decayed | ((self.left * first**3 <= self.before**3) & (self.before <= first) & (self.left <= 1))

    @lemma
    def moves_are_positive(self) -> Bool:
        return (self.before > 0) & (self.left > 0)

    @lemma
    def nothing_is_traded_at_once(self) -> Bool:
        untouched = (self.converted == 0) & (self.collateral == at_start(self.collateral))
        return untouched | (self.decayed & ~self.competitive)

    @lemma
    def debt_stays(self) -> Bool:
        return self.debt == at_start(self.debt)


class LlammaFee(Design, name="llamma-fee"):
    """One band with the fee for jumps, under a wick of 50 % that lasts one tick; base fee 0.6 %."""

    shock = Wick(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = JumpFee(market=market, oracle=oracle, book=book, **VALUES | {"top": 1, "liquidation_threshold": 1})

    proved = (wick_survival(), wick_loss_cap(cap=0))
    refuted = {
        wick_survival(competitive=False): "a trader who waits buys below the market, with the base fee alone",
    }
