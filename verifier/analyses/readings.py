"""What each claim about a market means over the tiers of a book: of a piece of the curve, and of the whole of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import cast

import attrs

from verifier.analyses.boundary import decimal_between
from verifier.analyses.market import LEFT, ONE, ZERO, Broken, Market, Piece, Reading
from verifier.engines.staircase import Flight
from verifier.language.book import Tier
from verifier.language.errors import SpecError
from verifier.language.expr import FALSE, TRUE, Bool, all_of, any_of, number
from verifier.language.load import generics
from verifier.language.pieces import Property

NEAR = Fraction(1, 10**6)
"""How far over a bound a refuting shock is looked for first."""


def _inside(flight: Flight, last: Fraction) -> Fraction:
    """The simplest shock a little over the piece's lower end."""
    return ZERO if flight.over < 0 else decimal_between(flight.over, min(flight.to, last, flight.over + NEAR))


def first_broken(
    market: Market,
    shock: Fraction,
    last: Callable[[Flight], Fraction | None],
    positions: Callable[[Flight, Fraction], tuple[Tier, ...]],
) -> Broken | None:
    """The first piece in which something happens: just over its lower end, and up to the shock that ``last`` says."""
    for flight in market.stairs.flights(shock):
        end = last(flight)
        if end is not None and (end := min(end, flight.to, shock)) > flight.over and end >= 0:
            x = _inside(flight, end)
            return Broken(flight.over, x, positions(flight, x), end)
    return None


def fewest(market: Market, flight: Flight, enough: Callable[[int], bool]) -> tuple[Tier, ...]:
    """As few of the fallen tiers, from the lowest on, as are enough; more are never less."""
    count = bisect_left(range(flight.fallen + 1), True, lo=1, key=enough)
    return market.stairs.tiers[: min(count, flight.fallen)]


def opened_alone(market: Market, x: Fraction) -> int:
    """How many tiers have somebody whom the shock alone makes unhealthy."""
    return bisect_left(market.stairs.tiers, ONE, key=lambda tier: tier.lo * (ONE - x))


def _still_healthy(health: Fraction) -> Fraction:
    """The largest shock that alone leaves this health at one."""
    return ONE - ONE / health


def spread_breaks(market: Market, shock: Fraction) -> Broken | None:
    """A tier is opened whose floor the shock alone would have left healthy."""
    tiers = market.stairs.tiers

    def last(flight: Flight) -> Fraction | None:
        return _still_healthy(tiers[flight.fallen - 1].lo) if flight.fallen else None

    return first_broken(market, shock, last, lambda _, x: tiers[: opened_alone(market, x) + 1])


def cascade_holds(market: Market, piece: Piece) -> Bool:
    """Everybody in an opened tier is unhealthy at the fundamental price, or its sales do not move the price."""
    if not piece.fallen or piece.share == 1:
        return TRUE
    return number(market.stairs.tiers[piece.fallen - 1].hi) * LEFT < 1


def cascade_breaks(market: Market, shock: Fraction) -> Broken | None:
    """As for a spread; in a tier that is no class a position can also drag down another one of the same tier."""
    tiers = market.stairs.tiers

    def last(flight: Flight) -> Fraction | None:
        moved = flight.fallen and market.lifted.impact(market.stairs.sold(flight.fallen, flight.to)) < 1
        return _still_healthy(tiers[flight.fallen - 1].hi) if moved else None

    def positions(_: Flight, x: Fraction) -> tuple[Tier, ...]:
        own = market.stairs.own(x)
        owes = market.stairs.paid is not None and tiers[own].debt is not None
        if owes or tiers[own].lo * (ONE - x) >= 1:
            return tiers[: own + 1]
        half = attrs.evolve(tiers[own], hi=tiers[own].lo, collateral=tiers[own].collateral / 2, debt=None)
        barely = max(tiers[own].lo, ONE / (ONE - x))
        return half, attrs.evolve(half, lo=barely, hi=barely)

    return first_broken(market, shock, last, positions)


def floor_holds(market: Market, piece: Piece) -> Bool:
    return piece.price >= number(market.argument("floor"))


def floor_breaks(market: Market, shock: Fraction) -> Broken | None:
    """The first shock at which the price left is below the floor."""
    floor, stairs = market.argument("floor"), market.stairs
    for flight in stairs.flights(shock):
        if stairs.floor(flight.fallen, flight.to) < floor:
            over = max(flight.over, stairs.lowest_over(flight, floor))
            x = flight.to if flight.to == shock else decimal_between(over, flight.to)
            return Broken(over, x, fewest(market, flight, partial(_sinks, market, floor, x)), flight.to)
    return None


def _sinks(market: Market, floor: Fraction, x: Fraction, count: int) -> bool:
    return market.stairs.floor(count, x) < floor


def floor_measure(market: Market, shock: Fraction) -> Fraction:
    flights = market.stairs.flights(shock)
    if market.stairs.last_sale is None:
        flights = flights[-1:]
    return min(market.stairs.floor(flight.fallen, flight.to) for flight in flights)


def drag_holds(market: Market, piece: Piece) -> Bool:
    """What the opened tiers can sell of those that are not unhealthy at the fundamental price, whole tiers counted."""
    most = market.argument("tolerance") * market.depth
    if piece.sold <= most or not piece.fallen or piece.share == 1:
        return number(most) >= 0
    tiers, held = market.stairs.tiers, market.stairs.held
    fits = [own for own in range(piece.fallen + 1) if held[piece.fallen] - held[own] <= most]
    if not fits:
        return FALSE
    return number(tiers[fits[0] - 1].hi) * LEFT < 1 if fits[0] else TRUE


def drag_breaks(market: Market, shock: Fraction) -> Broken | None:
    most, held = market.argument("tolerance") * market.depth, market.stairs.held

    def positions(flight: Flight, x: Fraction) -> tuple[Tier, ...]:
        own = opened_alone(market, x)
        return fewest(market, flight, lambda count: count > own and held[count] - held[own] > most)

    return first_broken(market, shock, lambda f: f.to if market.stairs.drag(f) > most else None, positions)


def drag_measure(market: Market, shock: Fraction) -> Fraction:
    return max(market.stairs.drag(flight) for flight in market.stairs.flights(shock)) / market.depth


def amplification_holds(market: Market, piece: Piece) -> Bool:
    return 1 - piece.price <= number(market.argument("factor")) * (1 - LEFT)


def amplification_breaks(market: Market, shock: Fraction) -> Broken | None:
    """The ratio is largest at the lower end of each piece."""
    most, stairs = market.argument("factor"), market.stairs
    for flight in stairs.flights(shock):
        ratio = stairs.amplified(flight)
        if ratio is None or ratio > most:
            low = max(flight.over, ZERO)
            x = decimal_between(low, min(flight.to, low + NEAR))
            while ONE - stairs.floor(flight.fallen, x) <= most * x and x - low > NEAR**6:
                x = decimal_between(low, (low + x) / 2)
            enough = partial(_amplifies, market, most, x)
            return Broken(flight.over, x, fewest(market, flight, enough), x)
    return None


def _amplifies(market: Market, most: Fraction, x: Fraction, count: int) -> bool:
    return ONE - market.stairs.floor(count, x) > most * x


def amplification_measure(market: Market, shock: Fraction) -> Fraction | None:
    ratios = [market.stairs.amplified(flight) for flight in market.stairs.flights(shock)]
    return None if None in ratios else max(cast("list[Fraction]", ratios))


def rounds_holds(market: Market, piece: Piece) -> Bool:
    """Some chain of so many rounds opens these tiers: the shock the first of them, each round's sales the next.

    Of a tier that is no class a part may be opened in one round and the rest in the next.
    """
    if not all(tier.is_class for tier in market.stairs.tiers[: piece.fallen]):
        return FALSE
    chains = {chain for _, _, chain in market.stairs.ranks(market.shock) if chain[-1] == piece.fallen}
    most = market.argument("most")
    return any_of(*(opened(market, chain) for chain in sorted(chains) if len(chain) - 1 <= most))


def opened(market: Market, chain: Sequence[int]) -> Bool:
    """That each round of sales opens the tiers up to the next number in the chain."""
    tiers, held, impact = market.stairs.tiers, market.stairs.held, market.lifted.impact
    before = [ZERO, *(held[fallen] for fallen in chain)]
    return all_of(
        *(
            number(tiers[fallen - 1].lo) * LEFT * number(impact(sold)) < 1
            for fallen, sold in zip(chain, before, strict=False)
            if fallen
        )
    )


def rounds_breaks(market: Market, shock: Fraction) -> Broken | None:
    most = market.argument("most")
    for over, to, chain in sorted(market.stairs.ranks(shock)):
        if len(chain) - 1 > most:
            return Broken(over, decimal_between(over, to), market.stairs.tiers[: chain[int(most)] + 1], to)
    return None


def rounds_measure(market: Market, shock: Fraction) -> Fraction:
    return Fraction(max(len(chain) - 1 for _, _, chain in market.stairs.ranks(shock)))


def spread_holds(market: Market, piece: Piece) -> Bool:
    return number(market.stairs.tiers[piece.fallen - 1].lo) * LEFT < 1 if piece.fallen else TRUE


READINGS: dict[str, Reading] = {
    "price_floor": Reading(floor_holds, floor_breaks, floor_measure),
    "no_spread": Reading(spread_holds, spread_breaks),
    "no_cascade": Reading(cascade_holds, cascade_breaks),
    "no_cascade tolerance": Reading(drag_holds, drag_breaks, drag_measure),
    "amplification": Reading(amplification_holds, amplification_breaks, amplification_measure),
    "rounds": Reading(rounds_holds, rounds_breaks, rounds_measure),
}


def reading_of(prop: Property) -> Reading:
    """What the claim means over tiers. Raises SpecError where it means nothing there."""
    form = " ".join((prop.name, *(name for name, _ in prop.arguments if name == "tolerance")))
    if form not in READINGS or prop.source not in generics():
        raise SpecError(f"{prop.name} is not known over tiers; it speaks of single positions")
    return READINGS[form]
