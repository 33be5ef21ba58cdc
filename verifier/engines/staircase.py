"""Which tiers a fall of the price opens, and how far their sales carry it: exact numbers, no solver.

``flights`` are the pieces of the curve: for a shock over ``over`` and up to ``to`` the tiers before ``fallen`` are opened,
by the shock and by each other's sales, and no other. Everything is in shares of the first price, which is one.

Whatever the impact of a sale, as long as more sold never means a higher price, the tiers that fall are the lowest ones,
and the shock at which tier k + 1 falls is the largest of the shocks at which one of the tiers up to it is reached by the
sales of those below it (docs/tiers.md). Where sales are bounded by debts, that shock has no closed form: it is enclosed
between two rationals, and the safe one is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property

import attrs

from verifier.language.book import Tier

FINE = Fraction(1, 10**12)
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

    @cached_property
    def held(self) -> tuple[Fraction, ...]:
        """What the first k tiers hold, for each k."""
        return _sums(tier.collateral for tier in self.tiers)

    @cached_property
    def owed(self) -> tuple[Fraction, ...]:
        return _sums(self.paid.owed) if self.paid else ()

    def sold(self, fallen: int, shock: Fraction) -> Fraction:
        """The most that the first tiers can sell under the shock, rounded up where it is irrational."""
        most = self.held[fallen]
        if self.paid is None:
            return most
        raised = self.paid.spread * self.owed[fallen]
        left = ONE - shock
        if left * self.paid.worth(most) <= raised:
            return most
        return _least(lambda q: left * self.paid.worth(q) >= raised, Fraction(0), most, self.precision * most)  # type: ignore[union-attr]

    def floor(self, fallen: int, shock: Fraction) -> Fraction:
        """The lowest price, with these tiers open; rounded down where it is irrational."""
        return (ONE - shock) * self.impact(self.sold(fallen, shock))

    def reached(self, tier: int) -> Fraction:
        """The largest shock, from below, at which the sales of all lower tiers leave this one healthy; 0 if none."""
        health = self.tiers[tier].lo
        if self.paid is None:
            left = self.impact(self.held[tier])
            return ONE - ONE / (health * left) if left > 0 else -ONE
        if health * self.floor(tier, Fraction(0)) < 1:
            return -ONE
        alone = ONE - ONE / health
        if health * self.floor(tier, alone) >= 1:
            return alone
        safe = _least(lambda x: health * self.floor(tier, x) < 1, Fraction(0), alone, self.precision)
        return max(Fraction(0), safe - self.precision)

    @cached_property
    def reach(self) -> tuple[Fraction, ...]:
        """The shock up to which each tier stays: the largest among those of the tiers up to it."""
        made: list[Fraction] = []
        for number in range(len(self.tiers)):
            made.append(max(self.reached(number), made[-1] if made else Fraction(-1)))
        return tuple(made)

    def flights(self, shock: Fraction) -> list[Flight]:
        """The pieces of the curve for all shocks up to this one."""
        bounds = [Fraction(-1), *self.reach, ONE]
        cut = [(max(Fraction(0), low), min(shock, high)) for low, high in zip(bounds, bounds[1:], strict=False)]
        made = [Flight(low, high, fallen) for fallen, (low, high) in enumerate(cut) if low < high]
        return made or [Flight(Fraction(-1), shock, self.fallen(shock))]

    def fallen(self, shock: Fraction) -> int:
        """How many tiers fall under exactly this shock."""
        return sum(bound < shock for bound in self.reach)

    def alone(self, shock: Fraction, *, just_over: bool = False) -> int:
        """How many tiers the shock opens by itself; all of a tier, where it is no class."""
        left = ONE - shock
        return sum(tier.hi * left < 1 or (just_over and tier.hi * left == 1) for tier in self.tiers)

    def first_spread(self, shock: Fraction) -> Flight | None:
        """The first piece in which a tier falls that the shock alone would not have opened."""
        for flight in self.flights(shock):
            if flight.fallen and self.tiers[flight.fallen - 1].lo * (ONE - max(flight.over, Fraction(0))) > 1:
                return flight
        return None

    def drag(self, flight: Flight) -> Fraction:
        """The most that sales drag along in this piece: just over its lower end."""
        own = self.alone(max(flight.over, Fraction(0)), just_over=True)
        return self.sold(flight.fallen, max(flight.over, Fraction(0))) - self.held[min(own, flight.fallen)]

    def amplified(self, flight: Flight) -> Fraction | None:
        """The most by which this piece multiplies the shock: at its lower end; None where a shock of nothing does it."""
        over = max(flight.over, Fraction(0))
        loss = ONE - self.floor(flight.fallen, over)
        if over == 0:
            return ONE if loss == 0 else None
        return loss / over

    def ranks(self, shock: Fraction) -> list[tuple[Fraction, Fraction, int]]:
        """How many rounds of sales each shock sets off, as (over, up to, rounds): exact, for all shocks up to this one."""
        found: list[tuple[Fraction, Fraction, int]] = []

        def split(low: Fraction, high: Fraction, fallen: int, rounds: int) -> None:
            """Prices over ``low`` and up to ``high``... are those for which ``rounds`` rounds opened ``fallen`` tiers."""
            left = self.impact(self.held[fallen])
            edges = [ONE / (tier.lo * left) for tier in self.tiers[fallen:]] if left > 0 else []
            more, top = fallen, high
            for edge in edges:
                if edge <= low:
                    break
                if edge < top:
                    done(edge, top, more, fallen, rounds)
                    top = edge
                more += 1
            else:
                if left <= 0:
                    more = len(self.tiers)
            done(low, top, more, fallen, rounds)

        def done(low: Fraction, high: Fraction, more: int, fallen: int, rounds: int) -> None:
            if more == fallen:
                found.append((ONE - high, ONE - low, max(0, rounds)))
            else:
                split(low, high, more, rounds + 1)

        split(ONE - shock, ONE, 0, -1) if self.tiers else found.append((Fraction(0), shock, 0))
        return found


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
