"""What a mechanism sees of the price.

Each oracle also says how far it can be off. ``lag(step)`` is the most that it can exceed the market price if a tick
takes at most ``step`` of it, ``shown()`` the share of a wick's depth that it ever shows, ``shown_in_time()`` the share
that it shows while the price is still down, ``harmless(health)`` the deepest wick that a position of that health
survives. Oracles with a memory are in ``means.py``, those that somebody has a hand in in ``feeds.py``.
"""

from verifier.language import (
    RATIO,
    Bool,
    Oracle,
    Real,
    all_of,
    amount,
    each_tick,
    initially,
    minimum,
    param,
    state,
    where,
    whole,
)

from .markets import Infinite
from .shocks import Wick
from .units import TICKS, Price, Ticks


class Spot(Oracle):
    """The market's price, at once."""

    market: Infinite

    def quote(self) -> Real:
        return self.market.price()

    def fresh(self) -> Bool:
        """Whether there is an answer now."""
        return all_of()

    def covers(self, collateral: Real, debt: Real) -> Bool:
        """Whether so much collateral is worth the debt, as the oracle sees it."""
        return debt <= collateral * self.quote()

    def health_shown(self, collateral: Real, debt: Real) -> dict[str, Real]:
        """What a run shows of the health of so much collateral, as it counts, against a debt."""
        return {"health factor": collateral * self.quote() / debt}

    def remembered(self) -> tuple[Real, ...]:
        """The earlier prices on which a quote may still depend."""
        return ()

    def lag(self, step: Real) -> Real | None:
        """The most that a quote can be of the market price; None if nothing is known to bound it."""
        del step
        return amount(1, RATIO)

    def wick_ticks(self) -> int | None:
        """How long a dip lasts: for good unless the shock is a wick, None if its duration was left open."""
        shock = self.market.shock
        return whole(shock.duration) if isinstance(shock, Wick) else FOR_GOOD

    def shown(self) -> Real | None:
        """The share of a dip's depth that the quote shows at its lowest; None if it is no fixed share."""
        return amount(1, RATIO)

    def harmless(self, health: Real) -> Real | None:
        """The depth of the deepest dip that leaves a position of this health healthy; 1 if every dip does."""
        shown = self.shown()
        return None if shown is None else minimum(1, (1 - 1 / health) / shown)

    def shown_in_time(self) -> Real | None:
        """The share of a dip's depth that the quote shows before it is over."""
        return self.shown()


FOR_GOOD = 10**9


class Silent(Spot):
    """An oracle that never answers."""

    def fresh(self) -> Bool:
        return ~all_of()

    def lag(self, step: Real) -> Real | None:
        """Nobody acts on it, so that it bounds nothing."""
        del step
        return None

    def shown(self) -> Real | None:
        return None

    def harmless(self, health: Real) -> Real | None:
        """Every dip, since nobody can be liquidated."""
        del health
        return amount(1, RATIO)

    def shown_in_time(self) -> Real | None:
        return amount(0, RATIO)


class SampledOnce(Spot):
    """The price at one tick, fixed in advance, for ever after; before that the first price, and no answer."""

    when: Ticks = param

    age: Ticks = state(0)
    sample: Price = state(like=2000)

    @initially
    def nothing_sampled_yet(self) -> Bool:
        return self.sample == self.market.price()

    @each_tick
    def look(self) -> "SampledOnce":
        age = self.age + amount(1, TICKS)
        return self.after(
            age=age, sample=where((self.age < self.when) & (age >= self.when), self.market.price(), self.sample)
        )

    def quote(self) -> Real:
        return self.sample

    def fresh(self) -> Bool:
        return self.age >= self.when
