"""Claims on the market as a whole, over the tiers of a book: for any number of borrowers and any number of rounds.

Three parts make a proof: the mechanism may be lifted (``lift``), the theorem on two groups (``theorem``), and one
question to the solver in which the shock is left open: for every shock up to the stated one, some prefix of the tiers
is such that the theorem applies to it and the claim holds of it. A refutation is a run of concrete positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import cast

import attrs

from verifier.analyses.crash import Crash
from verifier.analyses.market import LEFT, ONE, ZERO, Broken, Market, Reading, larger, piece_of
from verifier.analyses.readings import reading_of
from verifier.engines.ask import Solver
from verifier.engines.staircase import Flight
from verifier.evidence.obligations import Obligation
from verifier.evidence.run import Run
from verifier.evidence.verdict import Certificate, Proved, Refuted, Unknown, Vacuous, Verdict
from verifier.interpretations.exact import holds
from verifier.language.book import Tier
from verifier.language.expr import TRUE, Bool, Real, Var, all_of, any_of, implies, number
from verifier.language.system import Claim, System

SEATS = 80
"""The most positions that a refuting run is made of."""
SPLITS = (1, 2, 4, 8, 16, 64)
"""Into how many positions the first tier is cut, where sales in small pieces go further."""
PORTIONS = 100
"""In how many portions each position is sold there, too, as long as it stays unhealthy."""
PIECES = ((1, 1), (1, PORTIONS), *((split, 1) for split in SPLITS[1:]))
"""The positions in the first tier and the portions of such runs, in the order in which they are tried."""
CUTS = 256
FINEST = Fraction(1, 10**9)
"""The shortest part of the curve that is looked at by itself, where its pieces are not straight."""


@attrs.frozen(eq=False)
class Judged:
    """A verdict over tiers; a refutation with what the table of its run shows."""

    verdict: Verdict
    claim: Claim
    columns: tuple[tuple[str, Real], ...] = ()
    seats: tuple[tuple[Fraction, Fraction], ...] = ()
    """Of a run of several positions: the health and the collateral of each."""
    system: System | None = None
    """Of these positions."""


def settle_crowd(market: Market, solver: Solver) -> Judged:
    """The verdict on the problem's claim."""
    reading = reading_of(market.problem.prop)
    covered = cover(market, reading)
    if solver.ask(up_to(market.shock), [covered]) is None:
        if market.problem.claim.on_steps and not market.stairs.held[market.stairs.fallen(market.shock)]:
            healthy = percent(max(ZERO, market.stairs.reached(0)))
            return Judged(
                Vacuous(f"nobody is liquidated: up to a shock of {healthy} all are healthy"), market.problem.claim
            )
        return Judged(Proved(with_curve(market.certificate, up_to(market.shock), covered)), market.problem.claim)
    broken = reading.breaks(market, market.shock)
    found = refutation(market, broken, solver) if broken else None
    if found is None:
        return Judged(Unknown("incomplete", loose(market, broken)), market.problem.claim)
    crash, run = found
    seats = tuple((tier.lo, tier.collateral) for tier in crash.tiers)
    return Judged(Refuted(run, shortest=False), crash.claim, crash.system.columns, seats, crash.system)


def with_curve(certificate: Certificate, shocks: list[Bool], covered: Bool) -> Certificate:
    """The certificate with the question that covers all shocks."""
    name = "a prefix of the tiers for every shock"
    lemmas = (*certificate.lemmas, (name, implies(all_of(*shocks), covered)))
    return attrs.evolve(
        certificate, lemmas=lemmas, obligations=(*certificate.obligations, Obligation(name, tuple(shocks), (covered,)))
    )


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
        if not market.stairs.straight and few and flight.to - low > FINEST and coarse(goal, low, flight.to):
            middle = (low + flight.to) / 2
            waiting += [attrs.evolve(flight, over=middle), attrs.evolve(flight, to=middle)]
        else:
            made.append((flight, goal))
    return made


def coarse(goal: Bool, low: Fraction, high: Fraction) -> bool:
    """Whether the goal holds at the end of the piece, whose numbers serve for all of it, and not at its beginning."""
    left, inside = cast(Var, LEFT.leaf), low + (high - low) / 2**20
    return not holds(goal, {left: ONE - inside}) and holds(goal, {left: ONE - high})


def part(market: Market, reading: Reading, flight: Flight) -> Bool:
    """That the theorem applies to the piece's prefix of the tiers, and that the claim holds of it."""
    piece = piece_of(market, flight)
    beyond = market.stairs.tiers[flight.fallen :]
    safe = number(beyond[0].lo) * piece.price >= 1 if beyond else TRUE
    return all_of(piece.fits, safe, reading.holds(market, piece))


def crash_of(market: Market, tiers: Sequence[Tier], split: int, portions: int = 1) -> Crash:
    """The market with one position a tier, the first tier as several equal ones, each sold in so many portions."""
    begun = [larger(tier, 1 / market.lifted.grown) for tier in tiers]
    first = attrs.evolve(begun[0], collateral=begun[0].collateral / split)
    return Crash(market.design, market.problem, market.settings, [first] * split + begun[1:], portions)


def refutation(market: Market, broken: Broken, solver: Solver) -> tuple[Crash, Run] | None:
    """The shortest run found in which one position a tier, at its lowest health, does what is claimed not to happen.

    Tried at the shock just over the bound and at the largest one; where sales are bounded by debts, which is the worse
    the smaller the pieces, in many portions and with the first tier as several positions too.
    """
    all_fallen = market.stairs.tiers[: market.stairs.fallen(broken.upto)]
    for some in dict.fromkeys((broken.positions, all_fallen)):
        tiers = [tier for tier in some if tier.collateral] or list(market.stairs.tiers[:1])
        tiers = [member for tier in tiers for member in members(tier, market)]
        if len(tiers) > SEATS:
            return None
        found: list[tuple[Crash, Run]] = []
        for split, portions in ((1, 1),) if market.lifted.spread is None else PIECES:
            crash = crash_of(market, tiers, split, portions)
            runs = (crash.run(shock, solver) for shock in dict.fromkeys((broken.shock, broken.upto)))
            found += [(crash, run) for run in runs if run is not None]
            if found:
                crash, run = min(found, key=lambda item: len(item[1]))
                return fewer(market, crash, run, solver)
    return None


def members(tier: Tier, market: Market) -> list[Tier]:
    """Positions that hold what the tier holds and owe what it is known to owe: one, or one at each of its ends."""
    if tier.debt is None or tier.is_class:
        return [tier]
    low, high = (market.lifted.owed_per_value / health for health in (tier.lo, tier.hi))
    sick = (tier.debt - high * tier.collateral) / (low - high)
    ends = ((tier.lo, sick), (tier.hi, tier.collateral - sick))
    return [attrs.evolve(tier, lo=health, hi=health, collateral=held) for health, held in ends if held > 0]


def fewer(market: Market, crash: Crash, run: Run, solver: Solver) -> tuple[Crash, Run]:
    """The same without the positions that the run never touches, where that is still a violation."""
    acting = [tier for tier, seat in zip(crash.tiers, crash.seats, strict=True) if crash.acts(seat, run)]
    if not acting or len(acting) == len(crash.tiers):
        return crash, run
    slim = Crash(market.design, market.problem, market.settings, acting, crash.portions)
    shorter = slim.run(crash.fall(run), solver)
    return (crash, run) if shorter is None else (slim, shorter)
