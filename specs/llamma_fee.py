"""What LLAMMA's fee for a jump of the oracle's price does: a fall and return are free, if traders do not wait.

Source: curvefi/curve-stablecoin, ``AMM.vy`` (``limit_p_o``, ``_get_dynamic_fee``): a move from p1 to p2 adds
1 - (min/max)³ to the fee, and the sum decays to nothing within 120 seconds. Here only the last tick's move counts: its
fee is whole for those who trade at once, and gone for those who are late. The contract has no such fee for a move after
120 quiet seconds, nor the whole of one a while after the last move: then its borrower stands as without competition.
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
from .units import Collateral, Debt, Price


class JumpFee(Band):
    """A band whose fee is at least what undoes the last move of the oracle's price."""

    competitive: Bool = param(True)

    before: Price = state()  # the oracle's price before the last tick

    @initially
    def nothing_has_moved(self) -> Bool:
        return self.before == self.oracle.quote()

    def cube(self) -> Real:
        """What the last move leaves of an own price: the cube of its size."""
        now = self.oracle.quote()
        return (minimum(self.before, now) / maximum(self.before, now)) ** 3

    def charged(self) -> Real:
        """The fee that a trader pays now."""
        return maximum(self.fee, 1 - self.cube())

    @each_tick
    def add_to_the_fee(self) -> "JumpFee":
        return self.after(before=self.oracle.quote())

    def keeps_its_product(self, level: Real, cash: Real, goods: Real) -> Bool:
        """Whether a trade that adds so much to a band of this level, net of the fee, lets it keep (f + x)·(g + y)."""
        x = self.amplification * level * self.place() ** 3 * self.top + self.converted
        y = (self.amplification - 1) * level + self.collateral
        return (level > 0) & self.solves(level) & ((x + cash) * (y + goods) >= x * y)

    def bought(self, level: Real, paid: Real, taken: Real, fee: Real) -> Step:
        """The step in which a trader buys collateral from the band for less than the market pays."""
        pays = (taken > 0) & (taken <= self.collateral) & (paid < taken * self.market.price())
        return require(pays, self.keeps_its_product(level, (1 - fee) * paid, -taken)).then(
            self.after(converted=self.converted + paid, collateral=self.collateral - taken)
        )

    def sold(self, level: Real, taken: Real, given: Real, fee: Real) -> Step:
        """The step in which a trader sells collateral to the band for more than the market asks."""
        pays = (taken > 0) & (taken <= self.converted) & (given * self.market.price() < taken)
        return require(pays, self.keeps_its_product(level, -taken, (1 - fee) * given)).then(
            self.after(converted=self.converted - taken, collateral=self.collateral + given)
        )

    @rule(by="anyone")
    def buy(self, level: Collateral, paid: Debt, taken: Collateral) -> Step:
        """A trader buys from the band at once."""
        return self.bought(level, paid, taken, self.charged())

    @rule(by="anyone")
    def sell(self, level: Collateral, taken: Debt, given: Collateral) -> Step:
        """A trader sells to the band at once."""
        return self.sold(level, taken, given, self.charged())

    @rule(by="anyone")
    def buy_late(self, level: Collateral, paid: Debt, taken: Collateral) -> Step:
        """A trader buys from the band when nothing but the base fee is left."""
        return self.bought(level, paid, taken, self.fee)

    @rule(by="anyone")
    def sell_late(self, level: Collateral, taken: Debt, given: Collateral) -> Step:
        """A trader sells to the band when nothing but the base fee is left."""
        return self.sold(level, taken, given, self.fee)

    @assumption(on=(buy_late, sell_late))
    def competitive_arbitrage(self) -> Bool:
        """Traders come at once after a move of the oracle's price, while the fee for it is whole; nobody waits."""
        return ~self.competitive

    @assumption(on=Band.liquidate)
    def nobody_liquidates(self) -> Bool:
        """No position is liquidated: what is looked at is what trades do."""
        return ~all_of()

    @lemma
    def fee_undoes_the_fall(self) -> Bool:
        first = at_start(self.market.price())
        return (self.before == first) | (self.market.price() == first)

    @lemma
    def moves_are_positive(self) -> Bool:
        return self.before > 0

    @lemma
    def nothing_is_traded_at_once(self) -> Bool:
        untouched = (self.converted == 0) & (self.collateral == at_start(self.collateral))
        return untouched | ~self.competitive

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
        wick_survival(competitive=False): "a trader who waits buys below the market",
    }
