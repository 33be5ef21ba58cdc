"""Oracles that remember: delays and averages of the market's price.

Source: textbook averages. What they stand for: Maker's delayed feed (makerdao/osm, ``osm.sol``), time-weighted means
(Uniswap/v2-core, ``UniswapV2Pair.sol``), exponential ones (curvefi/curve-stablecoin, ``EmaPriceOracle.vy``). There is
one sample a tick, and this tick's price is the newest one; at the start the memory is filled with the first price.
"""

from itertools import pairwise
from typing import Self

from verifier.language import (
    RATIO,
    Bool,
    Q,
    Real,
    SpecError,
    all_of,
    amount,
    assumption,
    at_start,
    each_tick,
    implies,
    initially,
    invariant,
    lemma,
    param,
    state,
)

from .oracles import FOR_GOOD, Spot
from .shocks import Decline, Drop, Wick
from .units import TICKS, Price, Ratio, exactly


class Memory(Spot):
    """An oracle that remembers the prices of so many ticks, under these names, the latest first."""

    def names(self) -> tuple[str, ...]:
        raise NotImplementedError

    def samples(self) -> tuple[Real, ...]:
        """This tick's price, and those remembered."""
        return (self.market.price(), *(getattr(self, name) for name in self.names()))

    def remembered(self) -> tuple[Real, ...]:
        return self.samples()[1:]

    def settled(self) -> Self:
        """What it comes to, if the price stays."""
        return self.after(**dict.fromkeys(self.names(), self.market.price()))

    @initially
    def filled_with_the_first_price(self) -> Bool:
        return all_of(*(sample == self.market.price() for sample in self.remembered()))

    @each_tick
    def remember(self) -> Self:
        return self.after(**dict(zip(self.names(), self.samples(), strict=False)))

    @lemma
    def samples_are_positive(self) -> Bool:
        return all_of(*(sample > 0 for sample in self.samples()))

    @lemma
    def nothing_to_remember_before_the_drop(self) -> Bool:
        shock = self.market.shock
        if not isinstance(shock, Drop):
            return all_of()
        return shock.moved_once | all_of(*(sample == at_start(shock.price) for sample in self.samples()))

    @lemma
    def older_samples_are_higher_in_a_decline(self) -> Bool:
        samples = self.samples()
        falling = (older >= newer for newer, older in pairwise(samples))
        return all_of(*falling) if isinstance(self.market.shock, Decline) else all_of()

    @lemma
    def low_samples_are_of_the_wick(self) -> Bool:
        shock = self.market.shock
        if not isinstance(shock, Wick):
            return all_of()
        one = amount(1, TICKS)
        ages = [shock.age - ticks * one for ticks in range(len(self.samples()))]
        return all_of(
            *(
                (sample == at_start(shock.price)) | ((age >= one) & (age < shock.duration + one))
                for sample, age in zip(self.samples(), ages, strict=True)
            )
        )

    @lemma
    def each_tick_took_its_share_at_most(self) -> Bool:
        kept, samples = 1 - self.market.shock.fastest(), self.samples()
        return all_of(*(kept * older <= newer for newer, older in pairwise(samples)))

    @lemma
    def samples_are_above_the_floor(self) -> Bool:
        return all_of(*(sample >= self.market.shock.floor() for sample in self.samples()))

    @invariant
    def trails_by_no_more_than_its_lag(self) -> Bool:
        """While no tick takes more than its share of the price, the quote is at most so many times the price."""
        lag = self.lag(self.market.shock.fastest())
        return all_of() if lag is None else self.quote() <= lag * self.market.price()

    @invariant
    def shows_no_more_than_its_share_of_a_wick(self) -> Bool:
        """The quote falls by at most its share of the depth of a wick."""
        shown, shock = self.shown(), self.market.shock
        return all_of() if shown is None else self.quote() >= (1 - shock.bound * shown) * at_start(shock.price)


class Delayed(Memory):
    """The price of the tick before."""

    before_1: Price = state(like=2000)

    def names(self) -> tuple[str, ...]:
        return ("before_1",)

    def quote(self) -> Real:
        return self.samples()[-1]

    def lag(self, step: Real) -> Real | None:
        return 1 / (1 - step) ** len(self.names())

    def shown_in_time(self) -> Real | None:
        ticks = self.wick_ticks()
        return None if ticks is None else amount(int(ticks > len(self.names())), RATIO)


class DelayedLong(Delayed):
    """The price of three ticks ago."""

    before_2: Price = state(like=2000)
    before_3: Price = state(like=2000)

    def names(self) -> tuple[str, ...]:
        return ("before_1", "before_2", "before_3")


class Mean(Memory):
    """The arithmetic mean of the last four prices."""

    before_1: Price = state(like=2000)
    before_2: Price = state(like=2000)
    before_3: Price = state(like=2000)

    def names(self) -> tuple[str, ...]:
        return ("before_1", "before_2", "before_3")

    def window(self) -> int:
        """How many samples count."""
        return len(self.samples())

    def quote(self) -> Real:
        newest, *older = self.samples()
        return sum(older, newest) / self.window()

    def lag(self, step: Real) -> Real | None:
        """After a window of steady fall: the mean of 1/(1 - s)^i."""
        older = [1 / (1 - step) ** age for age in range(1, self.window())]
        return sum(older, amount(1, RATIO)) / self.window()

    def shown(self) -> Real | None:
        ticks = self.wick_ticks()
        return None if ticks is None else amount(Q(min(ticks, self.window())) / self.window(), RATIO)


class HarmonicMean(Mean):
    """The harmonic mean of the last four prices: the mean of Uniswap's other sum, which is of the inverse price."""

    def quote(self) -> Real:
        newest, *older = (1 / sample for sample in self.samples())
        return self.window() / sum(older, newest)

    def lag(self, step: Real) -> Real | None:
        """After a window of steady fall: the reciprocal of the mean of (1 - s)^i."""
        kept = [(1 - step) ** age for age in range(1, self.window())]
        return self.window() / sum(kept, amount(1, RATIO))

    def shown(self) -> Real | None:
        return None

    def harmless(self, health: Real) -> Real | None:
        """All of h·w ≥ (w - k) + k/(1 - D), k samples of the wick being in the window."""
        ticks = self.wick_ticks()
        if ticks is None:
            return None
        low, window = min(max(ticks, 1), self.window()), self.window()
        return 1 - low / (window * (health - 1) + low)

    @invariant
    def at_most_the_arithmetic_mean(self) -> Bool:
        """The reciprocal of the mean price in the other token is at most the mean of the price."""
        return self.quote() <= super().quote()


class MeanLong(Mean):
    """The arithmetic mean of the last eight prices."""

    before_4: Price = state(like=2000)
    before_5: Price = state(like=2000)
    before_6: Price = state(like=2000)
    before_7: Price = state(like=2000)

    def names(self) -> tuple[str, ...]:
        return tuple(f"before_{age}" for age in range(1, 8))


class Ema(Memory):
    """An exponential moving average: each tick moves it by a share ``weight`` of the way to the price.

    A fall of s a tick, for ever, leaves it near (1 - s)·weight/(weight - s) times the price, which no run reaches, and
    for s from ``weight`` on at any multiple.
    """

    weight: Ratio = param("0.1")

    average: Price = state(like=2000)  # up to the tick before

    @assumption
    def weight_is_a_share(self) -> Bool:
        """The newest price has some weight, and at most all of it."""
        return (self.weight > 0) & (self.weight <= 1)

    def names(self) -> tuple[str, ...]:
        return ("average",)

    @each_tick
    def remember(self) -> Self:
        return self.after(average=self.quote())

    def quote(self) -> Real:
        return (1 - self.weight) * self.average + self.weight * self.market.price()

    def lag(self, step: Real) -> Real | None:
        """Long falls come near it; None unless a tick is known to take less than the weight."""
        numbers = exactly(self.weight, step)
        slow = numbers is not None and numbers[1] < numbers[0]
        return self.weight * (1 - step) / (self.weight - step) if slow else None

    @lemma
    def each_tick_took_its_share_at_most(self) -> Bool:
        step = self.market.shock.fastest()
        return (self.weight - step) * self.average <= self.weight * self.market.price()

    @invariant
    def trails_by_no_more_than_its_lag(self) -> Bool:
        """While every tick keeps 1 - s of the price, s below the weight w, it is at most w·(1 - s)/(w - s) times it."""
        step = self.market.shock.fastest()
        return (self.weight - step) * self.quote() <= self.weight * (1 - step) * self.market.price()

    @lemma
    def low_samples_are_of_the_wick(self) -> Bool:
        """What the dips so far took of the average, counted by the wick's age, and at most all that they can take."""
        shock, duration = self.market.shock, self.wick_ticks()
        if not isinstance(shock, Wick) or duration is None:
            return all_of()
        ages = [shock.age <= amount(age, TICKS) for age in range(1, duration + 1)] + [all_of()]
        least = [self.after_dips(age) * at_start(shock.price) for age in range(duration + 1)]
        return all_of(*(implies(young, self.average >= low) for young, low in zip(ages, least, strict=True)))

    def after_dips(self, ticks: int) -> Real:
        """What so many ticks of the whole wick leave of the average."""
        return 1 - self.market.shock.bound * (1 - (1 - self.weight) ** ticks) if ticks else amount(1, RATIO)

    def shown(self) -> Real | None:
        ticks = self.wick_ticks()
        if ticks is None:
            return None
        return amount(1, RATIO) if ticks == FOR_GOOD else 1 - (1 - self.weight) ** max(ticks, 1)


class PreviousEma(Ema):
    """An exponential moving average of the price of the tick before: this tick's own price cannot move it.

    The rule of Curve's newer pools (curvefi/stableswap-ng, ``CurveStableSwapNG.vy``): the last price enters the average
    when the next block's first trade comes.
    """

    before: Price = state(like=2000)  # the price of the tick before

    def names(self) -> tuple[str, ...]:
        return ("average", "before")

    @each_tick
    def remember(self) -> Self:
        return self.after(average=self.quote(), before=self.market.price())

    def quote(self) -> Real:
        return (1 - self.weight) * self.average + self.weight * self.before

    def lag(self, step: Real) -> Real | None:
        """That of the average, a tick later."""
        at_once = super().lag(step)
        return None if at_once is None else at_once / (1 - step)

    @lemma
    def each_tick_took_its_share_at_most(self) -> Bool:
        step = self.market.shock.fastest()
        kept = (1 - step) * self.before <= self.market.price()
        return kept & ((self.weight - step) * self.average <= self.weight * self.before)

    @invariant
    def trails_by_no_more_than_its_lag(self) -> Bool:
        """While every tick keeps 1 - s of the price, s below the weight w, it is at most w/(w - s) times the price."""
        return (self.weight - self.market.shock.fastest()) * self.quote() <= self.weight * self.market.price()

    @lemma
    def low_samples_are_of_the_wick(self) -> Bool:
        """What the dips before the last tick took of the average, which had come to it a tick later."""
        shock, duration = self.market.shock, self.wick_ticks()
        if not isinstance(shock, Wick) or duration is None:
            return all_of()
        ages = [shock.age <= amount(age + 1, TICKS) for age in range(1, duration + 1)] + [all_of()]
        least = [self.after_dips(age) * at_start(shock.price) for age in range(duration + 1)]
        known = (implies(young, self.average >= low) for young, low in zip(ages, least, strict=True))
        return all_of(*known, self.before_is_of_the_wick(shock, amount(duration, TICKS)))

    def before_is_of_the_wick(self, shock: Wick, duration: Real) -> Bool:
        """Whether the price of the tick before is the first one, unless the wick had begun and was not over."""
        one = amount(1, TICKS)
        young = (shock.age >= 2 * one) & (shock.age <= duration + one)
        return (self.before == at_start(shock.price)) | young

    @invariant
    def is_not_moved_in_the_tick_of_a_dip(self) -> Bool:
        """In the tick in which the price first dips, it is what it was."""
        shock = self.market.shock
        if not isinstance(shock, Wick):
            return all_of()
        return implies(shock.age <= amount(1, TICKS), self.quote() == at_start(shock.price))


class GeometricMean(Memory):
    """The geometric mean of the last three prices. It is not rational, and is only compared: by its third power."""

    before_1: Price = state(like=2000)
    before_2: Price = state(like=2000)

    def names(self) -> tuple[str, ...]:
        return ("before_1", "before_2")

    def quote(self) -> Real:
        raise SpecError(
            "a geometric mean is a root, and not a number that a formula may use: only mechanisms that ask "
            "oracle.covers(collateral, debt) can take it, such as those that sell at the market; for one that "
            "trades at the oracle's price take 'mean', an arithmetic one"
        )

    def cubed(self) -> Real:
        """The third power of the mean."""
        first, second, third = self.samples()
        return first * second * third

    def covers(self, collateral: Real, debt: Real) -> Bool:
        return debt**3 <= collateral**3 * self.cubed()

    def health_shown(self, collateral: Real, debt: Real) -> dict[str, Real]:
        return {"health factor cubed": collateral**3 * self.cubed() / debt**3}

    def lag(self, step: Real) -> Real | None:
        """After a window of steady fall: 1/(1 - s)^((w - 1)/2)."""
        return 1 / (1 - step)

    def harmless(self, health: Real) -> Real | None:
        """All of h^w·(1 - D)^k ≥ 1, where one tick of the wick or all of the window is seen."""
        ticks = self.wick_ticks()
        if ticks is None or 1 < ticks < len(self.samples()):
            return None
        return 1 - 1 / health ** (3 if ticks <= 1 else 1)

    def shown(self) -> Real | None:
        return None

    @invariant
    def trails_by_no_more_than_its_lag(self) -> Bool:
        """While no tick takes more than its share of the price, the mean is at most 1/(1 - s) times the price."""
        most = self.market.price() / (1 - self.market.shock.fastest())
        return self.cubed() <= most**3
