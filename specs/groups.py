"""Any number of borrowers as two groups: those that a fall can reach, and those that it cannot.

What real positions do, in any order and in any portions, is a run of this system: ``docs/tiers.md`` has the proof.
Those within reach may sell anything they have at any time; one beyond may sell once its health times the lowest price
that the mechanism has seen was below one. The claim is that this never happens, and that the price keeps a floor,
however many borrowers there are, and whatever the market, as long as it keeps the laws that ``Pressed`` states.
"""

from typing import Self

from verifier.language import (
    Bool,
    Mechanism,
    Real,
    Step,
    all_of,
    assumption,
    at_start,
    implies,
    invariant,
    lemma,
    lowest,
    param,
    require,
    rule,
    state,
)

from .markets import Infinite
from .oracles import Spot
from .units import Collateral, Ratio


class Pressed(Infinite):
    """A market of which only this is known: with at most ``capacity`` sold, ``least`` of the price is left."""

    capacity: Collateral = param
    least: Ratio = param

    sold: Collateral = state(0)  # what was sold and has not come back
    share: Ratio = state(1)  # what is left of the fundamental price

    def price(self) -> Real:
        return self.shock.price * self.share

    def all_sold(self) -> Real:
        return self.sold

    def sell(self, quantity: Real) -> Self:
        return self.after(sold=self.sold + quantity)

    @rule
    def reprice(self, share: Ratio) -> Step:
        """The price follows what was sold."""
        return require(share <= 1, implies(self.sold <= self.capacity, share >= self.least)).then(
            self.after(share=share)
        )

    @rule
    def refill(self, sold: Collateral) -> Step:
        """Some of what was sold comes back."""
        return require(sold <= self.sold).then(self.after(sold=sold))


class Groups(Mechanism):
    """Those within reach can sell the market's ``capacity``; the others have ``health``; the price keeps ``reach``."""

    market: Pressed
    oracle: Spot

    reach: Ratio = param  # the floor of the price, as a share of the first one
    health: Ratio = param  # the lowest health of those beyond reach

    sold_within: Collateral = state(0)
    sold_beyond: Collateral = state(0)

    def first(self) -> Real:
        """The fundamental price at the start, which is what the mechanism sees then."""
        return at_start(self.market.shock.price)

    def lowest_share(self) -> Real:
        """What the shock leaves of the first price."""
        return 1 - self.market.shock.bound

    @assumption
    def floor_carries(self) -> Bool:
        """The shock with everything within reach sold leaves the floor."""
        return (self.market.least <= 1) & (self.reach <= self.lowest_share() * self.market.least)

    @assumption
    def floor_protects(self) -> Bool:
        """At the floor the others are healthy."""
        return self.health * self.reach >= 1

    @rule(by="liquidator")
    def sell_beyond(self, quantity: Collateral) -> Step:
        """Collateral of the others is sold: one of them has been unhealthy at some reading."""
        unhealthy = self.health * lowest(self.oracle.quote()) < self.first()
        return require(quantity > 0, unhealthy).then(
            self.after(sold_beyond=self.sold_beyond + quantity), self.market.sell(quantity)
        )

    @invariant
    def fundamental_price_keeps_its_floor(self) -> Bool:
        """The fundamental price never falls by more than the shock's bound below the first one."""
        return (self.market.shock.price >= self.lowest_share() * self.first()) & (self.first() > 0)

    @lemma
    def the_peak_is_not_below_the_start(self) -> Bool:
        return self.market.shock.peak >= self.first()

    @lemma
    def sales_are_of_those_within(self) -> Bool:
        return (self.market.sold <= self.sold_within) & (self.sold_within <= self.market.capacity)

    @lemma
    def enough_is_left(self) -> Bool:
        return (self.market.share >= self.market.least) & (self.market.share <= 1)

    @lemma
    def what_is_remembered_keeps_the_floor(self) -> Bool:
        return all_of(*(price >= self.reach * self.first() for price in self.oracle.remembered()))

    @lemma
    def readings_keep_the_floor(self) -> Bool:
        return lowest(self.oracle.quote()) >= self.reach * self.first()

    @invariant
    def floor_and_reach(self) -> Bool:
        """The price keeps the floor, and nobody beyond reach is touched."""
        return (self.market.price() >= self.reach * self.first()) & (self.sold_beyond == 0)


class TwoGroups(Groups):
    """What those within reach sell is bounded by what they have."""

    @rule(by="liquidator")
    def sell_within(self, quantity: Collateral) -> Step:
        """Collateral of those within reach is sold, whatever their health."""
        sold = self.sold_within + quantity
        return require(quantity > 0, sold <= self.market.capacity).then(
            self.after(sold_within=sold), self.market.sell(quantity)
        )


class PaidGroups(Groups):
    """What is seized is worth at most ``spread`` times what is repaid.

    Those within reach are of two kinds: ``owed`` bounds what some repay, the others' collateral what they sell, which
    is worth ``held`` in a full market. The proceeds potential: what all sales are worth in the market is never more
    than what the latter have and what the former repaid, with its spread, at the lowest fundamental price.
    """

    owed: Collateral = param  # at the first price
    held: Collateral = param
    spread: Ratio = param
    ceiling: Collateral = param  # what selling the market's capacity is worth in it

    repaid: Collateral = state(0)  # at the first price
    worth: Collateral = state(0)  # of all that those within reach sold, had it never come back
    worth_held: Collateral = state(0)  # of what the second kind sold, had it been sold first

    @assumption
    def debt_bounds_the_sales(self) -> Bool:
        """Selling the capacity at the lowest price would bring what is held, and all debt with its spread."""
        return self.spread * self.owed <= self.lowest_share() * (self.ceiling - self.held)

    def sold(self, quantity: Real, worth: Real) -> Bool:
        """That less than the capacity's worth is less than the capacity."""
        return implies(worth <= self.ceiling, self.sold_within + quantity <= self.market.capacity)

    @rule(by="liquidator")
    def sell_held(self, quantity: Collateral, worth: Collateral, gain: Collateral) -> Step:
        """Collateral of the second kind is sold: after other sales it brings no more than before them."""
        return require(
            quantity > 0, self.worth_held + gain <= self.held, worth <= self.worth + gain, self.sold(quantity, worth)
        ).then(
            self.after(sold_within=self.sold_within + quantity, worth=worth, worth_held=self.worth_held + gain),
            self.market.sell(quantity),
        )

    @rule(by="liquidator")
    def sell_for_debt(self, quantity: Collateral, repaid: Collateral, slope: Ratio, worth: Collateral) -> Step:
        """Collateral of the first kind is sold for debt repaid; ``slope`` is the price share after all ever sold."""
        return require(
            quantity > 0,
            quantity * self.oracle.quote() <= self.spread * repaid * self.first(),
            self.repaid + repaid <= self.owed,
            slope <= self.market.share,
            worth <= self.worth + quantity * slope,
            self.sold(quantity, worth),
        ).then(
            self.after(sold_within=self.sold_within + quantity, repaid=self.repaid + repaid, worth=worth),
            self.market.sell(quantity),
        )

    @lemma
    def proceeds_were_paid(self) -> Bool:
        return self.lowest_share() * (self.worth - self.worth_held) <= self.spread * self.repaid

    @lemma
    def bounds_are_kept(self) -> Bool:
        return (self.repaid <= self.owed) & (self.worth_held <= self.held) & (self.worth <= self.ceiling)
