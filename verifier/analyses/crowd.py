"""Claims on the market as a whole, over the tiers of a book: for any number of borrowers and any number of rounds.

Three parts make a proof: the mechanism may be lifted (``lift``), the theorem on two groups, and for every piece of the
curve up to the stated shock the numbers that the theorem asks for, in exact rationals. What is refuted is refuted by a
run of concrete positions, one a tier, that the exact interpreter replays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, cast

import attrs

from verifier.analyses.lift import Lifted, Lifter, NotLifted, theorem
from verifier.engines.ask import GaveUp, Solver
from verifier.engines.staircase import Flight, Paid, Staircase
from verifier.engines.unroll import rigid_facts, start_facts
from verifier.evidence.run import Run, Taken, Values, advance, replay, violated
from verifier.evidence.verdict import Certificate, Proved, Refuted, Unknown, Verdict
from verifier.interpretations.specialise import specialise
from verifier.language.book import Tier
from verifier.language.errors import SpecError
from verifier.language.expr import Q, Bool, Real, Var, number
from verifier.language.lower import Problem, compose
from verifier.language.pieces import Book, Crowd, Design, Shock
from verifier.language.system import Claim

ONE = Fraction(1)
SEATS = 24
"""The most positions that a refuting run is made of."""


@attrs.frozen(eq=False)
class Market:
    """What a book of tiers, a mechanism and a market come to: the curve, and why it speaks for any number."""

    problem: Problem
    design: type[Design]
    settings: dict[str, Any]
    stairs: Staircase
    lifted: Lifted
    certificate: Certificate
    shock: Fraction

    @property
    def notes(self) -> tuple[str, ...]:
        """What a verdict over tiers must say."""
        rows = self.stairs.tiers
        shown = "; ".join(str(tier) for tier in rows[:8]) + ("; ..." if len(rows) > 8 else "")
        reads = "the oracle reads the market price, which sales move"
        if self.lifted.impact(self.stairs.held[-1]) == 1:
            reads = "the price that the mechanism sees does not move with sales, so nothing cascades"
        return (f"{len(rows)} tiers (health from the first price on: collateral): {shown}", reads, *self.lifted.notes)


def book_of(problem: Problem) -> Crowd | None:
    """The design's book of tiers, if that is what it has."""
    return next((piece for piece in problem.wired.values() if isinstance(piece, Crowd)), None)


def market_of(
    design: type[Design],
    problem: Problem,
    settings: dict[str, Any],
    solver: Solver,
    tiers: Sequence[Tier] | None = None,
) -> Market:
    """The market that a problem over tiers is about, every obligation discharged. Raises NotLifted, GaveUp, SpecError."""
    book = book_of(problem)
    assert book is not None
    snapshot = next(piece for piece in problem.pieces.values() if isinstance(piece, Crowd))
    rows = tuple(tiers if tiers is not None else snapshot.rows)
    refuse_disorder(rows)
    lifted = Lifter(problem, solver).lifted()
    paid = Paid(cast(Fraction, lifted.spread), owed(rows, lifted), lifted.worth) if lifted.paid else None
    certificate = theorem(problem, book, solver, paid=lifted.paid)
    stairs = Staircase(rows, lifted.impact, paid)
    return Market(problem, design, settings, stairs, lifted, certificate, bound_of(problem))


def refuse_disorder(rows: Sequence[Tier]) -> None:
    """Tiers are listed by ascending health, apart from each other, and healthy. Raises SpecError."""
    if not rows:
        raise SpecError("the book has no tiers: give it rows=(...), or --book FILE")
    for tier in rows:
        if not (1 <= tier.lo <= tier.hi and tier.collateral >= 0):
            raise SpecError(f"a tier runs from one health, at least 1, to another, and holds collateral, not {tier}")
    for lower, upper in zip(rows, rows[1:], strict=False):
        if upper.lo <= lower.hi:
            raise SpecError(f"tiers ascend and do not touch, but {lower} comes before {upper}")


def owed(rows: Sequence[Tier], lifted: Lifted) -> tuple[Fraction, ...]:
    """The most that each tier owes, at the first price: what its lowest health allows."""
    return tuple(lifted.owed_per_value * tier.collateral / tier.lo for tier in rows)


def bound_of(problem: Problem) -> Fraction:
    """The shock's bound."""
    shock = next(piece for piece in problem.pieces.values() if isinstance(piece, Shock))
    bound = shock.bound.leaf
    if not isinstance(bound, Fraction):
        raise SpecError("over tiers the shock is a number; verifier bound finds the largest one")
    return bound


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
    prop = market.problem.prop
    judge = JUDGES.get(prop.name)
    if judge is None:
        raise SpecError(f"{prop.name} is not known over tiers; it speaks of single positions")
    broken = judge(market, market.shock)
    if broken is None:
        return Judged(Proved(market.certificate), market.problem.claim)
    if isinstance(broken, str):
        return Judged(Unknown("incomplete", broken), market.problem.claim)
    found = refutation(market, broken, solver)
    if found is None:
        why = (
            f"the tiers allow it at a shock of {percent(broken.shock)}, but no run of concrete positions that does it "
            "was found: the bound may be loose"
        )
        return Judged(Unknown("incomplete", why), market.problem.claim)
    crash, run = found
    seats = tuple((tier.lo, tier.collateral) for tier in crash.tiers)
    return Judged(Refuted(run, shortest=False), crash.claim, crash.system.columns, seats)


def percent(shock: Fraction) -> str:
    """A share in percent, to six digits."""
    return f"{float(100 * shock):.6g} %"


@attrs.frozen
class Broken:
    """A shock at which the tiers allow what is claimed not to happen, and positions that should show it."""

    shock: Fraction
    positions: tuple[Tier, ...]
    upto: Fraction | None = None
    """The largest shock at which the same happens."""


Judge = Callable[[Market, Fraction], Broken | str | None]


def argument(market: Market, name: str) -> Fraction:
    """The value of one of the claim's own arguments."""
    return Q(dict(market.problem.prop.arguments)[name])


def _just_over(market: Market, flight: Flight, within: Fraction) -> Fraction:
    """The simplest shock a little over the piece's lower end."""
    low, high = max(flight.over, Fraction(0)), min(flight.to, within)
    return simplest(low, min(high, low + Fraction(1, 10**6) if high - low > Fraction(1, 10**6) else high))


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """The decimal with the fewest digits over ``low`` and up to ``high``."""
    digits = 0
    while True:
        scale = 10**digits
        found = Fraction((low * scale).__floor__() + 1, scale)
        if found <= high:
            return found
        digits += 1
        if digits > 60:
            return high


def fallen(market: Market, flight: Flight, *, just: int | None = None) -> tuple[Tier, ...]:
    return market.stairs.tiers[: flight.fallen if just is None else just]


def price_floor(market: Market, shock: Fraction) -> Broken | str | None:
    """The floor of the last piece is the lowest of all."""
    last = market.stairs.flights(shock)[-1]
    if market.stairs.floor(last.fallen, shock) >= argument(market, "floor"):
        return None
    return Broken(shock, fallen(market, last))


def no_spread(market: Market, shock: Fraction) -> Broken | str | None:
    """No piece opens a tier that the shock alone would not have opened; two positions show the first that does."""
    flight = market.stairs.first_spread(shock)
    if flight is None:
        return None
    upto = min(shock, flight.to, ONE - ONE / market.stairs.tiers[flight.fallen - 1].lo)
    return Broken(_just_over(market, flight, upto), fallen(market, flight), upto)


def no_cascade(market: Market, shock: Fraction) -> Broken | str | None:
    """For classes the same; in a tier that is no class, positions can drag each other down once one falls."""
    stairs = market.stairs
    wide = next((tier for tier in stairs.tiers if not tier.is_class), None)
    spread = no_spread(market, shock)
    if wide is None:
        return spread
    alone = ONE - ONE / stairs.tiers[0].lo
    if shock <= alone:
        return None
    first = stairs.tiers[0]
    if first.is_class:
        return (
            spread or "a tier that is no class may hold positions that drag each other down: only the first tier is one"
        )
    x = simplest(alone, min(shock, ONE - ONE / first.hi)) if alone < min(shock, ONE - ONE / first.hi) else shock
    health = max(first.lo, min(first.hi, ONE / (ONE - x)))
    part = first.collateral / 2
    pair = (attrs.evolve(first, hi=first.lo, collateral=part), Tier(health, health, part))
    return Broken(x, pair)


def cascade_within(market: Market, shock: Fraction) -> Broken | str | None:
    """What sales drag along, at the lower end of each piece, as a share of the depth."""
    depth = next(piece for piece in market.problem.pieces.values() if hasattr(type(piece), "worth")).depth.leaf
    most = argument(market, "tolerance") * depth
    for flight in market.stairs.flights(shock):
        if market.stairs.drag(flight) > most:
            if not all(tier.is_class for tier in market.stairs.tiers):
                return "tiers that are no classes allow it, positions may not: group the book more finely"
            return Broken(_just_over(market, flight, shock), fallen(market, flight))
    return None


def amplification(market: Market, shock: Fraction) -> Broken | str | None:
    """The ratio is largest at the lower end of each piece."""
    most = argument(market, "factor")
    for flight in market.stairs.flights(shock):
        ratio = market.stairs.amplified(flight)
        if ratio is None or ratio > most:
            low = max(flight.over, Fraction(0))
            x = simplest(low, min(flight.to, shock)) if low == 0 else _just_over(market, flight, shock)
            while (ONE - market.stairs.floor(flight.fallen, x)) <= most * x and x - low > Fraction(1, 10**40):
                x = simplest(low, (low + x) / 2)
            return Broken(x, fallen(market, flight))
    return None


def rounds(market: Market, shock: Fraction) -> Broken | str | None:
    """The rank of every tier in the iteration, at every shock."""
    most = argument(market, "most")
    for over, to, found in sorted(market.stairs.ranks(shock)):
        if found > most:
            x = simplest(over, to)
            return Broken(x, market.stairs.tiers[: market.stairs.fallen(x)])
    return None


JUDGES: dict[str, Judge] = {
    "price_floor": price_floor,
    "no_spread": no_spread,
    "no_cascade": no_cascade,
    "cascade_within": cascade_within,
    "amplification": amplification,
    "rounds": rounds,
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
    for split in (1,) if market.stairs.paid is None else (1, 2, 4):
        first = attrs.evolve(tiers[0], collateral=tiers[0].collateral / split)
        for shock in dict.fromkeys((broken.shock, broken.upto or market.shock)):
            crash = Crash(market, [first] * split + tiers[1:], shock, solver)
            if (run := crash.run()) is not None:
                found.append((crash, run))
        if found:
            return min(found, key=lambda item: len(item[1]))
    return None


def seats_of(problem: Problem, positions: Sequence[tuple[Fraction, Fraction]]) -> list[Book]:
    """A book for each position, of the kind that the problem's book of tiers names."""
    book = book_of(problem)
    assert book is not None
    kind = type(book).__dict__["seat"]
    return [kind(health=health, size=collateral) for health, collateral in positions]


class Crash:
    """The fundamental price falls once, then every unhealthy position is liquidated as far as it may be, in turn."""

    def __init__(self, market: Market, tiers: Sequence[Tier], shock: Fraction, solver: Solver) -> None:
        self.shock, self.solver = shock, solver
        self.tiers = tiers
        books = seats_of(market.problem, [(tier.lo, tier.collateral) for tier in tiers])
        problem = compose(market.design, market.problem.prop, market.settings, books)
        self.claim = problem.claim
        self.pieces, self.seats = problem.pieces, problem.seats
        self.system = specialise(problem.system, "real")
        self.path = next(piece for piece in problem.pieces.values() if isinstance(piece, Shock))

    def run(self) -> Run | None:
        """The run up to the first violation, replayed; None if there is none."""
        start = self.start()
        if start is None:
            return None
        states, steps = [start], list[Taken]()
        for step in self.moves(states):
            steps.append(step[0])
            states.append(step[1])
            if violated(self.claim, states, steps, "real"):
                return replay(self.system, self.claim, start, steps, "real")
        return None

    def start(self) -> Values | None:
        """All positions at their tier's lowest health, all of a tier's collateral in one."""
        facts = [*rigid_facts(self.system), *start_facts(self.system)]
        price = self.path.price
        like = price.leaf.like or 1
        facts.append(price == number(Fraction(like), price.unit))
        for seat, tier in zip(self.seats, self.tiers, strict=True):
            piece = self.pieces[seat]
            facts.append(piece.debt * number(tier.lo) == piece.health_value())
        model = self.solver.ask(facts)
        if model is None:
            return None
        wanted = (*self.system.params, *self.system.rigid, *self.system.state)
        start = {var: model.values.get(var, False if var.sort is Bool else Fraction(0)) for var in wanted}
        return None if any(found is None for found in start.values()) else cast(Values, start)

    def moves(self, states: list[Values]) -> Iterable[tuple[Taken, Values]]:
        """The fall, then liquidations until nobody is left that may be."""
        tick = next(rule for rule in self.system.rules if rule.name == "tick")
        price = cast(Fraction, states[0][cast(Var, self.path.price.leaf)])
        yield self.taken(tick, states[-1], {tick.inputs[0]: (ONE - self.shock) * price})
        acted = True
        while acted and len(states) < 100:
            acted = False
            for seat in self.seats:
                for rule in self.system.rules:
                    if rule.owner == seat and rule.actor.value == "liquidator":
                        inputs: Values = {var: self.most(seat, var, states[-1]) for var in rule.inputs}
                        post = advance(self.system, rule, states[-1], inputs, "real")
                        if post is not None:
                            acted = True
                            yield Taken(rule.name, inputs), post

    def taken(self, rule: Any, state: Values, inputs: Values) -> tuple[Taken, Values]:
        post = advance(self.system, rule, state, inputs, "real")
        assert post is not None, "the shock allows its own bound"
        return Taken(rule.name, inputs), post

    def most(self, seat: str, var: Var, state: Values) -> Fraction:
        """All of the position's debt or collateral, whichever the input is about."""
        piece = self.pieces[seat]
        own: Real = next(
            (t for t in (piece.debt, piece.collateral) if var.unit is not None and t.unit.fits(var.unit)), piece.debt
        )
        return cast(Fraction, state[cast(Var, own.leaf)])
