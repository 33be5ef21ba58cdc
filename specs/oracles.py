"""What a mechanism sees of the price."""

from verifier.language import Bool, Oracle, Real, all_of, amount, each_tick, param, state, where

from .markets import Infinite
from .units import TICKS, Price, Ticks


class Spot(Oracle):
    """The market's price, at once."""

    market: Infinite

    def quote(self) -> Real:
        return self.market.price()

    def fresh(self) -> Bool:
        """Whether there is an answer now."""
        return all_of()


class Silent(Spot):
    """An oracle that never answers."""

    def fresh(self) -> Bool:
        return ~all_of()


class SampledOnce(Spot):
    """The price at one tick, fixed in advance, for ever after; no answer before."""

    when: Ticks = param

    age: Ticks = state(0)
    sample: Price = state(0)

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
