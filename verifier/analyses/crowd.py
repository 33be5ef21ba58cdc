"""Claims on the market as a whole, over the tiers of a book: for any number of borrowers and any number of rounds.

Three parts make a proof: the mechanism may be lifted (``lift``), the theorem on two groups (``theorem``), and one
question to the solver in which the shock is left open: for every shock up to the stated one, some prefix of the tiers
is such that the theorem applies to it and the claim holds of it. A refutation is a run of concrete positions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

import attrs

from verifier.analyses.crash import Crash, book_of
from verifier.analyses.lift import Lifted, Lifter
from verifier.analyses.theorem import theorem
from verifier.engines.ask import Solver
from verifier.engines.staircase import Flight, Paid, Staircase
from verifier.evidence.run import Run
from verifier.evidence.verdict import Certificate, Proved, Refuted, Unknown, Vacuous, Verdict
from verifier.interpretations.exact import holds
from verifier.language.book import Tier
from verifier.language.errors import SpecError
from verifier.language.expr import TRUE, Bool, Q, Real, Var, all_of, any_of, implies, number, variable
from verifier.language.lower import Problem
from verifier.language.pieces import Crowd, Design, Shock
from verifier.language.system import Claim

ZERO, ONE = Fraction(0), Fraction(1)
SEATS = 24
"""The most positions that a refuting run is made of."""
NEAR = Fraction(1, 10**6)
"""How far over a bound a refuting shock is looked for first."""
CUTS = 256
FINEST = Fraction(1, 10**9)
"""The shortest part of the curve that is looked at by itself, where its pieces are not straight."""
LEFT = cast(Real, variable(Var("what the shock leaves", Real)))


@attrs.frozen(eq=False)
class Market:
    """What a book of tiers, a mechanism and a market come to: the curve, and why it speaks for any number."""

    problem: Problem
    design: type[Design]
    settings: Mapping[str, Any]
    stairs: Staircase
    lifted: Lifted
    certificate: Certificate
    shock: Fraction

    @property
    def notes(self) -> tuple[str, ...]:
        """What a verdict over tiers must say."""
        rows = self.stairs.tiers
        shown = "; ".join(map(str, rows[:8])) + (f"; ... up to {rows[-1]}" if len(rows) > 8 else "")
        said = [f"{len(rows)} tiers (health from the first price on: collateral): {shown}"]
        wide = [tier for tier in rows if not tier.is_class and tier.lo > 0]
        if wide:
            widest = max(tier.hi / tier.lo for tier in wide)
            said.append(
                f"{len(wide)} are no classes of one health; the widest reaches {float(widest):.4g} times its floor"
            )
        if self.lifted.impact(self.stairs.held[-1]) == 1:
            said.append("the price that the mechanism sees does not move with sales, so nothing cascades")
        else:
            said.append("the oracle reads the market price, which sales move")
        most = self.stairs.sold(self.stairs.fallen(self.shock), self.shock)
        if most and self.lifted.impact(most) == 0:
            said.append(
                f"the market is exhausted: up to {float(most):.6g} may be sold, not for all of which there are buyers"
            )
        return (*said, *self.lifted.notes)

    def argument(self, name: str) -> Fraction:
        """The value of one of the claim's own arguments."""
        return Q(dict(self.problem.prop.arguments)[name])

    @property
    def depth(self) -> Fraction:
        """What shares of the market are measured by."""
        depth = self.lifted.market.depth.leaf if hasattr(type(self.lifted.market), "depth") else None
        if not isinstance(depth, Fraction):
            raise SpecError("a share of the market's depth needs a market with a depth that is a number")
        return depth


@attrs.frozen(eq=False)
class Piece:
    """A piece of the curve for the solver: the first tiers have fallen, and so much of the first price is left."""

    fallen: int
    price: Real
    share: Fraction
    sold: Fraction
    fits: Bool
    """That these numbers are what the theorem asks for."""


@attrs.frozen
class Broken:
    """A shock at which the tiers allow what is claimed not to happen, and positions that should show it."""

    over: Fraction
    """The largest shock, from below, at which it does not happen."""
    shock: Fraction
    positions: tuple[Tier, ...]
    upto: Fraction
    """The largest shock at which the same happens."""


@attrs.frozen(eq=False)
class Reading:
    """What a claim means over tiers: of a piece of the curve, and of the whole of it."""

    holds: Callable[[Market, Piece], Bool]
    breaks: Callable[[Market, Fraction], Broken | None]
    measure: Callable[[Market, Fraction], Fraction | None] = lambda _market, _shock: None
    """For all shocks up to this one, the best value of the claim's own argument; None if there is none."""


def market_of(
    design: type[Design],
    problem: Problem,
    settings: Mapping[str, Any],
    solver: Solver,
    tiers: Sequence[Tier] | None = None,
) -> Market:
    """The market of a problem over tiers, every obligation discharged. Raises NotLifted, GaveUp, SpecError."""
    book = book_of(problem)
    assert book is not None
    snapshot = next(piece for piece in problem.pieces.values() if isinstance(piece, Crowd))
    rows = tuple(tiers if tiers is not None else snapshot.rows)
    refuse_disorder(rows)
    lifted = Lifter(problem, solver).lifted()
    paid = Paid(cast(Fraction, lifted.spread), owed(rows, lifted), lifted.worth) if lifted.paid else None
    certificate = theorem(problem, book, solver, paid=lifted.paid)
    return Market(
        problem, design, settings, Staircase(rows, lifted.impact, paid), lifted, certificate, bound_of(problem)
    )


def refuse_disorder(rows: Sequence[Tier]) -> None:
    """Tiers are listed by ascending health, apart from each other. Raises SpecError."""
    if not rows:
        raise SpecError("the book has no tiers: give it rows=(...), or --book FILE")
    for tier in rows:
        if tier.lo <= 0 or tier.hi < tier.lo or tier.collateral < 0:
            raise SpecError(f"a tier runs from one positive health to another, and holds collateral, not {tier}")
    for lower, upper in pairwise(rows):
        if upper.lo <= lower.hi:
            raise SpecError(f"tiers ascend and do not touch, but {lower} comes before {upper}")


def owed(rows: Sequence[Tier], lifted: Lifted) -> tuple[Fraction, ...]:
    """The most that each tier owes, at the first price: what its lowest health allows, or less where it is known."""
    most = [lifted.owed_per_value * tier.collateral / tier.lo for tier in rows]
    return tuple(high if tier.debt is None else min(high, tier.debt) for high, tier in zip(most, rows, strict=True))


def bound_of(problem: Problem) -> Fraction:
    """The shock's bound."""
    shock: Any = next(piece for piece in problem.pieces.values() if isinstance(piece, Shock))
    if not isinstance(shock.bound.leaf, Fraction):
        raise SpecError("over tiers the shock is a number; 'verifier bound' finds the largest one")
    return shock.bound.leaf


# The verdict.


@attrs.frozen(eq=False)
class Judged:
    """A verdict over tiers; a refutation with what the table of its run shows."""

    verdict: Verdict
    claim: Claim
    columns: tuple[tuple[str, Real], ...] = ()
    seats: tuple[tuple[Fraction, Fraction], ...] = ()
    """Of a run of several positions: the health and the collateral of each."""


def settle_crowd(market: Market, solver: Solver) -> Judged:
    """The verdict on the problem's claim."""
    name = market.problem.prop.name
    reading = READINGS.get(name)
    if reading is None:
        raise SpecError(f"{name} is not known over tiers; it speaks of single positions")
    covered = cover(market, reading)
    if solver.ask(up_to(market.shock), [covered]) is None:
        if market.problem.claim.on_steps and not market.stairs.held[market.stairs.fallen(market.shock)]:
            healthy = percent(max(ZERO, market.stairs.reached(0)))
            return Judged(
                Vacuous(f"nobody is liquidated: up to a shock of {healthy} all are healthy"), market.problem.claim
            )
        curve = implies(all_of(*up_to(market.shock)), covered)
        lemmas = (*market.certificate.lemmas, ("a prefix of the tiers for every shock", curve))
        return Judged(Proved(attrs.evolve(market.certificate, lemmas=lemmas)), market.problem.claim)
    broken = reading.breaks(market, market.shock)
    found = refutation(market, broken, solver) if broken else None
    if found is None:
        return Judged(Unknown("incomplete", loose(market, broken)), market.problem.claim)
    crash, run = found
    seats = tuple((tier.lo, tier.collateral) for tier in crash.tiers)
    return Judged(Refuted(run, shortest=False), crash.claim, crash.system.columns, seats)


def loose(market: Market, broken: Broken | None) -> str:
    """Why nothing was settled."""
    at = f" at a shock of {percent(broken.shock)}" if broken else ""
    finer = "; group the book more finely" if any(not tier.is_class for tier in market.stairs.tiers) else ""
    return (
        f"the tiers allow it{at}, but no run of concrete positions that does it was found: "
        f"the bound may be loose{finer}"
    )


def percent(shock: Fraction) -> str:
    """A share in percent, to six digits."""
    return f"{float(100 * shock):.6g} %"


def up_to(shock: Fraction) -> list[Bool]:
    """All shocks up to this one."""
    return [number(ONE - shock) <= LEFT, LEFT <= 1]


def cover(market: Market, reading: Reading) -> Bool:
    """That for what the shock leaves, some prefix of the tiers is all that falls, and the claim holds of it."""
    return any_of(*(goal for _, goal in parts(market, reading)))


def parts(market: Market, reading: Reading) -> list[tuple[Flight, Bool]]:
    """The pieces of the curve, each with what makes it one of which the claim holds.

    Where sales are bounded by debts a piece is not straight: it is cut until the claim holds of each part, or no more.
    """
    made: list[tuple[Flight, Bool]] = []
    waiting = list(reversed(market.stairs.flights(market.shock)))
    while waiting:
        flight = waiting.pop()
        goal = part(market, reading, flight)
        low = max(flight.over, ZERO)
        few = len(made) + len(waiting) < CUTS
        if market.stairs.paid and few and flight.to - low > FINEST and not fine(goal, low, flight.to):
            middle = (low + flight.to) / 2
            waiting += [attrs.evolve(flight, over=middle), attrs.evolve(flight, to=middle)]
        else:
            made.append((flight, goal))
    return made


def fine(goal: Bool, low: Fraction, high: Fraction) -> bool:
    """Whether the goal holds near both ends of the piece."""
    inside = low + (high - low) / 2**20
    return all(holds(goal, {cast(Var, LEFT.leaf): ONE - shock}) for shock in (inside, high))


def part(market: Market, reading: Reading, flight: Flight) -> Bool:
    """That the theorem applies to the piece's prefix of the tiers, and that the claim holds of it."""
    piece = piece_of(market, flight)
    beyond = market.stairs.tiers[flight.fallen :]
    safe = number(beyond[0].lo) * piece.price >= 1 if beyond else TRUE
    return all_of(piece.fits, safe, reading.holds(market, piece))


def piece_of(market: Market, flight: Flight) -> Piece:
    """The numbers of a piece. Where sales are bounded by debts, those of its largest shock serve for all of it."""
    stairs, fallen = market.stairs, flight.fallen
    if stairs.paid is None:
        share = market.lifted.impact(stairs.held[fallen])
        return Piece(fallen, LEFT * number(share), share, stairs.held[fallen], TRUE)
    left, (sold, own) = ONE - flight.to, stairs.bounded(fallen, flight.to)
    share = market.lifted.impact(sold)
    debt = number(stairs.paid.spread) * (number(stairs.owed[fallen]) - number(stairs.owed[own]))
    worth = number(left) * (number(market.lifted.worth(sold)) - number(stairs.worths[own]))
    fits = (number(left) <= LEFT) & (debt <= worth)
    return Piece(fallen, number(left * share), share, sold, fits)


# What each claim means.


def _inside(flight: Flight, last: Fraction) -> Fraction:
    """The simplest shock a little over the piece's lower end."""
    return ZERO if flight.over < 0 else simplest(flight.over, min(flight.to, last, flight.over + NEAR))


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """The decimal with the fewest digits over ``low`` and up to ``high``."""
    for digits in range(60):
        scale = 10**digits
        found = Fraction((low * scale).__floor__() + 1, scale)
        if found <= high:
            return found
    return high


def first_broken(
    market: Market, shock: Fraction, last: Callable[[Flight], Fraction | None],
    positions: Callable[[Flight, Fraction], tuple[Tier, ...]] | None = None,
) -> Broken | None:  # fmt: skip
    """The first piece in which something happens: just over its lower end, and up to the shock that ``last`` says."""
    for flight in market.stairs.flights(shock):
        end = last(flight)
        if end is not None and (end := min(end, flight.to, shock)) > flight.over:
            x = _inside(flight, end)
            tiers = market.stairs.tiers[: flight.fallen]
            return Broken(flight.over, x, positions(flight, x) if positions else tiers, end)
    return None


def _still_healthy(health: Fraction) -> Fraction:
    """The largest shock that alone leaves this health at one."""
    return ONE - ONE / health


def spread_breaks(market: Market, shock: Fraction) -> Broken | None:
    """A tier is opened whose floor the shock alone would have left healthy."""
    tiers = market.stairs.tiers
    return first_broken(market, shock, lambda f: _still_healthy(tiers[f.fallen - 1].lo) if f.fallen else None)


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

    def positions(flight: Flight, x: Fraction) -> tuple[Tier, ...]:
        top = tiers[flight.fallen - 1]
        if top.lo * (ONE - x) >= 1:
            return tiers[: flight.fallen]
        half = attrs.evolve(top, hi=top.lo, collateral=top.collateral / 2)
        barely = max(top.lo, ONE / (ONE - x))
        return (*tiers[: flight.fallen - 1], half, attrs.evolve(half, lo=barely, hi=barely))

    return first_broken(market, shock, last, positions)


def floor_holds(market: Market, piece: Piece) -> Bool:
    return piece.price >= number(market.argument("floor"))


def floor_breaks(market: Market, shock: Fraction) -> Broken | None:
    """The first shock at which the price left is below the floor."""
    floor, stairs = market.argument("floor"), market.stairs
    for flight in stairs.flights(shock):
        if stairs.floor(flight.fallen, flight.to) < floor:
            over = max(flight.over, stairs.lowest_over(flight, floor))
            x = flight.to if flight.to == shock else simplest(over, flight.to)
            return Broken(over, x, stairs.tiers[: flight.fallen], flight.to)
    return None


def floor_measure(market: Market, shock: Fraction) -> Fraction:
    return market.stairs.floor(market.stairs.flights(shock)[-1].fallen, shock)


def drag_holds(market: Market, piece: Piece) -> Bool:
    """What the opened tiers can sell of those that are not unhealthy at the fundamental price, whole tiers counted."""
    most = market.argument("tolerance") * market.depth
    if piece.sold <= most or not piece.fallen or piece.share == 1:
        return TRUE
    tiers, held = market.stairs.tiers, market.stairs.held
    fits = [own for own in range(piece.fallen + 1) if held[piece.fallen] - held[own] <= most]
    return number(tiers[fits[0] - 1].hi) * LEFT < 1 if fits[0] else TRUE


def drag_breaks(market: Market, shock: Fraction) -> Broken | None:
    most = market.argument("tolerance") * market.depth
    return first_broken(market, shock, lambda f: f.to if market.stairs.drag(f) > most else None)


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
            x = simplest(low, min(flight.to, low + NEAR))
            while ONE - stairs.floor(flight.fallen, x) <= most * x and x - low > FINEST**4:
                x = simplest(low, (low + x) / 2)
            return Broken(flight.over, x, stairs.tiers[: flight.fallen], x)
    return None


def amplification_measure(market: Market, shock: Fraction) -> Fraction | None:
    ratios = [market.stairs.amplified(flight) for flight in market.stairs.flights(shock)]
    return None if None in ratios else max(cast("list[Fraction]", ratios))


def rounds_holds(market: Market, piece: Piece) -> Bool:
    """Some chain of so many rounds opens these tiers: the shock the first of them, each round's sales the next."""
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
            x = simplest(over, to)
            return Broken(over, x, market.stairs.tiers[: market.stairs.fallen(x)], to)
    return None


def rounds_measure(market: Market, shock: Fraction) -> Fraction:
    return Fraction(max(len(chain) - 1 for _, _, chain in market.stairs.ranks(shock)))


def spread_holds(market: Market, piece: Piece) -> Bool:
    return number(market.stairs.tiers[piece.fallen - 1].lo) * LEFT < 1 if piece.fallen else TRUE


READINGS: dict[str, Reading] = {
    "price_floor": Reading(floor_holds, floor_breaks, floor_measure),
    "no_spread": Reading(spread_holds, spread_breaks),
    "no_cascade": Reading(cascade_holds, cascade_breaks),
    "cascade_within": Reading(drag_holds, drag_breaks, drag_measure),
    "amplification": Reading(amplification_holds, amplification_breaks, amplification_measure),
    "rounds": Reading(rounds_holds, rounds_breaks, rounds_measure),
}


# Runs of concrete positions.


def refutation(market: Market, broken: Broken, solver: Solver) -> tuple[Crash, Run] | None:
    """The shortest run found in which one position a tier, at its lowest health, does what is claimed not to happen.

    Tried at the shock just over the bound and at the largest one; where sales are bounded by debts, which is the worse
    the smaller the pieces, with the first tier as several positions too.
    """
    tiers = [tier for tier in broken.positions if tier.collateral]
    if not tiers or len(tiers) > SEATS:
        return None
    found: list[tuple[Crash, Run]] = []
    for split in (1,) if market.stairs.paid is None else (1, 2, 4, 8, 16):
        first = attrs.evolve(tiers[0], collateral=tiers[0].collateral / split)
        for shock in dict.fromkeys((broken.shock, broken.upto)):
            crash = Crash(market.design, market.problem, market.settings, [first] * split + tiers[1:], shock)
            if (run := crash.run(solver)) is not None:
                found.append((crash, run))
        if found:
            return min(found, key=lambda item: len(item[1]))
    return None
