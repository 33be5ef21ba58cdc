"""LLAMMA, the market maker under crvUSD and LlamaLend: bands that convert collateral into debt, and back.

Source: curvefi/curve-stablecoin, ``AMM.vy`` (bands and trades) and ``controller.vy`` (health, liquidation).
A loan in one band (``bands.py`` has its mathematics), N = 1. Traders arbitrage until the band's own price is the
oracle's, or do not; there is no fee here (``llamma_fee.py`` has one), and a fee only leaves more in the band.
"""


from verifier.language import (
    Bool,
    Design,
    Real,
    Step,
    all_of,
    amount,
    any_of,
    assumption,
    at_start,
    closed_form,
    generic,
    implies,
    lemma,
    require,
    rule,
    state,
    whole,
)

from .bands import VALUES, Band
from .books import Still
from .markets import Infinite
from .oracles import Spot
from .properties import (
    conservation,
    wick_survival,
)
from .shocks import Wick
from .units import TICKS, Collateral, CollateralFlow, DebtFlow, exactly


@generic
def wick_loss_cap(it: Band, cap: Real) -> Bool:
    """When the price is the first one again, the position has lost at most the cap's share of its first collateral."""
    first, debt = at_start(it.market.price()), it.debt - at_start(it.debt)
    lost = at_start(it.collateral) * first - it.worth() + debt
    return implies(it.market.price() == first, lost <= cap * at_start(it.collateral) * first)


class Llamma(Band):
    """A band that traders convert as the price falls, and back, whose owner does nothing after the start."""

    trader_collateral: CollateralFlow = state(0, tally=True)
    trader_cash: DebtFlow = state(0, tally=True)

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

    def totals(self) -> tuple[Real, ...]:
        collateral, cash, lent = super().totals()
        return collateral + self.trader_collateral, cash + self.converted + self.trader_cash, lent

    @closed_form(wick_loss_cap, "cap")
    def cube_of_each_dip(self) -> Real | None:
        """1 - (1 - D)³ for a tick or two, the sixth power for three or four: each dip and return costs a cube again."""
        shock, numbers = self.market.shock, exactly(self.market.shock.bound, self.amplification)
        if not isinstance(shock, Wick) or numbers is None or (ticks := whole(shock.duration)) is None:
            return None
        bound, a = numbers
        if bound * a < 1:
            return None  # a band that cannot be jumped over keeps more
        return 1 - (1 - shock.bound) ** (3 * ((ticks + 1) // 2))

    @lemma
    def a_cube_is_kept_of_each_dip(self) -> Bool:
        """Traded at the first price again, or at the lowest, the band keeps as many cubes as there can be dips."""
        shock = self.market.shock
        if not isinstance(shock, Wick) or (ticks := whole(shock.duration)) is None:
            return all_of()
        first, low, left, cases = at_start(shock.price), shock.floor(), at_start(self.collateral), []
        cases.append((shock.age == 0) & (self.converted == 0) & (self.collateral == left))
        cube = (1 - shock.bound) ** 3
        for age in range(1, ticks + 2):
            if age % 2:
                known = self.would_keep(first, left) | (self.would_keep(low, left) & self.is_balanced())
            else:
                known = self.would_keep(low, left) | (self.would_keep(first, left * cube) & self.is_balanced())
                left = left * cube
            now = shock.age == amount(age, TICKS) if age <= ticks else shock.age >= amount(age, TICKS)
            cases.append(now & known)
        return any_of(*cases)


class TradesOnly(Llamma):
    """Soft liquidation alone."""

    @assumption(on=Llamma.liquidate)
    def nobody_liquidates(self) -> Bool:
        """No position is liquidated: what is looked at is what trades do."""
        return ~all_of()


class LlammaSoft(Design, name="llamma-soft"):
    """One band without hard liquidation, and without a fee. Default shock: a wick of 50 % that lasts one tick."""

    shock = Wick(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = TradesOnly(market=market, oracle=oracle, book=book, **VALUES | {"top": 1, "liquidation_threshold": 1})

    proved = (
        wick_loss_cap(cap="0.875"),
        wick_loss_cap(cap="0.271", bound="0.1"),
        conservation(),
    )
    refuted = {
        wick_survival(): "every dip into the band converts collateral",
        wick_loss_cap(cap="0.8749"): "a band that is jumped over keeps the cube exactly",
    }


