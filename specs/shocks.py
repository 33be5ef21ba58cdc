"""What the environment may do to the fundamental price. Time is the shock's ``tick``; nothing else moves the price."""

from typing import Self

from verifier.language import (
    Bool,
    Real,
    Shock,
    Step,
    all_of,
    amount,
    any_of,
    assumption,
    at_start,
    extreme,
    implies,
    initially,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
    whole,
)

from .units import PRICE, TICKS, Price, Ratio, Seconds, Ticks


class Path(Shock):
    """A path of the fundamental price: any positive one, until a kind of shock says what is allowed."""

    bound: Ratio = param  # the share by which the price may fall, as the kind of shock counts it
    seconds: Seconds = param(12)  # the length of a tick: a block of Ethereum, unless a design says otherwise

    price: Price = state(like=2000)
    peak: Price = state()  # the highest price so far

    @assumption
    def bound_is_a_share(self) -> Bool:
        """The shock takes a share of the price, and not all of it."""
        return (self.bound >= 0) & (self.bound < 1)

    @assumption
    def ticks_take_time(self) -> Bool:
        """A tick takes some time."""
        return self.seconds > 0

    @initially
    def starts_at_its_peak(self) -> Bool:
        return (self.price > 0) & (self.peak == self.price)

    @lemma
    def never_above_its_peak(self) -> Bool:
        return self.price <= self.peak

    @lemma
    def never_below_its_floor(self) -> Bool:
        return self.price >= self.floor()

    @rule
    def tick(self, price: Price) -> Step:
        """Time passes; the price moves as far as the shock allows."""
        return require(price > 0, self.allows(price)).then(self.moved(price))

    def allows(self, price: Real) -> Bool:
        """Whether the price may be this after the next tick."""
        return price > 0

    def moved(self, price: Real) -> Self:
        """The path after a tick that ends at this price."""
        return self.after(price=price, peak=maximum(self.peak, price))

    def floor(self) -> Real:
        """A price that no later one is below."""
        return amount(0, PRICE)

    def fastest(self, ticks: int = 1) -> Real:
        """The largest share that so many ticks may take of the first price, or of one that never rose above it."""
        del ticks
        return self.bound


class Drawdown(Path):
    """Never more than ``bound`` below the highest price so far, on whatever path."""

    def allows(self, price: Real) -> Bool:
        return price >= (1 - self.bound) * self.peak

    def floor(self) -> Real:
        return (1 - self.bound) * self.peak

    @extreme
    def the_whole_drawdown(self) -> Bool:
        return self.price == (1 - self.bound) * self.peak


class Drop(Path):
    """The first price up to one tick, then one price, at least ``1 - bound`` of the first, for ever."""

    moved_once: Bool = state(False)

    def allows(self, price: Real) -> Bool:
        return (price >= (1 - self.bound) * at_start(self.price)) & implies(self.moved_once, price == self.price)

    def moved(self, price: Real) -> Self:
        return super().moved(price).after(moved_once=self.moved_once | (price != self.price))

    def floor(self) -> Real:
        return (1 - self.bound) * at_start(self.price)

    @lemma
    def first_price_until_it_moves(self) -> Bool:
        first = at_start(self.price)
        return self.moved_once | ((self.price == first) & (self.peak == first))

    @lemma
    def within_the_drop_of_its_peak(self) -> Bool:
        return self.price >= (1 - self.bound) * self.peak

    @extreme
    def the_whole_drop(self) -> Bool:
        return self.price == (1 - self.bound) * at_start(self.price)


class Floor(Path):
    """Never more than ``bound`` below the first price. To be used with a frozen book."""

    def allows(self, price: Real) -> Bool:
        return price >= (1 - self.bound) * at_start(self.price)

    def floor(self) -> Real:
        return (1 - self.bound) * at_start(self.price)

    @extreme
    def the_whole_fall(self) -> Bool:
        return self.price == (1 - self.bound) * at_start(self.price)


class Slide(Floor):
    """A fall to at most ``bound`` below the first price that takes its time: at most ``step`` down in one tick."""

    step: Ratio = param

    @assumption
    def step_is_a_share(self) -> Bool:
        """A tick takes a share of the price, and not all of it."""
        return (self.step >= 0) & (self.step < 1)

    def allows(self, price: Real) -> Bool:
        return super().allows(price) & (price >= (1 - self.step) * self.price)

    def fastest(self, ticks: int = 1) -> Real:
        """The largest share that so many ticks may take of any price, one to which it rose included."""
        lost: Real = self.step
        for _ in range(1, ticks):
            lost = lost + (1 - lost) * self.step
        return lost

    @extreme
    def the_whole_fall(self) -> Bool:
        """The first tick takes as much as one may; how many more there are is a matter of patience."""
        return self.price == (1 - minimum(self.fastest(), self.bound)) * at_start(self.price)


SLIDE = Slide(bound="0.5", step="0.02")


class Decline(Slide):
    """A slide without a rebound: the price never rises."""

    def allows(self, price: Real) -> Bool:
        return super().allows(price) & (price <= self.price)


class Steps(Path):
    """At most ``bound`` down in one tick, as often as it likes."""

    def allows(self, price: Real) -> Bool:
        return price >= (1 - self.bound) * self.price


class Wick(Path):
    """A transient: the first price, for at most ``duration`` ticks anything down to ``1 - bound`` of it, then it again.

    The ticks are counted from the first dip.
    """

    duration: Ticks = param(1)
    age: Ticks = state(0)  # ticks since the dip began

    @assumption
    def duration_is_not_negative(self) -> Bool:
        """A wick lasts a number of ticks."""
        return self.duration >= 0

    def allows(self, price: Real) -> Bool:
        first = at_start(self.price)
        in_time = self.age < self.duration
        return (price <= first) & (price >= (1 - self.bound) * first) & (in_time | (price == first))

    def moved(self, price: Real) -> Self:
        begun = (self.age > 0) | (price < at_start(self.price))
        return super().moved(price).after(age=where(begun, self.age + amount(1, TICKS), 0))

    def floor(self) -> Real:
        return (1 - self.bound) * at_start(self.price)

    @lemma
    def low_in_its_time(self) -> Bool:
        one = amount(1, TICKS)
        return (self.price == at_start(self.price)) | ((self.age >= one) & (self.age < self.duration + one))

    @lemma
    def age_is_whole(self) -> Bool:
        if (duration := whole(self.duration)) is None:
            return all_of()
        early = (self.age == amount(ticks, TICKS) for ticks in range(duration + 1))
        return any_of(*early) | (self.age >= amount(duration + 1, TICKS))

    @extreme
    def the_whole_wick(self) -> Bool:
        return self.price == (1 - self.bound) * at_start(self.price)
