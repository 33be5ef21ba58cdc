"""Which tiers a fall of the price opens, and how far their sales carry it: exact numbers, no solver.

``flights`` are the pieces of the curve: for a shock over ``over`` and up to ``to`` the first ``fallen`` tiers are
opened, by the shock and by each other's sales, and no other. Everything is in shares of the first price, which is one.

Whatever the impact of a sale, as long as more sold never means a higher price, the tiers that fall are the lowest ones,
and tier k + 1 falls beyond the largest of the shocks at which one of the tiers up to it is reached by the sales of
those below it (docs/tiers.md). Where sales are bounded by debts that shock may be irrational: it is enclosed between
two rationals, and the safe one is used.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property

import attrs

from verifier.language.book import Tier

FINE = Fraction(1, 10**12)
ROUNDS = 1000
"""The most steps of an iteration; after that the first tiers are taken to sell all they hold."""
ONE = Fraction(1)


@attrs.frozen
class Paid:
    """What is seized is worth at most ``spread`` times what is repaid; ``owed`` is each tier's debt at the first price.

    ``worth`` is what selling a quantity from a full market brings.
    """

    spread: Fraction
    owed: tuple[Fraction, ...]
    worth: Callable[[Fraction], Fraction]


@attrs.frozen
class Flight:
    """One piece of the curve: shocks over ``over`` and up to ``to`` open the first ``fallen`` tiers."""

    over: Fraction
    to: Fraction
    fallen: int


@attrs.frozen(eq=False)
class Staircase:
    """The tiers of a book by ascending health, and the market's impact."""

    tiers: tuple[Tier, ...]
    impact: Callable[[Fraction], Fraction]
    paid: Paid | None = None
    precision: Fraction = FINE
    kept: Callable[[Fraction], Fraction] | None = None
    """By its health at a price below all that are met, the share of a position that is never sold."""
    last_sale: Fraction | None = None
    """A health such that whoever falls below it, which happens at once, sells nothing."""
    _reached: dict[int, Fraction] = attrs.field(factory=dict, init=False, repr=False)

    @cached_property
    def held(self) -> tuple[Fraction, ...]:
        """What the first k tiers hold, for each k."""
        return _sums(tier.collateral for tier in self.tiers)

    @cached_property
    def owed(self) -> tuple[Fraction, ...]:
        return _sums(self.paid.owed) if self.paid else ()

    def sold(self, fallen: int, shock: Fraction) -> Fraction:
        """The most that the first tiers can sell under the shock, rounded up where it is irrational."""
        return self.bounded(fallen, shock)[0]

    def bounded(self, fallen: int, shock: Fraction) -> tuple[Fraction, int]:
        """That, and how many of the lowest tiers are counted with all they hold, the rest by what they owe."""
        if self.silent(fallen, shock):
            return Fraction(0), fallen
        most, paid = self.held[fallen], self.paid
        if paid is None:
            return (most if self.kept is None else self.unkept(fallen, shock)), fallen
        left = ONE - shock
        rest = [
            (self.worths[own] + paid.spread * (self.owed[fallen] - self.owed[own]) / left, own) for own in range(fallen)
        ]
        worth, own = min(rest, default=(self.worths[fallen], fallen))
        if self.worths[fallen] <= worth:
            return most, fallen
        sold = _least(lambda sold: paid.worth(sold) >= worth, Fraction(0), most, self.precision * most)
        return (sold, own) if self.impact(sold) > 0 else (most, fallen)  # without buyers the worth says nothing

    @property
    def straight(self) -> bool:
        """Whether what tiers sell does not depend on the shock, but where they sell nothing."""
        return self.paid is None and self.kept is None

    def unkept(self, fallen: int, shock: Fraction) -> Fraction:
        """What the first tiers do not keep at a price that the sales of that do not reach: by iteration, from above."""
        left = price = ONE - shock
        for _ in range(ROUNDS):
            sold = self.sold_at(fallen, price)
            below = left * self.impact(sold)
            if price <= below:
                return sold
            price = min(below, price - self.precision) // self.precision * self.precision
            if price <= 0:
                break
        return self.held[fallen]

    def sold_at(self, fallen: int, price: Fraction) -> Fraction:
        """What the first tiers sell at most, if no price is lower."""
        assert self.kept is not None
        shares = (max(Fraction(0), min(ONE, ONE - self.kept(tier.lo * price))) for tier in self.tiers[:fallen])
        return sum((share * tier.collateral for share, tier in zip(shares, self.tiers, strict=False)), Fraction(0))

    def silent(self, fallen: int, shock: Fraction) -> bool:
        """Whether the shock alone takes all of the first tiers below the health of the last sale."""
        if self.last_sale is None or not fallen:
            return False
        return self.tiers[fallen - 1].hi * (ONE - shock) < self.last_sale

    @cached_property
    def worths(self) -> tuple[Fraction, ...]:
        """What selling all that the first k tiers hold would bring, for each k."""
        return tuple(self.paid.worth(held) for held in self.held) if self.paid else ()

    def floor(self, fallen: int, shock: Fraction) -> Fraction:
        """The lowest price, with these tiers open; rounded down where it is irrational."""
        return (ONE - shock) * self.impact(self.sold(fallen, shock))

    def reached(self, tier: int) -> Fraction:
        """The largest shock, from below, at which the sales of all lower tiers leave this one healthy; or below 0."""
        if tier not in self._reached:
            self._reached[tier] = self._reach(tier)
        return self._reached[tier]

    def _reach(self, tier: int) -> Fraction:
        health = self.tiers[tier].lo
        if self.straight:
            left = self.impact(self.held[tier])
            return ONE - ONE / (health * left) if left > 0 else -ONE
        if health * self.floor(tier, Fraction(0)) < 1:
            return -ONE
        alone = ONE - ONE / health
        if health * self.floor(tier, alone) >= 1:
            return alone
        safe = _least(lambda x: health * self.floor(tier, x) < 1, Fraction(0), alone, self.precision)
        return max(Fraction(0), safe - self.precision)

    def flights(self, shock: Fraction) -> list[Flight]:
        """The pieces of the curve for all shocks from nothing up to this one; the first one starts below zero.

        A tier stays up to the largest of the shocks at which one of the tiers up to it is reached by those below. Where
        the first tiers sell nothing beyond some shock, they are a piece up to it and another one beyond.
        """
        made, over = [], Fraction(-1)
        for fallen in range(len(self.tiers) + 1):
            to = max(over, self.reached(fallen)) if fallen < len(self.tiers) else ONE
            if self.last_sale is not None and fallen:
                last = ONE - self.last_sale / self.tiers[fallen - 1].hi
                if over < last < min(to, shock):
                    made.append(Flight(over, last, fallen))
                    over = last
            if to > over and to >= 0:
                made.append(Flight(over, min(to, shock), fallen))
            over = to
            if over >= shock:
                break
        return made

    def fallen(self, shock: Fraction) -> int:
        """How many tiers fall under exactly this shock."""
        return self.flights(shock)[-1].fallen

    def lowest_over(self, flight: Flight, floor: Fraction) -> Fraction:
        """A shock, from below, up to which the price of this piece keeps the floor; it does not at the piece's end."""
        if self.straight:
            left = self.impact(self.sold(flight.fallen, flight.to))
            return ONE - floor / left if left else -ONE
        low = max(flight.over, Fraction(0))
        over = _least(lambda x: self.floor(flight.fallen, x) < floor, low, flight.to, self.precision)
        return max(low, over - self.precision)

    def own(self, shock: Fraction) -> int:
        """How many tiers are opened by the shock alone, every position in them."""
        left = ONE - shock
        return bisect_left(self.tiers, ONE, key=lambda tier: tier.hi * left)

    def drag(self, flight: Flight) -> Fraction:
        """The most that sales drag along in this piece, just over its lower end: whole tiers, where one is no class."""
        over = max(flight.over, Fraction(0))
        left = ONE - over
        own = sum(tier.hi * left < 1 or (tier.hi * left == 1 and over == flight.over) for tier in self.tiers)
        sold = self.sold(flight.fallen, over)
        if self.impact(sold) == 1:
            return Fraction(0)
        return min(sold, self.held[flight.fallen] - self.held[min(own, flight.fallen)])

    def amplified(self, flight: Flight) -> Fraction | None:
        """The most by which this piece multiplies the shock, at its lower end; None where no shock is needed."""
        over = max(flight.over, Fraction(0))
        loss = ONE - self.floor(flight.fallen, over)
        if over == 0:
            return ONE if loss == 0 else None
        return loss / over

    def ranks(self, shock: Fraction) -> list[tuple[Fraction, Fraction, tuple[int, ...]]]:
        """The rounds of sales that each shock sets off, as (over, up to, chain), for all shocks up to this one.

        The chain has the number of tiers opened by the shock alone, then by each round of all sales so far.
        """
        found = [(Fraction(-1), Fraction(0), self.chain(ONE))]
        waiting: list[tuple[Fraction, Fraction, tuple[int, ...]]] = [(ONE - shock, ONE, ())] if shock else []
        while waiting:
            low, high, chain = waiting.pop()
            for bottom, top, more in self.opened(chain[-1] if chain else 0, low, high):
                if chain and more == chain[-1]:
                    found.append((ONE - top, ONE - bottom, chain))
                else:
                    waiting.append((bottom, top, (*chain, more)))
        return found

    def chain(self, left: Fraction) -> tuple[int, ...]:
        """The rounds of sales where the shock leaves just this."""
        made = [sum(tier.lo * left < 1 for tier in self.tiers)]
        while True:
            price = left * self.impact(self.held[made[-1]])
            more = sum(tier.lo * price < 1 for tier in self.tiers)
            if more == made[-1]:
                return tuple(made)
            made.append(more)

    def opened(self, fallen: int, low: Fraction, high: Fraction) -> list[tuple[Fraction, Fraction, int]]:
        """How many tiers are open once the first have sold, for what shocks leave from ``low`` on, below ``high``.

        As (from, below, number), from the top.
        """
        left = self.impact(self.held[fallen])
        if left <= 0:
            return [(low, high, len(self.tiers))]
        made, top, more = [], high, fallen
        for tier in self.tiers[fallen:]:
            edge = ONE / (tier.lo * left)
            if edge <= low:
                break
            if edge < top:
                made.append((edge, top, more))
                top = edge
            more += 1
        return [*made, (low, top, more)]


def _sums(parts: object) -> tuple[Fraction, ...]:
    made = [Fraction(0)]
    for part in parts:  # type: ignore[attr-defined]
        made.append(made[-1] + part)
    return tuple(made)


def _least(holds: Callable[[Fraction], bool], low: Fraction, high: Fraction, precision: Fraction) -> Fraction:
    """A point at most ``precision`` over the least one at which a monotone condition holds; it holds at ``high``."""
    step = max(precision, Fraction(1, 10**30))
    below, over = 0, int((high - low) / step) + 1
    while over - below > 1:
        middle = (below + over) // 2
        if holds(low + middle * step):
            over = middle
        else:
            below = middle
    return min(high, low + over * step)
